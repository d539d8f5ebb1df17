"""Where onnxruntime's pools lay their windows, as far as that differs from the contract. Free of onnxruntime."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from opassay.adapters.geometry import channel_axis, effective, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import Predicate
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case


class Axis(NamedTuple):
    """One spatial axis: pad before it, number of windows."""

    low: int
    windows: int


BLOCK = 16
"""Channels that a kernel takes at once on processors with AVX-512; 8 on others."""


def same_raises(case: Case) -> bool:
    """Padding for SAME that leaves less than no window, or that is negative in a kernel that refuses it."""
    return _misplaced(case) and (_refused(case) or min(_counts(case)) < 0)


def same_raises_unblocked(case: Case) -> bool:
    """Negative padding of an image that would be taken by blocks, with optimisations off."""
    plain = _blocked(case) and _same(case) and _kernel(case, False) in ("", "last column")
    return plain and case.tensors[0].shape[0] > 0 and min(_totals(case)) < 0


def same_shrinks(case: Case) -> bool:
    """Padding for SAME that leaves another number of windows."""
    return _misplaced(case) and not same_raises(case) and _counts(case) != _windows(case)


def same_shrinks_but_runs(case: Case) -> bool:
    return same_shrinks(case) and not (_blocked(case) and _counts(case)[0] == 0)


def same_crashes(case: Case) -> bool:
    """Padding for SAME that leaves no row of windows to the kernel that takes channels by blocks."""
    return same_shrinks(case) and not same_shrinks_but_runs(case)


def same_moves(verdict: str) -> Predicate:
    """Padding for SAME that moves the windows but leaves as many, and an image that shows it by this verdict."""

    def covers(case: Case) -> bool:
        moved = _misplaced(case) and not same_raises(case) and _counts(case) == _windows(case)
        return moved and _shows(case) == verdict

    return covers


def larger_window_counted(case: Case) -> bool:
    """A window one row too large, of which onnxruntime lays one or none."""
    return case.rule == "WindowLargerThanInput" and not larger_window_crashes(case)


def larger_window_crashes(case: Case) -> bool:
    """A window one row too large, of which the kernel that takes channels by blocks lays no row."""
    return case.rule == "WindowLargerThanInput" and _blocked(case) and _counts(case)[0] == 0


def wide_pad(case: Case) -> bool:
    """Explicit padding that is not smaller than the window without its dilation."""
    padding, window = case.attributes["padding"], case.attributes["window"]
    explicit = not isinstance(padding, str)
    return explicit and any(max(pair) >= k for pair, k in zip(padding, window, strict=True)) and not case.rule


def no_pixels(case: Case) -> bool:
    """A batch of images without channels, rows or columns."""
    return not case.rule and _no_pixels(case) and case.tensors[0].shape[0] > 0


def nan_dropped(blocked: bool, optimized: bool) -> Predicate:
    """Some window holds a NaN that is not where the kernel keeps it; of images that can be taken by blocks or not."""

    def covers(case: Case) -> bool:
        windows = _windows_of(case) if _blocked(case) == blocked else None
        return windows is not None and _drops(case, *windows, _kernel(case, optimized))

    return covers


def infinity_lost(blocked: bool, optimized: bool) -> Predicate:
    """Some window holds -inf alone and meets the lowest finite number, where the kernel starts or pads with it."""

    def covers(case: Case) -> bool:
        # float16 is computed in float32, whose lowest number rounds to -inf.
        windows = _windows_of(case) if _blocked(case) == blocked and case.tensors[0].dtype != "float16" else None
        return windows is not None and _loses(case, *windows, _kernel(case, optimized))

    return covers


def _drops(case: Case, values: np.ndarray, inside: np.ndarray, kernel: str) -> bool:
    kept = {"first": np.argmax(inside, axis=-1), "last": _last(inside), "last column": _corner(case, inside)}
    dropped = np.isnan(values).any(axis=-1)
    if kernel in kept:
        dropped &= ~np.isnan(np.take_along_axis(values, kept[kernel][..., None], axis=-1)[..., 0])
    return bool(dropped.any())


def _loses(case: Case, values: np.ndarray, inside: np.ndarray, kernel: str) -> bool:
    lost = (values == -np.inf).all(axis=-1)
    if kernel == "last column":
        corner = _corner(case, inside)
        ends = (corner, corner - case.attributes["window"][1] + 1)
        lost &= ~np.logical_and(*(np.take_along_axis(inside, end[..., None], axis=-1)[..., 0] for end in ends))
    return kernel != "first" and bool(lost.any())


def _kernel(case: Case, optimized: bool) -> str:
    """Where a NaN survives in the kernel that answers: ``first`` or ``last`` pixel, ``last column``, or nowhere."""
    a = case.attributes
    if optimized and _blocked(case):
        return "last"
    single = case.tensors[0].dtype in ("float16", "float32")
    if case.op == "max_pool2d_with_argmax" or not single or tuple(a["dilation"]) != (1, 1):
        return "first"
    whole = tuple(a["window"]) == tuple(_extents(case)) and not any(amount for pair in _pads(case) for amount in pair)
    return "" if whole or a["stride"][1] > 2 else "last column"


def _last(inside: np.ndarray) -> np.ndarray:
    return inside.shape[-1] - 1 - np.argmax(inside[..., ::-1], axis=-1)


def _corner(case: Case, inside: np.ndarray) -> np.ndarray:
    """The last column, pixel or padding, of the last row that has pixels."""
    columns = case.attributes["window"][1]
    return _last(inside) // columns * columns + columns - 1


def _windows_of(case: Case) -> tuple[np.ndarray, np.ndarray] | None:
    """The values of every window, padded with -inf, and which are pixels; None where there is nothing special."""
    tensor, a = case.tensors[0], case.attributes
    special = tensor.fill.kind in ("special", "literal") and dtypes.is_float(tensor.dtype)
    if not special or 0 in tensor.shape or case.rule or wide_pad(case) or _misplaced(case):
        return None
    height, width = spatial_axes(a["layout"])
    image = np.moveaxis(dtypes.widen(tensor.materialize()), (height, width), (-2, -1))
    spans = [effective(k, d) for k, d in zip(a["window"], a["dilation"], strict=True)]

    def cut(plane: np.ndarray, outside: float) -> np.ndarray:
        padded = np.pad(plane, ((0, 0), (0, 0), *_pads(case)), constant_values=outside)
        (down, right), (below, beside) = a["stride"], a["dilation"]
        windows = sliding_window_view(padded, spans, axis=(-2, -1))[:, :, ::down, ::right, ::below, ::beside]
        return windows.reshape(*windows.shape[:4], -1)

    return cut(image, -np.inf), cut(np.ones_like(image), 0.0) > 0


def _no_pixels(case: Case) -> bool:
    return 0 in case.tensors[0].shape[1:]


def _blocked(case: Case) -> bool:
    tensor = case.tensors[0]
    channels = tensor.shape[channel_axis(case.attributes["layout"])]
    return case.op != "max_pool2d_with_argmax" and tensor.dtype == "float32" and channels % BLOCK == 0


def _shows(case: Case) -> str:
    """The verdict on an image whose windows lie elsewhere; none where all of it is alike."""
    tensor, kind = case.tensors[0], case.tensors[0].fill.kind
    special = kind == "special" and dtypes.is_float(tensor.dtype)
    if case.op == "max_pool2d_with_argmax":
        return "" if 0 in tensor.shape else "special" if special else "structural"
    if 0 in tensor.shape or kind in ("ones", "literal") or tensor.memory.kind == "broadcast":
        return ""
    if kind in ("iota", "ints", "ties") or not dtypes.is_float(tensor.dtype):
        return "structural"
    return "special" if special else "numeric"


def _extents(case: Case) -> list[int]:
    return [case.tensors[0].shape[axis] for axis in spatial_axes(case.attributes["layout"])]


def _dilation(case: Case) -> tuple[int, int]:
    height, width = case.attributes.get("dilation", (1, 1))
    return height, width


def _pads(case: Case) -> tuple[tuple[int, int], tuple[int, int]]:
    a = case.attributes
    return pad_amounts(_extents(case), a["window"], a["stride"], _dilation(case), a["padding"])


def _windows(case: Case) -> list[int]:
    """How many there are with SAME."""
    return [-(-n // s) for n, s in zip(_extents(case), case.attributes["stride"], strict=True)]


def _counts(case: Case) -> list[int]:
    return [axis.windows for axis in _laid(case)]


def _same(case: Case) -> bool:
    return not case.rule and case.attributes["padding"] == "SAME" and not _no_pixels(case)


def _misplaced(case: Case) -> bool:
    """SAME, for which onnxruntime takes windows as not dilated, and crops what would be negative padding."""
    if not _same(case):
        return False
    contract = [Axis(low, count) for (low, _), count in zip(_pads(case), _windows(case), strict=True)]
    return _refused(case) or _laid(case) != contract


def _refused(case: Case) -> bool:
    """Negative padding in the kernel that tells no positions, knows no dilation and takes no blocks."""
    plain = case.op == "max_pool2d" and _kernel(case, True) in ("", "last column")
    return plain and case.tensors[0].shape[0] > 0 and min(_totals(case)) < 0


def _totals(case: Case) -> list[int]:
    """The padding of both ends together, by axis."""
    a = case.attributes
    if a["padding"] != "SAME":
        return [sum(pads) for pads in _pads(case)]
    return [(-(-n // s) - 1) * s + k - n for n, k, s in zip(_extents(case), a["window"], a["stride"], strict=True)]


def _laid(case: Case) -> list[Axis]:
    a, found = case.attributes, []
    sizes = zip(_extents(case), a["window"], a["stride"], _dilation(case), strict=True)
    for (n, k, s, d), total, (low, _) in zip(sizes, _totals(case), _pads(case), strict=True):
        low = _divided(total, 2) if a["padding"] == "SAME" else low
        found.append(Axis(low, _divided(n + total - effective(k, d), s) + 1))
    return found


def _divided(number: int, by: int) -> int:
    """As C++ divides: towards zero."""
    return abs(number) // by * (1 if number >= 0 else -1)
