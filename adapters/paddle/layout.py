"""Axes and paddings: some of Paddle's ops need channels first, and all take the paddings as one flat list."""

from __future__ import annotations

from typing import Any

from paddle import Tensor


def channels_first(x: Tensor, layout: str) -> Tensor:
    """``x`` with the channels before height and width."""
    return x.transpose([0, 3, 1, 2]) if layout == "NHWC" else x


def restored(y: Tensor, layout: str) -> Tensor:
    """A channels-first ``y`` with its axes as ``layout`` says."""
    return y.transpose([0, 2, 3, 1]) if layout == "NHWC" else y


def flat(padding: Any) -> Any:
    """[top, bottom, left, right], or ``padding`` itself if it is a word."""
    return padding if isinstance(padding, str) else [amount for both in padding for amount in both]
