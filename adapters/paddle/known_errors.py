"""What Paddle makes of invalid input. Does not import Paddle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.facts import accepted
from opassay.adapters.geometry import channel_axis, effective, output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.far import cropped_away
from opassay.adapters.kernels.windows import to_nhwc
from opassay.adapters.paddle.known_masks import symmetric, unpadded
from opassay.adapters.paddle.known_shown import SEEN
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_MASKED = "max_pool2d_with_argmax"


def _taken(name: str, owner: str, reason: str, table: dict[str, tuple[str, ...]], **more: Any) -> tuple[Fact, ...]:
    return tuple(accepted(f"paddle-{name}", owner, reason, table, versions=SEEN, **more))


def _fails(name: str, verdict: str, owner: str, reason: str, ops: tuple[str, ...], *rules: str, **more: Any) -> Fact:
    told = {"ops": ops, "aspects": ("error",), "verdicts": (verdict,), "rules": rules, "versions": SEEN}
    return Fact(f"paddle-{name}", owner, reason, **told, **more)


def _untold(case: Case) -> bool:
    """A pool with indices refuses padding that is not the same on both sides."""
    return case.op != _MASKED or symmetric(case.attributes["padding"])


def _misread(case: Case) -> bool:
    """The padding "same", where Paddle does not compute SAME."""
    how = case.attributes
    if case.op == "conv2d":
        dilated = any(d > 1 and k > 1 for d, k in zip(how["dilation"], case.tensors[1].shape[:2], strict=True))
        return dilated and how["padding"] == "same"
    return how["padding"] == "same" and unpadded(replace(case, attributes={**how, "padding": "SAME"}))


def _windows(case: Case, towards_zero: bool) -> list[int]:
    """Paddle's number of windows; it supports SAME only without indices."""
    how, shape = case.attributes, case.tensors[0].shape
    extents = [shape[axis] for axis in spatial_axes(how["layout"])]
    if how["padding"] == "SAME" and case.op != _MASKED:
        return [math.trunc((n + s - 1) / s) for n, s in zip(extents, how["stride"], strict=True)]
    pads = ((0, 0), (0, 0)) if isinstance(how["padding"], str) else how["padding"]
    sizes = zip(extents, how["window"], how["stride"], pads, strict=True)
    return [
        math.trunc((n + sum(pad) - k) / s) + 1 if towards_zero else output_extent(n + sum(pad), k, s, 1)
        for n, k, s, pad in sizes
    ]


def _countable(case: Case) -> bool:
    """A negative stride for which the number of windows is not negative."""
    return _untold(case) and min(_windows(case, True)) >= 0


def _answer(case: Case) -> Sequence[int]:
    if case.op == "scatter_nd":
        return tuple(case.attributes["shape"])
    shape = case.tensors[0].shape
    return [shape[0], shape[channel_axis(case.attributes["layout"])], *_windows(case, False)]


def _bytes(case: Case) -> int:
    return math.prod(_answer(case)) * dtypes.storage(case.tensors[-1].dtype).itemsize


def _wraps(case: Case) -> bool:
    """A huge number of elements is positive as an int64, and its bytes are few modulo 2**64."""
    count = math.prod(_answer(case))
    return count >= 2**60 and count % 2**64 < 2**63 and _bytes(case) % 2**64 < 2**32


def _large_but_possible(case: Case) -> bool:
    """Padding whose answer may just fit into memory."""
    return _bytes(case) < 5 * 2**32


def _fits_undilated(case: Case) -> bool:
    """output_size is nevertheless one of the ``stride`` possible ones."""
    how, (x, w) = case.attributes, case.tensors
    axes = spatial_axes(how["layout"])
    extents = [how["output_shape"][axis] for axis in axes]
    pads = pad_amounts(extents, w.shape[:2], how["stride"], how["dilation"], how["padding"])
    sizes = zip(axes, extents, w.shape[:2], how["stride"], how["dilation"], pads, strict=True)
    over = [(n - ((x.shape[i] - 1) * s - sum(p) + effective(k, d)), s) for i, n, k, s, d, p in sizes]
    return all(0 <= more < s for more, s in over)


def _wider_at_the_end(case: Case) -> bool:
    how = case.attributes
    return bool(how["count_padding"]) and any(high > low for low, high in how["padding"])


