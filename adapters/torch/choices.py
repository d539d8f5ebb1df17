"""Which choices of the contract PyTorch follows. Free of PyTorch: the parent imports this."""

from __future__ import annotations

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

_CLAMP = {
    "url": "https://docs.pytorch.org/docs/stable/generated/torch.clamp.html",
    "title": "torch.clamp — PyTorch documentation",
}


def _reduces_all(case: Case) -> bool:
    """torch.logsumexp cannot write a scalar: it raises, as the contract has it."""
    return case.op != "logsumexp" or bool(case.attributes["keepdims"])


FOLLOWS = (
    Follows("negative_index", "from_end", ops=("scatter_nd",)),
    Follows("vectors", "numpy", **_MATMUL),
    Follows("crossed_limits", "high", **_CLAMP),
    Follows("no_axes", "all", when=_reduces_all),
    Follows("no_axes", "none", ops=("truth",)),
    Follows("unbatched", "one_image", **_CONV),
)
