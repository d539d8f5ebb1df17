"""A finding's expected and actual values and their difference as small pictures, with the worst element marked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from opassay.reports.sections.pictures import bounds, coloured, distance, png

ELEMENT_LIMIT = 1 << 16
SIDE_LIMIT = 48
"""The most rows or columns of an array that are shown: those around the worst element."""
TEXT_LIMIT = 6
"""The most rows and columns for which values are written into the picture."""
_INDEX = re.compile(r"^(?P<output>[^\[\]]*)\[(?P<index>[\d,\s]*)\]$")


@dataclass(frozen=True)
class Square:
    """One written value: its place in the picture, in elements, and whether its background is light."""

    x: float
    y: float
    text: str
    light: bool


@dataclass(frozen=True)
class Heatmap:
    """``uri``: a PNG with one pixel per element as a ``data:`` URI; ``mark``: column and row of the worst element."""

    title: str
    alt: str
    uri: str
    width: int
    height: int
    mark: tuple[int, int] | None
    texts: tuple[Square, ...] = ()
    note: str = ""


def heatmaps(expected: Any, actual: Any, worst_index: str) -> tuple[Heatmap, ...]:
    """Expected, actual, and |actual - expected|; fewer where one is no array, or their shapes differ; never raises.

    ``expected`` and ``actual``: nested lists of numbers; ``worst_index``: ``y[0,2,1]``.
    """
    found = _INDEX.match(worst_index)
    arrays = {title: array_of(value) for title, value in (("expected", expected), ("actual", actual))}
    place = tuple(int(n) for n in re.findall(r"\d+", found["index"])) if found else ()
    known = {title: array for title, array in arrays.items() if array is not None}
    if len(known) == 2 and known["expected"].shape == known["actual"].shape:
        known["difference"] = distance(known["actual"], known["expected"])
        if not _within(place, known["difference"].shape):
            place = _largest(known["difference"])
    ends = bounds(*(known[title] for title in ("expected", "actual") if title in known))
    return tuple(_drawn(title, array, place, ends) for title, array in known.items() if array.size)


def array_of(value: Any) -> np.ndarray | None:
    """Nested lists as float64; None for anything else or for too many elements."""
    if not isinstance(value, (list, int, float)) or isinstance(value, bool):
        return None
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    return array if array.size <= ELEMENT_LIMIT else None


def _largest(apart: np.ndarray) -> tuple[int, ...]:
    return tuple(int(n) for n in np.unravel_index(int(apart.argmax()), apart.shape)) if apart.size else ()


def _within(place: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return len(place) == len(shape) and all(n < extent for n, extent in zip(place, shape, strict=True))


def _drawn(title: str, array: np.ndarray, place: tuple[int, ...], ends: tuple[float, float]) -> Heatmap:
    place = place if _within(place, array.shape) else (0,) * array.ndim
    plane, (row, column), told = _plane(array, place)
    top, left = (_start(at, extent) for at, extent in zip((row, column), plane.shape, strict=True))
    shown = plane[top : top + SIDE_LIMIT, left : left + SIDE_LIMIT]
    if shown.shape != plane.shape:
        told += f"; {shown.shape[0]} × {shown.shape[1]} of {plane.shape[0]} × {plane.shape[1]} elements are shown"
    unit = _unit(shown, bounds(shown) if title == "difference" else ends, zero=title == "difference")
    value = number(float(plane[row, column]))
    alt = f"{title}{told and ' '}{told}, {shown.shape[0]} rows, {shown.shape[1]} columns; {value} at the worst element"
    texts = _texts(shown, unit) if max(shown.shape) <= TEXT_LIMIT else ()
    mark = (column - left, row - top)
    return Heatmap(
        title,
        alt,
        png(coloured(unit)),
        shown.shape[1],
        shown.shape[0],
        mark,
        texts,
        f"{value} there{told and '; '}{told}",
    )


def _plane(array: np.ndarray, place: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, int], str]:
    """The two longest axes through the worst element as rows and columns, its row and column, and the slice in words.

    Axes of equal length: the later ones, except that a last axis of channels gives way to height and width.
    """
    if array.ndim < 2:
        return array.reshape(1, -1), (0, place[0] if place else 0), ""
    ranked = sorted(range(array.ndim), key=lambda axis: (-array.shape[axis], abs(axis - array.ndim / 2)))
    rows, columns = sorted(ranked[:2])
    index = tuple(slice(None) if axis in (rows, columns) else place[axis] for axis in range(array.ndim))
    told = ",".join(":" if axis in (rows, columns) else str(place[axis]) for axis in range(array.ndim))
    return array[index], (place[rows], place[columns]), f"[{told}]" if array.ndim > 2 else ""


def _start(at: int, extent: int) -> int:
    return max(0, min(at - SIDE_LIMIT // 2, extent - SIDE_LIMIT))


def _unit(plane: np.ndarray, ends: tuple[float, float], zero: bool) -> np.ndarray:
    """0 to 1 between the ends (from 0 where ``zero``); NaN and infinities are the brightest or the darkest."""
    low, high = (min(0.0, ends[0]) if zero else ends[0]), ends[1]
    with np.errstate(invalid="ignore", over="ignore"):
        unit = (plane / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
    clipped: np.ndarray = np.nan_to_num(unit, nan=1.0, posinf=1.0, neginf=0.0).clip(0.0, 1.0)
    return clipped


def _texts(plane: np.ndarray, unit: np.ndarray) -> tuple[Square, ...]:
    return tuple(
        Square(column + 0.5, row + 0.5, number(float(plane[row, column])), bool(unit[row, column] > 0.5))
        for row in range(plane.shape[0])
        for column in range(plane.shape[1])
    )


def number(value: float) -> str:
    """A value in few characters: ``3``, ``-0.5``, ``1.2e-07``, ``nan``."""
    return f"{value:.0f}" if math.isfinite(value) and value == int(value) and abs(value) < 1e5 else f"{value:.2g}"
