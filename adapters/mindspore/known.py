"""Known differences of MindSpore. Does not import MindSpore: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.facts import pinned
from opassay.adapters.mindspore.known_elements import ELEMENTS
from opassay.adapters.mindspore.known_gradients import GRADIENTS
from opassay.adapters.mindspore.known_predicates import (
    broadcast,
    compares_nan,
    counted_to_zero,
    divides_by_zero,
    hidden_rows,
    lines_of_zeros,
    may_underflow,
    nan_of_a_share,
    near_one,
    nearly_zero,
    of_floats,
    shares_nothing,
    signed_without_size,
    starts_again,
    steps_nearby,
    writes,
)
from opassay.adapters.mindspore.known_refusals import REFUSALS, UNCHECKED, WORDED
from opassay.adapters.mindspore.known_shown import MEMORY, shows

_EXPONENTIALS = (
    "exp sigmoid silu swiglu tanh mish elu selu celu softplus softmax log_softmax log_sigmoid erf erfc gelu "
    "log log2 log10 log1p expm1 logsumexp logaddexp pow xlogy hypot mlp_step transformer_block"
)

KNOWN = pinned(
    (
        *ELEMENTS,
        *UNCHECKED,
        *WORDED,
        *GRADIENTS,
        *REFUSALS,
        shows(
            "vectors",
            "elements in whole vectors are computed by another formula than those behind them",
            _EXPONENTIALS,
            "nondeterministic",
            of_floats,
            flaky="how many elements lie in whole vectors, and where in memory they begin",
        ),
        shows(
            "sum-of-nothing",
            "a sum over no terms is not written: what lay in memory is the answer",
            "matmul bmm linear matmul_vjp logsumexp loss",
            "structural numeric special nondeterministic",
            shares_nothing,
            flaky=MEMORY,
        ),
        shows(
            "divided-by-zero",
            "a quotient by zero has the sign of the dividend",
            "div fmod remainder log log2 log10 xlogy",
            "special",
            divides_by_zero,
            flaky="whether the other operand is 0 as well",
        ),
        shows(
            "softmax-of-nothing",
            "a row of -inf alone is 0, and of fewer than eight elements ends the kernel: later rows are not written",
            "softmax",
            "special structural numeric nondeterministic",
            hidden_rows,
            flaky=MEMORY,
        ),
        shows("index-add-writes", "index_add writes into its input", "index_add", "structural", writes),
        shows(
            "sign-nan",
            "sign and heaviside compare with 0, of which a NaN is neither less nor equal",
            "sign heaviside",
            "special",
            compares_nan,
            aspects=("value",),
        ),
        shows(
            "step-nearby",
            "heaviside takes what is at most 2^-52 for 0",
            "heaviside",
            "numeric special structural",
            steps_nearby,
        ),
        shows(
            "signbit-compared",
            "signbit and copysign compare with 0, than which -0 is not less",
            "signbit copysign",
            "structural numeric special",
            signed_without_size,
            flaky="what is left of it in a sum over axes along which the other operand is broadcast",
        ),
        shows(
            "nextafter-alike",
            "nextafter does not broadcast: it reads behind the smaller operand",
            "nextafter",
            "structural numeric special nondeterministic",
            broadcast,
            aspects=("value",),
            flaky=MEMORY,
        ),
        shows(
            "divergence-nan",
            "kl_div is 0 where x is NaN",
            "kl_div",
            "special",
            nan_of_a_share,
            aspects=("value",),
        ),
        shows(
            "slice-behind-the-start",
            "an end before the first element, with a step back, leaves the first one out",
            "slice",
            "shape",
            counted_to_zero,
            aspects=("value",),
        ),
        shows(
            "some-threads-flush",
            "max_pool2d leaves the thread that ran it flushing, so that answers depend on who computes them",
            "",
            "nondeterministic",
            may_underflow,
            flaky="which thread computes, and whether max_pool2d ran there before",
        ),
        shows(
            "scan-starts-again",
            "logcumsumexp forgets a NaN and counts what follows it twice, and is NaN of two equal infinities",
            "logcumsumexp",
            "special numeric",
            starts_again,
            aspects=("value",),
        ),
        shows(
            "nonzero-by-epsilon",
            "nonzero passes over what is at most 2^-23, or 2^-52 of float64",
            "nonzero",
            "shape",
            nearly_zero,
            aspects=("value",),
        ),
        shows(
            "erfinv-near-one",
            "erfinv ends at 2.436: it is 2.434 of 0.99999, not 3.123",
            "erfinv",
            "numeric",
            near_one,
        ),
        shows(
            "norm-of-zeros",
            "norm is at least 1e-12",
            "norm_l1 norm_l2",
            "numeric",
            lines_of_zeros,
            aspects=("value",),
        ),
    ),
    Path(__file__).parent,
)
