"""Pins whose answer is an image: the arrays that ``stored_pictures`` reads, drawn for the page."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from opassay.reports.data.foreign import Unreadable, word
from opassay.reports.data.stored_pictures import FOLDER, Arrays, read_arrays, read_index
from opassay.reports.data.text import plural

PIN_LIMIT = 12
SIDE_LIMIT = 256
"""The most pixels of an image on the page along either side."""
BUDGET = 1_000_000
"""The most characters of all images of a page, divided evenly among the pins."""
DECADES = 6
"""The fewest powers of ten that the colours of a difference span."""
FLOOR = -8
"""The power of ten of the darkest colour, unless the differences are smaller still."""
CIVIDIS = np.frombuffer(
    bytes.fromhex(
        "00224d00285b002d690432701c386e283e6d32446c3b496b454f6b4d556c545a6c5b606e63666f6a6c71717273787876"
        "807e788784788f8a77979076a09775a89e73b0a470b8ab6dc2b269cab964d3c05fdbc759e5cf50eed747f8de3bfde737"
    ),
    np.uint8,
).reshape(-1, 3)
"""Red, green and blue of the colours of a difference, the smallest first: more would enlarge the file without being
distinguishable. Every eighth of cividis' 256, whose order of brightness is visible with any colour vision. Source:
Nuñez, Anderton and Renslow 2018, https://doi.org/10.1371/journal.pone.0199239.
"""
COLOURS = len(CIVIDIS)
_DRAWABLE = (1, 3)


@dataclass(frozen=True)
class Image:
    """One image of the page: ``uri`` is a PNG as a ``data:`` URI, or empty where there is nothing to draw."""

    title: str
    alt: str
    uri: str
    height: int
    width: int
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """One pin. ``columns`` are read from left to right: the oracle's answer above the input, then per target its
    answer above its difference; ``lines`` say what could not be shown."""

    name: str
    op: str
    case_id: str
    source: str
    notes: tuple[str, ...] = ()
    scale: tuple[str, str] = ("", "")
    columns: tuple[tuple[Image, ...], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pictures:
    """All figures of a page, and lines about those that could not be read at all."""

    figures: tuple[Figure, ...] = ()
    lines: tuple[str, ...] = ()


def read_pictures(folder: Path) -> Pictures | None:
    """The figures of the run in ``folder``; None if it kept no pictures. Never raises for what the files hold."""
    folder = Path(folder) / FOLDER
    try:
        rows = read_index(folder)
    except Unreadable as error:
        return Pictures(lines=(str(error),))
    if not rows:
        return None
    figures = tuple(_figure(folder, row, BUDGET // min(len(rows), PIN_LIMIT)) for row in rows[:PIN_LIMIT])
    more = len(rows) - len(figures)
    return Pictures(figures, (f"{plural(more, 'more pin')} left out here to keep the page small.",) if more else ())


def _figure(folder: Path, entry: Any, budget: int) -> Figure:
    """The figure of one entry, with at most ``budget`` characters of images."""
    row = entry if isinstance(entry, Mapping) else {}
    name, op, case_id, source = (word(row.get(key)) for key in ("name", "op", "case_id", "source"))
    bare = Figure(name, op, case_id, source)
    try:
        arrays = read_arrays(folder, row)
        return replace(bare, **_drawn(name, arrays, budget), lines=tuple(arrays.lines))
    except Unreadable as error:
        return replace(bare, lines=(str(error),))


def _drawn(name: str, arrays: Arrays, budget: int) -> dict[str, Any]:
    """Columns, notes and scale of a figure, in the finest raster within ``budget`` characters.

    ``Unreadable`` if none fits.
    """
    gaps = {label: difference(answer, arrays.oracle) for label, answer in arrays.targets.items()}
    low, high = decades([float(gap.max()) for gap in gaps.values()])
    for step in (_finest(arrays.oracle) * k for k in (1, 2, 3, 4, 6, 8)):
        columns = _columns(name, arrays, gaps, (low, high), step)
        if sum(len(image.uri) for column in columns for image in column) <= budget:
            scale = (f"1e{low:+03d} or less", f"1e{high:+03d}") if any(gap.any() for gap in gaps.values()) else ("", "")
            return {"columns": columns, "notes": _notes(arrays.oracle, step), "scale": scale}
    raise Unreadable(f"{plural(len(gaps), 'target')}: more images than the page has room for.")


def _finest(array: np.ndarray) -> int:
    """The smallest pixel step that keeps both sides within the limit."""
    return -(-int(max(array.shape[:2])) // SIDE_LIMIT)


def _notes(oracle: np.ndarray, step: int) -> tuple[str, ...]:
    height, width, channels = oracle.shape
    notes = [f"{height} × {width} pixels, {plural(channels, 'channel')}"]
    if channels not in _DRAWABLE:
        notes.append("the first channel is shown, the differences are of all")
    if not oracle.any():
        notes.append("the oracle's answer is 0, so differences are not divided by its largest value")
    if step > 1:
        notes.append(f"one pixel of every {step} × {step} is shown, of differences the largest")
    return tuple(notes)


def _columns(
    name: str, arrays: Arrays, gaps: Mapping[str, np.ndarray], scale: tuple[int, int], step: int
) -> tuple[tuple[Image, ...], ...]:
    ends = bounds(arrays.oracle)
    oracle = _photo("oracle", f"{name}: the oracle's answer", arrays.oracle, ends, step)
    shown = arrays.shown
    left = [] if shown is None else [_photo("input", f"{name}: the input", shown, bounds(shown), step)]
    columns = [(oracle, *left)]
    for label, answer in arrays.targets.items():
        photo = _photo(label, f"{name}: the answer of {label}", answer, ends, step)
        columns.append((photo, _map(name, label, gaps[label], scale, step)))
    return tuple(columns)


def bounds(*arrays: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest finite value; 0 and 1 if there is none."""
    finite = np.concatenate([array[np.isfinite(array)] for array in arrays] or [np.zeros(0)])
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _photo(title: str, alt: str, array: np.ndarray, ends: tuple[float, float], step: int) -> Image:
    """[H, W, C] as an image whose black and white are ``ends``; NaN is black."""
    step = max(step, _finest(array))
    channels = array.shape[2] if array.shape[2] in _DRAWABLE else 1
    small = array[::step, ::step, :channels].astype(np.float64)
    low, high = ends
    unit = np.nan_to_num((small - low) / ((high - low) or 1.0), nan=0.0).clip(0.0, 1.0)
    pixels = np.broadcast_to(np.rint(unit * 255).astype(np.uint8), (*unit.shape[:2], 3))
    return Image(title, alt, png(pixels), unit.shape[0], unit.shape[1])


