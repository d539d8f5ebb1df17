"""Ops that choose among their operands: nothing is rounded, errors only propagate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.basic import Binary, quietly
from opassay.adapters.oracle.bounded.formats import Formats, settled, sizes
from opassay.adapters.oracle.bounded.logic import Mask, masked
from opassay.adapters.oracle.bounded.masks import once
from opassay.adapters.oracle.bounded.real import Real, left_open, operand, saved
from opassay.adapters.oracle.bounded.sums import fit
from opassay.harness.model.reference import Reference


def within(low: np.ndarray, value: np.ndarray, high: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The error of a value whose answer lies between ``low`` and ``high``, for operands known to ``error``."""
    return settled(value, np.abs(np.maximum(high - value, value - low)).astype(np.float64), error)


def absolute(x: Real) -> Real:
    """|x|."""
    value = quietly(np.abs, x.value)
    return Real(value, (x,), lambda _, error: error, lambda g, _: (shared(g, _side(saved(x))),))


def _side(x: Real) -> Real:
    """The sign of x; at 0 and NaN, anything between -1 and 1."""
    size = np.abs(x.value)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(size), np.inf, np.where(size > error, 0.0, np.where(size == 0, 1.0, 2.0)))

    return Real(np.sign(x.value), (x,), local, opened=np.isnan(size))


def sign(x: Real) -> Real:
    """-1, 0 (of either sign) or 1."""
    value = quietly(np.sign, x.value)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return within(np.sign(x.value - error), value, np.sign(x.value + error), error)

    return Real(value, (x,), local, either_zero=np.broadcast_to(True, value.shape), span=(-1.0, 1.0))


def maximum(x: Real, other: object) -> Real:
    """The maximum; NaN if either is. Either of two zeros; equal operands may share the gradient in any way."""
    return _extreme(np.maximum, x, operand(other, x), lambda a, b: larger(a, b))


def minimum(x: Real, other: object) -> Real:
    """The minimum, as ``maximum``."""
    return _extreme(np.minimum, x, operand(other, x), lambda a, b: larger(b, a))


def fmax(x: Real, other: object) -> Real:
    """The maximum; NaN only if both are."""
    return _extreme(np.fmax, x, operand(other, x), lambda a, b: larger(a, b))


def fmin(x: Real, other: object) -> Real:
    """The minimum; NaN only if both are."""
    return _extreme(np.fmin, x, operand(other, x), lambda a, b: larger(b, a))


def clamp(x: Real, low: object, high: object) -> Real:
    """x, at least ``low`` and at most ``high``; ``high`` where ``low`` > ``high``."""
    return minimum(maximum(x, low), high)


def _extreme(function: Binary, x: Real, y: Real, share: Callable[[Real, Real], Real]) -> Real:
    value = quietly(function, x.value, y.value)
    zeros = either_zero(x, y, value) if x.is_float else None

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        low, high = function(x.value - a, y.value - b), function(x.value + a, y.value + b)
        error = within(low, value, high, np.maximum(a, b))
        if not formats.flush or not (a + b).any():
            return error
        # Subnormals that are equal where they are compared may be what is returned.
        gap = np.abs(quietly(np.subtract, x.value, y.value))
        return np.where(gap <= a + b, np.maximum(error, gap + np.maximum(a, b)), error)

    def pull(g: Real, _: Real) -> tuple[Real, Real]:
        a, b = saved(x), saved(y)
        return fit(shared(g, share(a, b)), x.shape), fit(shared(g, share(b, a)), y.shape)

    return Real(value, (x, y), local, pull, either_zero=zeros)


def shared(g: Real, share: Real) -> Real:
    """g times a share: open where g is not finite, since some kernels multiply by 0 and others select 0."""
    return left_open(g * share, ~np.isfinite(g.value))


def either_zero(x: Real, y: Real, value: np.ndarray) -> np.ndarray:
    """Where zeros of different signs meet, or a zero of unknown sign."""
    open_zeros = (False if each.either_zero is None else each.either_zero for each in (x, y))
    met = (x.value == 0) & (y.value == 0) & (np.signbit(x.value) != np.signbit(y.value))
    return np.broadcast_to(np.logical_or.reduce(np.broadcast_arrays(met, *open_zeros)), value.shape)


