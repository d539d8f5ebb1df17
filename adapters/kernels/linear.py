"""Where a sum of products becomes NaN because a subnormal operand is flushed to zero. NumPy only.

Numbers are reduced to what decides it: NaN, infinities, zeros, and 1 or -1 for all others. So no sum overflows, and
NaN appears by IEEE 754's own rules (0 times infinity, infinity minus infinity).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from opassay.adapters.geometry import effective, output_extent, pad_amounts
from opassay.adapters.kernels.predicates import attributes_of, subnormal_meets_infinity
from opassay.adapters.kernels.windows import flushed, to_nhwc
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_ODD = ("special", "literal")


@lru_cache(maxsize=1024)
def nan_by_flush(case: Case) -> bool:
    """Whether an answer becomes NaN when subnormal operands are flushed: conv2d, its transpose and matmul.

    For the aspect gradient, one of the gradients. float16 is never flushed.
    """
    tensors = case.all_tensors
    odd = any(tensor.fill.kind in _ODD for tensor in tensors)
    if not odd or any(not dtypes.is_float(t.dtype) or 0 in t.shape for t in tensors):
        return False
    values = [dtypes.widen(tensor.materialize()) for tensor in tensors]
    dtype = tensors[0].dtype
    zeroed = [flushed(v, dtype) for v in values]
    if not any((z != v)[~np.isnan(v)].any() for z, v in zip(zeroed, values, strict=True)):
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        found = answers(case, [told(v) for v in zeroed])
    return nan_appears(case, values, found)


def nan_appears(case: Case, values: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> bool:
    """Whether ``found`` is NaN where the answer for ``values`` is not, and the contract does not leave it open."""
    with np.errstate(invalid="ignore", over="ignore"):
        right = answers(case, [told(v) for v in values])
        turned = [np.isnan(f) & ~np.isnan(r) for f, r in zip(found, right, strict=True)]
        if not any(t.any() for t in turned):
            return False
        size = answers(case, [_finite_size(v) for v in values])
    largest = dtypes.FORMATS["float64" if case.tensors[0].dtype == "float64" else "float32"].largest
    strange = [(~np.isfinite(v)).astype(np.float64) for v in values]
    free = [~(s <= largest) | f for s, f in zip(size, _open_to_nan(case, strange), strict=True)]
    return any(bool((t & ~f).any()) for t, f in zip(turned, free, strict=True))


def nan_by_flush_or_stuffing(case: Case) -> bool:
    """The same for the gradient of conv2d; and oneDNN's bfloat16 kernel for strides and dilation.

    The kernel has returned NaN for infinity where no flush explains it; the cause and the condition are unknown.
    """
    how = attributes_of(case)
    stuffed = case.tensors[0].dtype == "bfloat16" and min(max(how["stride"]), max(how["dilation"])) > 1
    return nan_by_flush(case) or (stuffed and subnormal_meets_infinity(case))


def told(values: np.ndarray) -> np.ndarray:
    """Values reduced to what decides whether a sum is NaN: signs for finite numbers."""
    return np.where(np.isfinite(values), np.sign(values), values).astype(np.float64)


def _finite_size(values: np.ndarray) -> np.ndarray:
    """Magnitudes: where the sum of their products overflows, the contract leaves the answer open."""
    return np.where(np.isfinite(values), np.abs(values), 0).astype(np.float64)


def answers(case: Case, values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The answer of the case's op for ``values``, images in NHWC; for the aspect gradient, each gradient."""
    if case.op == "matmul":
        return _matmul(values, case.aspect == "gradient")
    return convolution(case, values, (correlate, spread, filters))


def _open_to_nan(case: Case, strange: Sequence[np.ndarray]) -> list[Any]:
    """Where the contract allows NaN, since an algorithm may multiply padding or stuffed zeros."""
    if case.op == "matmul":
        return [False, False] if case.aspect == "gradient" else [False]
    return convolution(case, strange, (_correlate_open, _spread_open, _filters_open))


