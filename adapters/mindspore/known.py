"""Known differences of MindSpore. Does not import MindSpore: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.facts import accepted, pinned
from opassay.adapters.kernels.elements import Told, mistakes
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.mindspore.known_predicates import (
    along_another,
    beyond_single,
    broadcast,
    compares_nan,
    counted_to_zero,
    divides_by_zero,
    divides_by_zero_first,
    hidden_rows,
    nan_of_a_share,
    of_floats,
    shares_nothing,
    signed_without_size,
    steps_nearby,
    writes,
)
from opassay.harness.model.fact import Fact

_SEEN = "mindspore 2.10.0, CPU"
_MEMORY = "what lies in memory before the answer is written there"
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
    "zero_beside_nan": ("upstream", "softmax is 0 beside a NaN"),
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
_REPLACED: Told = {
    "gradient_multiplied": ("upstream", "the gradient of nan_to_num is multiplied by 0 where it should be cut off"),
}
_EXPONENTIALS = (
    "exp sigmoid silu swiglu tanh mish elu selu celu softplus softmax log_softmax log_sigmoid erf erfc gelu "
    "log log2 log10 log1p expm1 logsumexp logaddexp pow xlogy hypot mlp_step transformer_block"
)
_UNCHECKED = {
    "divides": ("DivisorZero",),
    "avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d": ("PadNotSmallerThanWindow",),
    "gather_elements": ("IndexNegative",),
    "max min": ("NothingReduced",),
    "scatter_elements": ("IndexOutOfRange",),
    "depth_to_space": ("RankThree",),
}
_EMPTY = (
    *("positive item", "width should >= 1", "fast stride can not be equal to 0", "must have value"),
    *("elements must be positive", "must be larger than 0", "should > 0, but got 0", "must > 0, but got '0'"),
    *("should not contain 0", "cannot be 0", "modulo by zero", "Framework Unexpected Exception", "smaller than kernel"),
)


def _shows(name: str, reason: str, ops: str, verdicts: str, when: object, **more: object) -> Fact:
    """A difference that is known before the call."""
    told = {"aspects": ("value", "gradient"), "versions": _SEEN, **more}
    return Fact(
        f"mindspore-{name}", "upstream", reason, tuple(ops.split()), verdicts=tuple(verdicts.split()), when=when, **told
    )  # type: ignore[arg-type]


def _refused(name: str, reason: str, *words: str, **more: object) -> Fact:
    return refused(f"mindspore-{name}", reason, *words, **{"versions": _SEEN, **more})  # type: ignore[arg-type]


KNOWN = pinned(
    (
        *mistakes("mindspore", _FUNCTIONS, versions=_SEEN),
        *mistakes(
            "mindspore",
            _FLUSHED,
            versions=_SEEN,
            flaky="whether max_pool2d ran before, whose kernel leaves the processor flushing",
        ),
        *mistakes("mindspore", _REPLACED, ops=("nan_to_num",), versions=_SEEN),
        *accepted("mindspore-unchecked", "by design", "MindSpore does not check it", _UNCHECKED, versions=_SEEN),
        *accepted(
            "mindspore-unchecked",
            "by design",
            "MindSpore does not check it",
            {"scatter_nd": ("IndexOutOfRange",)},
            flaky="how many updates there are: of one the index is checked",
            versions=_SEEN,
        ),
        _shows(
            "layer-norm-gradient",
            "LayerNormGrad is sometimes refused: it asks for one input more than it is given",
            "layer_norm",
            "rejects nondeterministic",
            of_floats,
            aspects=("gradient",),
            flaky="something not found yet: the same case alone is answered",
        ),
        _shows(
            "vectors",
            "elements in whole vectors are computed by another formula than those behind them",
            _EXPONENTIALS,
            "nondeterministic",
            of_floats,
            flaky="how many elements lie in whole vectors, and where in memory they begin",
        ),
        _shows(
            "sum-of-nothing",
            "a sum over no terms is not written: what lay in memory is the answer",
            "matmul bmm linear matmul_vjp logsumexp loss",
            "structural numeric special nondeterministic",
            shares_nothing,
            flaky=_MEMORY,
        ),
        _shows(
            "gradient-of-nothing",
            "the gradient of an operand that was broadcast to no elements is not written",
            "add sub mul div maximum minimum fmax copysign pow atan2 hypot xlogy fmod remainder lerp",
            "structural numeric special nondeterministic",
            empty_anywhere,
            aspects=("gradient",),
            flaky=_MEMORY,
        ),
        _shows(
            "gradient-in-single",
            "gradients of fmax and hypot are computed in float32, in which numbers become 0 or infinite",
            "fmax hypot",
            "structural numeric special",
            beyond_single,
            aspects=("gradient",),
            flaky="what the other factor is",
        ),
        _shows(
            "divided-by-zero",
            "a quotient by zero has the sign of the dividend",
            "div fmod remainder log log2 log10 xlogy",
            "special",
            divides_by_zero,
            flaky="whether the other operand is 0 as well",
        ),
        Fact(
            "mindspore-roll-in-float32",
            "upstream",
            "mnp.roll holds integers in float32, which has 24 bits",
            ops=("roll",),
            reproduces="integers_in_float32",
            versions=_SEEN,
        ),
        _shows(
            "softmax-gradient",
            "the gradient along an axis that is not the last is sometimes what lay in memory; alone it is right",
            "softmax",
            "structural numeric special nondeterministic",
            along_another,
            aspects=("gradient",),
            flaky=_MEMORY,
        ),
        _shows(
            "softmax-of-nothing",
            "a row of -inf alone is 0, and of fewer than eight elements ends the kernel: later rows are not written",
            "softmax",
            "special structural numeric nondeterministic",
            hidden_rows,
            flaky=_MEMORY,
        ),
        _shows("index-add-writes", "index_add writes into its input", "index_add", "structural", writes),
        _shows(
            "sign-nan",
            "sign and heaviside compare with 0, of which a NaN is neither less nor equal",
            "sign heaviside",
            "special",
            compares_nan,
            aspects=("value",),
        ),
        _shows(
            "step-nearby",
            "heaviside takes what is at most 2^-52 for 0",
            "heaviside",
            "numeric special structural",
            steps_nearby,
        ),
        _shows(
            "signbit-compared",
            "signbit and copysign compare with 0, than which -0 is not less",
            "signbit copysign",
            "structural numeric special",
            signed_without_size,
            flaky="what is left of it in a sum over axes along which the other operand is broadcast",
        ),
        _shows(
            "nextafter-alike",
            "nextafter does not broadcast: it reads behind the smaller operand",
            "nextafter",
            "structural numeric special nondeterministic",
            broadcast,
            aspects=("value",),
            flaky=_MEMORY,
        ),
        Fact(
            "mindspore-divergence-target",
            "upstream",
            "the gradient of kl_div by the target is 0",
            ops=("kl_div",),
            aspects=("gradient",),
            reproduces="all_zeros",
            versions=_SEEN,
        ),
        _shows(
            "divergence-nan",
            "kl_div is 0 where x is NaN",
            "kl_div",
            "special",
            nan_of_a_share,
            aspects=("value",),
        ),
        _shows(
            "cumprod-divides",
            "the gradient of cumprod is a quotient by each element, which may be 0",
            "cumprod",
            "special numeric structural nondeterministic",
            divides_by_zero_first,
            aspects=("gradient",),
            flaky="what else is added up beside 0 / 0",
        ),
        _shows(
            "slice-behind-the-start",
            "an end before the first element, with a step back, leaves the first one out",
            "slice",
            "shape",
            counted_to_zero,
            aspects=("value",),
        ),
        _refused(
            "empty",
            "kernels refuse tensors without elements",
            *_EMPTY,
            aspects=("value", "gradient", "shape"),
            when=of_nothing,
        ),
        _refused(
            "no-second", "most gradients cannot be differentiated again", "bprop not defined", aspects=("gradient",)
        ),
        _refused(
            "no-gradient", "the gradient has no kernel of float64", "Grad], the input argument[", aspects=("gradient",)
        ),
        _refused(
            "padded-axes", "an array is padded along as many axes as an image has", "input dims when padding's size"
        ),
        _refused(
            "copysign-ranks",
            "copysign repeats its second operand, of more axes, as often as its shape says",
            "For 'Select', condition.shape and input.shape",
            aspects=("value", "gradient", "shape"),
        ),
        _refused("scalar-nonzero", "a scalar has no positions", "name: NonZero", aspects=("value", "shape")),
        _refused("repeat-zero", "no times are refused", "but got type 'Int'"),
        _refused(
            "wide-padding",
            "padding of both sides together must not be wider than the window",
            *("the sum of the pads in the two directions", "the summation of padding"),
            owner="by design",
            aspects=("value", "gradient", "shape"),
        ),
        _refused("eps", "epsilon must not be larger than 1", "the eps must be in", owner="by design"),
        _refused("one-index", "indices of one axis are refused", "the rank(indices) must be", owner="by design"),
    ),
    Path(__file__).parent,
)
