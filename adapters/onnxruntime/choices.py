"""Which choices of the contract onnxruntime follows, as ONNX has it. Free of onnxruntime: the parent imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows


def _operator(name: str) -> dict[str, str]:
    """The page of an operator, whose title is its name."""
    return {"url": f"https://onnx.ai/onnx/operators/onnx__{name}.html", "title": name}


FOLLOWS = (
    Follows("vectors", "numpy", **_operator("MatMul")),
    Follows("crossed_limits", "high", **_operator("Clip")),
    Follows("negative_index", "from_end", ops=("scatter_nd",), **_operator("ScatterND")),
    Follows("no_axes", "all", **_operator("ReduceSum")),
    Follows("nan_position", "passed_over"),
)
