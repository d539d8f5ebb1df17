"""Right kernels of the ops that kernels are written for, each op by several algorithms. NumPy alone.

A kernel is given its inputs in the format that it computes in: float16 and bfloat16 come as float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ml_dtypes
import numpy as np

Array = np.ndarray
BLOCK = 16


def sequential(x: Array, axis: int) -> Array:
    """One element after the other."""
    total = np.zeros(np.delete(x.shape, axis), x.dtype)
    for part in np.moveaxis(x, axis, 0):
        total = total + part
    return total


def halves(x: Array, axis: int) -> Array:
    """Halves are added to halves, as trees and warps do."""
    rows = np.moveaxis(x, axis, 0)
    while len(rows) > 1:
        odd = rows[-1:] if len(rows) % 2 else rows[:0]
        rows = np.concatenate([rows[: len(rows) // 2] + rows[len(rows) // 2 : len(rows) // 2 * 2], odd])
    return rows[0] if len(rows) else np.zeros(rows.shape[1:], x.dtype)


def blocks(x: Array, axis: int) -> Array:
    """Sums of blocks, added up."""
    starts = range(0, x.shape[axis], BLOCK)
    parts = [halves(np.take(x, range(s, min(s + BLOCK, x.shape[axis])), axis), axis) for s in starts]
    return sequential(np.stack(parts), 0) if parts else sequential(x, axis)


Sum = Callable[[Array, int], Array]
SUMS: dict[str, Sum] = {"one by one": sequential, "a tree": halves, "blocks of 16": blocks}
LONGEST = 600
"""Beyond it, adding one by one is too slow here: a tree takes its place."""


def over(add: Sum, x: Array, axes: Iterable[int], keepdims: bool = True) -> Array:
    """The sum over several axes, taken as one."""
    named = [axis % x.ndim for axis in axes] if x.ndim else []
    kept = [axis for axis in range(x.ndim) if axis not in named]
    rows = x.transpose(*kept, *named).reshape(*(x.shape[a] for a in kept), math.prod(x.shape[a] for a in named))
    found = (add if rows.shape[-1] <= LONGEST else halves)(rows, rows.ndim - 1)
    return found.reshape([1 if a in named else n for a, n in enumerate(x.shape)]) if keepdims else found


def _each(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The kernel with each way of adding up."""
    return {name: lambda *x, _add=add, **a: function(_add, *x, **a) for name, add in SUMS.items()}


def _high(x: Array, axis: int) -> Array:
    high = x.max(axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isneginf(high), 0, high).astype(x.dtype)


