"""Any backend that runs ONNX models: a function becomes one model, which the backend prepares and runs.

The other modules of this folder hold the ops, one file per family. Arrays are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from opassay.adapters.expressions import ops_of
from opassay.adapters.onnx import attention
from opassay.adapters.onnx.conv import ConvOps
from opassay.adapters.onnx.expressions import EXPRESSIONS
from opassay.adapters.onnx.graph import TYPES, Graph, Symbol, factors, like, node, whole
from opassay.adapters.onnx.plain import PlainOps
from opassay.adapters.onnx.pool import PoolOps
from opassay.adapters.onnx.windowed import WindowedOps
from opassay.adapters.tracing import graph_op, leaves, refilled
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.outcome import Inferred

Run = Callable[[Sequence[np.ndarray]], Sequence[np.ndarray]]
"""Runs a prepared model: returns an array per output."""

ExpressionOps = ops_of(
    EXPRESSIONS, __file__, graph_op, node=node, like=like, whole=whole, factors=factors, np=np, TYPES=TYPES
)


class ModelAdapter(ConvOps, PoolOps, WindowedOps, PlainOps, ExpressionOps, Adapter):
    """Base of adapters that run ops as models; a subclass implements ``_prepare``.

    ``constant_modes``: those in which all inputs but the first are constants of the model.
    """

    constant_modes: ClassVar[frozenset[str]] = frozenset()

    def _prepare(self, model: Any, mode: str) -> Run:
        """A function that runs ``model``, an ``onnx.ModelProto``: it takes an array for each of the model's inputs, in
        order.

        Raises what the backend raises when it refuses the model.
        """
        raise NotImplementedError

    def to_native(self, array: np.ndarray) -> np.ndarray:
        return array.copy()

    def to_numpy(self, value: np.ndarray) -> np.ndarray:
        return value.copy()

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` as a model built for the first arrays, or rebuilt where they are its constants."""
        built: list[Callable[..., Any]] = []

        def run(*arrays: np.ndarray) -> Any:
            if not built or mode in self.constant_modes:
                built[:] = [self._built(fn, arrays, mode)]
            return built[0](*arrays)

        return run

    def _built(self, fn: Callable[..., Any], arrays: Sequence[np.ndarray], mode: str) -> Callable[..., Any]:
        graph = Graph()
        fixed = range(1, len(arrays)) if mode in self.constant_modes else ()
        answer = fn(*(_symbol(graph, a, i in fixed) for i, a in enumerate(arrays)))
        run = self._prepare(attention.named(graph.model(list(leaves(answer)))), mode)
        fed = [i for i in range(len(arrays)) if i not in fixed]
        return lambda *given: refilled(answer, iter(run([given[i] for i in fed])))

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By ONNX's own shape inference on the model. Source: https://onnx.ai/onnx/api/shape_inference.html"""
        graph = Graph()
        answer = fn(*(graph.input(array) for array in inputs))
        return graph.inferred(list(leaves(answer)))

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        raise Unsupported("a model of ONNX computes no gradients")


def _symbol(graph: Graph, array: np.ndarray, constant: bool) -> Symbol:
    return graph.weight(array) if constant else graph.input(array)
