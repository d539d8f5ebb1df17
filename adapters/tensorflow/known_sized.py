"""Differences of TensorFlow in resizing and in answers whose size depends on values. Does not import TensorFlow."""

from __future__ import annotations

from opassay.adapters.kernels.refusals import refused
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "tensorflow 2.21.0, CPU"


def _narrow(case: Case) -> bool:
    return case.tensors[0].dtype in ("float16", "bfloat16")


SIZED = (
    refused(
        "tensorflow-masked-derivative",
        "XLA reshapes the gradient of what was chosen to the shape of all of it",
        "Input to reshape is a tensor with",
        ops=("masked_select",),
        aspects=("gradient",),
        modes=("xla",),
        versions=_SEEN,
    ),
    Fact(
        "tensorflow-cubic-narrow",
        "upstream",
        "ResizeBicubic answers 16 bits in float32, and ResizeBicubicGrad takes no others: no gradient arrives",
        ops=("resize_cubic",),
        aspects=("gradient",),
        reproduces="no_gradient_for_one",
        when=_narrow,
        modes=("eager", "function", "dynamic"),
        versions=_SEEN,
    ),
    Fact(
        "tensorflow-cubic-table",
        "by design",
        "ResizeBicubic takes its weights from a table of 1024 places between two pixels",
        ops=("resize_cubic",),
        aspects=("value", "gradient"),
        reproduces="weights_tabulated",
        versions=_SEEN,
    ),
    Fact(
        "tensorflow-xla-linear-narrow",
        "upstream",
        "XLA adds up whole multiples of pixels of 16 bits and divides at the end: digits are lost, or all overflows",
        ops=("resize_linear",),
        aspects=("value", "gradient"),
        verdicts=("numeric", "special"),
        modes=("xla",),
        when=_narrow,
        flaky="how large those multiples are",
        versions=_SEEN,
    ),
)
