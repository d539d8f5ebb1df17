"""Window arithmetic for adapters whose framework needs explicit padding.

Independent of the oracle's own, so that one mistake cannot hide in both. Never raises: invalid attributes (a stride of
zero) must reach the framework.

Source of the formulas: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

Padding = str | tuple[tuple[int, int], ...]

ALIKE = {
    "avg_pool1d": "avg_pool2d",
    "avg_pool3d": "avg_pool2d",
    "conv1d": "conv2d",
    "conv3d": "conv2d",
    "conv_transpose1d": "conv2d_transpose",
    "conv_transpose3d": "conv2d_transpose",
    "max_pool1d": "max_pool2d",
    "max_pool3d": "max_pool2d",
}
"""Ops of one and three spatial axes → that of two, with which a framework shares its limits."""


def channels_last(layout: str) -> bool:
    return layout.endswith("C")


def spatial_axes(layout: str) -> tuple[int, ...]:
    """Positions of the spatial axes in a tensor of this layout."""
    first = 1 if channels_last(layout) else 2
    return tuple(range(first, first + len(layout) - 2))


def channel_axis(layout: str) -> int:
    return len(layout) - 1 if channels_last(layout) else 1


def unknown(padding: Padding) -> bool:
    """A padding word without a formula here: only the framework can interpret it."""
    return isinstance(padding, str) and padding not in ("SAME", "VALID")


def effective(window: int, dilation: int) -> int:
    """How many input rows a dilated window spans."""
    return (window - 1) * dilation + 1


def pad_amounts(
    extents: Sequence[int], window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], padding: Padding
) -> tuple[tuple[int, int], ...]:
    """An explicit pair for each axis for any ``padding``; ``extents`` are the input's spatial ones."""
    if not isinstance(padding, str):
        return padding
    if padding == "VALID":
        return ((0, 0),) * len(extents)
    return tuple(_same(n, effective(k, d), s) for n, k, s, d in zip(extents, window, stride, dilation, strict=True))


def _same(extent: int, span: int, stride: int) -> tuple[int, int]:
    step = max(stride, 1)
    total = max(0, (-(-extent // step) - 1) * step + span - extent)
    return (total // 2, total - total // 2)


def output_extent(padded: int, window: int, stride: int, dilation: int) -> int:
    """How many windows fit ``padded`` rows; never negative."""
    return max(0, (padded - effective(window, dilation)) // max(stride, 1) + 1)


def taps(window: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The positions in a window, row by row."""
    return itertools.product(*map(range, window))
