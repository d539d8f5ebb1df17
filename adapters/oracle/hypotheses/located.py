"""Where a pool's windows find their maximum, by any comparison rule, and gradients sent there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.geometry import from_nhwc, over_batch, shape_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.question import (
    References,
    ask,
    windows_of,
)
from opassay.adapters.oracle.linear import linear_reference
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.reference import Reference

Wins = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Whether a candidate replaces the best so far; both hold one element per window."""


def located(
    question: Question, wins: Wins, start: float | None = None, pixel: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Values and flat NHWC indices of windows scanned in row-major order, from ``start`` at ``pixel`` if any."""
    windows, image = windows_of(question), to_nhwc(dtypes.widen(question.inputs[0]), question.attributes["layout"])
    batch, *extents, channels = image.shape
    shape = (batch, *windows.outputs, channels)
    values, indices, found = np.zeros(shape, image.dtype), np.zeros(shape, np.int64), np.zeros(shape, bool)
    if start is not None:
        values[:], indices[:], found[:] = start, pixel * channels + np.arange(channels), True
    places = np.arange(math.prod(image.shape[1:]), dtype=np.int64).reshape(1, *extents, channels)
    for tap in windows.taps():
        here, there = (slice(None), *tap.outputs), (slice(None), *tap.inputs)
        with np.errstate(invalid="ignore"):
            better = ~found[here] | wins(image[there], values[here])
        values[here] = np.where(better, image[there], values[here])
        indices[here] = np.where(better, places[there], indices[here])
        found[here] = True
    return values, indices


def chosen(question: Question, wins: Wins, start: float | None = None, pixel: int = 0) -> References:
    """The answer, or its gradient, of a pool with this rule."""
    layout, true = question.attributes["layout"], ask(question)
    values, indices = located(question, wins, start, pixel)
    if question.gradient:
        return (sent_back(question, true[0], indices),)
    found = (replace(true[0], exact=from_nhwc(values, layout)),)
    return found if len(true) == 1 else (*found, replace(true[1], exact=from_nhwc(indices, layout)))


def sent_back(question: Question, true: Reference, indices: np.ndarray) -> Reference:
    """Cotangents added at these indices; a negative index drops them."""
    dy, layout = question.cotangents[0], question.attributes["layout"]
    if dy is None or true.policy != "linear":
        return true
    shape = shape_nhwc(question.inputs[0].shape, layout)
    there = indices >= 0
    flat = over_batch(indices, math.prod(shape[1:]))[there]

    def linear(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(math.prod(shape), dtype=dy.dtype)
        np.add.at(dx, flat, to_nhwc(dy, layout)[there])
        return from_nhwc(dx.reshape(shape), layout)

    return linear_reference(true.name, linear, (dy,))
