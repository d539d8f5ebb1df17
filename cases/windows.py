"""Window arithmetic for the strategies: what fits, and what comes out.

Formulas: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

Pads = tuple[tuple[int, int], tuple[int, int]]
Padding = str | Pads


def span(window: int, dilation: int = 1) -> int:
    """How many rows a dilated window spans."""
    return (window - 1) * dilation + 1


def allowed_padding(padding: Padding, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Padding:
    """``padding`` with each pad below the effective window, as the contract asks."""
    if isinstance(padding, str):
        return padding
    top, bottom, left, right = (
        min(pad, span(k, d) - 1) for sides, k, d in zip(padding, window, dilation, strict=True) for pad in sides
    )
    return ((top, bottom), (left, right))


def least_extents(padding: Padding, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> tuple[int, int]:
    """The least height and width, not below 1, that one window fits."""
    if padding == "SAME":
        return (1, 1)
    pads = ((0, 0), (0, 0)) if isinstance(padding, str) else padding
    height, width = (max(1, span(k, d) - sum(p)) for k, d, p in zip(window, dilation, pads, strict=True))
    return (height, width)


def fits_nothing(padding: Padding, axis: int, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> bool:
    """Whether an extent of 0 on spatial ``axis`` (0 height, 1 width) is valid."""
    if isinstance(padding, str):
        return padding == "SAME"
    return sum(padding[axis]) >= span(window[axis], dilation[axis])


def output_extent(extent: int, window: int, stride: int, dilation: int, padding: str | tuple[int, int]) -> int:
    """How many windows there are along one axis; ``padding`` is a word or that axis's two pads."""
    if padding == "SAME":
        return -(-extent // stride)
    pads = 0 if isinstance(padding, str) else sum(padding)
    return (extent + pads - span(window, dilation)) // stride + 1


def output_extents(
    extents: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Padding,
) -> tuple[int, int]:
    """(height, width) of the output."""
    sides: tuple[str | tuple[int, int], ...] = (padding, padding) if isinstance(padding, str) else padding
    height, width = (
        output_extent(n, k, s, d, p) for n, k, s, d, p in zip(extents, window, stride, dilation, sides, strict=True)
    )
    return (height, width)


def narrowed(window: tuple[int, int], limit: int) -> tuple[int, int]:
    """``window`` with its longer side shortened until it has at most ``limit`` positions."""
    height, width = window
    while height * width > limit:
        height, width = (height - 1, width) if height > width else (height, width - 1)
    return (height, width)
