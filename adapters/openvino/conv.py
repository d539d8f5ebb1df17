"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openvino import opset16 as ops

from opassay.adapters.geometry import Padding
from opassay.adapters.openvino.symbols import Symbol, channels_first, constant, padded, restored, symbol
from opassay.adapters.tracing import graph_op
from opassay.adapters.transposed import place


class ConvOps:
    @graph_op
    def conv2d(
        self,
        x: Symbol,
        w: Symbol,
        *,
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        groups: int,
        layout: str,
    ) -> Symbol:
        window = {"strides": list(stride), "dilations": list(dilation), **padded(padding, len(stride))}
        convolution = ops.convolution if groups == 1 else ops.group_convolution
        return symbol(restored(convolution(channels_first(x, layout), filters(w, groups, layout), **window), layout))

    conv1d = conv3d = conv2d

    @graph_op
    def conv2d_transpose(
        self,
        x: Symbol,
        w: Symbol,
        *,
        output_shape: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        groups: int,
        layout: str,
    ) -> Symbol:
        """``ConvolutionBackpropData`` with pads and ``output_padding``: its output shape would choose other pads.

        Source:
        https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs/convolution/convolution-backprop-data-1.html
        """
        found = place(x.shape, w.shape, output_shape, stride, padding, dilation, layout)
        # If it has no equivalent, output_shape is passed unchanged, for OpenVINO to refuse.
        where = (
            {**padded(found.pads), "output_padding": found.surplus}
            if found
            else {**padded(padding, len(stride)), "output_shape": constant(output_shape)}
        )
        window = {"strides": list(stride), "dilations": list(dilation), **where}
        backward = ops.convolution_backprop_data if groups == 1 else ops.group_convolution_backprop_data
        y = backward(channels_first(x, layout), filters(w, groups, layout), **window)
        # A no-op: with it OpenVINO checks batch and channels, for which the node has no attribute.
        return symbol(ops.reshape(restored(y, layout), constant(output_shape), False))

    conv_transpose1d = conv_transpose3d = conv2d_transpose


def filters(w: Symbol, groups: int, layout: str) -> Any:
    """``[*window, inner, outer]`` as OpenVINO's ``[outer, inner, *window]``, or ``[groups, outer / groups, ...]``."""
    axes = len(layout) - 2
    turned = ops.transpose(w.output, constant([axes + 1, axes, *range(axes)]))
    if groups == 1:
        return turned
    *window, inner, outer = w.shape
    each = outer // groups if groups else outer
    return ops.reshape(turned, constant([groups, each, inner, *window]), False)
