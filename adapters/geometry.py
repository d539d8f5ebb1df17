"""Window arithmetic for adapters whose framework wants explicit padding.

Independent of the oracle's own, so that one mistake cannot hide in both. Total on purpose: invalid
attributes (a stride of zero) must reach the framework, so nothing here raises on them.

Source of the formulas: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Padding = str | tuple[tuple[int, int], tuple[int, int]]


def spatial_axes(layout: str) -> tuple[int, int]:
    """Positions of height and width in a rank-4 tensor."""
    return (1, 2) if layout == "NHWC" else (2, 3)


def channel_axis(layout: str) -> int:
    return 3 if layout == "NHWC" else 1


def unknown(padding: Padding) -> bool:
    """A word that no formula here stands for: only the framework can say what it makes of it."""
    return isinstance(padding, str) and padding not in ("SAME", "VALID")


def effective(window: int, dilation: int) -> int:
    """How many input rows a dilated window spans."""
    return (window - 1) * dilation + 1


def pad_amounts(
    extents: Sequence[int], window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], padding: Padding
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Explicit ((top, bottom), (left, right)) for any ``padding``; ``extents`` are the input's (height, width)."""
    if not isinstance(padding, str):
        return padding
    if padding == "VALID":
        return ((0, 0), (0, 0))
    first, second = (_same(n, effective(k, d), s) for n, k, s, d in zip(extents, window, stride, dilation, strict=True))
    return (first, second)


def _same(extent: int, span: int, stride: int) -> tuple[int, int]:
    step = max(stride, 1)
    total = max(0, (-(-extent // step) - 1) * step + span - extent)
    return (total // 2, total - total // 2)


def output_extent(padded: int, window: int, stride: int, dilation: int) -> int:
    """How many windows fit ``padded`` rows; never negative."""
    return max(0, (padded - effective(window, dilation)) // max(stride, 1) + 1)


def taps(window: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The positions in a window, row by row."""
    return ((i, j) for i in range(window[0]) for j in range(window[1]))
