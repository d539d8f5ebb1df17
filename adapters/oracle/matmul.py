"""Matrix multiplication."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import check_dtypes, require
from opassay.harness.model import dtypes

MATMUL_DTYPES = (*dtypes.FLOATS, "int32", "int64")


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product over the last two axes: ``y[..., m, n] = sum over k of a[..., m, k] * b[..., k, n]``.

    Arguments:
        a: ``[..., M, K]``, rank at least 2.
        b: ``[..., K, N]``, rank at least 2, of ``a``'s dtype. The axes before the last two broadcast as in NumPy.

    Returns ``[..., M, N]``; K = 0 gives zeros, an extent of 0 elsewhere an empty answer. Floats (float16, bfloat16,
    float32, float64) give the value in float64, longdouble for float64; int32 and int64 their own dtype modulo 2**bits.

    Raises ``ContractError`` for a rank below 2, another dtype, operands of two dtypes, inner extents that differ,
    and batch axes that do not broadcast.

    Its gradients are ``da = dy bᵀ`` and ``db = aᵀ dy``, summed over batch axes that broadcast.

    Sources: https://numpy.org/doc/stable/reference/generated/numpy.matmul.html (without its rank-1 rules);
    for the gradients M. Giles, "An extended collection of matrix derivative results for forward and reverse mode
    algorithmic differentiation", 2008, section 2.2.2
    """
    return MATMUL.values(a, b)[0]


def _check(a: np.ndarray, b: np.ndarray) -> None:
    """Raises ``ContractError`` as ``matmul`` says."""
    check_dtypes("matmul", {"a": a, "b": b}, MATMUL_DTYPES)
    for name, operand in (("a", a), ("b", b)):
        require(operand.ndim >= 2, f"matmul: {name} must have rank 2 or more, got rank {operand.ndim}")
    require(
        a.shape[-1] == b.shape[-2],
        f"matmul: inner extents must be equal, got {a.shape[-1]} columns of a {a.shape} and {b.shape[-2]} rows of "
        f"b {b.shape}",
    )
    pairs = zip(a.shape[-3::-1], b.shape[-3::-1], strict=False)
    require(
        all(m == n or 1 in (m, n) for m, n in pairs),
        f"matmul: batch axes must broadcast (be equal or 1), got {a.shape[:-2]} of a and {b.shape[:-2]} of b",
    )


def _bind(a: np.ndarray, b: np.ndarray) -> Define:
    _check(a, b)
    return bounded.matmul


MATMUL = Definition("matmul", "ab", _bind, "ab", linear=True)