def larger(x: Real, y: Real) -> Real:
    """The share of ``x`` in the gradient of a maximum: 1 where larger, 0 where smaller, any if equal."""
    value = np.where(x.value > y.value, 1.0, np.where(x.value < y.value, 0.0, 0.5)).astype(x.value.dtype)
    # The difference of equal infinities is NaN.
    gap = np.where(x.value == y.value, 0.0, np.abs(quietly(np.subtract, x.value, y.value)))
    nothing = np.isnan(x.value) | np.isnan(y.value)

    def local(_: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(nothing, np.inf, np.where(gap <= a + b, np.maximum(value, 1 - value), 0.0))

    return Real(value, (x, y), local, opened=nothing)


def relu(x: Real) -> Real:
    """max(x, 0) of a single operand: +0 for negative x, either zero for a zero.

    The gradient at 0 is 0; at NaN it is open.
    """

    value = once(lambda: np.where(x.value <= 0, np.zeros_like(x.value), x.value))

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return within(np.maximum(x.value - error, 0), value(), np.maximum(x.value + error, 0), error)

    return Real(
        value,
        (x,),
        local,
        lambda g, _: (_passed(g, x if x.known else saved(x)),),
        shape=x.shape,
        either_zero=lambda: np.asarray(x.value == 0),
        told=lambda name, dtype: Reference(name, dtype, value(), signed_zeros=_below(x)),
    )


def _below(x: Real) -> np.ndarray | None:
    """Where x < 0; None if nowhere. Integers have no signed zeros."""
    below = x.value < 0
    return below if x.is_float and below.any() else None


def _passed(g: Real, x: Real) -> Real:
    """g where x > 0, and 0 elsewhere; either where the sign of an inexact x is not known; open where x is NaN."""
    value, nan = np.where(x.value > 0, g.value, 0), np.isnan(x.value)

    def local(_: Formats, e: np.ndarray, error: np.ndarray) -> np.ndarray:
        unsure = (np.abs(x.value) <= error) & (error > 0)
        found = np.where(unsure, sizes(g.value) + e, np.where(x.value > 0, e, 0.0))
        return np.where(nan, np.inf, settled(value, found, e))

    told = lambda name, dtype: Reference(name, dtype, value, free=nan if nan.any() else None)  # noqa: E731
    return Real(value, (g, x), local, lambda h, _: (_passed(h, x), None), told=told)


def step(x: Real) -> Real:
    """1 where x > 0, 0 elsewhere; either where the sign of an inexact x is not known, or x is NaN."""
    value = (x.value > 0).astype(x.value.dtype)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        unsure = (np.abs(x.value) <= error) & (error > 0)
        return np.where(np.isnan(x.value), np.inf, unsure.astype(np.float64))

    return Real(value, (x,), local, opened=np.isnan(x.value))


def where(condition: Mask, x: object, y: object) -> Real:
    """x where the condition holds, y elsewhere; the operand not chosen gets no gradient."""
    mask = masked(condition)
    some = next(each for each in (x, y) if isinstance(each, Real))
    a, b = operand(x, some), operand(y, some)
    value = np.where(mask.value, a.value, b.value)

    def local(formats: Formats, unsure: np.ndarray, e: np.ndarray, f: np.ndarray) -> np.ndarray:
        chosen = np.where(mask.value, e, f)
        if not a.is_float:
            return np.where((unsure > 0) & (a.value != b.value), np.inf, chosen)
        other = np.abs(np.where(mask.value, b.value, a.value) - value) + np.where(mask.value, f, e)
        if not formats.backward:
            other = np.where(np.isnan(a.value) & np.isnan(b.value) & (e == 0) & (f == 0), 0.0, other)
        return np.where(unsure > 0, np.maximum(chosen, np.where(np.isnan(other), np.inf, other)), chosen)

    def pull(g: Real, _: Real) -> tuple[None, Real, Real]:
        return None, fit(where(mask, g, 0.0), a.shape), fit(where(mask, 0.0, g), b.shape)

    return Real(value, (mask, a, b), local, pull, either_zero=_chosen_zeros(mask, a, b, value))


def _chosen_zeros(mask: Real, a: Real, b: Real, value: np.ndarray) -> np.ndarray | None:
    if a.either_zero is None and b.either_zero is None:
        return None
    one, other = (False if each.either_zero is None else each.either_zero for each in (a, b))
    return np.broadcast_to(np.where(mask.value, one, other), value.shape)
