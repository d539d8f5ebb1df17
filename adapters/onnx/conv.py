"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.adapters.geometry import Padding, pad_amounts, spatial_axes, unknown
from opassay.adapters.onnx.graph import Symbol
from opassay.adapters.onnx.layout import channels_first, filters, padded, restored
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
        """``Conv`` supports no dilation together with SAME: then the pads are computed here."""
        image, shape = channels_first(x, layout), (x.shape, w.shape)
        if padding == "SAME" and set(dilation) != {1} and set(map(len, shape)) == {len(layout)}:
            extents = [shape[0][axis] for axis in spatial_axes(layout)]
            padding = pad_amounts(extents, shape[1][:-2], stride, dilation, padding)
        window = {"strides": stride, "dilations": dilation, "group": groups, **padded(padding)}
        return restored(x.graph.node("Conv", image, filters(w, layout), **window), layout)

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
        """``ConvTranspose`` with pads and ``output_padding``: its ``output_shape`` would choose other pads.

        Source: https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
        """
        found = place(x.shape, w.shape, output_shape, stride, padding, dilation, layout)
        # If it has no equivalent, output_shape is passed unchanged, for the backend to refuse.
        where = (
            {"output_padding": found.surplus, **padded(found.pads)}
            if found
            else {"output_shape": output_shape, **(padded(padding) if unknown(padding) else {})}
        )
        common = {"strides": stride, "dilations": dilation, "group": groups}
        y = x.graph.node("ConvTranspose", channels_first(x, layout), filters(w, layout), **common, **where)
        # A no-op: with it onnxruntime checks batch and channels, for which ConvTranspose has no attribute.
        return x.graph.node("Reshape", restored(y, layout), x.graph.constant(output_shape), allowzero=1)

    conv_transpose1d = conv_transpose3d = conv2d_transpose
