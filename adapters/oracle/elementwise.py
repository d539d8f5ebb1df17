"""Element-wise ops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.bounded.contraction import severed
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import check_dtypes
from opassay.harness.model import dtypes


def relu(x: np.ndarray) -> np.ndarray:
    """``max(x, 0)``, element by element; NaN stays NaN.

    ``x`` has any shape and any dtype of ``dtypes.CORE``. Returns its shape: for floats in float64 (longdouble for
    float64), which holds the values exactly; for integers in their own dtype. relu(-0) may be either zero; here
    it is +0, as is what any negative number becomes.

    Its gradient is the cotangent where x > 0, and 0 elsewhere, also at 0; left open where x is NaN.

    Raises ``ContractError`` for another dtype.

    Sources: V. Nair and G. E. Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", ICML 2010; for
    the gradient at 0, D. Bertoin et al., "Numerical influence of ReLU'(0) on backpropagation", NeurIPS 2021: all
    frameworks choose 0.
    """
    return RELU.values(x)[0]


def stop_gradient(x: np.ndarray) -> np.ndarray:
    """``x`` itself; no gradient flows through it.

    ``x`` has any shape and any dtype of ``dtypes.CORE``. Returns its shape and values, dtype as in ``relu``.

    Raises ``ContractError`` for another dtype.

    Source: https://www.tensorflow.org/api_docs/python/tf/stop_gradient
    """
    return STOP_GRADIENT.values(x)[0]


def _of_any_dtype(name: str, define: Define) -> Callable[[np.ndarray], Define]:
    def bind(x: np.ndarray) -> Define:
        check_dtypes(name, {"x": x}, dtypes.CORE)
        return define

    return bind


RELU = Definition("relu", "x", _of_any_dtype("relu", bounded.relu), "x", stacks=True)
STOP_GRADIENT = Definition("stop_gradient", "x", _of_any_dtype("stop_gradient", severed), "x", stacks=True)
