"""The check that every vector-Jacobian product of the oracle needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.geometry import require
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference

Arrays = Sequence[np.ndarray]
Cotangents = Sequence[np.ndarray | None]
Gradients = tuple[Reference, ...]


def check_cotangent(op: str, cotangent: np.ndarray, shape: Sequence[int], dtype: str) -> np.ndarray:
    """The cotangent, which must have the shape and dtype of the answer."""
    require(
        cotangent.shape == tuple(shape),
        f"{op}: a cotangent must have the shape {tuple(shape)} of the answer, got {cotangent.shape}",
    )
    given = dtypes.dtype_name(cotangent)
    require(given == dtype, f"{op}: a cotangent must have the dtype {dtype} of the answer, got {given}")
    return cotangent
