"""What Paddle makes of invalid input. Free of Paddle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opassay.adapters.geometry import channel_axis, effective, output_extent, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import Predicate, breaks
from opassay.adapters.known_windows import to_nhwc
from opassay.adapters.paddle.known_entries import Page, paddle_known
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_POOLS = ("max_pool2d", "max_pool2d_with_argmax", "avg_pool2d")
_MAX_POOLS = _POOLS[:2]
_TOWARDS_ZERO = "the number of windows is divided towards zero, so a window one row too large is found to fit"
_WRAPPED = "the size in bytes wraps around 2**64, and memory beyond what was allocated is written"
_UNCHECKED = "the extents of a window are not checked"
_MATMUL = ("https://paddlepaddle.org.cn/documentation/docs/en/api/paddle/matmul_en.html", "matmul")


def _error(
    op: str, name: str, verdict: str, covers: Predicate, owner: str, reason: str, page: Page | None = None
) -> Fact:
    return paddle_known(op, "error", name, verdict, covers, owner, reason, page=page)


def _even(case: Case) -> bool:
    """Padding that a pool that tells positions takes: the same on both sides, or a word."""
    padding = case.attributes["padding"]
    return isinstance(padding, str) or all(low == high for low, high in padding)


def _evenly(rule: str) -> Predicate:
    return lambda case: case.rule == rule and (case.op != "max_pool2d_with_argmax" or _even(case))


def _lower_case(case: Case) -> bool:
    return case.rule == "PadUnknown" and case.attributes["padding"].upper() in ("SAME", "VALID")


def _same_of_input(case: Case) -> bool:
    """ "same" pads a transposed convolution by its input's extents; the answer asked for may be possible even so."""
    if not _lower_case(case):
        return False
    how, (x, w) = case.attributes, case.tensors
    sizes = zip(spatial_axes(how["layout"]), w.shape[:2], how["stride"], strict=True)
    for axis, k, s in sizes:
        rows = x.shape[axis]
        pads = max((-(-rows // s) - 1) * s + k - rows, 0)
        if not 0 <= how["output_shape"][axis] - ((rows - 1) * s - pads + k) < s:
            return False
    return True


def _windows(case: Case, towards_zero: bool) -> list[int]:
    """How many windows Paddle counts; it knows SAME only where no positions are told."""
    how, shape = case.attributes, case.tensors[0].shape
    extents = [shape[axis] for axis in spatial_axes(how["layout"])]
    word = how["padding"] if isinstance(how["padding"], str) else ""
    pads = ((0, 0), (0, 0)) if word else how["padding"]
    if word == "SAME" and case.op != "max_pool2d_with_argmax":
        return [math.trunc((n + s - 1) / s) for n, s in zip(extents, how["stride"], strict=True)]
    sizes = zip(extents, how["window"], how["stride"], pads, strict=True)
    return [
        math.trunc((n + sum(pad) - k) / s) + 1 if towards_zero else output_extent(n + sum(pad), k, s, 1)
        for n, k, s, pad in sizes
    ]


def _countable(case: Case) -> bool:
    """A negative stride with which the number of windows is not negative."""
    return case.rule == "StrideNegative" and _even_where_told(case) and min(_windows(case, True)) >= 0


def _even_where_told(case: Case) -> bool:
    return case.op != "max_pool2d_with_argmax" or _even(case)


def _same_stride_zero(case: Case) -> bool:
    return case.rule == "StrideZero" and case.attributes["padding"] == "SAME"


def _wraps(shape: Sequence[int], dtype: str) -> bool:
    """Whether a huge number of elements is positive as an int64, and its bytes are few modulo 2**64."""
    count = math.prod(shape)
    few = count * dtypes.storage(dtype).itemsize % 2**64 < 2**32
    return count >= 2**60 and count % 2**64 < 2**63 and few


def _pool_answer(case: Case) -> list[int]:
    shape = case.tensors[0].shape
    return [shape[0], shape[channel_axis(case.attributes["layout"])], *_windows(case, False)]


def _padding_wraps(case: Case) -> bool:
    return case.rule == "PadOverflow" and _wraps(_pool_answer(case), case.tensors[0].dtype)


def _large_but_possible(case: Case) -> bool:
    """Padding whose answer a machine may just hold."""
    if case.rule != "PadOverflow":
        return False
    return math.prod(_pool_answer(case)) * dtypes.storage(case.tensors[0].dtype).itemsize < 5 * 2**32


def _scatter_wraps(case: Case) -> bool:
    return case.rule == "OutputOverflow" and _wraps(case.attributes["shape"], case.tensors[1].dtype)


def _fits_undilated(rule: str) -> Predicate:
    """output_size is one of the stride possible ones all the same."""

    def covers(case: Case) -> bool:
        if case.rule != rule:
            return False
        how, (x, w) = case.attributes, case.tensors
        axes = spatial_axes(how["layout"])
        extents = [how["output_shape"][axis] for axis in axes]
        pads = pad_amounts(extents, w.shape[:2], how["stride"], how["dilation"], how["padding"])
        sizes = zip(axes, extents, w.shape[:2], how["stride"], how["dilation"], pads, strict=True)
        over = [(n - ((x.shape[i] - 1) * s - sum(p) + effective(k, d)), s) for i, n, k, s, d, p in sizes]
        return all(0 <= more < s for more, s in over)

    return covers


def _before_all(first: bool) -> Predicate:
    """A negative index in the first plane of the tensor (``first``), or in a later one only."""

    def covers(case: Case) -> bool:
        if case.rule != "IndexNegative":
            return False
        indices = to_nhwc(np.asarray(case.tensors[1].materialize()), case.attributes["layout"])
        return bool((indices[:1, ..., :1] < 0).any()) == first

    return covers


ERRORS = (
    *(
        _error(op, "window-larger", "accepts", _evenly("WindowLargerThanInput"), "upstream", _TOWARDS_ZERO)
        for op in (*_POOLS, "conv2d")
    ),
    *(
        _error(op, "padding-word", "accepts", _lower_case, "by design", "words of padding may be in lower case")
        for op in (*_POOLS, "conv2d")
    ),
    _error(
        "conv2d_transpose",
        "padding-word",
        "accepts",
        _same_of_input,
        "by design",
        "words may be in lower case, and pad x",
    ),
    *(
        _error(op, "wide-padding", "accepts", breaks("PadNotSmallerThanWindow"), "by design", "pads by any amount")
        for op in ("max_pool2d", "avg_pool2d", "conv2d")
    ),
    *(
        _error(op, "negative-padding", "accepts", breaks("PadNegative"), "upstream", "pools do not check it")
        for op in ("max_pool2d", "avg_pool2d")
    ),
    *(
        _error(op, name, "accepts", _evenly(rule), "upstream", _UNCHECKED)
        for op in _MAX_POOLS
        for name, rule in (("window-zero", "WindowZero"), ("window-negative", "WindowNegative"))
    ),
    *(
        _error(op, "stride-negative", "accepts", _countable, "upstream", "only a negative number of windows is refused")
        for op in _MAX_POOLS
    ),
    _error("max_pool2d", "stride-zero", "crash", _same_stride_zero, "upstream", "SAME divides by the stride unchecked"),
    *(
        _error(op, "padding-overflow", "crash", _padding_wraps, "upstream", _WRAPPED)
        for op in ("max_pool2d", "avg_pool2d")
    ),
    _error("avg_pool2d", "huge-padding", "hang", _large_but_possible, "by design", "padding may have any amount"),
    _error("scatter_nd", "overflow", "crash", _scatter_wraps, "upstream", _WRAPPED),
    _error("scatter_nd", "negative", "accepts", breaks("IndexNegative"), "by design", "a negative index counts back"),
    _error("conv2d", "no-filter", "accepts", breaks("FilterZero"), "upstream", "a filter without taps gives zeros"),
    *(
        _error("conv2d_transpose", name, "accepts", _fits_undilated(rule), "upstream", "dilations are not checked")
        for name, rule in (("dilation-zero", "DilationZero"), ("dilation-negative", "DilationNegative"))
    ),
    _error(
        "matmul", "rank-one", "accepts", breaks("RankOne"), "by design", "matmul follows NumPy, with vectors", _MATMUL
    ),
    _error(
        "max_unpool2d",
        "wrong-channel",
        "accepts",
        breaks("IndexWrongChannel"),
        "by design",
        "positions are counted in a plane of their own channel",
    ),
    _error(
        "max_unpool2d",
        "negative",
        "accepts",
        _before_all(False),
        "upstream",
        "indices are compared with the plane's size only: a negative one is written before it",
    ),
    _error(
        "max_unpool2d",
        "negative-first",
        "crash",
        _before_all(True),
        "upstream",
        "the same before the tensor: memory of the allocator is overwritten",
    ),
)
