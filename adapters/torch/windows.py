"""Our padding in terms of torch's: numbers from shapes alone. Does not import torch: scripts use it, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from opassay.adapters.geometry import effective, output_extent, pad_amounts, unknown


def per_axis(axes: int, *attributes: tuple[int, ...]) -> bool:
    """Whether every attribute has a number for each axis; anything else is left to torch's own checks."""
    return all(len(attribute) == axes for attribute in attributes)


def inner_padding(
    extents: Sequence[int], window: Sequence[int], stride: Any, padding: Any, dilation: Any
) -> tuple[tuple[int, ...] | None, Any]:
    """The padding by ``F.pad`` that an image of ``extents`` needs first, if any, and ``F.conv2d``'s own ``padding``."""
    if isinstance(padding, str) and (padding != "SAME" or set(stride) == {1}):
        return None, padding.lower()
    if not per_axis(len(extents), stride, dilation):
        return None, 0
    pads = pad_amounts(extents, window, stride, dilation, padding)
    if all(low == high for low, high in pads):
        return None, tuple(low for low, _ in pads)
    if min(min(pair) for pair in pads) < 0:
        return None, tuple(min(pair) for pair in pads)
    return around(pads), 0


def around(pads: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """A pair for each axis in the order of ``F.pad``, the last axis first."""
    return tuple(amount for pair in reversed(pads) for amount in pair)


class Crop(NamedTuple):
    """``F.conv_transpose2d``'s ``padding`` and ``output_padding``; per axis the first row to keep, None for all."""

    padding: tuple[int, ...]
    output_padding: tuple[int, ...]
    first: tuple[int | None, ...]


def transposed(
    extents: Sequence[int], window: Sequence[int], rows: Sequence[int], stride: Any, padding: Any, dilation: Any
) -> Crop:
    """Crop by torch's symmetric ``padding``, then slice off the rest of asymmetric padding.

    ``output_padding`` selects one of the ``stride`` possible extents; outside 0 ≤ . < stride no convolution of
    ``extents`` gives ``rows``, and torch is left to report it.
    """
    pads = pad_amounts(extents, window, stride, dilation, padding)
    inner = tuple(min(pad) for pad in pads)
    extra = tuple(
        n + low + high - effective(k, d) - (r - 1) * s
        for n, (low, high), k, d, r, s in zip(extents, pads, window, dilation, rows, stride, strict=True)
    )
    first = tuple(low - taken if low != high else None for (low, high), taken in zip(pads, inner, strict=True))
    return Crop(inner, extra, first)


class OwnPadding(NamedTuple):
    """Symmetric padding for torch whose windows include ours: skip ``first``, keep ``kept`` (per axis)."""

    padding: tuple[int, ...]
    first: tuple[int, ...]
    kept: tuple[int, ...]
    ceil_mode: bool


def pads_of(extents: Sequence[int], window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """A pair for each axis, or ``padding`` itself where it has another form."""
    if unknown(padding) or not per_axis(len(extents), window, stride, dilation):
        return padding
    return pad_amounts(extents, window, stride, dilation, padding)


def expressible(extents: Sequence[int], window: Any, stride: Any, dilation: Any, pads: Any) -> bool:
    """Whether windows exist at all; if not, torch gets the attributes unchanged."""
    if isinstance(pads, str) or not per_axis(len(extents), window, stride, dilation):
        return False
    spans = [effective(k, d) for k, d in zip(window, dilation, strict=True)]
    fits = all(0 <= pad < span for both, span in zip(pads, spans, strict=True) for pad in both)
    return fits and min(*stride, *dilation) > 0 and min(extents_of(extents, window, stride, dilation, pads)) > 0


def offending(pads: Any, padding: Any) -> Any:
    """Of two unequal pads the one that torch should get: a negative one, else the larger."""
    if isinstance(pads, str):
        return padding
    return tuple(min(both) if min(both) < 0 else max(both) for both in pads)


def extents_of(extents: Any, window: Any, stride: Any, dilation: Any, pads: Any) -> tuple[int, ...]:
    return tuple(
        output_extent(n + sum(pad), k, s, d)
        for n, pad, k, s, d in zip(extents, pads, window, stride, dilation, strict=True)
    )


def own_padding(extents: Any, window: Any, stride: Any, dilation: Any, pads: Any) -> OwnPadding | None:
    """How torch's kernel can compute these windows, or None.

    torch pads both sides alike, by at most half the window. Windows at ``-low + i * stride`` are also among
    those of any larger padding ``low + j * stride``, and ``ceil_mode`` adds a last one past the far side.
    """
    kept = extents_of(extents, window, stride, dilation, pads)
    axes = [
        _own_axis(n, k, s, effective(k, d), low, out)
        for n, k, s, d, (low, _), out in zip(extents, window, stride, dilation, pads, kept, strict=True)
    ]
    found = [axis for axis in axes if axis is not None]
    if len(found) < len(axes):
        return None
    padding, first, ceiled = zip(*found, strict=True)
    return OwnPadding(padding, first, kept, any(ceiled))


def _own_axis(extent: int, window: int, stride: int, span: int, low: int, out: int) -> tuple[int, int, bool] | None:
    for pad in range(low, window // 2 + 1, stride):
        skip, room = (pad - low) // stride, extent + 2 * pad - span
        if room // stride + 1 >= skip + out:
            return pad, skip, False
        starts_inside = (skip + out - 1) * stride < extent + pad
        if starts_inside and (room + stride - 1) // stride + 1 >= skip + out:
            return pad, skip, True
    return None
