"""Pools and their inverses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from opassay.adapters.geometry import Padding, spatial_axes
from opassay.adapters.onnx.graph import TYPES, Symbol
from opassay.adapters.onnx.layout import channels_first, extents, padded, restored
from opassay.adapters.tracing import graph_op
from opassay.harness.model.dtypes import DTYPES

LARGEST = np.iinfo(np.int64).max


class PoolOps:
    resized: ClassVar[tuple[str, ...]] = DTYPES
    """Dtypes that the backend's ``Resize`` supports."""

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
        pool = {"kernel_shape": window, "strides": stride, "dilations": dilation, **padded(padding)}
        return restored(x.graph.node("MaxPool", channels_first(x, layout), **pool), layout)

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
        """``MaxPool`` numbers elements of the whole tensor, ``((n·C + c)·H + y)·W + x``."""
        graph = x.graph
        pool = {"kernel_shape": window, "strides": stride, "dilations": dilation, **padded(padding)}
        y, where = graph.node("MaxPool", channels_first(x, layout), outputs=2, **pool)
        channels, height, width = extents(x.shape, layout)
        cell = graph.node("Mod", where, graph.constant(max(height * width, 1)))
        first = graph.node("Mul", cell, graph.constant(channels))
        index = graph.node("Add", first, graph.constant(np.arange(channels).reshape(1, channels, 1, 1)))
        return restored(y, layout), restored(index, layout)

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
        pool = {"kernel_shape": window, "strides": stride, "count_include_pad": int(count_padding), **padded(padding)}
        return restored(x.graph.node("AveragePool", channels_first(x, layout), **pool), layout)

    avg_pool1d = avg_pool3d = avg_pool2d

    @graph_op
    def max_unpool2d(self, x: Symbol, indices: Symbol, *, output_shape: Sequence[int], layout: str) -> Symbol:
        """``MaxUnpool`` with a window of one element: indices into the answer's own layout."""
        graph = x.graph
        channels, height, width = extents(tuple(output_shape), layout)
        batch = x.shape[0] if x.shape else 1
        wide = graph.node("Cast", indices, to=TYPES["int64"]) if indices.dtype == "int32" else indices
        where = channels_first(wide, layout)
        divisor = graph.constant(max(channels, 1))
        channel = graph.node("Mod", where, divisor)
        cell = graph.node("Div", graph.node("Sub", where, channel), divisor)
        sample = graph.node("Mul", graph.constant(np.arange(batch).reshape(-1, 1, 1, 1)), divisor)
        # Multiplied in the graph: extents that overflow are for the backend to refuse.
        plane = graph.node("Mul", graph.constant(height), graph.constant(width))
        place = graph.node("Add", graph.node("Mul", graph.node("Add", sample, channel), plane), cell)
        first = output_shape if layout == "NCHW" else [*output_shape[:1], *output_shape[3:], *output_shape[1:3]]
        y = graph.node("MaxUnpool", channels_first(x, layout), place, graph.constant(first), kernel_shape=(1, 1))
        # A no-op: ONNX infers no shape for MaxUnpool, which a program may need.
        return graph.node("Reshape", restored(y, layout), graph.constant(output_shape), allowzero=1)

    @graph_op
    def avg_unpool2d(self, x: Symbol, *, window: Sequence[int], layout: str) -> Symbol:
        """Nearest ``Resize``; ``Expand`` for the dtypes that it lacks."""
        graph, axes = x.graph, spatial_axes(layout)
        if x.dtype not in self.resized:
            for axis, times in zip(axes, window, strict=True):
                x = _repeated(x, axis, times)
            return x
        scales = np.ones(4, np.float32)
        scales[list(axes)] = window
        nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return graph.node("Resize", x, None, graph.constant(scales, "float32"), **nearest)


def _repeated(x: Symbol, axis: int, times: int) -> Symbol:
    graph, shape = x.graph, list(x.shape)
    apart = graph.node("Unsqueeze", x, graph.constant([axis + 1]))
    spread = graph.node("Expand", apart, graph.constant([*shape[: axis + 1], times, *shape[axis + 1 :]]))
    # Values beyond 64 bits are refused earlier.
    together = [min(extent * times, LARGEST) if i == axis else extent for i, extent in enumerate(shape)]
    return graph.node("Reshape", spread, graph.constant(together), allowzero=1)
