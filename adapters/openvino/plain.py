"""Ops on arrays of any rank."""

from __future__ import annotations

from collections.abc import Sequence

from openvino import opset16 as ops

from opassay.adapters.openvino.symbols import TYPES, Symbol, constant, symbol
from opassay.adapters.tracing import graph_op


class PlainOps:
    @graph_op
    def relu(self, x: Symbol) -> Symbol:
        return symbol(ops.relu(x.output))

    @graph_op
    def matmul(self, a: Symbol, b: Symbol) -> Symbol:
        return symbol(ops.matmul(a.output, b.output, False, False))

    @graph_op
    def scatter_nd(self, indices: Symbol, updates: Symbol, *, shape: Sequence[int]) -> Symbol:
        """``ScatterNDUpdate`` with the reduction ``sum`` onto zeros."""
        zeros = ops.broadcast(ops.constant(0, TYPES["int32"]), constant(shape))
        data = ops.convert(zeros, updates.type)
        return symbol(ops.scatter_nd_update(data, indices.output, updates.output, "sum"))

    @graph_op
    def stop_gradient(self, x: Symbol) -> Symbol:
        """The model's result is its parameter: there is no gradient to stop."""
        return x
