"""What onnxruntime does differently in ops that treat each element alone. Free of onnxruntime."""

from __future__ import annotations

from opassay.adapters.engines.eigen import PACKETS
from opassay.adapters.known_elements import Told, holds_nan, mistakes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = {"versions": "onnxruntime 1.32.0, CPU"}

_FUNCTIONS: Told = {
    **PACKETS,
    "pi_in_one_part": ("upstream", "of float64, n · π/2 is taken from an angle, and this π is rounded"),
    "exp_less_one": ("upstream", "Elu, Celu and Selu are exp(x) - 1, and 0 of what is small"),
    "log_of_one_added": ("upstream", "Softplus and Mish take the logarithm of 1 + exp(x), which rounds to 1"),
    "minus_zero_lost": ("upstream", "Where adds what either branch gives, and -0 + 0 is 0"),
    "sigmoid_by_difference": ("upstream", "below 0, Sigmoid is a difference of numbers near 1, and then 0"),
    "out_of_range": ("upstream", "Tanh of float32 is a quotient of polynomials, which nothing keeps within 1"),
}


def _narrow_nan(case: Case) -> bool:
    return case.tensors[0].dtype in ("float16", "bfloat16") and holds_nan(case)


ELEMENTS = (
    *mistakes("onnxruntime", _FUNCTIONS, **_SEEN),
    Fact(
        "onnxruntime-sign-nan",
        "upstream",
        "of float16 and bfloat16, Sign compares with 0, and a NaN is neither less nor greater",
        ops=("sign",),
        verdicts=("special",),
        when=_narrow_nan,
        **_SEEN,
        pins=tuple(
            Case("sign", (Tensor((2,), dtype, Fill("literal", values=(float("nan"), -1.0))),))
            for dtype in ("float16", "bfloat16")
        ),
    ),
)
