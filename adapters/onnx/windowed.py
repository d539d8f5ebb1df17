"""Windows as in layers of models: ``Conv`` and ``ConvTranspose`` with a bias, pools in ``ceil_mode``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from opassay.adapters.geometry import Padding, pad_amounts, spatial_axes
from opassay.adapters.onnx.graph import Symbol
from opassay.adapters.onnx.layout import channels_first, filters, padded, restored
from opassay.adapters.tracing import graph_op
from opassay.harness.model.adapter import Unsupported

Numbers = Sequence[int]


class WindowedOps:
    @graph_op
    def depthwise_conv2d(
        self, x: Symbol, weight: Symbol, *, stride: Numbers, padding: Padding, dilation: Numbers, layout: str
    ) -> Symbol:
        kh, kw, channels, multiplier = weight.shape
        graph, shape = x.graph, [channels * multiplier, 1, kh, kw]
        w = graph.node("Reshape", graph.node("Transpose", weight, perm=(2, 3, 0, 1)), graph.constant(shape))
        window = {"strides": stride, "dilations": dilation, "group": channels}
        around = _around(x, weight, stride, padding, dilation, layout)
        return restored(graph.node("Conv", channels_first(x, layout), w, **window, **around), layout)

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
        window = {"strides": stride, "dilations": dilation, "group": groups}
        around = _around(x, weight, stride, padding, dilation, layout)
        given = (channels_first(x, layout), filters(weight, layout), bias)
        return restored(x.graph.node("Conv", *given, **window, **around), layout)

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
        window = {"strides": stride, "dilations": dilation, "group": groups, "output_padding": output_padding}
        given = (channels_first(x, layout), filters(weight, layout), bias)
        return restored(x.graph.node("ConvTranspose", *given, **window, **padded(padding)), layout)

    @graph_op
    def ceil_max_pool2d(
        self, x: Symbol, *, window: Numbers, stride: Numbers, padding: Padding, dilation: Numbers, layout: str
    ) -> Symbol:
        pool = {"kernel_shape": window, "strides": stride, "dilations": dilation, "ceil_mode": 1, **padded(padding)}
        return restored(x.graph.node("MaxPool", channels_first(x, layout), **pool), layout)

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
            raise Unsupported("AveragePool of ONNX has no divisor")
        pool = {"kernel_shape": window, "strides": stride, "count_include_pad": int(count_padding), "ceil_mode": 1}
        return restored(x.graph.node("AveragePool", channels_first(x, layout), **pool, **padded(padding)), layout)

    @graph_op
    def adaptive_avg_pool2d(self, x: Symbol, *, size: Numbers, layout: str) -> Symbol:
        """ONNX only has the pool of one bin."""
        if math.prod(size) != 1:
            raise Unsupported("ONNX has no adaptive pool of more than one bin")
        return restored(x.graph.node("GlobalAveragePool", channels_first(x, layout)), layout)


def _around(
    x: Symbol, weight: Symbol, stride: Numbers, padding: Padding, dilation: Numbers, layout: str
) -> dict[str, object]:
    """``Conv`` supports no dilation together with SAME: then the pads are computed here."""
    if padding not in ("SAME", "SAME_LOWER") or set(dilation) == {1}:
        return dict(padded(padding))
    extents = [x.shape[axis] for axis in spatial_axes(layout)]
    pairs = pad_amounts(extents, weight.shape[:2], stride, dilation, "SAME")
    return dict(padded(tuple(pair[::-1] for pair in pairs) if padding == "SAME_LOWER" else pairs))
