"""From an op's definition in bounded arithmetic to the references of its answers and gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats, stored
from opassay.adapters.oracle.bounded.real import Real, all_opened, leaf
from opassay.adapters.oracle.bounded.reverse import connected, gradients
from opassay.adapters.oracle.geometry import require
from opassay.adapters.oracle.linear import numbers
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference, constant, unconnected

Define = Callable[..., Real | tuple[Real, ...]]
"""An op: a function of one ``Real`` per input."""

Dtypes = str | Sequence[str]


def references(
    define: Define, inputs: Sequence[np.ndarray], out_dtype: Dtypes, names: Sequence[str] = ("y",)
) -> tuple[Reference, ...]:
    """One ``Reference`` per output of the op, of dtype ``out_dtype`` (one for all, or one each)."""
    outputs = outputs_of(define, [leaf(x) for x in inputs])
    kinds = [out_dtype] * len(outputs) if isinstance(out_dtype, str) else out_dtype
    return tuple(reference_of(*each) for each in zip(names, kinds, outputs, strict=True))


def vjps(
    define: Define,
    inputs: Sequence[np.ndarray],
    cotangents: Sequence[np.ndarray | None],
    differentiable: Sequence[str],
    names: Sequence[str] = (),
) -> tuple[Reference, ...]:
    """One ``Reference`` per input: the gradient of ``<cotangents, outputs>``, in the input's dtype.

    ``names`` of the inputs are the definition's parameters, unless given; ``differentiable`` is a subset of them. An
    input has no gradient where it is not differentiable, holds integers, or no output with a cotangent depends on it.
    Where such an output depends on it only through steps, zeros are correct as well.
    """
    leaves = [leaf(x) for x in inputs]
    outputs = outputs_of(define, leaves)
    asked = [y for y, cotangent in zip(outputs, cotangents, strict=True) if cotangent is not None]
    found = gradients(outputs, [_cotangent(y, c) for y, c in zip(outputs, cotangents, strict=True)], leaves)
    told = []
    for name, array, x, gradient in zip(names or _parameters(define), inputs, leaves, found, strict=True):
        dtype = dtypes.dtype_name(array)
        if name not in differentiable or not dtypes.is_float(dtype) or not connected(asked, x):
            told.append(unconnected(f"d{name}", dtype))
        elif gradient is None:
            told.append(constant(f"d{name}", dtype, array.shape))
        else:
            told.append(reference_of(f"d{name}", dtype, gradient, signed=False))
    return tuple(told)


def _parameters(define: Define) -> list[str]:
    return list(inspect.signature(define).parameters)


def outputs_of(define: Define, leaves: Sequence[Real]) -> tuple[Real, ...]:
    found = define(*leaves)
    return found if isinstance(found, tuple) else (found,)


def _cotangent(y: Real, cotangent: np.ndarray | None) -> Real | None:
    if cotangent is None or not y.is_float:
        return None
    given = cotangent.shape
    require(given == y.shape, f"a cotangent must have the shape {y.shape} of the answer, got {given}")
    return leaf(cotangent)


def reference_of(name: str, dtype: str, y: Real, signed: bool = True) -> Reference:
    if y.told is not None:
        return y.told(name, dtype)
    if not dtypes.is_float(dtype):
        unknown = y.error(Formats("float64", "float64", "float64", False, "")) > 0
        return Reference(name, dtype, y.value.astype(np.dtype(dtype)), free=unknown if unknown.any() else None)
    exact = y.value if y.is_float else numbers(y.value, dtype)
    zeros = exact == 0 if signed else np.zeros(exact.shape, dtype=bool)
    if y.either_zero is not None:
        zeros = zeros & ~y.either_zero

    def allowed_by(model: NumericModel) -> np.ndarray:
        formats = Formats.of(model, dtype, backward=not signed)
        with np.errstate(all="ignore"):
            return stored(formats, exact, y.error(formats))

    signs = zeros if zeros.any() else None
    found = Reference(name, dtype, exact, "bounded", allowed_by=allowed_by, signed_zeros=signs, span=y.span)
    return replace(found, opened=all_opened(y))
