"""Differences of onnxruntime in element-wise ops. Does not import onnxruntime."""

from __future__ import annotations

from opassay.adapters.engines.eigen import PACKETS
from opassay.adapters.kernels.elements import Told, holds_nan, mistakes
from opassay.adapters.kernels.norms import one_pass
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
    "constants_in_float32": ("by design", "an attribute of a node is a float32, whatever the tensors are"),
    "in_32_bits": (
        "by design",
        "GroupNormalization is computed in float32 unless stash_type says otherwise, and so is Cast to 8 bits",
    ),
    "code_beyond": (
        "upstream",
        "without saturate, Cast gives 448 for [480, 496) in float8e4m3fn, NaN for [61440, 65536) in float8e5m2",
    ),
    "sums_saturate": (
        "upstream",
        "sums and products of integers are computed in float64: beyond 2**53 they are rounded, and they saturate",
    ),
    "nan_passed_over": ("upstream", "ReduceMax and ReduceMin of vectors pass over a NaN"),
    "out_of_range": ("upstream", "Tanh of float32 is a quotient of polynomials, which nothing keeps within 1"),
}


def _narrow_nan(case: Case) -> bool:
    return case.tensors[0].dtype in ("float16", "bfloat16") and holds_nan(case)


def _mean_of_nothing(case: Case) -> bool:
    return case.attributes["reduction"] == "mean" and 0 in case.tensors[0].shape


NO_LOSSES = Case("mse_loss", (Tensor((0,), "float32", Fill("ones")),) * 2, {"reduction": "mean"})

ELEMENTS = (
    *mistakes("onnxruntime", _FUNCTIONS, **_SEEN),
    one_pass("onnxruntime", ("group_norm",), "GroupNormalization's variance is E[x²] - E[x]²", **_SEEN),
    Fact(
        "onnxruntime-axes",
        "by design",
        "an axis may be given again",
        ops=("sum", "mean", "sum_square", "logsumexp", "max", "min"),
        aspects=("error",),
        verdicts=("accepts",),
        rules=("AxisRepeated",),
        **_SEEN,
    ),
    Fact(
        "onnxruntime-mean-of-nothing",
        "by design",
        "the mean of no losses is 0",
        ops=("mse_loss", "l1_loss", "huber_loss", "binary_cross_entropy_with_logits"),
        verdicts=("special",),
        when=_mean_of_nothing,
        pins=(NO_LOSSES,),
        **_SEEN,
    ),
    Fact(
        "onnxruntime-nothing",
        "by design",
        "the largest of nothing is -inf, the smallest inf, or the last number of the dtype",
        ops=("max", "min"),
        aspects=("error",),
        verdicts=("accepts",),
        rules=("NothingReduced",),
        **_SEEN,
    ),
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
