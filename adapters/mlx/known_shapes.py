"""What MLX refuses, and where it returns another shape. Does not import MLX."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.elements import holds_nan
from opassay.adapters.kernels.predicates import empty
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.mlx.known_predicates import SEEN, dilated_float64, steep, wide, widest
from opassay.harness.model.fact import Fact

_ASKED = ("value", "gradient", "shape")


def _refused(name: str, reason: str, ops: str, when: Any, *verdicts: str, aspects: tuple[str, ...] = _ASKED) -> Fact:
    told: dict[str, Any] = {"aspects": aspects, "verdicts": verdicts or ("rejects",), "when": when, "versions": SEEN}
    return Fact(f"mlx-{name}", "upstream", reason, ops=tuple(ops.split()), **told)


SHAPES = (
    _refused(
        "nothing-to-reduce",
        "what has no element is refused, even where no answer is to come of it",
        "argmax argmin log_softmax logsumexp",
        empty_anywhere,
    ),
    _refused(
        "scatters-nothing",
        "updates without elements are refused, though the array has none either",
        "embedding index_add max_pool2d",
        empty_anywhere,
        aspects=("gradient", "shape"),
    ),
    Fact(
        "mlx-reduces-nothing",
        "upstream",
        "where no extent of the reduced axes is left, the loop over them (nd_loop) reads behind their list",
        ops=("var", "std"),
        aspects=_ASKED,
        verdicts=("hang", "crash"),
        when=empty_anywhere,
        versions=SEEN,
        flaky="what lies in memory behind the list",
    ),
    _refused(
        "diagonal-of-nothing",
        "the gradient of a diagonal divides by an extent, which ends the process where that is 0",
        "diagonal",
        empty(0),
        "crash",
        aspects=("gradient",),
    ),
    _refused("wide-stride", "strides and dilations are numbers of 32 bits", "conv2d conv2d_transpose", wide),
    _refused(
        "stride-allocated",
        "a gradient allocates an image of all strides, which ends the process",
        "conv2d_transpose",
        widest,
        "crash",
        aspects=("gradient",),
    ),
    _refused(
        "transposes-no-batch",
        "the gradient of an empty batch divides by an extent, which ends the process (SIGFPE)",
        "conv2d_transpose",
        empty(0, 0),
        "crash",
        aspects=("gradient",),
    ),
    _refused("dilated-float64", "convolutions with dilation have no float64", "conv2d", dilated_float64),
    _refused(
        "steep-leaky-relu",
        "it is the larger of x and slope · x, which is the other one where the slope is above 1",
        "leaky_relu",
        steep,
        "numeric",
        "structural",
        aspects=("value", "gradient"),
    ),
    _refused(
        "maximum-of-nan",
        "the gradient of a maximum of NaN is NaN for its whole window",
        "max_pool2d",
        holds_nan,
        "special",
        aspects=("gradient",),
    ),
)