def _map(name: str, label: str, gap: np.ndarray, scale: tuple[int, int], step: int) -> Image:
    """The difference [H, W] as an image on a logarithmic scale between two powers of ten, which are also given as text.

    A pixel that stands for several shows their largest.
    """
    note = told(gap)
    alt = f"{name}: {label} differs from the oracle here; {note}"
    if not gap.any():
        return Image("difference", alt, "", 0, 0, note)
    low, high = scale
    rows, columns = (np.arange(0, size, step) for size in gap.shape)
    small = np.maximum.reduceat(np.maximum.reduceat(gap, rows, axis=0), columns, axis=1)
    unit = (np.log10(small.clip(10.0**low, 10.0**high)) - low) / (high - low)
    return Image("difference", alt, png(coloured(unit)), unit.shape[0], unit.shape[1], note)


def difference(answer: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """|answer - exact| ÷ the largest finite |exact|, the largest of all channels: [H, W, C] twice to float64 [H, W].

    Equal values and two NaNs are 0 apart; a value that is not finite is infinitely far from all others. Where
    ``exact`` is 0 everywhere the difference is not divided.
    """
    largest: np.ndarray = distance(answer.astype(np.float64), exact.astype(np.float64), _divisor(exact)).max(axis=2)
    return largest


def distance(answer: np.ndarray, exact: np.ndarray, divisor: float = 1.0) -> np.ndarray:
    """|answer - exact| ÷ divisor of each element; equal values and two NaNs are 0 apart, NaN is infinitely far."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.asarray(np.abs(answer - exact) / divisor)
    apart[np.isnan(apart)] = np.inf
    apart[(answer == exact) | (np.isnan(answer) & np.isnan(exact))] = 0.0
    return apart


def _divisor(exact: np.ndarray) -> float:
    return max(map(abs, bounds(exact))) or 1.0


def told(gap: np.ndarray) -> str:
    """The largest difference of [H, W], its place, and how many pixels differ, as text."""
    if not gap.any():
        return "no difference"
    row, column = np.unravel_index(int(gap.argmax()), gap.shape)
    differing = np.count_nonzero(gap)
    count = f"{differing:,} of {plural(gap.size, 'pixel')} {'differs' if differing == 1 else 'differ'}"
    where = f"at row {row}, column {column}"
    if np.isinf(gap[row, column]):
        infinite = plural(int(np.isinf(gap).sum()), "pixel")
        return f"infinite or NaN where the oracle is not, or the other way round, in {infinite}, first {where}; {count}"
    return f"largest difference {gap[row, column]:.1e} of the largest value, {where}; {count}"


def decades(largest: list[float]) -> tuple[int, int]:
    """The powers of ten of the darkest and the brightest colour, one scale for all targets of a pin."""
    finite = [value for value in largest if 0 < value < math.inf]
    high = max(-300, min(300, math.ceil(math.log10(max(finite, default=1.0)))))
    return min(FLOOR, high - DECADES), high


def coloured(unit: np.ndarray) -> np.ndarray:
    """[H, W] of 0 to 1 as bytes [H, W, 3], in colours that a colour-blind reader can order."""
    return CIVIDIS[np.minimum((unit * COLOURS).astype(np.int64), COLOURS - 1)]


def png(pixels: np.ndarray) -> str:
    """Bytes [H, W, 3] as a ``data:`` URI; equal pixels give equal text."""
    import PIL.Image

    stream = io.BytesIO()
    PIL.Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
