"""Running extremes: the largest of the elements up to each along an axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from opassay.adapters.oracle.bounded.arranged import NOWHERE, placed, places_of
from opassay.adapters.oracle.bounded.axes import gamma, units
from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.extremes import lowest
from opassay.adapters.oracle.bounded.formats import Formats, sizes
from opassay.adapters.oracle.bounded.real import Real, left_open
from opassay.adapters.oracle.bounded.scans import running
from opassay.adapters.oracle.bounded.selection import within
from opassay.harness.model.dtypes import FORMATS


@dataclass(frozen=True)
class _Along:
    """How a scan runs: along ``axis``, without the element itself if ``exclusive``, from the end if ``reverse``."""

    axis: int
    exclusive: bool
    reverse: bool

    def largest(self, a: np.ndarray, start: float) -> np.ndarray:
        return running(np.maximum.accumulate, self.axis, self.exclusive, self.reverse, start)(a)

    def total(self, a: np.ndarray) -> np.ndarray:
        return running(np.add.accumulate, self.axis, self.exclusive, self.reverse, 0)(a)

    def last(self, a: np.ndarray) -> np.ndarray:
        """The flat place of the last element that holds, up to each; ``NOWHERE`` where none does."""
        count = a.shape[self.axis]
        order = np.arange(count).reshape([-1 if i == self.axis % a.ndim else 1 for i in range(a.ndim)])
        order = count - 1 - order if self.reverse else order
        found = self.largest(np.where(a, order, NOWHERE), NOWHERE)
        along = np.where(self.reverse, count - 1 - found, found)
        flat = places_of(a.shape, lambda n: np.take_along_axis(n, np.where(found < 0, 0, along), self.axis))
        return np.where(found < 0, NOWHERE, flat)


def cummax(x: Real, axis: int, exclusive: bool = False, reverse: bool = False) -> Real:
    """The largest of the elements up to each along ``axis``, with the attributes of ``cumsum``.

    NaN from the first NaN on; of no elements, the lowest value of the dtype. Either zero of several. Equal elements may
    share the gradient in any way.
    """
    along, start = _Along(axis, exclusive, reverse), lowest(x)
    value = quietly(lambda a: along.largest(a, start), x.value)
    if not x.is_float:
        return Real(value, (x,), lambda _, error: np.where(along.total(error) > 0, np.inf, 0.0))

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        if not error.any():
            return np.zeros(())
        low, high = (along.largest(end, start) for end in (x.value - error, x.value + error))
        return within(low, value, high, along.largest(error, 0.0))

    return Real(value, (x,), local, lambda g, _: (_given_back(g, x, along),), either_zero=_zeros(x, value, along))


def _zeros(x: Real, value: np.ndarray, along: _Along) -> np.ndarray:
    """Where zeros of both signs have met, or a zero of unknown sign."""
    zero, minus = x.value == 0, np.signbit(x.value)
    either = np.False_ if x.either_zero is None else x.either_zero
    met = (along.total((zero & sign).astype(np.float64)) > 0 for sign in (minus | either, ~minus | either))
    return np.asarray((value == 0) & np.logical_and(*met))


def _given_back(g: Real, x: Real, along: _Along) -> Real:
    """Each cotangent, at the last of the equal elements that are the largest; or shared among them in any way.

    Open where a NaN or a cotangent that is not finite is on the same line.
    """
    step, inclusive = along, _Along(along.axis, False, along.reverse)
    top = inclusive.largest(x.value, -np.inf)
    before = running(lambda a, axis, dtype: a, along.axis, True, along.reverse, np.nan)(top)
    best = x.value == top
    found = placed(g, step.last(best), x.shape)
    first, own = step.last(best & (top != before)), inclusive.last(best & (top != before))
    met = best & (_added(best.astype(np.float64), own, x.shape).ravel()[own] > 1)
    nowhere = ~(~np.isnan(x.value) & np.isfinite(g.value)).all(axis=along.axis, keepdims=True)

    def local(formats: Formats, error: np.ndarray, of_g: np.ndarray, of_x: np.ndarray) -> np.ndarray:
        size = sizes(g.value) + of_g
        line = size.sum(axis=along.axis, keepdims=True)
        unsure = (of_x > 0).any(axis=along.axis, keepdims=True)
        shared = np.where(unsure, line, np.where(met, _added(size, first, x.shape).ravel()[own], 0.0))
        rounded = shared * (1 + gamma(x.shape[along.axis], units(formats)[1]))
        # A sum that overflows is NaN where another kernel multiplies it by a share of 0.
        return np.where(np.isnan(shared) | (line > FORMATS[formats.kept].largest), np.inf, error + rounded)

    whole = Real(found.value, (found, g, x), local, lambda h, _: (left_open(h, met), None, None))
    return left_open(whole, np.broadcast_to(nowhere, x.shape))


def _added(a: np.ndarray, places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Each element of ``a`` added at its place."""
    return placed(Real(np.where(np.isfinite(a), a, np.inf)), places, shape).value
