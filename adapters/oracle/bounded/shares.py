"""softmax, logsumexp and log_softmax, each one primitive: the error of the maximum that they subtract cancels.

Source: P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and softmax functions, IMA
Journal of Numerical Analysis 41 (2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from opassay.adapters.oracle.bounded.axes import Axes, counted, extent, gamma, lost, over_again, units
from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.elementary import exp
from opassay.adapters.oracle.bounded.formats import Formats, kept
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, left_open, saved
from opassay.adapters.oracle.bounded.reductions import reduce_sum
from opassay.adapters.oracle.bounded.selection import where
from opassay.harness.model.dtypes import FORMATS

SURELY = 0.5
"""The largest relative error at which a sum is known to be nonzero; beyond it, the result has no bound."""


@dataclass(frozen=True)
class Shifted:
    """``below``: x - max(x). ``share``: of each exponential in their sum, ``log``: the sum's logarithm."""

    axes: tuple[int, ...]
    top: np.ndarray
    below: np.ndarray
    share: np.ndarray
    log: np.ndarray


def _shifted(x: Real, axes: Axes) -> Shifted:
    over = counted(axes, len(x.shape))
    with np.errstate(all="ignore"):
        top = x.value.max(axis=over, keepdims=True, initial=-np.inf)
        below = x.value - top
        terms = np.exp(below)
        total = terms.sum(axis=over, keepdims=True)
        return Shifted(over, top, below, terms / total, np.log(total))


def _errors(formats: Formats, x: Real, error: np.ndarray, s: Shifted) -> tuple[np.ndarray, np.ndarray]:
    """The relative errors of each exponential and of their sum."""
    compute, each = units(formats)
    depth = np.where(np.isfinite(s.below), -s.below, 0).astype(np.float64)
    ulps = 2 * ulps_of("exp", formats.functions) * compute + (0 if formats.kept == formats.compute else each)
    term = np.expm1(error + (depth + error) * each) * (1 + ulps) + ulps
    share = s.share.astype(np.float64)
    # An exponential that underflows has an absolute error.
    term = np.where((share == 0) & np.isfinite(error), 0, term)
    inside = gamma(max(extent(x.shape, s.axes) - 1, 0), compute + float(np.finfo(x.value.dtype).eps))
    total = (share * term).sum(axis=s.axes, keepdims=True)
    total = total + np.where(share > 0, 0, lost(formats)).sum(axis=s.axes, keepdims=True)
    total = total + inside * (1 + total) + (0 if formats.kept == formats.compute else each)
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = np.exp(s.log) * (1 + total) > min(FORMATS[name].largest for name in (formats.kept, formats.compute))
    return term, np.where(np.isnan(total) | (total > SURELY) | beyond, np.inf, total)


def softmax(x: Real, axes: Axes) -> Real:
    """exp(x - max) / Σ exp(x - max): shares between 0 and 1; NaN where all are -∞, or one is +∞."""
    s = _shifted(x, axes)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        term, total = _errors(formats, x, error, s)
        share = s.share.astype(np.float64)
        # (1 + t) / (1 + Σ pt) - 1, where an element's own error cancels in its part of the sum.
        relative = (term + total - 2 * share * term) / (1 - np.minimum(total, SURELY))
        off = np.where(share == 0, 0, share * relative)
        tiny = lost(formats)
        off = off + np.where((share < 4 * tiny) & np.isfinite(x.value), tiny, 0)
        off = np.where(np.isinf(total) | np.isnan(off), np.inf, np.minimum(off, np.maximum(share, 1 - share)))
        off = _known_nan(s.share, np.asarray(off), error, s.axes)
        return kept(formats, s.share, np.asarray(off), ulps_of("div", formats.functions))

    def pull(g: Real, y: Real) -> tuple[Real]:
        p = saved(y)
        weighted = g * p
        total = over_again(reduce_sum(weighted, s.axes, True), x.shape, s.axes)
        return (either(p * (g - total), weighted - p * total),)

    return Real(s.share, (x,), local, pull, span=(0, np.inf))


def _known_nan(value: np.ndarray, off: np.ndarray, error: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """``off``, but 0 where a non-finite result depends on exact values only, and infinite where it does not."""
    unknown = np.isinf(error).any(axis=axes, keepdims=True)
    return np.where(unknown, np.inf, np.where(np.isfinite(value), off, 0.0))


def _log_error(formats: Formats, s: Shifted, total: np.ndarray) -> np.ndarray:
    moved = np.where(np.isinf(total), np.inf, -np.log1p(-np.minimum(total, SURELY)))
    return kept(formats, s.log, moved, ulps_of("log", formats.functions))


def logsumexp(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """max + log Σ exp(x - max); -∞ of nothing, and where all are -∞."""
    s = _shifted(x, axes)
    value = np.where(np.isinf(s.top), s.top, quietly(np.add, s.top, s.log))
    shape = value.shape if keepdims else tuple(n for i, n in enumerate(value.shape) if i not in s.axes)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        off = _log_error(formats, s, _errors(formats, x, error, s)[1])
        off = _known_nan(value, kept(formats, value, off), error, s.axes)
        return off.reshape(shape)

    def pull(g: Real, y: Real) -> tuple[Real]:
        wide, a = over_again(g, x.shape, s.axes), saved(x)
        whole = over_again(saved(y), x.shape, s.axes)
        found = either(wide * softmax(a, s.axes), wide * exp(a - whole))
        return (left_open(found, ~np.isfinite(value)),)

    return Real(value.reshape(shape), (x,), local, pull)


def log_softmax(x: Real, axes: Axes, alone: bool = False) -> Real:
    """(x - max) - log Σ exp(x - max), which keeps its precision where the probability is almost 1.

    ``alone``: at most one element along ``axes`` has a cotangent; kernels may compute its gradient from 1 - share, too.
    """
    s = _shifted(x, axes)
    value = quietly(np.subtract, s.below, s.log)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        off = _log_error(formats, s, _errors(formats, x, error, s)[1])
        below = kept(formats, s.below, error, exact=True)
        return _known_nan(value, kept(formats, value, below + off, exact=True), error, s.axes)

    def pull(g: Real, y: Real) -> tuple[Real]:
        total = over_again(reduce_sum(g, s.axes, True), x.shape, s.axes)
        p = either(exp(saved(y)), softmax(saved(x), s.axes))
        spread = g - p * total
        return (either(spread, where(g.value != 0, g * (1.0 - p), -(p * total))) if alone else spread,)

    return Real(value, (x,), local, pull, span=(-np.inf, 0))
