"""The contract's choices that ONNX fixes for every backend. Does not import ONNX: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows


def _operator(name: str) -> dict[str, str]:
    """The URL of an operator's page."""
    return {"url": f"https://onnx.ai/onnx/operators/onnx__{name}.html", "title": name}


FOLLOWS = (
    Follows("vectors", "numpy", **_operator("MatMul")),
    Follows("crossed_limits", "high", **_operator("Clip")),
    Follows("negative_index", "from_end", ops=("scatter_nd",), **_operator("ScatterND")),
    Follows("no_axes", "all", **_operator("ReduceSum")),
    Follows("index_below", "from_end", ops=("gather", "embedding"), **_operator("Gather")),
    Follows("index_below", "from_end", ops=("gather_elements",), **_operator("GatherElements")),
    Follows("index_below", "from_end", ops=("gather_nd",), **_operator("GatherND")),
    Follows("index_below", "from_end", ops=("index_put",), **_operator("ScatterND")),
    Follows("index_below", "from_end", ops=("scatter_elements", "scatter_reduce"), **_operator("ScatterElements")),
    Follows("index_below", "from_end", ops=("one_hot",), **_operator("OneHot")),
    Follows("index_beyond", "nowhere", ops=("one_hot",), **_operator("OneHot")),
    Follows("negative_pads", "crop", **_operator("Pad")),
)
