"""Windows as in layers of models: filters per channel, a bias, a truncated last window, bins.

``layout`` may be ``"CHW"``, of one image without a batch; ``padding`` may be ``"SAME_LOWER"``, whose odd row and column
come first.

Sources: https://onnx.ai/onnx/operators/onnx__Conv.html (``auto_pad``);
https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html (``ceil_mode``, ``divisor_override``);
https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html (``output_padding``)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from opassay.adapters.oracle.average import Average, counts
from opassay.adapters.oracle.bins import Bins
from opassay.adapters.oracle.bounded.contraction import Arrays, Form, Sums, Way, contracted
from opassay.adapters.oracle.bounded.real import Real, Told
from opassay.adapters.oracle.bounded.sums import reshaped
from opassay.adapters.oracle.convolution import ANSWERS, IMAGES, conv_form
from opassay.adapters.oracle.geometry import (
    Extents,
    Padding,
    Windows,
    any_amount,
    channels_last,
    effective_window,
    shape_in_layout,
    shape_nhwc,
    sliding_windows,
)
from opassay.adapters.oracle.pool import maximum
from opassay.harness.model.reference import Reference

LOWER = "SAME_LOWER"
CEIL = "ceil_"
"""Prefix of ops whose last window may be truncated."""

Shape = tuple[int, ...]


def windows_over(
    op: str, extents: Sequence[int], window: Sequence[int], stride: Any, dilation: Any, padding: Any
) -> Windows:
    """As ``sliding_windows``, also for ``SAME_LOWER``."""
    if padding != LOWER:
        return sliding_windows(op, extents, tuple(window), stride, dilation, padding)
    found = sliding_windows(op, extents, tuple(window), stride, dilation, "SAME")
    each = zip(found.outputs, found.stride, found.spans.window, found.extents, strict=True)
    total = [max(0, (o - 1) * s + span - n) for o, s, span, n in each]
    return replace(found, before=tuple(n - n // 2 for n in total))


def ceiled(
    op: str, extents: Sequence[int], window: Extents, stride: Extents, dilation: Extents, padding: Padding
) -> Windows:
    """Explicit padding with one more window where elements remain; no window starts beyond image and padding."""
    found = windows_over(op, extents, window, stride, dilation, padding)
    if isinstance(padding, str):
        return found
    each = zip(found.outputs, found.stride, found.spans.window, found.extents, padding, strict=True)
    more = [(o - 1) * s + span < n + low + high and o * s < n + low for o, s, span, n, (low, high) in each]
    return replace(found, outputs=tuple(o + one for o, one in zip(found.outputs, more, strict=True)))


def depthwise_conv(x: Real, weight: Real, stride: Extents, padding: Padding, dilation: Extents, layout: str) -> Real:
    """Filters [*window, channels, multiplier]: answer c · multiplier + m is channel c by its filter m."""
    *window, channels, multiplier = weight.shape
    extents = shape_nhwc(x.shape, layout)[1:-1]
    windows = windows_over("depthwise_conv2d", extents, window, stride, dilation, any_amount(padding))
    inner = (*window, 1, channels * multiplier)
    form = conv_form(windows, channels, layout, x.shape, inner)
    return contracted(_of_filters(form, weight.shape, inner), ANSWERS, x, weight)


def biased_conv(
    x: Real,
    weight: Real,
    bias: Real,
    stride: Extents,
    padding: Padding,
    dilation: Extents,
    groups: int,
    layout: str,
) -> Real:
    """The convolution of ``conv2d``, and a number added per channel."""
    extents, window = shape_nhwc(x.shape, layout)[1:-1], weight.shape[:-2]
    windows = windows_over("biased_conv2d", extents, window, stride, dilation, any_amount(padding))
    return _with_bias(conv_form(windows, groups, layout, x.shape, weight.shape), ANSWERS, weight, bias, x, layout)


def biased_conv_transpose(
    x: Real,
    weight: Real,
    bias: Real,
    stride: Extents,
    padding: tuple[tuple[int, int], ...],
    output_padding: Extents,
    dilation: Extents,
    groups: int,
    layout: str,
) -> Real:
    """The transpose of ``biased_conv``'s convolution: rows and columns beyond its windows hold only the bias."""
    batch, *outputs, _ = shape_nhwc(x.shape, layout)
    extents = transposed_extents(outputs, weight.shape[:-2], stride, padding, output_padding, dilation)
    before = tuple(low for low, _ in padding)
    windows = Windows(extents, tuple(outputs), tuple(weight.shape[:-2]), stride, dilation, before)
    image = shape_in_layout((batch, *extents, weight.shape[-2] * groups), layout)
    return _with_bias(conv_form(windows, groups, layout, image, weight.shape), IMAGES, weight, bias, x, layout)


def transposed_extents(
    outputs: Sequence[int],
    window: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    output_padding: Sequence[int],
    dilation: Sequence[int],
) -> Extents:
    """(n - 1) · stride + span - padding + output padding of each axis."""
    each = zip(outputs, window, stride, padding, output_padding, dilation, strict=True)
    return tuple((n - 1) * s + effective_window(k, d) - sum(pads) + more for n, k, s, pads, more, d in each)


