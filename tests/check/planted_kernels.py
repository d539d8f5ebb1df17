"""Twelve kernels with a mistake that is made in public, and four that are right in an unusual way. NumPy alone."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

_WINDOW = {"stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
_IMAGES = tuple(((1, n, n + 1, c), (3, 3, c, 2)) for n, c in ((4, 1), (7, 3), (12, 8)))
ASKED = {"conv2d_winograd": {"where": _WINDOW, "dtype": "float32", "shapes": _IMAGES, "algorithm": "winograd"}}
"""What is said of kernels that are not right everywhere, or in a way that must be declared."""

_CALLS = []
_BUFFERS = {}


def _wide(x):
    return x.astype(np.float32) if x.dtype == np.float16 else x


def right_softmax(x, axis):
    x = _wide(x)
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
        return e / e.sum(axis=axis, keepdims=True)


def softmax_tiles(x, axis):
    """Wrong only when the axis is no multiple of its tile."""
    y = right_softmax(x, axis).astype(x.dtype)
    rows = np.moveaxis(y, axis, -1)
    if rows.shape[-1] > 8 and rows.shape[-1] % 8:
        rows[..., -(rows.shape[-1] % 8) :] /= 2
    return y


def relu_tail(x):
    """What lies behind the last whole vector of 4 is never written."""
    y = np.empty(x.shape, x.dtype)
    whole = x.size // 4 * 4
    y.reshape(-1)[:whole] = np.maximum(x, 0).reshape(-1)[:whole]
    return y


def matmul_half(a, b):
    """Products are added up in float16."""
    with np.errstate(all="ignore"):
        return np.matmul(a.astype(np.float16), b.astype(np.float16)).astype(a.dtype)


def matmul_transposed(a, b):
    """A square operand is read the other way."""
    b = b.swapaxes(-1, -2) if b.shape[-1] == b.shape[-2] else b
    return np.matmul(_wide(a), _wide(b)).astype(a.dtype)


def gelu_second_call(x, approximate):
    """Right when it is called for the first time."""
    _CALLS.append(1)
    y = gelu_by_erf(x, approximate)
    return y if len(_CALLS) < 2 else y * y.dtype.type(1.25)


def softmax_zeros(x, axis):
    """Zeros."""
    return np.zeros_like(x)


def add_stale(a, b):
    """The buffer of an earlier call of the same shapes is handed out again, and added to."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    y = _BUFFERS.setdefault((shape, a.dtype.str), np.zeros(shape, a.dtype))
    y += a + b
    return y


def cumsum_beyond(x, axis, exclusive, reverse):
    """An element behind the end is read, and counts where it is not finite or large."""
    y = _scan(x, axis, exclusive, reverse)
    if x.flags.c_contiguous and x.size:
        y.reshape(-1)[-1] += as_strided(x.reshape(-1), (x.size + 1,), (x.itemsize,))[-1] * 0
    return y


def var_one_pass(x, axes, keepdims, unbiased):
    """E[x²] - E[x]²."""
    wide = _wide(x)
    count = np.prod([x.shape[a] for a in axes], dtype=int)
    with np.errstate(all="ignore"):
        mean = wide.mean(axis=axes, keepdims=keepdims, dtype=wide.dtype)
        found = (wide * wide).mean(axis=axes, keepdims=keepdims, dtype=wide.dtype) - mean * mean
        return np.asarray(found * wide.dtype.type(count / max(count - int(unbiased), 0.0))).astype(x.dtype)


def softmax_mask(x, axis):
    """-1e4 stands for -infinity, so that rows that are hidden altogether get shares."""
    limit = x.dtype.type(-1e4)
    return right_softmax(np.where(np.isneginf(x), limit, x), axis).astype(x.dtype)


def cumsum_causal(x, axis, exclusive, reverse):
    """Each place sees one place more than it may."""
    return np.asarray(_scan(x, axis, not exclusive, reverse))


def gelu_tanh(x, approximate):
    """By tanh, whatever is asked for."""
    wide = _wide(x)
    with np.errstate(all="ignore"):
        inner = np.sqrt(wide.dtype.type(2 / np.pi)) * (wide + wide.dtype.type(0.044715) * wide * wide * wide)
        return (wide.dtype.type(0.5) * wide * (1 + np.tanh(inner))).astype(x.dtype)


