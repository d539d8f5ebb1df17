"""A NumPy function traced in bounded arithmetic: its bound comes with its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.real import leaf
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


class Untraceable(TypeError):
    """A NumPy function, or a way to call it, that bounded arithmetic does not support."""


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Represents an array; NumPy dispatches its functions to it."""

    def __init__(self, real: bounded.Real) -> None:
        self.real = real

    @property
    def shape(self) -> tuple[int, ...]:
        return self.real.shape

    @property
    def ndim(self) -> int:
        return len(self.real.shape)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **more: Any) -> Traced:
        known = _UFUNCS.get(ufunc)
        if known is None or method != "__call__" or more:
            raise Untraceable(f"numpy.{ufunc.__name__} is not known")
        return Traced(known(*(_operand(x) for x in inputs)))

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Sequence[Any], more: Mapping[str, Any]
    ) -> Traced:
        known = _FUNCTIONS.get(function)
        if known is None:
            raise Untraceable(f"numpy.{function.__name__} is not known")
        return Traced(known(*(_operand(x) for x in args), **more))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return Traced(_sum(self.real, axis, keepdims))

    def mean(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return Traced(_mean(self.real, axis, keepdims))

    def max(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return Traced(_max(self.real, axis, keepdims))

    def min(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return Traced(_min(self.real, axis, keepdims))


def _operand(value: Any) -> Any:
    return value.real if isinstance(value, Traced) else value


def _array(value: Any) -> bounded.Real:
    """A number as an array, where an operator would accept it as it is."""
    return value if isinstance(value, bounded.Real) else leaf(np.asarray(value, np.float32))


def _axes(x: bounded.Real, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(len(x.shape)))
    return tuple(axis) if isinstance(axis, (tuple, list)) else (int(axis),)


def _along(reduce: Callable[..., bounded.Real]) -> Callable[..., bounded.Real]:
    return lambda x, axis=None, keepdims=False: reduce(x, _axes(x, axis), keepdims)


def _of_arrays(function: Callable[..., bounded.Real]) -> Callable[..., bounded.Real]:
    return lambda *operands: function(*map(_array, operands))


_sum, _mean, _max, _min = map(_along, (bounded.reduce_sum, bounded.reduce_mean, bounded.reduce_max, bounded.reduce_min))

_UFUNCS: Mapping[np.ufunc, Callable[..., bounded.Real]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.divide: lambda a, b: a / b,
    np.negative: bounded.neg,
    np.matmul: _of_arrays(bounded.matmul),
    np.maximum: _of_arrays(bounded.maximum),
    np.minimum: _of_arrays(bounded.minimum),
    **{
        getattr(np, name): getattr(bounded, own)
        for name, own in (
            *((same, same) for same in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "square")),
            *((same, same) for same in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "reciprocal", "absolute", "sign")),
        )
    },
}

_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., bounded.Real]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.max: _max,
    np.min: _min,
    np.reshape: lambda x, shape: bounded.reshaped(x, shape),
}


def references(function: Callable[..., Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """The references of ``function``, whose answer has the dtype of its first input; raises ``Untraceable``."""

    def define(*reals: bounded.Real) -> bounded.Real:
        made = function(*map(Traced, reals))
        if not isinstance(made, Traced):
            raise Untraceable(f"it returned a {type(made).__name__}")
        return made.real

    return bounded.references(define, inputs, dtypes.dtype_name(inputs[0]))