def ceil_max_pool(x: Real, window: Extents, stride: Extents, padding: Padding, dilation: Extents, layout: str) -> Real:
    """The maxima of windows, the last of which may reach past the image and its padding."""
    extents = shape_nhwc(x.shape, layout)[1:-1]
    return maximum(x, ceiled("ceil_max_pool2d", extents, window, stride, dilation, padding), layout)[0]


def ceil_avg_pool(
    x: Real, window: Extents, stride: Extents, padding: Padding, count_padding: bool, divisor: int, layout: str
) -> Real:
    """The sums of such windows over ``divisor``, or over their number of elements, with or without those of padding."""
    batch, *extents, channels = shape_nhwc(x.shape, layout)
    windows = ceiled("ceil_avg_pool2d", extents, window, stride, (1,) * len(window), padding)
    count = np.full(windows.outputs, divisor) if divisor else _counted(windows, padding, count_padding)
    return Average(windows, count, layout, x.shape, (batch, *windows.outputs, channels)).forward(x)


def adaptive_avg_pool(x: Real, size: Extents, layout: str) -> Real:
    """The mean of each of ``size`` bins."""
    batch, *extents, channels = shape_nhwc(x.shape, layout)
    bins = Bins(tuple(extents), size)
    return Average(bins, bins.real_taps(), layout, x.shape, (batch, *size, channels)).forward(x)


def _counted(windows: Windows, padding: Padding, count_padding: bool) -> np.ndarray:
    """The divisor of each window: elements beyond the padding do not count."""
    if not count_padding or isinstance(padding, str):
        return counts(windows, count_padding)
    each = zip(windows.outputs, windows.stride, windows.window, windows.extents, padding, strict=True)
    lines = [np.minimum(k, n + low + high - np.arange(o) * s) for o, s, k, n, (low, high) in each]
    return np.asarray(reduce(np.multiply.outer, lines))


def _of_filters(form: Form, filters: Shape, inner: Shape) -> Form:
    """``form``, for filters of another shape than ``inner`` with the same order of elements."""

    def seen(to: int) -> Sums:
        way = form(to)
        assert isinstance(way, Sums)
        return _lifted(way, {IMAGES: 0, ANSWERS: 1}.get(to), filters, inner)

    return seen


def _lifted(way: Sums, place: int | None, filters: Shape, inner: Shape) -> Sums:
    """The same for one derivative, with the filters as operand ``place``; None where they are its answer."""

    def lift(values: Arrays) -> list[np.ndarray]:
        return [v.reshape(inner) if i == place else v for i, v in enumerate(values)]

    def lowered(found: np.ndarray) -> np.ndarray:
        return found.reshape(filters) if place is None else found

    def nan(strange: Arrays) -> np.ndarray | None:
        found = None if way.nan is None else way.nan(lift(strange))
        return None if found is None else lowered(found)

    def terms(values: Arrays) -> np.ndarray:
        assert way.terms is not None
        return lowered(way.terms(lift(values)))

    shape = way.shape if place is not None else filters
    return Sums(lambda *v: lowered(way.run(*lift(v))), shape, terms if way.terms else None, False, nan)


def _with_bias(form: Form, to: int, weight: Real, bias: Real, x: Real, layout: str) -> Real:
    """The form's derivative, with a number added per channel."""
    operands = (weight, x) if to == IMAGES else (x, weight)
    numbers = reshaped(bias, bias.shape if channels_last(layout) else (*bias.shape, 1, 1))
    y = contracted(form, to, *operands) + numbers
    if all(each.known for each in (x, weight, bias)):
        y.told = _told(form(to), to == IMAGES, x, weight, bias, numbers.shape)
    return y


def _told(way: Way, turned: bool, x: Real, weight: Real, bias: Real, across: Shape) -> Told:
    """One sum of products, wherever the bias is added: of x and a 1 with the filters and the bias."""
    assert isinstance(way, Sums)
    count, filters = math.prod(x.shape), math.prod(weight.shape)

    def apart(pixels: np.ndarray, numbers: np.ndarray) -> list[np.ndarray]:
        pair = [pixels[:count].reshape(x.shape), numbers[:filters].reshape(weight.shape)]
        return pair[::-1] if turned else pair

    def run(pixels: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return np.asarray(way.run(*apart(pixels, numbers)) + pixels[count:] * numbers[filters:].reshape(across))

    def terms(values: Arrays) -> np.ndarray:
        assert way.terms is not None
        return way.terms(apart(*values)) + 1

    nan = lambda strange: None if way.nan is None else way.nan(apart(*strange))  # noqa: E731
    whole = Sums(run, way.shape, terms, False, nan)

    def told(name: str, dtype: str) -> Reference:
        one, pixels = np.ones(1, x.value.dtype), x.value.ravel()
        numbers = np.concatenate([weight.value.ravel(), bias.value])
        return whole.told(name, dtype, (np.concatenate([pixels, one]), numbers))

    return told
