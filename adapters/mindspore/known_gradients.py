"""Known differences of MindSpore's gradients alone. Does not import MindSpore."""

from __future__ import annotations

from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.mindspore.known_predicates import (
    along_another,
    beyond_single,
    divides_by_zero_first,
    of_floats,
    one_row,
    scalar,
)
from opassay.adapters.mindspore.known_shown import MEMORY, SEEN, shows
from opassay.harness.model.fact import Fact

GRADIENTS = (
    shows(
        "layer-norm-gradient",
        "LayerNormGrad is sometimes refused: it asks for one input more than it is given",
        "layer_norm",
        "rejects nondeterministic",
        of_floats,
        aspects=("gradient",),
        flaky="something not found yet: the same case alone is answered",
    ),
    shows(
        "gradient-of-nothing",
        "the gradient of an operand that was broadcast to no elements is not written",
        "add sub mul div maximum minimum fmax copysign pow atan2 hypot xlogy fmod remainder lerp",
        "structural numeric special nondeterministic",
        empty_anywhere,
        aspects=("gradient",),
        flaky=MEMORY,
    ),
    shows(
        "gradient-in-single",
        "gradients of fmax and hypot are computed in float32, in which numbers become 0 or infinite",
        "fmax hypot",
        "structural numeric special",
        beyond_single,
        aspects=("gradient",),
        flaky="what the other factor is",
    ),
    shows(
        "softmax-gradient",
        "the gradient along an axis that is not the last is sometimes what lay in memory; alone it is right",
        "softmax",
        "structural numeric special nondeterministic",
        along_another,
        aspects=("gradient",),
        flaky=MEMORY,
    ),
    Fact(
        "mindspore-divergence-target",
        "upstream",
        "the gradient of kl_div by the target is 0",
        ops=("kl_div",),
        aspects=("gradient",),
        reproduces="all_zeros",
        versions=SEEN,
    ),
    shows(
        "cumprod-divides",
        "the gradient of cumprod is a quotient by each element, which may be 0",
        "cumprod",
        "special numeric structural nondeterministic",
        divides_by_zero_first,
        aspects=("gradient",),
        flaky="what else is added up beside 0 / 0",
    ),
    Fact(
        "mindspore-second-of-products",
        "upstream",
        "the gradient of a gradient of matmul is 0",
        ops=("matmul_vjp",),
        aspects=("gradient",),
        reproduces="all_zeros",
        versions=SEEN,
    ),
    Fact(
        "mindspore-second-of-repeats",
        "upstream",
        "the gradient of repeat_interleave cannot be differentiated: what flows through it is lost",
        ops=("avg_unpool2d_vjp",),
        aspects=("gradient",),
        reproduces="no_gradient_for_one",
        versions=SEEN,
    ),
    shows(
        "pool3d-of-halves",
        "the gradient of AvgPool3D in float16 is what lay in memory, or beyond it",
        "avg_pool3d",
        "structural special numeric nondeterministic crash",
        lambda case: case.tensors[0].dtype == "float16",
        aspects=("gradient",),
        flaky=MEMORY,
    ),
    shows(
        "row-of-a-stack",
        "the gradient of matmul by a stack that is one row has an axis more",
        "matmul",
        "shape",
        one_row,
        aspects=("gradient",),
    ),
    shows(
        "spread-of-a-scalar",
        "the gradient of var and std by a scalar has an axis",
        "var std",
        "shape",
        scalar,
        aspects=("gradient",),
    ),
)
