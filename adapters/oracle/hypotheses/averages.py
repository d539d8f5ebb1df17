"""Mistakes of average pools: which elements the divisor counts, and the precision of the division."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.average import AVERAGES, counts, divisors
from opassay.adapters.oracle.geometry import channels_last, from_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.question import References, ask, mapped, pads_of, windows_of
from opassay.adapters.oracle.linear import linear_reference
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question


def _end_counted_as_start(question: Question) -> Iterator[References]:
    """Padding at the end counts only as far as there is as much at the start."""
    pads, layout = pads_of(question), question.attributes["layout"]
    if not question.attributes["count_padding"] or all(after <= before for before, after in pads):
        return
    counted = [(before, min(before, after)) for before, after in pads]
    rest = tuple((0, max(0, after - before)) for before, after in pads)
    around = [(0, 0), *counted, (0, 0)] if channels_last(layout) else [(0, 0), (0, 0), *counted]
    (x,) = question.inputs
    found = ask(question.but(inputs=(np.pad(x, around),), padding=rest, count_padding=False))
    inside = tuple(slice(before, before + n) for (before, _), n in zip(around, x.shape, strict=True))
    yield tuple(mapped(r, lambda v: v[inside]) for r in found) if question.gradient else found


def _edge_replicated(question: Question) -> Iterator[References]:
    """Uneven padding of SAME is filled with the image's edge, which counts; its gradient goes back to the edge."""
    pads, layout = pads_of(question), question.attributes["layout"]
    uneven = any(before != after for before, after in pads)
    if question.attributes["padding"] != "SAME" or question.attributes["count_padding"] or not uneven:
        return
    around = [(0, 0), *pads, (0, 0)] if channels_last(layout) else [(0, 0), (0, 0), *pads]
    (x,) = question.inputs
    found = ask(question.but(inputs=(np.pad(x, around, mode="edge"),), padding="VALID"))
    if question.gradient:
        inside = tuple(slice(before, before + n) for (before, _), n in zip(around, x.shape, strict=True))
        units = [None if r.unit is None else r.unit[inside] for r in found]
        folded = (mapped(r, lambda v: _folded(v, around)) for r in found)
        found = tuple(replace(r, unit=unit) for r, unit in zip(folded, units, strict=True))
    yield found


def _folded(values: np.ndarray, around: Sequence[tuple[int, int]]) -> np.ndarray:
    """The transpose of padding with the edge: the cotangent of the padding is added to the edge."""
    for axis, (before, after) in enumerate(around):
        values = np.moveaxis(values, axis, 0)
        inside = values[before : len(values) - after].copy()
        inside[:1] += values[:before].sum(axis=0, keepdims=True, dtype=values.dtype)
        inside[-1:] += values[len(values) - after :].sum(axis=0, keepdims=True, dtype=values.dtype)
        values = np.moveaxis(inside, 0, axis)
    return values


def _reciprocal_in_float32(question: Question) -> Iterator[References]:
    (true,), (x,), (dy,) = ask(question), question.inputs, question.cotangents
    if dy is None or dtypes.dtype_name(x) != "float64":
        return
    windows, layout = windows_of(question), question.attributes["layout"]
    shape, pooled = to_nhwc(x, layout).shape, to_nhwc(dy, layout).shape
    count = counts(windows, question.attributes["count_padding"])
    scale = np.float32(1) / divisors(count, pooled, True).astype(np.float32)

    def spread(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(shape, dtype=dy.dtype)
        for tap in windows.taps():
            dx[:, *tap.inputs] += (to_nhwc(dy, layout) * scale)[:, *tap.outputs]
        return from_nhwc(dx, layout)

    # Each product is rounded once more than that of an integer.
    unit = np.full(true.exact.shape, np.nan)
    yield (replace(linear_reference(true.name, spread, (dy,)), terms=true.terms, unit=unit, roundings=1),)


HYPOTHESES = (
    Hypothesis(
        "end_counted_as_start",
        "padding at the end is counted in the divisor as if it were as wide as that at the start",
        _end_counted_as_start,
        AVERAGES,
    ),
    Hypothesis(
        "edge_replicated",
        "uneven padding of SAME is filled with copies of the edge, which count",
        _edge_replicated,
        AVERAGES,
    ),
    Hypothesis(
        "reciprocal_in_float32",
        "the gradient is scaled by the divisor's reciprocal, which is rounded to float32",
        _reciprocal_in_float32,
        AVERAGES,
        ("gradient",),
    ),
)
