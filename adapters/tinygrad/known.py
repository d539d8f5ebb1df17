"""Known differences of tinygrad. Does not import tinygrad: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.facts import accepted, pinned
from opassay.adapters.geometry import effective, pad_amounts, spatial_axes
from opassay.adapters.kernels.elements import divided_by_zero, holds_nan
from opassay.adapters.kernels.predicates import rank_three_in, repeated_to_minus_one
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.tinygrad.known_elements import ELEMENTS
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_TRUE = Tensor((2,), "bool", Fill("ones"))
_SEEN = "tinygrad 0.14.0, CPU (clang)"
_NAN = {
    "owner": "upstream",
    "reason": "relu and max are comparisons, in which a NaN loses",
    "url": "https://github.com/tinygrad/tinygrad/issues/862",
    "title": "`.max(Tensor([ 1, nan]))` should be nan",
}

_UNCHECKED = {
    "pools": ("WindowZero",),
    "conv2d": ("FilterZero",),
    "multiplies": ("DtypeMismatch",),
    "indexes": ("IndexDepthTooLarge", "IndexNegative", "IndexOutOfRange", "IndexWrongChannel"),
    "gather_elements": ("IndexNegative", "IndexOutOfRange"),
    "max_unpool2d": ("OutputRankThree",),
    "scatter_nd": ("IndexDtype", "ShapeNegative"),
    "resizes": ("SizeMissing",),
    "resize_linear": ("SizeZero",),
}
"""Windows, scatters, products and images are composed of movement ops, which do not check these rules."""


def _rank_three(case: Case) -> bool:
    """Pools leave the axes of NCHW in place, and repeats find those of NHWC."""
    return rank_three_in("NHWC" if case.op == "avg_unpool2d" else "NCHW")(case)


def _several_with_nan(case: Case) -> bool:
    """An image with NaN, or a cotangent that is not finite, and windows of several elements."""
    cotangents = [dtypes.widen(x) for x in case.cotangent_values() if x is not None]
    endless = holds_nan(case) or not all(np.isfinite(x).all() for x in cotangents)
    return max(case.attributes["window"]) > 1 and not empty_anywhere(case) and endless


def _no_pixels(case: Case) -> bool:
    """The image that windows move over, a transpose's answer, has no rows or no columns."""
    shape = case.attributes.get("output_shape", case.tensors[0].shape)
    return 0 in (shape[axis] for axis in spatial_axes(case.attributes["layout"]))


def _rows_left(case: Case) -> bool:
    """The answer of a transpose has rows, of which negative padding before them leaves some."""
    how, kernel = case.attributes, case.tensors[1].shape[:2]
    extents = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    if min(how["stride"]) < 1:
        return min(extents) > 0
    pads = pad_amounts(extents, kernel, how["stride"], how["dilation"], how["padding"])
    return all(n > 0 and n + before >= 0 for n, (before, _) in zip(extents, pads, strict=True))


def _summed_bytes(case: Case) -> bool:
    return case.tensors[0 if case.op == "max_unpool2d" else 1].dtype in ("int8", "uint8")


def _rows_before(case: Case) -> bool:
    """A negative dilation of a transpose cuts off no more rows than there are."""
    if case.op != "conv2d_transpose":
        return True
    how, (x, w) = case.attributes, case.tensors[:2]
    rows = [(x.shape[axis] - 1) * s + 1 for axis, s in zip(spatial_axes(how["layout"]), how["stride"], strict=True)]
    cut = [(1 - k) * d for k, d in zip(w.shape[:2], how["dilation"], strict=True)]
    return all(n >= more for n, more in zip(rows, cut, strict=True))


def _taps_left(case: Case) -> bool:
    """Of a stride of 0 the answer has a row less than taps and output padding, from which padding is cut off."""
    how = case.attributes
    told = zip(
        case.tensors[1].shape, how["stride"], how["dilation"], how["padding"], how["output_padding"], strict=False
    )
    return all(s != 0 or effective(k, d) + more - sum(pad) > 1 for k, s, d, pad, more in told)


def _wide_and_shared(case: Case) -> bool:
    """The product of wide numbers is shown, and multiplied again."""
    products = [stage for stage in case.attributes["stages"] if stage["op"] == "matmul"]
    return case.tensors[0].fill.kind == "wide" and len(products) > 1


def _wide_steps(case: Case) -> bool:
    steps = (*case.attributes.get("stride", ()), *case.attributes.get("dilation", ()))
    return max(steps, default=0) >= 2**31 - 1


def _one_of_corners(case: Case) -> bool:
    return case.attributes["coordinates"] == "align_corners" and 1 in case.attributes["size"]


