"""Windows in NumPy: what each window covers is laid out, then added up or compared."""

from __future__ import annotations

import math
from itertools import product as positions

import numpy as np
from ordered import backwards, product, summed

from opassay.adapters import geometry


def last(x, layout):
    """Channels last, with a batch."""
    x = x[None] if "N" not in layout else x
    return x if layout.endswith("C") else np.moveaxis(x, 1, -1)


def back(y, layout):
    y = y if layout.endswith("C") else np.moveaxis(y, -1, 1)
    return y if "N" in layout else y[0]


def pads(extents, window, stride, dilation, padding):
    if padding != "SAME_LOWER":
        return geometry.pad_amounts(extents, window, stride, dilation, padding)
    return [pair[::-1] for pair in geometry.pad_amounts(extents, window, stride, dilation, "SAME")]


def count(extents, window, stride, dilation, around):
    each = zip(extents, window, stride, dilation, around, strict=True)
    return [max(0, (n + sum(pair) - geometry.effective(k, d)) // s + 1) for n, k, s, d, pair in each]


def covered(x, window, stride, dilation, around, outputs, fill):
    """[batch, *outputs, taps, channels]: what each window covers of an image with channels last."""
    more = [(0, 0)]
    for n, k, s, d, (low, high), o in zip(x.shape[1:-1], window, stride, dilation, around, outputs, strict=True):
        more.append((low, max(high, (o - 1) * s + geometry.effective(k, d) - n - low)))
    wide = np.pad(x, [*more, (0, 0)], constant_values=fill)
    taps = []
    for at in positions(*map(range, window)):
        each = zip(at, dilation, stride, outputs, strict=True)
        read = [slice(i * d, i * d + max(0, (o - 1) * s + 1), s) if o else slice(0, 0) for i, d, s, o in each]
        taps.append(wide[(slice(None), *read)])
    return np.stack(taps, axis=-2)


def lowest(x):
    return -np.inf if x.dtype.kind == "f" else (False if x.dtype == bool else np.iinfo(x.dtype).min)


class WindowOps:
    def conv2d(self, x, w, *, stride, padding, dilation, groups, layout):
        image, window = last(x, layout), w.shape[:-2]
        around = pads(image.shape[1:-1], window, stride, dilation, padding)
        outputs = count(image.shape[1:-1], window, stride, dilation, around)
        seen = covered(image, window, stride, dilation, around, outputs, 0)
        batch, inner, each = len(image), w.shape[-2], w.shape[-1] // groups
        parts = []
        for g in range(groups):
            rows = seen[..., g * inner : (g + 1) * inner].reshape(batch * math.prod(outputs), math.prod(window) * inner)
            parts.append(product(rows, w[..., g * each : (g + 1) * each].reshape(-1, each)))
        y = np.concatenate(parts, axis=-1) if parts else np.zeros((math.prod((batch, *outputs)), 0), x.dtype)
        return back(y.reshape(batch, *outputs, w.shape[-1]), layout)

    conv1d = conv3d = conv2d

    def conv2d_transpose(self, x, w, *, output_shape, stride, padding, dilation, groups, layout):
        shape = last(np.broadcast_to(x.dtype.type(0), output_shape), layout).shape
        around = pads(shape[1:-1], w.shape[:-2], stride, dilation, padding)
        return back(
            self._spread(last(x, layout), w, shape, stride, dilation, [low for low, _ in around], groups), layout
        )

    conv_transpose1d = conv_transpose3d = conv2d_transpose

    def _spread(self, x, w, shape, stride, dilation, before, groups):
        y = np.zeros(shape, x.dtype)
        inner, each = x.shape[-1] // groups, w.shape[-2]
        taps = list(positions(*map(range, w.shape[:-2])))
        for at in taps[::-1] if backwards() else taps:
            found = [
                self._places(*one) for one in zip(at, dilation, stride, before, x.shape[1:-1], shape[1:-1], strict=True)
            ]
            read, write = [r for r, _ in found], [p for _, p in found]
            for g in range(groups):
                part = _at(x, read)
                part = part[..., g * inner : (g + 1) * inner]
                filters = w[at][:, g * inner : (g + 1) * inner]
                rows = part.reshape(math.prod(part.shape[:-1]), inner)
                more = product(rows, filters.T).reshape(*part.shape[:-1], each)
                _at(y, write)[..., g * each : (g + 1) * each] += more
        return y

    @staticmethod
    def _places(i, d, s, low, n, extent):
        """Which inputs fall into the image by a tap, and where."""
        first = max(0, -((i * d - low) // s)) if i * d < low else 0
        final = min(n, (extent - 1 - i * d + low) // s + 1) if extent else 0
        final = max(first, final)
        start = first * s + i * d - low
        return slice(first, final), slice(
            start, start + max(0, (final - first - 1) * s + 1) if final > first else start, s
        )

    def max_pool2d(self, x, *, window, stride, padding, dilation, layout):
        image = last(x, layout)
        around = pads(image.shape[1:-1], window, stride, dilation, padding)
        outputs = count(image.shape[1:-1], window, stride, dilation, around)
        return back(np.max(covered(image, window, stride, dilation, around, outputs, lowest(x)), axis=-2), layout)

    max_pool1d = max_pool3d = max_pool2d

    def max_pool2d_with_argmax(self, x, *, window, stride, padding, dilation, layout):
        image = last(x, layout)
        around = pads(image.shape[1:-1], window, stride, dilation, padding)
        outputs = count(image.shape[1:-1], window, stride, dilation, around)
        seen = covered(image, window, stride, dilation, around, outputs, lowest(x))
        cells = np.arange(math.prod(image.shape[1:])).reshape(1, *image.shape[1:])
        where = covered(cells, window, stride, dilation, around, outputs, -1)
        real = np.where(where < 0, -1, 2 * (seen == seen.max(axis=-2, keepdims=True)) + 3 * np.isnan(seen))
        best = np.argmax(real, axis=-2)[..., None, :]
        return tuple(
            back(np.take_along_axis(v, best, -2)[..., 0, :], layout) for v in (seen, np.broadcast_to(where, seen.shape))
        )

    def avg_pool2d(self, x, *, window, stride, padding, count_padding, layout, divisor=False, ceil=False):
        image, ones = last(x, layout), (1,) * len(window)
        around = pads(image.shape[1:-1], window, stride, ones, padding)
        outputs = (ceiled if ceil else count)(image.shape[1:-1], window, stride, ones, around)
        seen = covered(image, window, stride, ones, around, outputs, 0)
        there = covered(np.ones((1, *image.shape[1:-1], 1)), window, stride, ones, around, outputs, 0).sum(axis=-2)
        if count_padding and ceil and not isinstance(padding, str):
            padded = np.pad(np.ones(image.shape[1:-1]), around, constant_values=1)[None, ..., None]
            there = covered(padded, window, stride, ones, [(0, 0)] * len(window), outputs, 0).sum(axis=-2)
        elif count_padding:
            there = np.float64(math.prod(window))
        by = np.maximum(divisor or there, 1).astype(x.dtype)
        return back(summed(np.moveaxis(seen, -2, -1)) / by, layout)

    avg_pool1d = avg_pool3d = avg_pool2d

    def ceil_avg_pool2d(self, x, **attributes):
        return self.avg_pool2d(x, ceil=not isinstance(attributes["padding"], str), **attributes)

    def ceil_max_pool2d(self, x, *, window, stride, padding, dilation, layout):
        image = last(x, layout)
        around = pads(image.shape[1:-1], window, stride, dilation, padding)
        extents = (count if isinstance(padding, str) else ceiled)(image.shape[1:-1], window, stride, dilation, around)
        return back(np.max(covered(image, window, stride, dilation, around, extents, lowest(x)), axis=-2), layout)

    def adaptive_avg_pool2d(self, x, *, size, layout):
        image = last(x, layout)
        y = np.zeros((len(image), *size, image.shape[-1]), x.dtype)
        for p, q in np.ndindex(*size):
            (h, w), (a, b) = image.shape[1:3], size
            part = image[:, p * h // a : -(-(p + 1) * h // a), q * w // b : -(-(q + 1) * w // b)]
            y[:, p, q] = summed(
                np.moveaxis(part.reshape(len(image), math.prod(part.shape[1:3]), image.shape[-1]), 1, -1)
            ) / x.dtype.type(math.prod(part.shape[1:3]))
        return back(y, layout)

    def avg_unpool2d(self, x, *, window, layout):
        axes = geometry.spatial_axes(layout)
        return x.repeat(window[0], axes[0]).repeat(window[1], axes[1])

    def max_unpool2d(self, x, indices, *, output_shape, layout):
        y = np.zeros(last(np.broadcast_to(x.dtype.type(0), output_shape), layout).shape, x.dtype)
        values, where = last(x, layout), last(indices, layout)
        for n in range(len(y)):
            y[n].reshape(-1)[where[n].ravel()] = values[n].ravel()
        return back(y, layout)

    def depthwise_conv2d(self, x, weight, *, stride, padding, dilation, layout):
        kh, kw, channels, multiplier = weight.shape
        w = weight.reshape(kh, kw, 1, channels * multiplier)
        return self.conv2d(x, w, stride=stride, padding=padding, dilation=dilation, groups=channels, layout=layout)

    def biased_conv2d(self, x, weight, bias, **attributes):
        return self._biased(self.conv2d(x, weight, **attributes), bias, attributes["layout"])

    def biased_conv_transpose2d(self, x, weight, bias, *, stride, padding, output_padding, dilation, groups, layout):
        image = last(x, layout)
        each = zip(image.shape[1:-1], stride, weight.shape[:2], dilation, padding, output_padding, strict=True)
        extents = [(n - 1) * s + geometry.effective(k, d) - sum(p) + more for n, s, k, d, p, more in each]
        shape = (len(image), *extents, weight.shape[-2] * groups)
        y = self._spread(image, weight, shape, stride, dilation, [low for low, _ in padding], groups)
        return self._biased(back(y, layout), bias, layout)

    @staticmethod
    def _biased(y, bias, layout):
        return y + (bias if layout.endswith("C") else bias[:, None, None])


def _at(x, spatial):
    return x[(slice(None), *spatial)]


def ceiled(extents, window, stride, dilation, around):
    found = count(extents, window, stride, dilation, around)
    each = zip(found, extents, window, stride, dilation, around, strict=True)
    return [
        o + ((o - 1) * s + geometry.effective(k, d) < n + low + high and o * s < n + low)
        for o, n, k, s, d, (low, high) in each
    ]
