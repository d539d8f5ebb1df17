"""What TensorFlow does differently with resized images and answers of any length. Free of TensorFlow."""

from __future__ import annotations

from opassay.adapters.kernels.shaped import antialiased, scalar
from opassay.harness.model.case import Case
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.fact import Fact

_SEEN = "tensorflow 2.21.0, CPU"


def _some_left_out(case: Case) -> bool:
    return is_float(case.tensors[1].dtype) and not bool(case.tensors[0].materialize().all())


def _float(case: Case) -> bool:
    return is_float(case.tensors[0].dtype)


def _narrow(case: Case) -> bool:
    return case.tensors[0].dtype in ("float16", "bfloat16")


SIZED = (
    Fact(
        "tensorflow-sized-scalar",
        "by design",
        "tf.where and tf.boolean_mask take no scalar",
        ops=("nonzero", "masked_select"),
        aspects=("value", "gradient"),
        verdicts=("rejects",),
        when=scalar,
        versions=_SEEN,
    ),
    Fact(
        "tensorflow-masked-derivative",
        "upstream",
        "XLA reshapes the gradient of what was chosen to the shape of all of it",
        ops=("masked_select",),
        aspects=("gradient",),
        verdicts=("rejects",),
        modes=("xla",),
        when=_some_left_out,
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
    Fact(
        "tensorflow-nearest-derivative",
        "by design",
        "XLA compiles no ResizeNearestNeighborGrad",
        ops=("resize_nearest",),
        aspects=("gradient",),
        verdicts=("rejects",),
        modes=("xla",),
        when=_float,
        versions=_SEEN,
    ),
    Fact(
        "tensorflow-antialias-derivative",
        "upstream",
        "ScaleAndTranslateGrad takes float32 alone, ScaleAndTranslate other dtypes",
        ops=("resize_linear", "resize_cubic"),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=antialiased("float16", "bfloat16"),
        versions=_SEEN,
    ),
)
