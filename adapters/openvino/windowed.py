"""Windows as in layers of models: a bias is added, pools round up as in torch, adaptive pools have their own node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openvino import opset16 as ops

from opassay.adapters.geometry import Padding
from opassay.adapters.openvino.conv import filters
from opassay.adapters.openvino.pool import max_pool
from opassay.adapters.openvino.symbols import Symbol, channels_first, constant, padded, restored, symbol
from opassay.adapters.tracing import graph_op
from opassay.harness.model.adapter import Unsupported

Numbers = Sequence[int]
CEIL = "ceil_torch"
"""Of the two ways to round up, the one in which no window begins beyond the image.

Source:
https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs/pooling/avg-pool-14.html
"""


class WindowedOps:
    @graph_op
    def depthwise_conv2d(
        self, x: Symbol, weight: Symbol, *, stride: Numbers, padding: Padding, dilation: Numbers, layout: str
    ) -> Symbol:
        kh, kw, channels, multiplier = weight.shape
        turned = ops.transpose(weight.output, constant([2, 3, 0, 1]))
        each = ops.reshape(turned, constant([channels, multiplier, 1, kh, kw]), False)
        window = {"strides": list(stride), "dilations": list(dilation), **_around(padding)}
        return symbol(restored(ops.group_convolution(channels_first(x, layout), each, **window), layout))

    @graph_op
    def biased_conv2d(
        self,
        x: Symbol,
        weight: Symbol,
        bias: Symbol,
        *,
        stride: Numbers,
        padding: Padding,
        dilation: Numbers,
        groups: int,
        layout: str,
    ) -> Symbol:
        window = {"strides": list(stride), "dilations": list(dilation), **_around(padding)}
        convolution = ops.convolution if groups == 1 else ops.group_convolution
        y = convolution(channels_first(x, layout), filters(weight, groups, layout), **window)
        return symbol(restored(ops.add(y, _across(bias)), layout))

    @graph_op
    def biased_conv_transpose2d(
        self,
        x: Symbol,
        weight: Symbol,
        bias: Symbol,
        *,
        stride: Numbers,
        padding: Padding,
        output_padding: Numbers,
        dilation: Numbers,
        groups: int,
        layout: str,
    ) -> Symbol:
        window = {"strides": list(stride), "dilations": list(dilation), **_around(padding)}
        backward = ops.convolution_backprop_data if groups == 1 else ops.group_convolution_backprop_data
        given = (channels_first(x, layout), filters(weight, groups, layout))
        y = backward(*given, output_padding=list(output_padding), **window)
        return symbol(restored(ops.add(y, _across(bias)), layout))

    @graph_op
    def ceil_max_pool2d(
        self, x: Symbol, *, window: Numbers, stride: Numbers, padding: Padding, dilation: Numbers, layout: str
    ) -> Symbol:
        return max_pool(x, window, stride, _word(padding), dilation, layout, CEIL)[0]

    @graph_op
    def ceil_avg_pool2d(
        self,
        x: Symbol,
        *,
        window: Numbers,
        stride: Numbers,
        padding: Padding,
        count_padding: bool,
        divisor: int,
        layout: str,
    ) -> Symbol:
        if divisor is not False:
            raise Unsupported("AvgPool of OpenVINO has no divisor")
        pool = {"strides": list(stride), "kernel_shape": list(window), "dilations": [1, 1], **_around(padding)}
        y = ops.avg_pool(channels_first(x, layout), exclude_pad=not count_padding, rounding_type=CEIL, **pool)
        return symbol(restored(y, layout))

    @graph_op
    def adaptive_avg_pool2d(self, x: Symbol, *, size: Numbers, layout: str) -> Symbol:
        return symbol(restored(ops.adaptive_avg_pool(channels_first(x, layout), constant(size)), layout))


def _around(padding: Padding) -> Mapping[str, Any]:
    return padded(_word(padding))


def _word(padding: Padding) -> Padding:
    return "same_lower" if padding == "SAME_LOWER" else padding


def _across(bias: Symbol) -> Any:
    """A number per channel, broadcast to images with channels first."""
    return ops.reshape(bias.output, constant([-1, 1, 1]), False)