def _scan(x, axis, exclusive, reverse):
    wide = np.flip(x, axis) if reverse else x
    with np.errstate(all="ignore"):
        y = np.cumsum(wide, axis=axis, dtype=_wide(x).dtype)
        if exclusive:
            y = np.roll(y, 1, axis)
            y[(slice(None),) * (axis % x.ndim) + (slice(0, 1),)] = 0
    return np.ascontiguousarray(np.flip(y, axis) if reverse else y).astype(x.dtype)


def gelu_by_erf(x, approximate):
    import math

    if approximate:
        return gelu_tanh(x, True)
    wide = _wide(x).astype(np.float64)
    erfc = np.vectorize(lambda v: math.erfc(-v / math.sqrt(2)), otypes=[np.float64])
    with np.errstate(all="ignore"):
        return (wide * 0.5 * erfc(wide)).astype(x.dtype) if x.size else x.copy()


def matmul_blocked(a, b):
    """Right: blocks of 16 along the sum, added up afterwards."""
    a, kind, b = _wide(a), a.dtype, _wide(b)
    with np.errstate(all="ignore"):
        parts = [np.matmul(a[..., k : k + 16], b[..., k : k + 16, :]) for k in range(0, a.shape[-1], 16)]
        return (sum(parts[1:], parts[0]) if parts else np.matmul(a, b)).astype(kind)


def sum_pairwise(x, axes, keepdims):
    """Right: halves are added to halves."""
    order = [*(i for i in range(x.ndim) if i not in {a % x.ndim for a in axes}), *sorted(a % x.ndim for a in axes)]
    kept = x.ndim - len(axes)
    left = [x.shape[i] for i in order[:kept]]
    rows = _wide(x).transpose(order).reshape(*left, x.size // max(1, int(np.prod(left))))
    with np.errstate(all="ignore"):
        while rows.shape[-1] > 1:
            if rows.shape[-1] % 2:
                rows = np.concatenate([rows, np.zeros_like(rows[..., :1])], -1)
            rows = rows[..., ::2] + rows[..., 1::2]
        y = rows[..., 0] + 0 if rows.shape[-1] else np.zeros(rows.shape[:-1], rows.dtype)
    shape = [1 if i in {a % x.ndim for a in axes} else n for i, n in enumerate(x.shape)]
    return (y.reshape(shape) if keepdims else y).astype(x.dtype)


def softmax_online(x, axis):
    """Right: a running maximum and a running sum, in one pass."""
    rows = np.moveaxis(_wide(x), axis, -1)
    high, total = np.full(rows.shape[:-1], -np.inf, rows.dtype), np.zeros(rows.shape[:-1], rows.dtype)
    with np.errstate(all="ignore"):
        for k in range(rows.shape[-1]):
            new = np.maximum(high, rows[..., k])
            old = np.where(np.isneginf(high), 0, np.exp(high - new)).astype(rows.dtype)
            total, high = total * old + np.exp(rows[..., k] - np.where(np.isneginf(new), 0, new)), new
        y = np.exp(rows - high[..., None]) / total[..., None]
    return np.moveaxis(y, -1, axis).astype(x.dtype)


def conv2d_winograd(x, w):
    """Right, within the bound of what it declares: F(2x2, 3x3), one image position of tiles after the other."""
    bt = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], x.dtype)
    g = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], x.dtype)
    at = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], x.dtype)
    n, height, width, _ = x.shape
    rows, columns = height - 2, width - 2
    x = np.pad(x, ((0, 0), (0, rows % 2), (0, columns % 2), (0, 0)))
    y = np.zeros((n, rows + rows % 2, columns + columns % 2, w.shape[3]), x.dtype)
    filters = np.einsum("ia,abco,jb->ijco", g, w, g)
    for r in range(0, rows, 2):
        for c in range(0, columns, 2):
            tile = np.einsum("ia,nabc,jb->nijc", bt, x[:, r : r + 4, c : c + 4], bt)
            y[:, r : r + 2, c : c + 2] = np.einsum("pi,nijc,ijco,qj->npqo", at, tile, filters, at)
    return y[:, :rows, :columns]
