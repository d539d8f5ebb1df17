"""Mistakes that MindSpore's kernels make. Does not import MindSpore."""

from __future__ import annotations

from opassay.adapters.kernels.elements import Told, mistakes
from opassay.adapters.mindspore.known_shown import SEEN
from opassay.harness.model.fact import Fact

_NAN = ("upstream", "a comparison, in which a NaN loses")
_FUNCTIONS: Told = {
    "in_32_bits": ("upstream", "the kernel of float64 computes in float32"),
    "constants_in_float32": ("upstream", "attributes of a float64 kernel are float32"),
    "nan_passed_over": _NAN,
    "nan_replaced": _NAN,
    "nan_to_zero": _NAN,
    "nan_dropped": _NAN,
    "nan_restarts": _NAN,
    "starts_from_lowest": ("upstream", "maxima start from the lowest finite number, above which -inf is not"),
    "zeros_of_other_sign": ("upstream", "exp(x) - 1 and log(1 + x) as written lose -0"),
    "remainder_by_quotient": ("upstream", "a remainder is a - b * trunc(a / b), which rounds"),
    "few_terms": ("upstream", "exp and tanh are polynomials of few terms in whole vectors: 380 and 1,690 units off"),
    "log_of_six_digits": ("upstream", "log adds n times 0.693147: it has no correct digit just below 1"),
    "expm1_by_exp": ("upstream", "exp(x) - 1 and log(1 + x) are computed as written"),
    "exp_less_one": ("upstream", "elu and selu are exp(x) - 1, and 0 of what is small"),
    "log_of_one_added": (
        "upstream",
        "softplus, mish and logaddexp take the logarithm of 1 + exp(x), which rounds to 1",
    ),
    "scale_without_alpha": (
        "upstream",
        "the gradient of selu is scale * (y + 1), as if alpha were 1: its sign is wrong",
    ),
    "quotient_of_squares": ("upstream", "mish is NaN above 44.36, where exp of twice it overflows"),
    "logarithm_of_sigmoid": ("upstream", "logsigmoid is the logarithm of sigmoid: -inf below -88.7, its gradient NaN"),
    "infinite_shift": ("upstream", "logsumexp subtracts the largest element, also an infinite one: NaN"),
    "zero_beside_nan": ("upstream", "softmax is 0 beside a NaN, and log_softmax -inf"),
    "halved_last": ("upstream", "gelu halves last: it overflows where its answer does not"),
    "exponent_126": ("upstream", "exp is 0 from -87 on, where it is not yet subnormal"),
    "out_of_range": ("upstream", "tanh is a quotient of polynomials, which nothing keeps within 1"),
    "zero_times_log": ("upstream", "xlogy is a product also where its first operand is 0"),
    "zero_times_far": ("upstream", "huber_loss selects after the square, whose slope is 0 times infinity far away"),
    "maximum_added_again": (
        "upstream",
        "binary_cross_entropy_with_logits adds to a logarithm the maximum that was taken from it, which cancels",
    ),
    "neighbour_of_float64": ("upstream", "nextafter of float32 is that of float64, rounded"),
    "sums_saturate": ("upstream", "sums of integers are computed in float64, which holds 53 bits"),
}
_FLUSHED: Told = {"subnormals_flushed": ("by design", "kernels set subnormal numbers to 0")}
_STEPS: Told = {
    "gradient_in_steps": ("upstream", "the gradient of pow is a product of a power of y - 1, which overflows"),
}
_REPLACED: Told = {
    "gradient_multiplied": ("upstream", "the gradient of nan_to_num is multiplied by 0 where it should be cut off"),
}

ELEMENTS: tuple[Fact, ...] = (
    *mistakes("mindspore", _FUNCTIONS, versions=SEEN),
    *mistakes(
        "mindspore",
        _FLUSHED,
        versions=SEEN,
        flaky="whether max_pool2d ran before, whose kernel leaves the processor flushing",
    ),
    *mistakes("mindspore", _REPLACED, ops=("nan_to_num",), versions=SEEN),
    *mistakes("mindspore", _STEPS, ops=("pow",), versions=SEEN),
    Fact(
        "mindspore-roll-in-float32",
        "upstream",
        "mnp.roll holds integers in float32, which has 24 bits",
        ops=("roll",),
        reproduces="integers_in_float32",
        versions=SEEN,
    ),
)
