"""What MindSpore refuses, and what it does not check. Does not import MindSpore."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.kernels.larger import ROUNDED, rounded_to_one
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.adapters.mindspore.known_shown import SEEN
from opassay.harness.model.fact import Fact

_UNCHECKED = {
    "divides": ("DivisorZero",),
    "avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d": ("PadNotSmallerThanWindow",),
    "gather_elements": ("IndexNegative",),
    "max min": ("NothingReduced",),
    "scatter_elements": ("IndexOutOfRange",),
    "depth_to_space space_to_depth": ("RankThree",),
    "pad": ("PadNegative",),
    "one_hot": ("IndexOutOfRange",),
}
_EMPTY = (
    *("positive item", "width should >= 1", "fast stride can not be equal to 0", "must have value"),
    *("elements must be positive", "must be larger than 0", "should > 0, but got 0", "must > 0, but got '0'"),
    *("should not contain 0", "cannot be 0", "modulo by zero", "Framework Unexpected Exception", "smaller than kernel"),
    *("Launch kernel failed", "greater than or equal to 1, but got 0"),
    *(
        "Memcpy_s error",
        "memcpy error",
        "could not create a primitive descriptor",
        "loop_size_ should be greater than 0",
    ),
    *("can not be zero", "must be at least 1, but got", "must not be 0", "should >= 1, but got: 0", "right: 0"),
)


def _refused(name: str, reason: str, *words: str, **more: object) -> Fact:
    return refused(f"mindspore-{name}", reason, *words, **{"versions": SEEN, **more})  # type: ignore[arg-type]


UNCHECKED = (
    *accepted("mindspore-unchecked", "by design", "MindSpore does not check it", _UNCHECKED, versions=SEEN),
    *accepted(
        "mindspore-unchecked",
        "by design",
        "MindSpore does not check it",
        {"scatter_nd": ("IndexOutOfRange",)},
        flaky="how many updates there are: of one the index is checked",
        versions=SEEN,
    ),
)
WORDED = (
    *accepted(
        "mindspore-unchecked-word",
        "by design",
        "words of padding may have small letters",
        {"avg_pool3d avg_pool1d avg_pool2d max_pool1d max_pool2d max_pool3d": ("PadUnknown",)},
        when=lambda case: case.attributes["padding"] in ("same", "valid"),
        versions=SEEN,
    ),
    *accepted(
        "mindspore-unchecked-single",
        "upstream",
        "no axes are all of them, as declared, but of float64 the spread is computed in float32",
        {"std": ("NoAxes",), "var": ("NoAxes",)},
        when=lambda case: case.tensors[0].dtype == "float64",
        versions=SEEN,
    ),
    *accepted(
        "mindspore-unchecked",
        "upstream",
        ROUNDED,
        {"conv_transpose1d": ("OutputTooSmall",)},
        when=rounded_to_one,
        versions=SEEN,
    ),
)
REFUSALS = (
    _refused(
        "empty",
        "kernels refuse tensors without elements",
        *_EMPTY,
        aspects=("value", "gradient", "shape"),
        when=of_nothing,
    ),
    _refused("no-second", "most gradients cannot be differentiated again", "bprop not defined", aspects=("gradient",)),
    _refused(
        "no-gradient",
        "the gradient has no kernel, or none of float64",
        *("Grad], the input argument[", "Unsupported op [InplaceScatterAdd] on CPU"),
        aspects=("gradient",),
    ),
    _refused(
        "padded-axes",
        "an array is padded along as many axes as an image has",
        *("input dims when padding's size", "the input dims for edge, reflect or circular mode"),
    ),
    _refused(
        "copysign-ranks",
        "copysign repeats its second operand, of more axes, as often as its shape says",
        "For 'Select', condition.shape and input.shape",
        aspects=("value", "gradient", "shape"),
    ),
    _refused(
        "scalar-nonzero",
        "a scalar has no positions, and cannot be flipped",
        *("name: NonZero", "the rank of x must be not equal to 0"),
        aspects=("value", "gradient", "shape"),
    ),
    _refused("repeat-zero", "no times are refused", "but got type 'Int'"),
    _refused(
        "wide-padding",
        "padding of both sides together must not be wider than the window",
        *("the sum of the pads in the two directions", "the summation of padding"),
        owner="by design",
        aspects=("value", "gradient", "shape"),
    ),
    _refused(
        "wide-stride", "the gradient's stride is an int32", "which overflows", owner="by design", aspects=("gradient",)
    ),
    _refused("eps", "epsilon must not be larger than 1", "the eps must be in", owner="by design"),
    _refused("far-axis", "an axis is -1 or none below 0", "the axis value must be in [-1", owner="by design"),
    _refused("one-index", "indices of one axis are refused", "the rank(indices) must be", owner="by design"),
)
