"""Axes: torch's ops want channels first; moving axes copies nothing and works for any rank."""

from __future__ import annotations

from torch import Tensor


def channels_first(x: Tensor, layout: str) -> Tensor:
    """A view of ``x`` with the channels before height and width."""
    return x.movedim(-1, -3) if layout == "NHWC" else x


def restored(y: Tensor, layout: str) -> Tensor:
    """A view of a channels-first ``y`` with its axes as ``layout`` says."""
    return y.movedim(-3, -1) if layout == "NHWC" else y


def filters_first(w: Tensor) -> Tensor:
    """A view of ``[kh, kw, in / groups, out]`` filters as ``[out, in / groups, kh, kw]``."""
    return w.permute(3, 2, 0, 1)
