"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from opassay.adapters import geometry


class ConvOps:
    def conv2d(
        self,
        x: Any,
        w: Any,
        *,
        stride: Sequence[int],
        padding: Any,
        dilation: Sequence[int],
        groups: int,
        layout: str,
    ) -> Any:
        return lax.conv_general_dilated(
            x,
            w,
            window_strides=stride,
            padding=padding,
            rhs_dilation=dilation,
            dimension_numbers=named_axes(layout),
            feature_group_count=groups,
        )

    conv1d = conv3d = conv2d

    def conv2d_transpose(
        self,
        x: Any,
        w: Any,
        *,
        output_shape: Sequence[int],
        stride: Sequence[int],
        padding: Any,
        dilation: Sequence[int],
        groups: int,
        layout: str,
    ) -> Any:
        """The transpose of conv2d as a linear map: ``lax.conv_transpose`` takes no groups and no output shape."""

        def forward(image: Any) -> Any:
            return self.conv2d(
                image, w, stride=stride, padding=padding, dilation=dilation, groups=groups, layout=layout
            )

        def transposed(y: Any) -> Any:
            return jax.linear_transpose(forward, jax.ShapeDtypeStruct(tuple(output_shape), x.dtype))(y)[0]

        if jnp.issubdtype(x.dtype, jnp.floating):
            return transposed(x)
        # For integers, linear_transpose checks the shapes but returns float0 zeros.
        jax.eval_shape(transposed, x)
        return _spread_out(x, w, output_shape, stride, padding, dilation, groups, layout)

    conv_transpose1d = conv_transpose3d = conv2d_transpose


def named_axes(layout: str) -> tuple[str, str, str]:
    """The axes of images, of filters and of the answer, a letter each."""
    return layout, f"{layout.replace('N', '').replace('C', '')}IO", layout


def _spread_out(
    x: Any, w: Any, output_shape: Any, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
) -> Any:
    """The transpose as a convolution of ``x`` with stride - 1 zeros between its elements and the flipped filter.

    Source: https://docs.jax.dev/en/latest/_autosummary/jax.lax.conv_general_dilated.html (``lhs_dilation``)
    """
    axes = geometry.spatial_axes(layout)
    pads = geometry.pad_amounts([output_shape[i] for i in axes], w.shape[:-2], stride, dilation, padding)
    around = [
        (geometry.effective(k, d) - 1 - low, output_shape[i] + low - _spread_extent(x.shape[i], s))
        for i, k, s, d, (low, _) in zip(axes, w.shape[:-2], stride, dilation, pads, strict=True)
    ]
    return lax.conv_general_dilated(
        x,
        _turned(w, groups),
        window_strides=(1,) * len(axes),
        padding=around,
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=named_axes(layout),
        feature_group_count=groups,
    )


def _spread_extent(extent: int, stride: int) -> int:
    return (extent - 1) * stride + 1 if extent else 0


def _turned(w: Any, groups: int) -> Any:
    """``[*window, out / groups, in]`` as the flipped ``[*window, in / groups, out]`` of the opposite direction."""
    *window, outputs, inputs = w.shape
    axes = len(window)
    split = lax.rev(w, tuple(range(axes))).reshape(*window, outputs, groups, inputs // groups)
    turned = split.transpose(*range(axes), axes + 2, axes + 1, axes)
    return turned.reshape(*window, inputs // groups, groups * outputs)
