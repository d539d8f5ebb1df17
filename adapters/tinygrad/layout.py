"""Axes and paddings: tinygrad's windows need channels first, and all paddings as one flat tuple."""

from __future__ import annotations

from typing import Any

from tinygrad import Tensor

from opassay.adapters.geometry import pad_amounts, unknown


def channels_first(x: Tensor, layout: str) -> Tensor:
    """``x`` with the channels before height and width."""
    return x.permute(0, 3, 1, 2) if layout == "NHWC" else x


def restored(y: Tensor, layout: str) -> Tensor:
    """A channels-first ``y`` with its axes as ``layout`` says."""
    return y.permute(0, 2, 3, 1) if layout == "NHWC" else y


def flat_padding(extents: Any, window: Any, stride: Any, dilation: Any, padding: Any) -> Any:
    """(left, right, top, bottom), or ``padding`` itself where it has another form."""
    if unknown(padding) or (padding == "SAME" and not len(window) == len(stride) == len(dilation) == 2):
        return padding
    (top, bottom), (left, right) = pad_amounts(extents, window, stride, dilation, padding)
    return (left, right, top, bottom)
