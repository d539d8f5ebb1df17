"""scatter_nd, which tinygrad has for one axis: ``Tensor.scatter_reduce`` over flattened indices."""

from __future__ import annotations

import math
from typing import Any

from tinygrad import Tensor, dtypes


class ScatterOps:
    """``scatter_nd`` of the common op interface."""

    def scatter_nd(self, indices: Tensor, updates: Tensor, *, shape: Any) -> Tensor:
        depth = indices.shape[-1]
        rows, cells = math.prod(shape[:depth]), math.prod(shape[depth:])
        steps = [math.prod(shape[i + 1 : depth]) for i in range(depth)]
        where = (indices.cast(dtypes.int64) * Tensor(steps, dtype=dtypes.int64)).sum(-1).reshape(-1, 1)
        placed = Tensor.zeros(rows, cells, dtype=updates.dtype)
        values = updates.reshape(where.shape[0], cells)
        return placed.scatter_reduce(0, where.expand(where.shape[0], cells), values, "sum").reshape(shape)
