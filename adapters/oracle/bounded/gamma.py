"""The logarithm of the gamma function and its first two derivatives: error bounds and gradients."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded import gamma_values as exact
from opassay.adapters.oracle.bounded.elementary import log
from opassay.adapters.oracle.bounded.formats import Formats, ulp
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.function import Moves, Unary, Value, function
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, constant, left_open, saved, with_gradient
from opassay.adapters.oracle.bounded.selection import where
from opassay.adapters.oracle.bounded.trigonometry import cos, sin

REFLECTED = 0.5
"""Targets use the reflection formula below it: XLA here, torch and Eigen below 0."""


def _between_poles(value: Value) -> Moves:
    """Between two poles each of these is monotone or convex, so the ends of the operand's interval bound it."""

    def moves(x: np.ndarray, error: np.ndarray, y: np.ndarray) -> np.ndarray:
        low, high = x - error, x + error
        off = np.maximum(np.abs(value(low) - y), np.abs(value(high) - y))
        apart = (low <= 0) & ((np.floor(low) != np.floor(high)) | (np.rint(low) == low))
        return np.asarray(np.where(apart, np.inf, off))

    return moves


_log_gamma: Unary = function(
    "lgamma", exact.lgamma, lambda g, x, y: g * digamma(saved(x)), _between_poles(exact.lgamma)
)
_digamma: Unary = function(
    "digamma", exact.digamma, lambda g, x, y: g * trigamma(saved(x)), _between_poles(exact.digamma)
)
_trigamma: Unary = function(
    "trigamma",
    exact.trigamma,
    # No op needs a third derivative.
    lambda g, x, y: left_open(g, np.broadcast_to(True, g.shape)),
    _between_poles(exact.trigamma),
)


def lgamma(x: Real) -> Real:
    """log |Γ(x)|, or log(π / |sin πx|) - log Γ(1 - x) below 1/2; infinite at the poles, where it has no gradient."""
    direct = _log_gamma(x)
    sine = sin(_turned(_part(x, np.abs)))
    y = either(direct, where(_below(x.value), log(constant(exact.PI, x)) - log(sine) - _log_gamma(1 - x), direct))
    nowhere = np.isinf(y.value) & (x.value <= 0)
    return with_gradient(y, x, lambda g, _: left_open(g * digamma(saved(x)), nowhere))


def digamma(x: Real) -> Real:
    """Γ'(x) / Γ(x), or ψ(1 - x) - π / tan πx below 1/2; near its zeros the absolute error may be that just below 1.

    Open at 0: torch and SciPy return the limit from that side, JAX and TensorFlow NaN, and no standard defines it.
    """
    direct = _as_below_one(_digamma(x))
    angle = _turned(_part(x))
    cotangent = constant(exact.PI, x) * cos(angle) / sin(angle)
    reflected = _as_below_one(_digamma(1 - x)) - cotangent
    y = either(direct, where(_below(x.value) & ~_pole(x.value), reflected, direct))
    return left_open(with_gradient(y, x, lambda g, _: g * trigamma(saved(x))), x.value == 0)


def trigamma(x: Real) -> Real:
    """The derivative of ``digamma``, or (π / sin πx)² - ψ'(1 - x) below 1/2."""
    direct = _trigamma(x)
    root = constant(exact.PI, x) / sin(_turned(_part(x)))
    return either(direct, where(_below(x.value), root * root - _trigamma(1 - x), direct))


def _as_below_one(x: Real) -> Real:
    """``x``, whose error is absolute below 1."""

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        least = ulps_of("digamma", formats.functions) * float(ulp(np.asarray(0.5), formats.compute))
        return np.where(np.abs(x.value) < 1, np.maximum(error, least), error)

    return Real(x.value, (x,), local, lambda g, _: (g,))


def _below(x: np.ndarray) -> np.ndarray:
    return np.asarray((x < REFLECTED) & np.isfinite(x))


def _pole(x: np.ndarray) -> np.ndarray:
    return np.asarray((x <= 0) & (np.rint(x) == x))


def _part(x: Real, of: Value = np.positive) -> Real:
    """``x`` minus the nearest integer, which is exact."""
    with np.errstate(all="ignore"):
        value = of(x.value - np.rint(x.value))
    return Real(value, (x,), lambda _, error: error)


def _turned(part: Real) -> Real:
    return constant(exact.PI, part) * part