def _softmax(add: Sum, x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    return np.asarray(e / over(add, e, (axis,)))


def _by_reciprocal(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    return np.asarray(e * (x.dtype.type(1) / over(halves, e, (axis,))))


def _online(x: Array, axis: int) -> tuple[Array, Array]:
    """The maximum and the sum of exponentials, in one pass over blocks."""
    rows = np.moveaxis(x, axis, -1)
    high, total = np.full((*rows.shape[:-1], 1), -np.inf, x.dtype), np.zeros((*rows.shape[:-1], 1), x.dtype)
    for start in range(0, rows.shape[-1], BLOCK):
        block = rows[..., start : start + BLOCK]
        new = np.maximum(high, block.max(axis=-1, keepdims=True))
        off = np.where(np.isneginf(new), 0, new)
        total = total * np.exp(high - off) + np.exp(block - off).sum(axis=-1, keepdims=True, dtype=x.dtype)
        high = new
    return np.moveaxis(high, -1, axis), np.moveaxis(total, -1, axis)


def _online_softmax(x: Array, axis: int) -> Array:
    high, total = _online(x, axis)
    return np.asarray(np.exp(x - high) / total)


def _log_softmax(add: Sum, x: Array, axis: int) -> Array:
    far = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    return np.asarray(far - np.log(over(add, np.exp(far), (axis,))))


def _logsumexp(add: Sum, x: Array, axes: Sequence[int], keepdims: bool) -> Array:
    high = x.max(axis=tuple(axes), keepdims=True, initial=-np.inf)
    off = np.where(np.isfinite(high), high, 0).astype(x.dtype)
    y = np.log(over(add, np.exp(x - off), axes)) + off
    return y if keepdims else np.squeeze(y, tuple(axes))


def _mean(add: Sum, x: Array, axes: Sequence[int], keepdims: bool) -> Array:
    count = math.prod(x.shape[a] for a in axes)
    return np.asarray(over(add, x, axes, keepdims) / x.dtype.type(count))


def _variance(add: Sum, x: Array, axes: Sequence[int], less: int = 0) -> Array:
    """In two passes."""
    count = x.dtype.type(math.prod(x.shape[a] for a in axes))
    far = x - over(add, x, axes) / count
    return np.asarray(over(add, far * far, axes) / np.maximum(count - x.dtype.type(less), 0))


def _welford(x: Array, axes: Sequence[int], less: int = 0) -> Array:
    """By updates of mean and sum of squares."""
    named = [axis % x.ndim for axis in axes] if x.ndim else []
    kept = [axis for axis in range(x.ndim) if axis not in named]
    rows = x.transpose(*named, *kept).reshape(-1, *(x.shape[a] for a in kept))
    mean, squares = np.zeros(rows.shape[1:], x.dtype), np.zeros(rows.shape[1:], x.dtype)
    for k, part in enumerate(rows, 1):
        off = part - mean
        mean = mean + off / x.dtype.type(k)
        squares = squares + off * (part - mean)
    shape = [1 if a in named else n for a, n in enumerate(x.shape)]
    return np.asarray(squares / x.dtype.type(max(len(rows) - less, 0))).reshape(shape)


def _var(add: Sum, x: Array, axes: Sequence[int], keepdims: bool, unbiased: bool) -> Array:
    y = _variance(add, x, axes, int(unbiased))
    return y if keepdims else np.squeeze(y, tuple(axes))


def _var_by_updates(x: Array, axes: Sequence[int], keepdims: bool, unbiased: bool) -> Array:
    many = math.prod(x.shape[a] for a in axes) > LONGEST or not x.size
    y = (_variance(halves, x, axes, int(unbiased)) if many else _welford(x, axes, int(unbiased))).astype(x.dtype)
    return y if keepdims else np.squeeze(y, tuple(axes))


VAR: dict[str, Callable[..., Any]] = {**_each(_var), "updates": _var_by_updates}


def _turned(scan: Callable[[Array, int], Array], neutral: int) -> Callable[..., Array]:
    def kernel(x: Array, axis: int, exclusive: bool, reverse: bool) -> Array:
        y = scan(np.flip(x, axis) if reverse else x, axis)
        if exclusive and x.shape[axis]:
            y = np.roll(y, 1, axis)
            y[(slice(None),) * (axis % x.ndim) + (0,)] = neutral
        return np.flip(y, axis) if reverse else y

    return kernel


def _doubling(combine: Callable[[Array, Array], Array]) -> Callable[[Array, int], Array]:
    """As in parallel: each step combines with what lies twice as far away."""

    def scan(x: Array, axis: int) -> Array:
        rows, step = np.moveaxis(x, axis, 0), 1
        while step < len(rows):
            rows = np.concatenate([rows[:step], combine(rows[:-step], rows[step:])])
            step *= 2
        return np.moveaxis(rows, 0, axis)

    return scan


SCANS: dict[str, tuple[Any, Any, int]] = {"cumsum": (np.cumsum, np.add, 0), "cumprod": (np.cumprod, np.multiply, 1)}


def _scans(op: str) -> dict[str, Callable[..., Any]]:
    whole, combine, neutral = SCANS[op]
    return {
        "one by one": _turned(lambda x, axis: whole(x, axis=axis, dtype=x.dtype), neutral),
        "in parallel": _turned(_doubling(combine), neutral),
    }


def _affine(x: Array, mean: Array, var: Array, weight: Array, bias: Array, eps: float) -> Array:
    t = x.dtype.type
    return np.asarray((x - mean) / np.sqrt(var + t(eps)) * weight + bias)


def _folded(x: Array, mean: Array, var: Array, weight: Array, bias: Array, eps: float) -> Array:
    """x · a + (bias - mean · a), as inference folds it."""
    a = weight / np.sqrt(var + x.dtype.type(eps))
    return np.asarray(x * a + (bias - mean * a))


def _normalised(add: Sum, x: Array, axes: Sequence[int], weight: Array, bias: Array, eps: float) -> Array:
    count = x.dtype.type(math.prod(x.shape[a] for a in axes))
    return _affine(x, over(add, x, axes) / count, _variance(add, x, axes), weight, bias, eps)


def _last(x: Array, weight: Array) -> range:
    return range(x.ndim - weight.ndim, x.ndim)


def _layer_norm(add: Sum, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    return _normalised(add, x, _last(x, weight), weight, bias, eps)


def _layer_norm_by_updates(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    axes = _last(x, weight)
    if weight.size > LONGEST or not x.size:
        return _layer_norm(halves, x, weight, bias, eps)
    mean = over(halves, x, axes) / x.dtype.type(weight.size)
    return _affine(x, mean, _welford(x, axes), weight, bias, eps)


def _rms_norm(add: Sum, x: Array, weight: Array, eps: float) -> Array:
    t = x.dtype.type
    square = over(add, x * x, _last(x, weight)) / t(weight.size)
    return np.asarray(x / np.sqrt(square + t(eps)) * weight)


def _instance_norm(add: Sum, x: Array, weight: Array, bias: Array, eps: float) -> Array:
    return _normalised(add, x, range(2, x.ndim), weight, bias, eps)


def _group_norm(add: Sum, x: Array, weight: Array, bias: Array, eps: float, groups: int) -> Array:
    split = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    axes = range(2, split.ndim)
    count = x.dtype.type(math.prod(split.shape[2:]))
    far = split - over(add, split, axes) / count
    far = far / np.sqrt(_variance(add, split, axes) + x.dtype.type(eps))
    return np.asarray(far.reshape(x.shape) * weight + bias)


def _batch_norm(add: Sum, x: Array, *given: Array, eps: float, training: bool) -> Array:
    mean, var, weight, bias = given
    if not training:
        return _affine(x, mean, var, weight, bias, eps)
    return _normalised(add, x, (0, *range(2, x.ndim)), weight, bias, eps)


def _batch_norm_folded(x: Array, *given: Array, eps: float, training: bool) -> Array:
    mean, var, weight, bias = given
    if training:
        axes = (0, *range(2, x.ndim))
        count = x.dtype.type(math.prod(x.shape[a] for a in axes))
        mean, var = over(halves, x, axes) / count, _variance(halves, x, axes)
    return _folded(x, mean, var, weight, bias, eps)


def _lp_normalize(add: Sum, x: Array, axis: int, eps: float, p: int) -> Array:
    size = over(add, np.abs(x), (axis,)) if p == 1 else np.sqrt(over(add, x * x, (axis,)))
    return np.asarray(x / np.maximum(size, x.dtype.type(eps)))


def _heads(mask: Array, query: Array, key: Array, value: Array, scale: Any) -> tuple[Array, Array]:
    """Scores, -infinity where a key is hidden, and the values of each query's head."""
    times = query.dtype.type(scale or 1 / math.sqrt(max(query.shape[-1], 1)))
    k, v = (np.repeat(x, query.shape[1] // max(x.shape[1], 1), 1) for x in (key, value))
    scores = query @ np.swapaxes(k, 2, 3) * times
    return np.where(mask, scores, -np.inf).astype(query.dtype) if mask.dtype == bool else scores + mask, v


def _plain_attention(mask: Array, query: Array, key: Array, value: Array, scale: Any) -> Array:
    scores, v = _heads(mask, query, key, value, scale)
    e = np.exp(scores - _high(scores, -1))
    total = e.sum(axis=-1, keepdims=True, dtype=e.dtype)
    return np.where(total == 0, 0, (e / total) @ v if key.shape[2] else e @ v).astype(query.dtype)


def _flash_attention(mask: Array, query: Array, key: Array, value: Array, scale: Any) -> Array:
    """Online, by blocks of keys, divided last."""
    scores, v = _heads(mask, query, key, value, scale)
    rows = scores.shape[:-1]
    high, total = np.full((*rows, 1), -np.inf, scores.dtype), np.zeros((*rows, 1), scores.dtype)
    sums = np.zeros((*rows, v.shape[-1]), scores.dtype)
    for start in range(0, scores.shape[-1], BLOCK):
        block = scores[..., start : start + BLOCK]
        new = np.maximum(high, block.max(axis=-1, keepdims=True))
        off = np.where(np.isneginf(new), 0, new)
        e, less = np.exp(block - off), np.exp(high - off)
        total = total * less + e.sum(axis=-1, keepdims=True, dtype=e.dtype)
        sums, high = sums * less + e @ v[..., start : start + BLOCK, :], new
    return np.where(total == 0, 0, sums / total).astype(query.dtype)


Kernel = Callable[..., Any]


def _causal(kernel: Kernel) -> Kernel:
    def attention(query: Array, key: Array, value: Array, scale: Any, causal: Any) -> Array:
        queries, keys = query.shape[2], key.shape[2]
        seen = np.tri(queries, keys, keys - queries if causal == "lower_right" else 0, dtype=bool)
        everything = np.ones_like(seen)
        return np.asarray(kernel(seen if causal else everything, query, key, value, scale))

    return attention


ATTENTION: dict[str, Kernel] = {"plain": _plain_attention, "online": _flash_attention}


def _rotary(x: Array, cos: Array, sin: Array, interleaved: bool) -> Array:
    cos, sin = cos[:, None], sin[:, None]
    half = x.shape[-1] // 2
    first, second = (x[..., ::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
    parts = first * cos - second * sin, second * cos + first * sin
    if not interleaved:
        return np.concatenate(parts, -1)
    return np.stack(parts, -1).reshape(x.shape)


def _matmul(a: Array, b: Array) -> Array:
    return np.matmul(a, b)


def _split(a: Array, b: Array) -> Array:
    """Blocks along the sum, added up afterwards."""
    y = np.zeros((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]), a.dtype)
    for k in range(0, a.shape[-1], BLOCK):
        y = y + np.matmul(a[..., k : k + BLOCK], b[..., k : k + BLOCK, :])
    return y


def _bias_first(x: Array, weight: Array, bias: Array) -> Array:
    y = np.broadcast_to(bias, (*x.shape[:-1], *bias.shape))
    for k in range(0, x.shape[-1], BLOCK):
        y = y + np.matmul(x[..., k : k + BLOCK], weight[:, k : k + BLOCK].T)
    return y


def _cross_entropy(add: Sum, target: Array, x: Array, ignore_index: Any, reduction: Any) -> Array:
    count = x.dtype.type
    kept = np.ones(target.shape, bool) if ignore_index is False else target != ignore_index
    classes = np.where(kept, target, 0)[:, None]
    found = -np.take_along_axis(_log_softmax(add, x, 1), classes, 1)[:, 0]
    each = np.where(kept, found, 0).astype(x.dtype)
    if not reduction:
        return each
    total = over(add, each.reshape(-1), (0,), False)
    return np.asarray(total / count(kept.sum()) if reduction == "mean" else total)


def _loss(each: Kernel) -> dict[str, Kernel]:
    def kernel(add: Sum, target: Array, x: Array, reduction: Any, **more: float) -> Array:
        losses = np.asarray(each(target, x, **more))
        if not reduction:
            return losses
        total = over(add, losses.reshape(-1), (0,), False)
        return np.asarray(total / x.dtype.type(losses.size) if reduction == "mean" else total)

    return _each(kernel)


def _huber(target: Array, x: Array, delta: float) -> Array:
    size, d = np.abs(x - target), x.dtype.type(delta)
    inside = np.minimum(size, d)
    return np.asarray(x.dtype.type(0.5) * inside * inside + d * (size - inside))


def _bce_by_size(target: Array, x: Array) -> Array:
    return np.asarray(np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x))))


def _divergence(target: Array, x: Array) -> Array:
    inside = np.where(target > 0, target, 1)
    return np.where(target > 0, target * (np.log(inside) - x), 0)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[float])(x).astype(x.dtype) if x.size else x


def _softplus(x: Array) -> Array:
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def _max(way: Kernel) -> Kernel:
    return lambda x, axes, keepdims: way(x, axis=tuple(axes), keepdims=keepdims)


def _tree_of(combine: Any) -> Kernel:
    def kernel(x: Array, axes: Sequence[int], keepdims: bool) -> Array:
        named = [axis % x.ndim for axis in axes] if x.ndim else []
        kept = [axis for axis in range(x.ndim) if axis not in named]
        rows = x.transpose(*named, *kept).reshape(-1, *(x.shape[a] for a in kept))
        while len(rows) > 1:
            odd = rows[-1:] if len(rows) % 2 else rows[:0]
            rows = np.concatenate([combine(rows[: len(rows) // 2], rows[len(rows) // 2 : len(rows) // 2 * 2]), odd])
        return rows.reshape([1 if a in named else n for a, n in enumerate(x.shape)]) if keepdims else rows[0]

    return kernel


def _product(x: Array, axis: int, keepdims: bool) -> Array:
    rows = np.moveaxis(x, axis, 0)
    total = np.ones(rows.shape[1:], x.dtype)
    for part in rows:
        total = total * part
    return np.expand_dims(total, axis) if keepdims else total


def _picked(way: Kernel) -> Kernel:
    return lambda x, axis, keepdims: way(x, axis=axis, keepdims=keepdims).astype(np.int64)


def _norm(power: int) -> Kernel:
    def kernel(add: Sum, x: Array, axis: int, keepdims: bool) -> Array:
        y = over(add, np.abs(x) if power == 1 else x * x, (axis,), keepdims)
        return y if power == 1 else np.sqrt(y)

    return kernel


def _of_8_bits(multiply: Kernel) -> Kernel:
    def kernel(a: Array, b: Array, to: str) -> Array:
        return np.asarray(multiply(*(x.astype(getattr(ml_dtypes, to)).astype(x.dtype) for x in (a, b))))

    return kernel


def _one(kernel: Kernel) -> dict[str, Kernel]:
    return {"plain": kernel}


KERNELS: dict[str, dict[str, Kernel]] = {
    "sum": _each(lambda add, x, axes, keepdims: over(add, x, axes, keepdims)),
    "mean": _each(_mean),
    "sum_square": _each(lambda add, x, axes, keepdims: over(add, x * x, axes, keepdims)),
    "norm_l1": _each(_norm(1)),
    "norm_l2": _each(_norm(2)),
    "prod": {
        "one by one": _product,
        "a tree": lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims, dtype=x.dtype),
    },
    "max": {"numpy": _max(np.max), "a tree": _tree_of(np.maximum)},
    "min": {"numpy": _max(np.min), "a tree": _tree_of(np.minimum)},
    "argmax": {"numpy": _picked(np.argmax)},
    "argmin": {"numpy": _picked(np.argmin)},
    "any": {"numpy": _max(np.any), "a tree": _tree_of(np.logical_or)},
    "all": {"numpy": _max(np.all), "a tree": _tree_of(np.logical_and)},
    "var": VAR,
    "std": {name: lambda *x, _var=var, **a: np.sqrt(_var(*x, **a)) for name, var in VAR.items()},
    "logsumexp": _each(_logsumexp),
    "cumsum": _scans("cumsum"),
    "cumprod": _scans("cumprod"),
    "softmax": {**_each(_softmax), "by the reciprocal": _by_reciprocal, "online": _online_softmax},
    "log_softmax": _each(_log_softmax),
    "attention": {name: _causal(kernel) for name, kernel in ATTENTION.items()},
    "masked_attention": ATTENTION,
    "biased_attention": ATTENTION,
    "rotary_embedding": _one(_rotary),
    "layer_norm": {**_each(_layer_norm), "updates": _layer_norm_by_updates},
    "rms_norm": _each(_rms_norm),
    "batch_norm": {**_each(_batch_norm), "folded": _batch_norm_folded},
    "group_norm": _each(_group_norm),
    "instance_norm": _each(_instance_norm),
    "lp_normalize": _each(_lp_normalize),
    "gelu": _one(
        lambda x, approximate: (
            x * (0.5 * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + x.dtype.type(0.044715) * x * x * x))))
            if approximate
            else x * (x.dtype.type(0.5) * _erfc(-x * x.dtype.type(math.sqrt(0.5))))
        )
    ),
    "silu": {"by sigmoid": lambda x: x * _sigmoid(x), "a quotient": lambda x: x / (1 + np.exp(-x))},
    "swiglu": {"by sigmoid": lambda a, b: a * _sigmoid(a) * b, "a quotient": lambda a, b: a / (1 + np.exp(-a)) * b},
    "softplus": {"by the size": _softplus, "logaddexp": lambda x: np.logaddexp(x, x.dtype.type(0))},
    "softsign": _one(lambda x: x / (1 + np.abs(x))),
    "mish": _one(lambda x: x * np.tanh(_softplus(x))),
    "elu": _one(lambda x, alpha: np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))),
    "selu": _one(
        lambda x: (
            x.dtype.type(1.0507009873554805)
            * np.where(x > 0, x, x.dtype.type(1.6732632423543772) * np.expm1(np.minimum(x, 0)))
        )
    ),
    "celu": _one(
        lambda x, alpha: np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0) / x.dtype.type(alpha)))
    ),
    "leaky_relu": _one(lambda x, slope: np.where(x > 0, x, x.dtype.type(slope) * x)),
    "prelu": _one(lambda a, b: np.where(a > 0, a, b * a)),
    "hard_sigmoid": _one(lambda x: np.clip(x + 3, 0, 6) / x.dtype.type(6)),
    "hard_swish": _one(lambda x: x * (np.clip(x + 3, 0, 6) / x.dtype.type(6))),
    "log_sigmoid": _one(lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))),
    "logaddexp": {"numpy": np.logaddexp},
    "lerp": {
        "from a": lambda a, b, weight: a + weight * (b - a),
        "of both": lambda a, b, weight: np.where(weight < 0.5, a + weight * (b - a), b - (b - a) * (1 - weight)),
    },
    "bmm": {"whole": _matmul, "blocks of 16": _split},
    "linear": {
        "bias last": lambda x, weight, bias: _matmul(x, weight.T) + bias,
        "bias first": _bias_first,
    },
    "matmul_widened": {"whole": _matmul, "blocks of 16": _split},
    "matmul_float8": {"whole": _of_8_bits(_matmul), "blocks of 16": _of_8_bits(_split)},
    "cross_entropy": _each(_cross_entropy),
    "mse_loss": _loss(lambda target, x: np.square(x - target)),
    "l1_loss": _loss(lambda target, x: np.abs(x - target)),
    "huber_loss": _loss(_huber),
    "binary_cross_entropy_with_logits": _loss(_bce_by_size),
    "kl_div": _loss(_divergence),
}


def _erfc(x: Array) -> Array:
    return np.vectorize(math.erfc, otypes=[float])(x).astype(x.dtype) if x.size else x
