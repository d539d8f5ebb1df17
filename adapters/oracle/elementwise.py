"""Ops that treat each element alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.geometry import check_dtypes
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


def relu(x: np.ndarray) -> np.ndarray:
    """``max(x, 0)``, element by element; NaN stays NaN.

    ``x`` has any shape and any dtype of ``dtypes.CORE``. Returns its shape: for floats in float64 (longdouble for
    float64), which holds the values exactly; for integers in their own dtype. relu(-0) may be either zero; here
    it is +0.

    Raises ``ContractError`` for another dtype.

    Source: V. Nair and G. E. Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", ICML 2010.
    """
    check_dtypes("relu", {"x": x}, dtypes.CORE)
    values = dtypes.widen(x)
    return np.where(values <= 0, np.zeros_like(values), values)


def stop_gradient(x: np.ndarray) -> np.ndarray:
    """``x`` itself; no gradient flows through it.

    ``x`` has any shape and any dtype of ``dtypes.CORE``. Returns its shape and values, dtype as in ``relu``.

    Raises ``ContractError`` for another dtype.

    Source: https://www.tensorflow.org/api_docs/python/tf/stop_gradient
    """
    check_dtypes("stop_gradient", {"x": x}, dtypes.CORE)
    return np.array(dtypes.widen(x))


def relu_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``relu``, to be met bit for bit."""
    return (Reference("y", dtypes.dtype_name(inputs[0]), relu(*inputs, **attributes)),)


def stop_gradient_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``stop_gradient``, to be met bit for bit."""
    return (Reference("y", dtypes.dtype_name(inputs[0]), stop_gradient(*inputs, **attributes)),)
