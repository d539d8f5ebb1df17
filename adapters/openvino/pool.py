"""Pools and their inverses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from openvino import opset16 as ops

from opassay.adapters.geometry import Padding, channel_axis, channels_last, spatial_axes
from opassay.adapters.openvino.symbols import TYPES, Symbol, channels_first, constant, padded, restored, symbol
from opassay.adapters.tracing import graph_op

LARGEST = np.iinfo(np.int64).max


class PoolOps:
    @graph_op
    def max_pool2d(
        self,
        x: Symbol,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        layout: str,
    ) -> Symbol:
        return max_pool(x, window, stride, padding, dilation, layout)[0]

    max_pool1d = max_pool3d = max_pool2d

    @graph_op
    def max_pool2d_with_argmax(
        self,
        x: Symbol,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        layout: str,
    ) -> tuple[Symbol, Symbol]:
        """``MaxPool`` with indices within one channel, ``y·W + x``."""
        values, cell = max_pool(x, window, stride, padding, dilation, layout)
        axis = channel_axis(layout)
        channels = x.shape[axis]
        channel = np.arange(channels).reshape([-1 if i == axis else 1 for i in range(4)])
        return values, symbol(ops.add(ops.multiply(cell.output, constant(channels)), constant(channel)))

    @graph_op
    def avg_pool2d(
        self,
        x: Symbol,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        count_padding: bool,
        layout: str,
    ) -> Symbol:
        axes = len(layout) - 2
        # Omitted, the dilations of this version are empty, which ends the process when the model is compiled.
        pool = {"strides": list(stride), "kernel_shape": list(window), "dilations": [1] * axes, **padded(padding, axes)}
        y = ops.avg_pool(channels_first(x, layout), exclude_pad=not count_padding, **pool)
        return symbol(restored(y, layout))

    avg_pool1d = avg_pool3d = avg_pool2d

    @graph_op
    def max_unpool2d(self, x: Symbol, indices: Symbol, *, output_shape: Sequence[int], layout: str) -> Symbol:
        """Composed of ``ScatterNDUpdate`` onto the flattened answer: OpenVINO has no un-pooling."""
        shape = list(output_shape)
        where = indices.shape
        if len(shape) == len(where) == 4:
            axes = (0, *spatial_axes(layout), channel_axis(layout))
            last, first = [shape[axis] for axis in axes], [shape[0]] + [1] * 3
            where = tuple(shape[i] if i in (0, channel_axis(layout)) else n for i, n in enumerate(where))
        else:
            last, first = shape, [shape[0], *[1] * (len(shape) - 1)]
        size = int(np.prod(last[1:], dtype=np.int64))
        samples = constant(np.arange(max(shape[0], 0)).reshape(first) * size)
        # Not broadcast further: with it OpenVINO checks batch and channels, which a scatter does not know.
        wide = ops.convert(indices.output, TYPES["int64"]) if indices.type == TYPES["int32"] else indices.output
        place = ops.add(wide, ops.broadcast(samples, constant(where)), "NONE")
        zeros = ops.broadcast(ops.convert(ops.constant(0, TYPES["int32"]), x.type), constant([shape[0] * size]))
        y = ops.scatter_nd_update(zeros, ops.unsqueeze(place, constant(-1)), x.output, "none")
        image = ops.reshape(y, constant(last), False)
        return symbol(ops.transpose(image, constant([0, 3, 1, 2])) if layout == "NCHW" else image)

    @graph_op
    def avg_unpool2d(self, x: Symbol, *, window: Sequence[int], layout: str) -> Symbol:
        """Composed of ``Broadcast``: ``Interpolate`` takes integers as float32 and flushes subnormals of bfloat16."""
        for axis, times in zip(spatial_axes(layout), window, strict=True):
            x = _repeated(x, axis, times)
        return x


def max_pool(
    x: Symbol,
    window: Sequence[int],
    stride: Sequence[int],
    padding: Padding,
    dilation: Sequence[int],
    layout: str,
    rounding: str = "floor",
) -> tuple[Symbol, Symbol]:
    """Maxima and their indices, in ``layout``."""
    pool = {"strides": list(stride), "dilations": list(dilation), "kernel_shape": list(window)}
    pool |= padded(padding, len(layout) - 2)
    node = ops.max_pool(channels_first(x, layout), index_element_type="i64", axis=2, rounding_type=rounding, **pool)
    if not channels_last(layout):
        return Symbol(node.output(0)), Symbol(node.output(1))
    return symbol(restored(node.output(0), layout)), symbol(restored(node.output(1), layout))


def _repeated(x: Symbol, axis: int, times: int) -> Symbol:
    shape = x.shape
    apart = ops.unsqueeze(x.output, constant(axis + 1))
    spread = ops.broadcast(apart, constant([*shape[: axis + 1], times, *shape[axis + 1 :]]))
    # Values beyond 64 bits are refused earlier.
    together = [min(extent * times, LARGEST) if i == axis else extent for i, extent in enumerate(shape)]
    return symbol(ops.reshape(spread, constant(together), False))
