"""Ops on arrays of any rank."""

from __future__ import annotations

from collections.abc import Sequence

from onnx import helper

from opassay.adapters.onnx.graph import TYPES, Symbol
from opassay.adapters.tracing import graph_op


class PlainOps:
    @graph_op
    def relu(self, x: Symbol) -> Symbol:
        return x.graph.node("Relu", x)

    @graph_op
    def matmul(self, a: Symbol, b: Symbol) -> Symbol:
        return a.graph.node("MatMul", a, b)

    @graph_op
    def scatter_nd(self, indices: Symbol, updates: Symbol, *, shape: Sequence[int]) -> Symbol:
        """``ScatterND`` with the reduction ``add`` onto zeros. It supports int64 indices only, so int32 is cast."""
        graph = updates.graph
        if indices.dtype == "int32":
            indices = graph.node("Cast", indices, to=TYPES["int64"])
        zero = helper.make_tensor("zero", TYPES[updates.dtype], [1], [0])
        zeros = graph.node("ConstantOfShape", graph.constant(shape), value=zero)
        return graph.node("ScatterND", zeros, indices, updates, reduction="add")

    @graph_op
    def stop_gradient(self, x: Symbol) -> Symbol:
        """``Identity``: there is no gradient to stop."""
        return x.graph.node("Identity", x)
