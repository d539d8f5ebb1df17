"""How the contract of matmul and scatter_nd is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from opassay.cases import tables
from opassay.cases.rules import Breach, breach, put, two_dtypes, with_attributes, with_shape
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

OPERANDS = (0, 1)
ENDS = (0, -1)
"""Which index is invalid: the first or the last."""

FAR_ENDS = tuple((position, far) for far in (0, 2**31, 2**32) for position in ENDS)
"""How far it is out of range: by one, beyond 32 bits, or with low 32 bits that are a valid index."""


def matmul_breaches(valid: Callable[..., Any]) -> tuple[Breach, ...]:
    """``valid`` draws small valid geometries; it takes ``batches``."""

    def unbatched() -> Any:
        return valid(batches=(("", ""),))

    def batched() -> Any:
        return valid(batches=(("p", "p"), ("pq", "pq"), ("q", "pq")))

    return (
        breach("InnerMismatch", "columns of a = rows of b", valid, _longer_inner, OPERANDS),
        breach("RankOne", "operands have rank 2 or more", unbatched, _vector, OPERANDS),
        breach("RankZero", "operands have rank 2 or more", unbatched, lambda c, at: with_shape(c, at, ()), OPERANDS),
        breach("BatchMismatch", "batch axes are equal or 1", batched, _other_batch, OPERANDS, _wide_batch),
        two_dtypes(valid),
    )


def _longer_inner(case: Case, operand: int) -> Case:
    axis = len(case.tensors[operand].shape) - (1 if operand == 0 else 2)
    return _longer(case, operand, axis)


def _longer(case: Case, tensor: int, axis: int) -> Case:
    shape = case.tensors[tensor].shape
    return with_shape(case, tensor, put(shape, axis, shape[axis] + 1))


def _vector(case: Case, operand: int) -> Case:
    inner = case.tensors[0].shape[1]
    return with_shape(case, operand, (inner,))


def _last_batch_axis(case: Case, operand: int) -> int:
    return len(case.tensors[operand].shape) - 3


def _wide_batch(case: Case, _: int) -> Case:
    """The last batch extent is 2 or more: 1 would broadcast."""
    for operand in OPERANDS:
        axis, shape = _last_batch_axis(case, operand), case.tensors[operand].shape
        case = with_shape(case, operand, put(shape, axis, max(2, shape[axis])))
    return case


def _other_batch(case: Case, operand: int) -> Case:
    return _longer(case, operand, _last_batch_axis(case, operand))


def scatter_breaches() -> tuple[Breach, ...]:
    within = "0 <= index < extent"
    return (
        breach(
            "IndexOutOfRange",
            within,
            _small,
            lambda c, at: _with_index(c, at[0], _beyond(c, *at)),
            FAR_ENDS,
        ),
        breach("IndexNegative", within, _small, lambda case, at: _with_index(case, at[0], _below(case, *at)), FAR_ENDS),
        breach("UpdatesShape", "updates.shape = indices.shape[:-1] + shape[k:]", _small, _longer_updates, (0,)),
        breach("IndexDepthTooLarge", "k is at most the rank of shape", _small, _too_deep, (0,)),
        breach("IndexDtype", "indices are int32 or int64", _small, _of_dtype, ("float32", "int8")),
        breach("ShapeNegative", "extents are at least 0", _small, lambda c, _: _first_extent(c, -1), (0,)),
        breach("OutputOverflow", "the answer has fewer than 2**48 elements", _small, _first_extent, (2**48, 2**62)),
    )


def _small() -> Draw:
    """Valid scatters with literal indices."""
    return tables.drawn(
        _scatter,
        memory=tables.MEMORIES,
        dtype=tables.ALL_DTYPES,
        index_dtype=("int32", "int64"),
        depth=((1, 1), (2, 1), (2, 2), (3, 2)),
        count=(1, 2, 3, 5),
        shape=((2, 3, 4), (3, 1, 2), (5, 2, 3)),
    )


def _scatter(
    *, memory: Memory, dtype: str, index_dtype: str, depth: tuple[int, int], count: int, shape: tuple[int, ...]
) -> Case:
    rank, indexed = depth
    places = tuple((i + axis) % shape[axis] for i in range(count) for axis in range(indexed))
    indices = Tensor((count, indexed), index_dtype, Fill("literal", values=places))
    updates = tables.data((count, *shape[indexed:rank]), dtype, memory)
    return Case("scatter_nd", (indices, updates), {"shape": shape[:rank]})


def _axis(case: Case, position: int) -> int:
    return position % case.tensors[0].shape[1]


def _with_index(case: Case, position: int, value: int) -> Case:
    indices = case.tensors[0]
    place = position % len(indices.fill.values)
    fill = replace(indices.fill, values=put(indices.fill.values, place, value))
    # Values beyond 32 bits need int64.
    dtype = indices.dtype if -(2**31) <= value < 2**31 else "int64"
    return replace(case, tensors=(replace(indices, fill=fill, dtype=dtype), case.tensors[1]))


def _beyond(case: Case, position: int, far: int) -> int:
    if far == 2**32:
        return far + int(case.tensors[0].fill.values[position])
    return max(far, int(case.attributes["shape"][_axis(case, position)]))


def _below(case: Case, position: int, far: int) -> int:
    return int(case.tensors[0].fill.values[position]) - far if far == 2**32 else -max(1, far)


def _of_dtype(case: Case, dtype: str) -> Case:
    return replace(case, tensors=(replace(case.tensors[0], dtype=dtype), case.tensors[1]))


def _first_extent(case: Case, extent: int) -> Case:
    """The first axis of ``shape`` is always indexed, so updates still fit."""
    return with_attributes(case, shape=put(case.attributes["shape"], 0, extent))


def _longer_updates(case: Case, _: int) -> Case:
    return _longer(case, 1, len(case.tensors[1].shape) - 1)


def _too_deep(case: Case, _: int) -> Case:
    """One index column more than the output has axes; updates fit that depth, so nothing else is wrong."""
    count, rank = case.tensors[0].shape[0], len(case.attributes["shape"])
    indices = replace(
        case.tensors[0], shape=(count, rank + 1), fill=Fill("literal", values=(0,) * (count * (rank + 1)))
    )
    return replace(case, tensors=(indices, replace(case.tensors[1], shape=(count,), memory=Memory())))
