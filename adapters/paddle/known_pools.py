"""What Paddle's pools find for a maximum, and what they divide by. Free of Paddle."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import Predicate, attributes_of
from opassay.adapters.known_windows import Windows, answer, failure, first_maximum, gradient, usable, windows
from opassay.adapters.paddle.known_convs import shows
from opassay.adapters.paddle.known_masks import misread
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_LOWEST = float(np.finfo(np.float32).min)
"""Where a maximum starts, also among float64; as a float16 it is -inf."""


def maximum_lost(case: Case) -> bool:
    """Some window's maximum is another number, infinity or NaN than the contract's."""
    if not usable(case) or misread(case):
        return False
    seen = windows(case)
    tiny = dtypes.FORMATS[case.tensors[0].dtype].smallest_normal
    return failure(_maxima(case, seen), answer(seen, first_maximum(seen)), tiny) == "special"


def gradient_lost(verdict: str) -> Predicate:
    """A gradient goes to the first element that equals the maximum that was found, or nowhere."""
    return lambda case: _gradient_failure(case) == verdict


def nowhere(case: Case) -> bool:
    """Some window of a pool that tells positions holds NaN and -inf only, for which it tells the position -1."""
    if not usable(case) or misread(case):
        return False
    seen = windows(case)
    return bool((~_taken(case, seen).any(axis=0)).any())


def _gradient_failure(case: Case) -> str:
    if not usable(case) or case.cotangents[0] is None or misread(case):
        return "pass"
    seen = windows(case)
    taken = _taken(case, seen)
    tap = np.where(taken.any(axis=0), taken.argmax(axis=0), len(taken))
    beyond = seen._replace(places=np.concatenate([seen.places, np.full_like(seen.places[:1], -1)]))
    return failure(gradient(case, beyond, tap), gradient(case, seen, first_maximum(seen)))


def _taken(case: Case, seen: Windows) -> np.ndarray:
    """Where an element equals the maximum that was found: the first one is meant."""
    return (seen.values == _maxima(case, seen)) & (seen.places >= 0)[:, None, :, :, None]


def _maxima(case: Case, seen: Windows) -> np.ndarray:
    """A NaN stays only where it comes last; where positions are asked for, it is passed over."""
    passed_over = case.op == "max_pool2d_with_argmax"
    start = -np.inf if case.tensors[0].dtype == "float16" else _LOWEST
    kept = np.full(seen.values.shape[1:], start)
    for values, places in zip(seen.values, seen.places, strict=True):
        replaced = kept < values if passed_over else ~(kept > values)
        kept = np.where(replaced & (places >= 0)[None, :, :, None], values, kept)
    return kept


def cut(verdict: str) -> Predicate:
    """A divisor is too small: padding at the end is counted only up to the width of that at the start."""

    def covers(case: Case) -> bool:
        if not _divides(case) or _shows(case) != verdict or all(got == k for k, got in _counted(case)):
            return False
        return case.aspect == "gradient" or _sums_show(case)

    return covers


def rounded_divisor(verdict: str) -> Predicate:
    """A float64 gradient that is scaled by the reciprocal of a divisor, rounded to 32 bits, and by nothing worse."""

    def covers(case: Case) -> bool:
        if not _divides(case) or case.tensors[0].dtype != "float64" or _shows(case) != verdict:
            return False
        whole = all(got == k for k, got in _counted(case))
        return whole and any(divisor & (divisor - 1) for divisor in _divisors(case))

    return covers


def _sums_show(case: Case) -> bool:
    """Some sum with a divisor too small is not so near to 0 that rounding hides it."""
    seen = windows(replace(case, attributes={**case.attributes, "dilation": (1, 1)}))
    inside = (seen.places >= 0)[:, None, :, :, None]
    values = np.where(inside, seen.values, 0.0)
    counts = [
        np.array([min(start + k, n + pad[0]) - start for start in range(-pad[0], outputs * s - pad[0], s)])
        for n, k, s, pad, outputs in _axes(case)
    ]
    whole = math.prod(case.attributes["window"])
    counted = (counts[0][:, None] * counts[1])[None, :, :, None]
    with np.errstate(invalid="ignore"):
        off = np.abs(values.sum(axis=0)) * np.abs(whole / np.where(counted == 0, np.nan, counted) - 1)
        hidden = len(values) * dtypes.FORMATS[case.tensors[0].dtype].unit_roundoff * np.abs(values).sum(axis=0)
    return bool((~(off <= hidden)).any())


def _shows(case: Case) -> str:
    """As elsewhere, but finite averages show it among special ones too."""
    return "structural" if shows(case) == "structural" else "numeric"


def _divides(case: Case) -> bool:
    return not case.rule and all(0 not in tensor.shape for tensor in case.tensors)


def _counted(case: Case) -> Iterator[tuple[int, int]]:
    """For each window along each axis: its extent, and what Paddle counts of it."""
    if attributes_of(case)["count_padding"]:
        for n, k, s, pad, outputs in _axes(case):
            for start in range(-pad[0], outputs * s - pad[0], s):
                yield k, min(start + k, n + pad[0]) - start


def _divisors(case: Case) -> set[int]:
    whole = attributes_of(case)["count_padding"]
    rows, columns = (
        {k if whole else min(o * s - pad[0] + k, n) - max(o * s - pad[0], 0) for o in range(outputs)}
        for n, k, s, pad, outputs in _axes(case)
    )
    return {row * column for row in rows for column in columns if row > 0 and column > 0}


def _axes(case: Case) -> Iterator[tuple[int, int, int, tuple[int, int], int]]:
    """Extent, window, stride, pads and number of windows, by axis."""
    how, shape = attributes_of(case), case.tensors[0].shape
    extents = [shape[axis] for axis in spatial_axes(how["layout"])]
    pads = pad_amounts(extents, how["window"], how["stride"], (1, 1), how["padding"])
    for n, k, s, pad in zip(extents, how["window"], how["stride"], pads, strict=True):
        yield n, k, s, pad, output_extent(n + sum(pad), k, s, 1)
