"""The variance, as targets compute it in two passes or by Welford's updates.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance: analysis and
recommendations, The American Statistician 37 (1983). In one pass, E[x²] - E[x]², the error grows with the square of
mean over deviation: such a kernel exceeds this bound.
"""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.axes import Axes, counted, extent, gamma, kept_shape, over_again, units
from opassay.adapters.oracle.bounded.formats import Formats, kept, sizes
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, left_open, saved
from opassay.adapters.oracle.bounded.reductions import reduce_mean
from opassay.harness.model.dtypes import FORMATS


def running_mean(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The mean, which may be updated element by element: not exact even where a sum of integers would be."""
    over = counted(axes, len(x.shape))
    mean, count = reduce_mean(x, axes, keepdims), extent(x.shape, over)

    def local(formats: Formats, error: np.ndarray, of_x: np.ndarray) -> np.ndarray:
        size = _mean(sizes(x.value) + of_x, over, keepdims)
        updated = gamma(2 * count, units(formats)[1]) * size
        return np.where(np.isfinite(mean.value), np.maximum(error, updated if count > 1 else 0), error)

    return Real(mean.value, (mean, x), local, lambda g, _: (g, None))


def reduce_var(x: Real, axes: Axes, keepdims: bool = False, ddof: int = 0) -> Real:
    """The mean of squared distances from the mean, the divisor less ``ddof``; open where that is not positive.

    NaN over no elements. In two passes an error of the mean enters squared only, since distances from the mean add up
    to 0; in updates it enters linearly.
    """
    over = counted(axes, len(x.shape))
    count = extent(x.shape, over)
    scale = count / max(count - ddof, 1)
    with np.errstate(all="ignore"):
        distance = x.value - _mean(x.value, over, True)
        # The oracle's own mean is not exact either: its remainder is subtracted.
        distance = distance - _mean(distance, over, True)
        value = _mean(distance * distance, over, keepdims) * scale

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        off = _error(formats, x.value, distance, error, over, keepdims) * scale
        if not formats.backward:
            known = (np.isnan(x.value) & (error == 0)).any(axis=over, keepdims=keepdims)
            off = np.where(known | (count == 0), 0, off)
        return kept(formats, value, off, ulps_of("div", formats.functions))

    def pull(g: Real, y: Real) -> tuple[Real]:
        a = saved(x)
        off = a - over_again(running_mean(a, over, True), x.shape, over)
        factor = over_again(g * (2.0 / max(count - ddof, 1)), x.shape, over)
        product = off * factor
        centred = product - over_again(reduce_mean(product, over, True), x.shape, over)
        return (left_open(either(product, centred), ~np.isfinite(y.value).reshape(kept_shape(x.shape, over))),)

    found = Real(value, (x,), local, pull, span=(0, np.inf))
    return left_open(found, np.broadcast_to(True, value.shape)) if 0 < count <= ddof else found


def _mean(a: np.ndarray, over: tuple[int, ...], keepdims: bool) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(np.divide(a.sum(axis=over, keepdims=keepdims), float(extent(a.shape, over))))


def _error(
    formats: Formats,
    x: np.ndarray,
    distance: np.ndarray,
    error: np.ndarray,
    over: tuple[int, ...],
    keepdims: bool,
) -> np.ndarray:
    """The error of every distance, its square and their sum."""
    summed, each = (unit + float(np.finfo(x.dtype).eps) for unit in units(formats))
    count = extent(x.shape, over)
    far, size = sizes(distance), sizes(np.where(np.isfinite(x), x, 0)) + error
    centre = (gamma(2 * count, summed) + each) * _mean(size, over, True) + _mean(error, over, True)
    off = error + each * far + centre
    squared = 2 * far * (off + each * far) + off * off
    new = _mean(squared, over, keepdims) + gamma(count + 3, summed) * _mean((far + off) ** 2, over, keepdims)
    new = np.where(_mean(size, over, keepdims) == 0, 0, new)
    largest = FORMATS[formats.kept].largest / max(count, 1)
    beyond = (_mean(size, over, keepdims) > largest) | (_mean((far + off) ** 2, over, keepdims) > largest)
    return np.where(beyond, np.inf, new)
