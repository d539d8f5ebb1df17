"""Differences of onnxruntime in resizing and in answers whose size depends on values. Does not import onnxruntime."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.kernels.shaped import scalar
from opassay.harness.model.fact import Fact

_SEEN = "onnxruntime 1.32.0, CPU"

SIZED = (
    Fact(
        "onnxruntime-nonzero-scalar",
        "upstream",
        "a scalar has an index, where the operator's page has none",
        ops=("nonzero",),
        verdicts=("shape",),
        when=scalar,
        versions=_SEEN,
        url="https://onnx.ai/onnx/operators/onnx__NonZero.html",
        title="NonZero",
    ),
    *accepted(
        "onnxruntime-unchecked",
        "by design",
        "Compress looks at a flattened tensor, and at as much of it as the condition has",
        {"masked_select": ("ShapeMismatch",)},
        versions=_SEEN,
    ),
)
