"""Cumulative log-sum-exp, one primitive: by pairs, in any order, which covers parallel scans.

A tree of pairs adds exponentials, of which each partial sum has a relative error: that of its logarithm. An element of
share p whose partial sums have errors of D together adds p·(exp(D) - 1) to the relative error of the whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from opassay.adapters.oracle.bounded.axes import gamma, lost, units
from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.formats import Formats, settled, sizes
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, left_open, unsigned
from opassay.adapters.oracle.bounded.scans import recurrent, running
from opassay.harness.model.dtypes import FORMATS


@dataclass(frozen=True)
class _Scan:
    """How it runs: along ``axis``, without the element itself if ``exclusive``, from the end if ``reverse``."""

    axis: int
    exclusive: bool
    reverse: bool

    def log_sum(self, a: np.ndarray) -> np.ndarray:
        return quietly(running(np.logaddexp.accumulate, self.axis, self.exclusive, self.reverse, -np.inf), a)

    def largest(self, a: np.ndarray) -> np.ndarray:
        return running(np.maximum.accumulate, self.axis, self.exclusive, self.reverse, 0)(a)

    def sum(self, a: np.ndarray) -> np.ndarray:
        return running(np.add.accumulate, self.axis, self.exclusive, self.reverse, 0)(a)

    @property
    def back(self) -> _Scan:
        return _Scan(self.axis, False, not self.reverse)

    @property
    def inclusive(self) -> _Scan:
        return _Scan(self.axis, False, self.reverse)


def logcumsumexp(x: Real, axis: int, exclusive: bool = False, reverse: bool = False) -> Real:
    """log Σ exp of the elements up to each along ``axis``, with the attributes of ``cumsum``; -∞ of nothing.

    Open in its gradient: a line with a result or a cotangent that is not finite.
    """
    scan = _Scan(axis, exclusive, reverse)
    value = scan.log_sum(x.value)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        return settled(value, _error(formats, x.value, value, error, scan), scan.largest(error))

    return unsigned(Real(value, (x,), local, lambda g, _: (_gradient(g, x, scan),)))


def _pair(formats: Formats) -> float:
    """The absolute error of the logarithm of 1 + exp(-d), where d is rounded: exp(-d)·d is at most 1/e.

    Either by log1p, or by the logarithm of a rounded sum.
    """
    compute, each = units(formats)
    log = max(ulps_of(name, formats.functions) for name in ("log", "log1p"))
    profile = 2 * compute * (ulps_of("exp", formats.functions) + math.log(2) * log)
    return profile + each * (1 / math.e + 2 + math.log(2)) + 4 * lost(formats)


def _error(formats: Formats, x: np.ndarray, value: np.ndarray, error: np.ndarray, scan: _Scan) -> np.ndarray:
    """The smaller of two bounds: by the largest element so far, and by each element's share."""
    each = units(formats)[1] + float(np.finfo(x.dtype).eps)
    roundings = np.maximum(scan.sum(np.ones(x.shape)) - 1, 0)
    finite = np.where(np.isfinite(x), sizes(x), 0)
    top = np.where(np.isfinite(value), sizes(value), 0)
    # A partial sum is as large as its own error more.
    by_largest = roundings * (each * np.maximum(scan.largest(finite), top) + _pair(formats))
    by_largest = _grown(by_largest, roundings * each) + scan.largest(error)
    steps = max(x.shape[scan.axis] - 1, 0) * each
    if steps < 1:
        shares = scan.log_sum(x + (steps * finite / (1 - steps) + error).astype(x.dtype)) - value
        by_share = sizes(shares) + _grown(roundings * (each * top + _pair(formats)), roundings * each)
        return np.where(roundings > 0, np.fmin(by_largest, by_share), scan.largest(error))
    return np.where(roundings > 0, by_largest, scan.largest(error))


def _grown(error: np.ndarray, relative: np.ndarray) -> np.ndarray:
    return np.where(relative < 1, error / np.where(relative < 1, 1 - relative, 1), np.inf)


def _gradient(g: Real, x: Real, scan: _Scan) -> Real:
    """Σ g·exp(x - y) over the results after each element.

    As torch and TensorFlow compute it, exp of a log-sum-exp of log |g| - y, plus x, of either sign of g; or as the
    derivative of each pair, a product of their shares.
    """
    whole = scan.inclusive.log_sum(x.value)
    moved = running(lambda a, axis, dtype: a, scan.axis, True, not scan.reverse, 0)
    given = moved(g.value) if scan.exclusive else g.value
    with np.errstate(all="ignore"):
        fall, own = np.exp(whole - moved(whole)), np.exp(x.value - whole)
        value = own * recurrent(given, fall, scan.axis, not scan.reverse)

    def local(formats: Formats, of_g: np.ndarray, of_x: np.ndarray) -> np.ndarray:
        size = sizes(given) + (moved(of_g) if scan.exclusive else of_g)
        far = recurrent(size, fall, scan.axis, not scan.reverse) * own
        moved_by = recurrent(np.asarray(size - sizes(given)), fall, scan.axis, not scan.reverse) * own
        off = 2 * of_x.max(axis=scan.axis, keepdims=True, initial=0)
        relative = _relative(formats, given, x.value, whole, scan) + off
        # A product of shares may underflow before it meets its cotangent.
        vanished = x.shape[scan.axis] * lost(formats) * (1 + scan.back.sum(size))
        return settled(value, moved_by + far * np.expm1(relative) + vanished, of_g)

    finite = np.isfinite(whole) & np.isfinite(g.value)
    nowhere = np.broadcast_to(~finite.all(axis=scan.axis, keepdims=True), x.shape)
    return left_open(Real(value, (g, x), local), nowhere)


def _relative(formats: Formats, g: np.ndarray, x: np.ndarray, whole: np.ndarray, scan: _Scan) -> np.ndarray:
    """The error of each exponent: of saved results, logarithms of cotangents, and the roundings of a scan of them."""
    compute, each = units(formats)
    each += FORMATS[formats.out].unit_roundoff + float(np.finfo(x.dtype).eps)
    logs = np.where(np.isfinite(g) & (g != 0), sizes(np.log(np.where(g == 0, 1, np.abs(g)))), 0)
    far = scan.back.largest(np.maximum(sizes(x), sizes(whole)) + logs) + math.log(max(x.shape[scan.axis], 1))
    count = x.shape[scan.axis] + 3
    steps = count * (3 * each * far + 2 * _pair(formats) + 2 * each) + gamma(count, each)
    exps = 2 * compute * (ulps_of("exp", formats.functions) + ulps_of("log", formats.functions) * far)
    saved = _error(formats, x, whole, np.zeros(x.shape), scan.inclusive)
    return np.asarray(_grown(steps + exps, np.asarray(count * each)) + saved)