def _matmul(values: Sequence[np.ndarray], gradient: bool) -> list[np.ndarray]:
    a, b, *rest = values
    if not gradient:
        return [a @ b]
    (dy,) = rest
    return [_summed(dy @ np.swapaxes(b, -1, -2), a.shape), _summed(np.swapaxes(a, -1, -2) @ dy, b.shape)]


def _summed(full: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Summed over the axes that broadcasting added."""
    full = full.sum(axis=tuple(range(full.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and full.shape[i] > 1)
    return full.sum(axis=axes, keepdims=True)


def convolution(case: Case, values: Sequence[np.ndarray], runs: tuple[Any, Any, Any]) -> list[Any]:
    """The same by ``runs``, which stand for ``correlate``, ``spread`` and ``filters``."""
    correlated, spreaded, filtered = runs
    how, gradient = attributes_of(case), case.aspect == "gradient"
    x, w, *rest = values
    x, rest = to_nhwc(x, how["layout"]), [to_nhwc(v, how["layout"]) for v in rest]
    if case.op == "conv2d_transpose":
        image = _image(how["output_shape"], how)
        if not gradient:
            return [spreaded(x, w, image, how)]
        return [correlated(rest[0], w, how), filtered(rest[0], x, w.shape, how)]
    if case.op == "conv2d" and not gradient:
        return [correlated(x, w, how)]
    # conv2d_input_gradient_law uses the first of these only.
    first = spreaded(rest[0], w, x.shape, how)
    return [first, filtered(x, rest[0], w.shape, how)] if gradient else [first]


def _correlate_open(x: np.ndarray, w: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """Where non-finite filters meet padding, or non-finite images the zeros between the taps of a dilated filter."""
    beside = correlate(np.ones(x.shape), w, how) < w.sum(axis=(0, 1, 2))
    groups = how["groups"]
    pooled = x.reshape(*x.shape[:3], groups, -1).max(axis=4)
    holes = correlate(pooled, _holes(w, how), {**how, "dilation": (1, 1), "padding": _padding(x.shape, w, how)})
    return beside | (np.repeat(holes, w.shape[3] // groups, axis=3) > 0)


def _spread_open(dy: np.ndarray, w: np.ndarray, image: Sequence[int], how: Mapping[str, Any]) -> np.ndarray:
    groups = how["groups"]
    full = w.reshape(*w.shape[:3], groups, -1).sum(axis=(0, 1, 4)).T.ravel()
    beside = spread(np.ones(dy.shape), w, image, how) < full
    pooled = dy.reshape(*dy.shape[:3], groups, -1).max(axis=4)
    undilated = {**how, "dilation": (1, 1), "padding": _padding(image, w, how)}
    holes = spread(pooled, _holes(w, how), (*image[:3], groups), undilated)
    return beside | (np.repeat(holes, image[3] // groups, axis=3) > 0)


def _filters_open(x: np.ndarray, dy: np.ndarray, shape: Sequence[int], how: Mapping[str, Any]) -> np.ndarray:
    """Where non-finite cotangents meet padding; under a stride, non-finite images the zeros between cotangents."""
    beside = dy.sum(axis=(0, 1, 2)) > filters(np.ones(x.shape), dy, shape, how)
    if max(how["stride"]) == 1:
        return np.asarray(beside)
    channels = x.max(axis=(0, 1, 2)).reshape(how["groups"], -1) > 0
    return np.asarray(beside | np.repeat(channels.T, shape[3] // how["groups"], axis=1))


def _holes(w: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """``[rows, columns, 1, groups]``: 1 between the taps of a dilated filter."""
    spans = [effective(k, d) for k, d in zip(w.shape[:2], how["dilation"], strict=True)]
    holes = np.ones((*spans, 1, how["groups"]))
    holes[:: how["dilation"][0], :: how["dilation"][1]] = 0
    return holes


def _padding(image: Sequence[int], w: np.ndarray, how: Mapping[str, Any]) -> Any:
    return pad_amounts(image[1:3], w.shape[:2], how["stride"], how["dilation"], how["padding"])


def _image(shape: Sequence[int], how: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(shape) if how["layout"] == "NHWC" else (shape[0], shape[2], shape[3], shape[1])


def _taps(image: Sequence[int], window: Sequence[int], how: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, Any]:
    """``[window, outputs]`` for rows and for columns, in the image with one row and column of zeros at its end."""
    stride, dilation = how["stride"], how["dilation"]
    pads = pad_amounts(image[1:3], window, stride, dilation, how["padding"])
    found = []
    for n, k, s, d, pad in zip(image[1:3], window, stride, dilation, pads, strict=True):
        places = np.arange(k)[:, None] * d + np.arange(output_extent(n + sum(pad), k, s, d))[None, :] * s - pad[0]
        found.append(np.where((places >= 0) & (places < n), places, n))
    return found[0], found[1], [(i, j) for i in range(window[0]) for j in range(window[1])]


def correlate(x: np.ndarray, w: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """conv2d of NHWC images; padding takes no part."""
    down, across, taps = _taps(x.shape, w.shape[:2], how)
    total: Any = 0.0
    for i, j in taps:
        seen, inside = _seen(x, down[i], across[j])
        total = total + np.where(inside, _grouped(seen, w[i, j], how["groups"]), 0)
    return np.asarray(total)


def spread(dy: np.ndarray, w: np.ndarray, image: Sequence[int], how: Mapping[str, Any]) -> np.ndarray:
    """The transpose of ``correlate``: the gradient for an image of this NHWC shape."""
    down, across, taps = _taps(image, w.shape[:2], how)
    batch, height, width, channels = image
    total = np.zeros((batch, height + 1, width + 1, channels))
    groups = how["groups"]
    per = dy.shape[3] // groups
    for i, j in taps:
        parts = [dy[..., g * per : (g + 1) * per] @ w[i, j][:, g * per : (g + 1) * per].T for g in range(groups)]
        total[:, down[i][:, None], across[j]] += np.concatenate(parts, axis=3)
    return total[:, :height, :width]


def filters(x: np.ndarray, dy: np.ndarray, shape: Sequence[int], how: Mapping[str, Any]) -> np.ndarray:
    """The gradient of ``correlate`` for filters of this shape."""
    down, across, taps = _taps(x.shape, shape[:2], how)
    total = np.zeros(shape)
    groups, flat = how["groups"], dy.reshape(-1, dy.shape[3])
    per = dy.shape[3] // groups
    for i, j in taps:
        seen, inside = _seen(x, down[i], across[j])
        kept = np.broadcast_to(inside, (*seen.shape[:3], 1)).reshape(-1)
        rows = seen.reshape(-1, seen.shape[3])[kept]
        given = flat[kept]
        take = rows.shape[1] // groups
        for g in range(groups):
            outs = slice(g * per, (g + 1) * per)
            total[i, j][:, outs] = rows[:, g * take : (g + 1) * take].T @ given[:, outs]
    return total


def _seen(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The elements that one tap of every window reads, and whether it lies in the image: ``[1, rows, columns, 1]``."""
    inside = ((rows < x.shape[1])[:, None] & (columns < x.shape[2]))[None, :, :, None]
    down, across = np.minimum(rows, x.shape[1] - 1), np.minimum(columns, x.shape[2] - 1)
    return x[:, down[:, None], across], inside


def _grouped(x: np.ndarray, w: np.ndarray, groups: int) -> np.ndarray:
    take, per = x.shape[3] // groups, w.shape[1] // groups
    parts = [x[..., g * take : (g + 1) * take] @ w[:, g * per : (g + 1) * per] for g in range(groups)]
    return np.concatenate(parts, axis=3)
