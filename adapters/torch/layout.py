"""Axes: torch's ops need channels first; moving axes copies nothing and works for any rank."""

from __future__ import annotations

from torch import Tensor


def channels_first(x: Tensor, layout: str) -> Tensor:
    """A view of ``x`` with the channels before the spatial axes."""
    return x.movedim(-1, 1 - len(layout)) if layout.endswith("C") else x


def restored(y: Tensor, layout: str) -> Tensor:
    """A view of a channels-first ``y`` with its axes as ``layout`` says."""
    return y.movedim(1 - len(layout), -1) if layout.endswith("C") else y


def filters_first(w: Tensor, layout: str) -> Tensor:
    """A view of ``[*window, in / groups, out]`` filters as ``[out, in / groups, *window]``."""
    axes = len(layout) - 2
    return w.permute(axes + 1, axes, *range(axes))
