"""Pools and their inverses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from openvino import opset16 as ops

from adapters.geometry import Padding, channel_axis, spatial_axes
from adapters.openvino.limits import INTERPOLATED
from adapters.openvino.symbols import TYPES, Symbol, channels_first, constant, padded, restored, symbol
from adapters.tracing import graph_op


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
        return _max_pool(x, window, stride, padding, dilation, layout)[0]

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
        """``MaxPool`` with positions counted through one channel, ``y·W + x``."""
        values, cell = _max_pool(x, window, stride, padding, dilation, layout)
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
        # Left out, the dilations of this version are empty, which ends the process when the model is compiled.
        pool = {"strides": list(stride), "kernel_shape": list(window), "dilations": [1, 1], **padded(padding)}
        y = ops.avg_pool(channels_first(x, layout), exclude_pad=not count_padding, **pool)
        return symbol(ops.transpose(y, constant([0, 2, 3, 1])) if layout == "NHWC" else y)

    @graph_op
    def max_unpool2d(self, x: Symbol, indices: Symbol, *, output_shape: Sequence[int], layout: str) -> Symbol:
        """Composed of ``ScatterElementsUpdate`` on each sample as one row: OpenVINO has no un-pooling."""
        axes = (0, *spatial_axes(layout), channel_axis(layout))
        last = [output_shape[axis] for axis in axes] if len(output_shape) == 4 else list(output_shape)
        rows = constant([*last[:1], -1])
        zeros = ops.broadcast(ops.constant(0, TYPES["int32"]), constant(last))
        flat = ops.reshape(ops.convert(zeros, x.type), rows, False)
        y = ops.scatter_elements_update(flat, _by_sample(indices, rows), _by_sample(x, rows), constant(1))
        image = ops.reshape(y, constant(last), False)
        return symbol(ops.transpose(image, constant([0, 3, 1, 2])) if layout == "NCHW" else image)

    @graph_op
    def avg_unpool2d(self, x: Symbol, *, window: Sequence[int], layout: str) -> Symbol:
        """``Interpolate`` to the nearest; by ``Gather`` for the integers that it takes as float32."""
        axes = spatial_axes(layout)
        if x.type not in [TYPES[name] for name in INTERPOLATED]:
            for axis, times in zip(axes, window, strict=True):
                x = _repeated(x, axis, times)
            return x
        scales, where = ops.constant(np.asarray(window, np.float32)), constant(axes)
        nearest = {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        return symbol(ops.interpolate(x.output, scales, "nearest", "scales", axes=where, **nearest))


def _max_pool(
    x: Symbol, window: Sequence[int], stride: Sequence[int], padding: Padding, dilation: Sequence[int], layout: str
) -> tuple[Symbol, Symbol]:
    """Maxima and their positions, in ``layout``."""
    pool = {"strides": list(stride), "dilations": list(dilation), "kernel_shape": list(window), **padded(padding)}
    node = ops.max_pool(channels_first(x, layout), index_element_type="i64", axis=2, **pool)
    if layout != "NHWC":
        return Symbol(node.output(0)), Symbol(node.output(1))
    return symbol(restored(node.output(0), layout)), symbol(restored(node.output(1), layout))


def _by_sample(x: Symbol, rows: Any) -> Any:
    return ops.reshape(x.output, rows, False)


def _repeated(x: Symbol, axis: int, times: int) -> Symbol:
    one = constant(1)
    extent = ops.gather(ops.shape_of(x.output), constant(axis), constant(0))
    count = ops.range(constant(0), ops.multiply(extent, constant(times)), one, "i64")
    return symbol(ops.gather(x.output, ops.divide(count, constant(times)), constant(axis)))
