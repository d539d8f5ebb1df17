"""ONNX's reductions and scans as definitions in bounded arithmetic: from a node's attributes to a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.real import Real

Attributes = Mapping[str, Any]
Define = Callable[..., Any]


def over_axes(function: Define) -> Callable[[Attributes], Define]:
    """Axes are a second input; without any, all, unless the node says that nothing is reduced then."""

    def made(attributes: Attributes) -> Define:
        keep = bool(attributes.get("keepdims", 1))

        def define(x: Real, axes: Real | None = None) -> Real:
            given = () if axes is None else tuple(int(axis) for axis in axes.value)
            if not given and attributes.get("noop_with_empty_axes"):
                return x
            return function(x, given or tuple(range(len(x.shape))), keep)

        return define

    return made


def one_after_another(x: Real, axes: tuple[int, ...], keepdims: bool) -> Real:
    for axis in sorted((axis % len(x.shape) for axis in axes), reverse=True):
        x = bounded.reduce_prod(x, axis, keepdims)
    return x


def position(function: Define) -> Callable[[Attributes], Define]:
    """The first of several, or the last, which is the first from the end."""

    def made(attributes: Attributes) -> Define:
        axis, keep = attributes.get("axis", 0), bool(attributes.get("keepdims", 1))

        def define(x: Real) -> Real:
            if not attributes.get("select_last_index"):
                return function(x, axis, keep)
            found = function(Real(np.flip(x.value, axis)), axis, keep)
            return Real(x.shape[axis] - 1 - found.value)

        return define

    return made


def scan(function: Define) -> Callable[[Attributes], Define]:
    def made(attributes: Attributes) -> Define:
        return lambda x, axis: function(
            x, int(axis.value), bool(attributes.get("exclusive")), bool(attributes.get("reverse"))
        )

    return made


def along(function: Define) -> Callable[[Attributes], Define]:
    return lambda attributes: lambda x: function(x, attributes.get("axis", -1))


NODES: dict[str, Callable[[Attributes], Define]] = {
    "ArgMax": position(bounded.argmax),
    "ArgMin": position(bounded.argmin),
    "CumProd": scan(bounded.cumprod),
    "CumSum": scan(bounded.cumsum),
    "LogSoftmax": along(bounded.log_softmax),
    "ReduceL1": over_axes(bounded.norm_l1),
    "ReduceL2": over_axes(bounded.norm_l2),
    "ReduceLogSum": over_axes(lambda *given: bounded.log(bounded.reduce_sum(*given))),
    "ReduceLogSumExp": over_axes(bounded.logsumexp),
    "ReduceMax": over_axes(bounded.reduce_max),
    "ReduceMean": over_axes(bounded.reduce_mean),
    "ReduceMin": over_axes(bounded.reduce_min),
    "ReduceProd": over_axes(one_after_another),
    "ReduceSum": over_axes(bounded.reduce_sum),
    "ReduceSumSquare": over_axes(bounded.sum_square),
    "Softmax": along(bounded.softmax),
}
