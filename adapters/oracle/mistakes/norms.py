"""Normalisations: other variances, eps in another place, statistics of other elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.made import mistakes
from opassay.harness.model.mistake import Kernel

Array = np.ndarray
Spread = Callable[[Array, tuple[int, ...], float], Array]
"""(x, axes, eps) -> the divisor of distances from the mean."""


def _wide(x: Array) -> Array:
    return x.astype(np.longdouble if x.dtype == np.float64 else np.float64)


def _root(x: Array, axes: Sequence[int], eps: float) -> Array:
    return np.asarray(np.sqrt(_wide(x).var(axis=tuple(axes), keepdims=True) + eps))


def _one_pass(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    mean = x.mean(axis=axes, keepdims=True, dtype=x.dtype)
    return np.asarray(np.sqrt((x * x).mean(axis=axes, keepdims=True, dtype=x.dtype) - mean * mean + x.dtype.type(eps)))


def _sample(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return np.asarray(np.sqrt(_wide(x).var(axis=axes, keepdims=True, ddof=1) + eps))


def _outside(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return np.asarray(_wide(x).std(axis=axes, keepdims=True) + eps)


def _without(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return _root(x, axes, 0)


def _by(spread: Spread, x: Array, axes: Sequence[int], weight: Array, bias: Array, eps: float) -> Array:
    over = tuple(axes)
    far = _wide(x) - _wide(x).mean(axis=over, keepdims=True)
    return np.asarray(far / spread(x, over, eps) * weight + bias)


def _layer(spread: Spread) -> Kernel:
    return computed(lambda x, weight, bias, eps: _by(spread, x, range(x.ndim - weight.ndim, x.ndim), weight, bias, eps))


def _instance(spread: Spread) -> Kernel:
    return computed(lambda x, weight, bias, eps: _by(spread, x, range(2, x.ndim), weight, bias, eps))


def _rms(x: Array, weight: Array, eps: float) -> Array:
    """Distances from the mean, as in layer_norm."""
    over = tuple(range(x.ndim - weight.ndim, x.ndim))
    far = _wide(x) - _wide(x).mean(axis=over, keepdims=True)
    return np.asarray(far / np.sqrt((_wide(x) ** 2).mean(axis=over, keepdims=True) + eps) * weight)


def _batch(x: Array, mean: Array, var: Array, weight: Array, bias: Array, eps: float, training: bool) -> Array:
    """A training batch, with the sample variance."""
    if training:
        return _by(_sample, x, (0, *range(2, x.ndim)), weight, bias, eps)
    return np.asarray((_wide(x) - mean) / np.sqrt(_wide(var) + eps) * weight + bias)


def _running(x: Array, mean: Array, var: Array, weight: Array, bias: Array, eps: float, training: bool) -> Array:
    return np.asarray((_wide(x) - mean) / np.sqrt(_wide(var) + eps) * weight + bias)


def _strided_groups(x: Array, weight: Array, bias: Array, eps: float, groups: int) -> Array:
    """A group is every n-th channel, not contiguous channels."""
    n, c, *image = x.shape
    split = x.reshape(n, c // groups, groups, *image)
    over = (1, *range(3, split.ndim))
    far = _wide(split) - _wide(split).mean(axis=over, keepdims=True)
    return np.asarray((far / _root(split, over, eps)).reshape(x.shape) * weight + bias)


ONE_PASS = "the variance is E[x²] - E[x]², in the format of x"

MISTAKES = (
    *mistakes("one_pass_variance", ONE_PASS, _layer(_one_pass), "layer_norm"),
    *mistakes("sample_variance", "the variance is divided by n - 1", _layer(_sample), "layer_norm"),
    *mistakes("eps_outside_root", "eps is added to the deviation", _layer(_outside), "layer_norm"),
    *mistakes("eps_forgotten", "eps is not added", _layer(_without), "layer_norm"),
    *mistakes("mean_taken_off", "distances from the mean are scaled, not x", computed(_rms), "rms_norm"),
    *mistakes("sample_variance", "the variance of the batch is divided by n - 1", computed(_batch), "batch_norm"),
    *mistakes("running_statistics", "in training, mean and var are used as well", computed(_running), "batch_norm"),
    *mistakes("groups_interleaved", "a group is every so many channels", computed(_strided_groups), "group_norm"),
    *mistakes("one_pass_variance", ONE_PASS, _instance(_one_pass), "instance_norm"),
    *mistakes("sample_variance", "the variance is divided by n - 1", _instance(_sample), "instance_norm"),
)
