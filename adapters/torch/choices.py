"""The contract's choices that PyTorch follows. Does not import PyTorch: the parent process imports this."""

from __future__ import annotations

from opassay.adapters.engines.aten import saturates
from opassay.harness.model.case import Case
from opassay.harness.model.choice import Follows

_CONV = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html",
    "title": "Conv2d — PyTorch documentation",
}
_MATMUL = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.matmul.html",
    "title": "torch.matmul — PyTorch documentation",
}

_SELECT = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.select.html",
    "title": "torch.select — PyTorch documentation",
}
_CLAMP = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.clamp.html",
    "title": "torch.clamp — PyTorch documentation",
}


def _same_by_one(case: Case) -> bool:
    """torch has the same padding mode, which it accepts without a stride."""
    return case.attributes["padding"] == "same" and max(case.attributes["stride"]) == 1


def _scalar_index(case: Case) -> bool:
    """torch.index_select accepts no scalar."""
    return not case.tensors[0].shape


def _reduces_all(case: Case) -> bool:
    """torch.logsumexp cannot return a scalar: it raises, as the contract requires."""
    return case.op != "logsumexp" or bool(case.attributes["keepdims"])


_INDEX_PUT = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html",
    "title": "torch.Tensor.index_put_ — PyTorch documentation",
}
_SQUEEZE = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html",
    "title": "torch.squeeze — PyTorch documentation",
}
_PAD = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html",
    "title": "torch.nn.functional.pad — PyTorch documentation",
}
_TILE = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.tile.html",
    "title": "torch.tile — PyTorch documentation",
}
_TOPK = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.topk.html",
    "title": "torch.topk — PyTorch documentation",
}

FOLLOWS = (
    Follows("negative_index", "from_end", ops=("scatter_nd",)),
    Follows("vectors", "numpy", **_MATMUL),
    Follows("crossed_limits", "high", **_CLAMP),
    Follows("no_axes", "all", when=_reduces_all),
    Follows("no_axes", "none", ops=("truth",)),
    Follows("unbatched", "one_image", **_CONV),
    Follows("padding_words", "any_case", ops=("conv1d", "conv2d", "conv3d"), when=_same_by_one, **_CONV),
    Follows("index_below", "from_end", ops=("gather_nd", "index_put"), **_INDEX_PUT),
    Follows("index_below", "from_end", ops=("gather",), when=_scalar_index, **_SELECT),
    Follows("long_axis_squeezed", "kept", **_SQUEEZE),
    Follows("negative_pads", "crop", **_PAD),
    Follows("few_repeats", "last_axes", **_TILE),
    Follows("order_of_equals", "any", ops=("topk",), **_TOPK),
    Follows("float8_overflow", "largest", when=saturates),
)
