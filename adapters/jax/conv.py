"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax import lax


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
            dimension_numbers=(layout, "HWIO", layout),
            feature_group_count=groups,
        )

    def conv2d_transpose(
        self,
        x: Any,
        w: Any,
        *,
        output_shape: Sequence[int],
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        layout: str,
    ) -> Any:
        """The transpose of conv2d as a linear map: ``lax.conv_transpose`` takes no groups and no output shape."""

        def forward(image: Any) -> Any:
            return self.conv2d(
                image, w, stride=stride, padding=padding, dilation=dilation, groups=groups, layout=layout
            )

        (image,) = jax.linear_transpose(forward, jax.ShapeDtypeStruct(tuple(output_shape), x.dtype))(x)
        return image
