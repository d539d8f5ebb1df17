"""What NumPy has no function for, in the plainest way, by the names that JAX's expressions use."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import scipy
from ordered import Ordered, backwards, product

np_ = Ordered()


def _sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _softplus(x):
    return np.logaddexp(x, np.zeros((), x.dtype))


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.where(x > 0, 0, x)))


def _standardize(x, axes, *given, epsilon):
    centre = np_.mean(x, axes, keepdims=True)
    spread = np_.mean(np.square(x - centre), axes, keepdims=True)
    if given:
        across = (-1, *(1,) * (x.ndim - 2))
        centre, spread = (v.reshape(across) for v in given)
    return (x - centre) / np.sqrt(spread + x.dtype.type(epsilon))


def _softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis, keepdims=True, initial=-np.inf))
    return e / np_.sum(e, axis, keepdims=True)


def log_softmax(x, axis=-1):
    less = x - np.max(x, axis, keepdims=True, initial=-np.inf)
    return less - np.log(np_.sum(np.exp(less), axis, keepdims=True))


def _logsumexp(x, axes, keepdims):
    top = np.max(x, axes, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np_.sum(np.exp(x - top), axes, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axes)


def _gelu(x, approximate):
    if approximate:
        inner = x.dtype.type(math.sqrt(2 / math.pi)) * (x + x.dtype.type(0.044715) * x**3)
        return x.dtype.type(0.5) * x * (1 + np.tanh(inner))
    return x.dtype.type(0.5) * x * scipy.special.erfc(-x * x.dtype.type(math.sqrt(0.5)))


def _hard_sigmoid(x):
    return np.clip(x + 3, 0, 6) / x.dtype.type(6)


NN = SimpleNamespace(
    sigmoid=_sigmoid,
    gelu=_gelu,
    silu=lambda x: x / (1 + np.exp(-x)),
    softplus=_softplus,
    soft_sign=lambda x: x / (1 + np.abs(x)),
    mish=lambda x: x * np.tanh(_softplus(x)),
    elu=_elu,
    celu=lambda x, alpha: np.where(
        x > 0, x, x.dtype.type(alpha) * np.expm1(np.where(x > 0, 0, x) / x.dtype.type(alpha))
    ),
    selu=lambda x: x.dtype.type(1.0507009873554805) * _elu(x, 1.6732632423543772),
    leaky_relu=lambda x, slope: np.where(x >= 0, x, x * np.asarray(slope, x.dtype)),
    hard_sigmoid=_hard_sigmoid,
    hard_swish=lambda x: x * _hard_sigmoid(x),
    log_sigmoid=lambda x: -_softplus(-x),
    standardize=_standardize,
    softmax=_softmax,
    log_softmax=log_softmax,
    logsumexp=_logsumexp,
)
JAX = SimpleNamespace(nn=NN, scipy=scipy)


def _divided(a, b):
    q = np.floor_divide(a, b) if a.dtype.kind == "u" else None
    return q if q is not None else (np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))).astype(a.dtype)


def _sliced(x, starts, sizes):
    at = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, x.shape, sizes, strict=True)]
    return x[tuple(slice(s, s + k) for s, k in zip(at, sizes, strict=True))]


def _updated(x, updates, starts):
    y = x.copy()
    _sliced(y, starts, updates.shape)[...] = updates
    return y


def _in_float64(function):
    return lambda x: function(x.astype(np.float64)).astype(x.dtype)


LAX = SimpleNamespace(
    lgamma=_in_float64(lambda x: np.where(np.isneginf(x), np.inf, scipy.special.gammaln(x))),
    digamma=_in_float64(scipy.special.digamma),
    rsqrt=lambda x: 1 / np.sqrt(x),
    erf=scipy.special.erf,
    erfc=_in_float64(scipy.special.erfc),
    erf_inv=lambda x: np.copysign(scipy.special.erfinv(x), x),
    stop_gradient=lambda x: x,
    batch_matmul=product,
    split=lambda x, sizes, axis: tuple(np.split(x, np.cumsum(sizes)[:-1], axis)),
    dynamic_slice=_sliced,
    dynamic_update_slice=_updated,
    div=_divided,
)


def attend(query, key, value, scale=False, causal=False, mask=None, bias=None):
    each = query.shape[1] // max(key.shape[1], 1)
    key, value = (np.repeat(v, each, 1) for v in (key, value))
    factor = query.dtype.type(scale or 1 / math.sqrt(max(query.shape[-1], 1)))
    scores = np_.matmul(query, np.swapaxes(key, -1, -2)) * factor
    if causal:
        queries, keys = scores.shape[-2:]
        mask = np.tri(queries, keys, keys - queries if causal == "lower_right" else 0, dtype=bool)
    scores = scores if bias is None else scores + bias
    scores = scores if mask is None else np.where(mask, scores, -np.inf)
    top = np.max(scores, -1, keepdims=True, initial=-np.inf)
    weights = np.exp(scores - np.where(np.isneginf(top), 0, top))
    total = np_.sum(weights, -1, keepdims=True)
    return np_.matmul(np.where(total == 0, 0, weights / total).astype(query.dtype), value)


def written(x, indices, updates, accumulate):
    y, at = x.copy(), tuple(np.moveaxis(indices, -1, 0))
    if not accumulate:
        y[at] = updates
    else:
        in_turn(np.add, y, at, updates)
    return y


def in_turn(into, y, at, updates):
    """One after the other, from the end if sums are backwards."""
    at = tuple(np.broadcast_to(i, np.broadcast_shapes(*(j.shape for j in at))).ravel() for i in at)
    rows = updates.reshape(len(at[0]), *y.shape[len(at) :])
    step = -1 if backwards() else 1
    into.at(y, tuple(i[::step] for i in at), rows[::step])


def placed(x, indices, updates, axis):
    y = x.copy()
    np.put_along_axis(y, indices, updates, axis)
    return y


def added(x, indices, updates, axis):
    y = x.copy()
    in_turn(np.add, np.moveaxis(y, axis, 0), (indices,), np.moveaxis(updates, axis, 0))
    return y