KNOWN = pinned(
    (
        *ELEMENTS,
        *accepted("tinygrad-unchecked", "by design", "tinygrad does not check it", _UNCHECKED, versions=_SEEN),
        *accepted(
            "tinygrad-unchecked",
            "by design",
            "tinygrad does not check it",
            {"conv2d_transpose": ("OutputTooLarge", "OutputTooSmall", "PadNegative", "StrideZero")},
            when=_rows_left,
            versions=_SEEN,
        ),
        *accepted(
            "tinygrad-unchecked",
            "by design",
            "tinygrad does not check it",
            {"windowed": ("DilationNegative", "DilationZero")},
            when=_rows_before,
            versions=_SEEN,
        ),
        *accepted(
            "tinygrad-unchecked",
            "by design",
            "tinygrad does not check it",
            {"biased_conv_transpose2d": ("StrideZero",)},
            when=_taps_left,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-rank-three",
            "by design",
            "composed of movement ops, for any rank that has the axes",
            ops=("avg_pool2d", "max_pool2d", "avg_unpool2d"),
            aspects=("error",),
            verdicts=("accepts",),
            rules=("RankThree",),
            when=_rank_three,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-repeat-minus-one",
            "upstream",
            "repeat_interleave: 1 times -1 is -1, which reshape takes for what is left",
            ops=("avg_unpool2d",),
            aspects=("error",),
            verdicts=("accepts",),
            rules=("WindowNegative",),
            when=repeated_to_minus_one,
            versions=_SEEN,
        ),
        Fact("tinygrad-nan-relu", ops=("relu",), reproduces="nan_to_zero", versions=_SEEN, **_NAN),
        Fact("tinygrad-nan-maximum", ops=("selects_maximum",), reproduces="nan_dropped", versions=_SEEN, **_NAN),
        Fact("tinygrad-nan-later", ops=("selects_maximum",), reproduces="nan_first_only", versions=_SEEN, **_NAN),
        Fact(
            "tinygrad-nan-gradient",
            "upstream",
            "a product with the share of the maximum: 0 times infinity, and of NaN, which no element equals, 0 / 0",
            ops=("selects_maximum",),
            aspects=("gradient",),
            verdicts=("special",),
            when=_several_with_nan,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-ties",
            "by design",
            "equal elements of a window share its gradient",
            ops=("selects_maximum",),
            aspects=("value", "gradient"),
            reproduces="gradient_shared_among_maxima",
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-wider",
            "upstream",
            "a sum of 8-bit integers has 32 bits",
            ops=("indexes",),
            aspects=("value", "shape"),
            verdicts=("dtype",),
            when=_summed_bytes,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-filled-bool",
            "by design",
            "a number that fills truth values makes them numbers",
            ops=("masked_fill",),
            aspects=("value", "shape"),
            verdicts=("dtype",),
            when=lambda case: case.tensors[-1].dtype == "bool",
            versions=_SEEN,
            pins=(Case("masked_fill", (_TRUE, _TRUE), {"fill": 1}),),
        ),
        Fact(
            "tinygrad-empty",
            "upstream",
            "a reshape without channels divides by their number",
            ops=("max_unpool2d", "conv2d_transpose"),
            aspects=("value", "gradient"),
            verdicts=("rejects",),
            words=("integer division or modulo by zero",),
            when=empty_anywhere,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-empty-inferred",
            "upstream",
            "refuses an image without rows or columns, whose answer is zeros or empty",
            ops=("avg_pool2d", "max_pool2d", "max_pool2d_with_argmax", "conv2d_transpose"),
            aspects=("value", "gradient", "shape"),
            verdicts=("rejects",),
            words=("kernel size cannot be greater than actual input size",),
            when=_no_pixels,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-one-of-corners",
            "upstream",
            "align_corners divides by an extent less 1: of an extent of 1, 0 / 0",
            ops=("resize_linear",),
            aspects=("value", "gradient"),
            verdicts=("special",),
            when=_one_of_corners,
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-wide-steps",
            "upstream",
            "the gradient is padded by all that a stride or a dilation steps over, and its kernel goes through that",
            ops=("windowed",),
            aspects=("gradient",),
            verdicts=("hang",),
            when=_wide_steps,
            versions=_SEEN,
            flaky="how many such steps there are, minutes or hours",
        ),
        Fact(
            "tinygrad-float-index",
            "upstream",
            "the gradient of float64 takes a float32 as an index, which its own verification refuses",
            ops=("resize_nearest",),
            aspects=("gradient",),
            verdicts=("rejects",),
            words=("UOp verification failed",),
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-repeated-index",
            "upstream",
            "values at a repeated index are added up",
            ops=("max_unpool2d",),
            reproduces="repeated_index_adds",
            versions=_SEEN,
        ),
        Fact(
            "tinygrad-divided-by-zero",
            "upstream",
            "a kernel is C, in which an integer divided by 0 ends the process",
            ops=("divides",),
            aspects=("error",),
            verdicts=("crash",),
            rules=("DivisorZero",),
            versions=_SEEN,
            pins=(divided_by_zero("remainder"), divided_by_zero("trunc_divide")),
        ),
        Fact(
            "tinygrad-computed-again",
            "by design",
            "lazy: kernels compute a value again that another output shows, and may round it otherwise",
            ops=("shared_inputs",),
            aspects=("gradient",),
            verdicts=("numeric",),
            when=_wide_and_shared,
            versions=_SEEN,
        ),
    ),
    Path(__file__).parent,
)
