"""Scatters that Inductor, with several threads, vectorizes in a way that its atomic adds do not support.

The conditions follow TilingSelect and CppVecKernel.store in torch/_inductor/codegen/cpp.py of torch 2.13. Does not
import torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from opassay.harness.model.case import Case, Tensor

_NARROW = ("float16", "bfloat16")


def added_in_tiles(case: Case) -> bool:
    """It tiles rows and columns of the updates: rows are contiguous in the updates, columns in the answer."""
    indices, updates = case.tensors
    rows, columns = _extents(case)
    tiled = updates.memory.kind == "transposed" and len(rows) == 1 and bool(columns)
    apart = indices.shape[-1] > 1 and indices.memory.kind != "transposed"
    return _atomic(updates) and tiled and (apart or _sliced_rows(indices)) and not _one_place(case)


def added_to_one_place(lanes: int) -> Callable[[Case], bool]:
    """It vectorizes over rows that all go to the same place; ``lanes``: float32 lanes of a register."""

    def covers(case: Case) -> bool:
        updates = case.tensors[1]
        rows, columns = _extents(case)
        if not (_atomic(updates) and _one_place(case)):
            return False
        if columns:
            several = updates.memory.kind == "transposed" and len(rows) == 1
        else:
            several = bool(rows) and _next_to_each_other(case)
        fewest = lanes // (2 if updates.dtype in _NARROW else 4)
        return several and (math.prod(rows) if _one_loop(case) else rows[-1]) >= fewest

    return covers


def _atomic(updates: Tensor) -> bool:
    return updates.dtype != "int64" and 0 not in updates.shape


def _extents(case: Case) -> tuple[list[int], list[int]]:
    """Extents of rows and columns of the updates, without those of 1, which have no loop."""
    indices, updates = case.tensors
    lead = len(indices.shape) - 1
    return [n for n in updates.shape[:lead] if n > 1], [n for n in updates.shape[lead:] if n > 1]


def _one_place(case: Case) -> bool:
    indices = case.tensors[0]
    return math.prod(case.attributes["shape"][: indices.shape[-1]]) == 1


def _one_loop(case: Case) -> bool:
    """One loop over all rows, contiguous in both; reversed ones are copied."""
    return all(tensor.memory.kind in ("contiguous", "offset", "reversed") for tensor in case.tensors)


def _sliced_rows(indices: Tensor) -> bool:
    last = len(indices.shape) - 1
    return indices.memory.kind == "sliced" and indices.memory.axis % len(indices.shape) < last


def _next_to_each_other(case: Case) -> bool:
    indices, updates = case.tensors
    lead = len(indices.shape) - 1
    last = max(axis for axis in range(lead) if updates.shape[axis] > 1)
    memory = updates.memory
    apart = memory.kind == "sliced" and memory.axis % len(updates.shape) == last
    single = indices.shape[-1] == 1 and indices.memory.kind != "sliced"
    return not apart and (single or indices.memory.kind == "transposed")