def _padding_allowed(case: Case) -> bool:
    """output_padding is less than stride or dilation."""
    how = case.attributes
    return all(
        more < max(pair) for more, *pair in zip(how["output_padding"], how["stride"], how["dilation"], strict=True)
    )


def _before_all(case: Case) -> bool:
    """A negative index in the first plane of the tensor."""
    indices = to_nhwc(np.asarray(case.tensors[1].materialize()), case.attributes["layout"])
    return bool((indices[:1, ..., :1] < 0).any())


ERRORS = (
    *_taken(
        "towards-zero",
        "upstream",
        "the number of windows is divided towards zero, so a window one row too large is found to fit",
        {"pools conv2d": ("WindowLargerThanInput",)},
        when=lambda case: case.op == "conv2d" or min(_windows(case, True)) >= 0,
    ),
    *_taken(
        "window",
        "upstream",
        "the extents of a window are not checked",
        {"selects_maximum": ("WindowZero", "WindowNegative")},
        when=_untold,
    ),
    *_taken(
        "cut-wide",
        "upstream",
        "padding at the end is counted as if it were as wide as that at the start, also where it is a window wide",
        {"avg_pool2d": ("PadNotSmallerThanWindow",)},
        when=_wider_at_the_end,
    ),
    *_taken("divisor", "upstream", "a divisor of 0 is not checked", {"ceil_avg_pool2d": ("DivisorZero",)}),
    *_taken("twice", "upstream", "a letter may stand twice in an answer", {"einsum": ("AnswerTwice",)}),
    *_taken("no-filter", "upstream", "a filter without taps gives zeros", {"conv2d": ("FilterZero",)}),
    *_taken(
        "stride-negative",
        "upstream",
        "only a negative number of windows is refused",
        {"selects_maximum": ("StrideNegative",)},
        when=_countable,
    ),
    *_taken(
        "dilation",
        "upstream",
        "dilations are not checked",
        {"conv2d_transpose": ("DilationZero", "DilationNegative")},
        when=_fits_undilated,
    ),
    *_taken(
        "dilation-biased",
        "upstream",
        "dilations are not checked",
        {"biased_conv_transpose2d": ("DilationZero",)},
        when=_padding_allowed,
    ),
    *_taken(
        "negative-padding",
        "upstream",
        "pools do not check it where something is left",
        {"pools": ("PadNegative",)},
        when=lambda case: _untold(case) and not cropped_away(case),
    ),
    *_taken(
        "word",
        "upstream",
        "words of padding may be in lower case, and SAME is misread there, too",
        {f"conv2d {_MASKED}": ("PadUnknown",)},
        when=_misread,
    ),
    *_taken(
        "before-table",
        "upstream",
        "indices below 0 are not refused: what lies before the table is the answer",
        {"embedding": ("IndexNegative",)},
    ),
    *_taken(
        "plane",
        "by design",
        "positions are counted in a plane of their own channel",
        {"max_unpool2d": ("IndexWrongChannel",)},
    ),
    *_taken(
        "written-before",
        "upstream",
        "indices are compared with the plane's size only: a negative one is written before it",
        {"max_unpool2d": ("IndexNegative",)},
        when=lambda case: not _before_all(case),
    ),
    _fails(
        "written-before-all",
        "crash",
        "upstream",
        "a negative index is written before the tensor: memory of the allocator is overwritten",
        ("max_unpool2d",),
        "IndexNegative",
        when=_before_all,
    ),
    _fails(
        "same-stride-zero",
        "crash",
        "upstream",
        "SAME divides by the stride unchecked",
        ("max_pool2d",),
        "StrideZero",
        when=lambda case: case.attributes["padding"] == "SAME",
    ),
    _fails(
        "wraps",
        "crash",
        "upstream",
        "the size in bytes wraps around 2**64, and memory beyond what was allocated is written",
        ("max_pool2d", "avg_pool2d", "scatter_nd"),
        "PadOverflow",
        "OutputOverflow",
        when=_wraps,
    ),
    _fails(
        "huge-padding",
        "hang",
        "by design",
        "padding may have any amount",
        ("avg_pool2d",),
        "PadOverflow",
        when=_large_but_possible,
    ),
)
