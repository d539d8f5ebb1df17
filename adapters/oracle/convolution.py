"""Convolution, its transpose and their gradients as one sum of products of images, filters and answers.

Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", section 4,
https://arxiv.org/abs/1603.07285
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.bounded.contraction import Arrays, Form, Sums
from opassay.adapters.oracle.correlate import (
    correlate,
    correlate_filters,
    correlate_transposed,
    filters_may_be_nan,
    may_be_nan,
)
from opassay.adapters.oracle.geometry import (
    Windows,
    channel_axis,
    channels_last,
    from_nhwc,
    shape_in_layout,
    shape_nhwc,
    to_nhwc,
)

IMAGES, FILTERS, ANSWERS = range(3)
"""The operands of the form, by number."""

Shape = tuple[int, ...]


def conv_form(windows: Windows, groups: int, layout: str, images: Shape, filters: Shape) -> Form:
    """``Σ x[n, reach of tap i, j at p, q, c] w[i, j, c, o] y[n, p, q, o]`` over taps that meet a real element."""

    def form(to: int) -> Sums:
        return _filters(windows, groups, layout, filters) if to == FILTERS else over_images(to == IMAGES)

    def over_images(transposed: bool) -> Sums:
        batch = shape_nhwc(images, layout)[0]
        answers = shape_in_layout((batch, *windows.outputs, filters[-1]), layout)
        return _images(windows, groups, layout, transposed, images if transposed else answers)

    return form


def _images(windows: Windows, groups: int, layout: str, transposed: bool, shape: Shape) -> Sums:
    """Images from filters and answers where ``transposed``, else answers from images and filters."""
    first = 1 if transposed else 0

    def run(*operands: np.ndarray) -> np.ndarray:
        over = correlate_transposed if transposed else correlate
        return from_nhwc(over(to_nhwc(operands[first], layout), operands[1 - first], windows, groups), layout)

    def terms(values: Arrays) -> np.ndarray:
        return _terms(windows, groups, layout, transposed, values[first].shape, values[1 - first].shape)

    def nan(strange: Arrays) -> np.ndarray | None:
        x, w = to_nhwc(strange[first], layout), strange[1 - first]
        found = may_be_nan(x, w, windows, groups, transposed)
        return from_nhwc(found, layout) if found.any() else None

    return Sums(run, shape, terms, True, nan)


def _filters(windows: Windows, groups: int, layout: str, shape: Shape) -> Sums:
    def run(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return correlate_filters(to_nhwc(x, layout), to_nhwc(y, layout), windows, groups)

    def nan(strange: Arrays) -> np.ndarray:
        x, y = (to_nhwc(mask, layout) for mask in strange)
        return filters_may_be_nan(x, y, windows, groups)

    return Sums(run, shape, nan=nan)


def _terms(
    windows: Windows, groups: int, layout: str, transposed: bool, x: Sequence[int], w: Sequence[int]
) -> np.ndarray:
    """The number of terms, for all samples and output channels: taps that meet a real element, times channels."""
    taps = windows.real_hits() if transposed else windows.real_taps()
    inner, outer = w[-2:]
    summed, made = (outer // groups, inner * groups) if transposed else (inner, outer)
    whole = np.broadcast_to((taps * summed)[..., np.newaxis], (*x[: -windows.axes - 1], *taps.shape, made))
    return whole if channels_last(layout) else np.moveaxis(whole, -1, channel_axis(layout))
