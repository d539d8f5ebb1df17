"""What becomes of arrays on their way into the framework and back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from opassay.harness.contract.observe import Question, plain
from opassay.harness.model import dtypes, memory
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.memory import Memory

SHAPES = ((), (3,), (2, 3), (2, 3, 4), (2, 3, 2, 5), (0,), (2, 0, 3, 1))
MEMORIES = tuple(Memory(kind, axis, 3) for kind in memory.KINDS for axis in (0, 1))


def round_trips(adapter: Adapter) -> Iterator[Question]:
    """Every dtype in every memory kind comes back bit for bit, and belongs to nobody else."""
    for dtype in adapter.dtypes:
        for kind in MEMORIES:
            yield Question("round_trip", f"{dtype} {kind.kind} {kind.axis}", partial(_lost, adapter, dtype, kind), [])
        yield Question("owns_its_data", dtype, partial(_aliased, adapter, dtype), [])


def random_bits(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Every bit pattern may occur: NaN payloads, subnormals, both zeros."""
    size = dtypes.storage(dtype).itemsize
    raw = np.random.Philox(7).random_raw(max(int(np.prod(shape)), 1)).view(np.uint8)
    if dtype == "bool":
        raw &= 1
    return raw[: int(np.prod(shape)) * size].view(dtypes.storage(dtype)).reshape(shape)


def _spread(dtype: str, shape: tuple[int, ...], kind: Memory) -> np.ndarray:
    return memory.lay_out(random_bits(dtype, memory.stored_shape(kind, shape)), kind, shape)


def _lost(adapter: Adapter, dtype: str, kind: Memory) -> list[str]:
    lost = []
    for shape in SHAPES:
        array = _spread(dtype, shape, kind)
        try:
            back = adapter.to_numpy(adapter.to_native(array))
        except Unsupported:
            continue
        except Exception as error:
            lost.append(f"{shape}: {type(error).__name__}: {error}")
            continue
        if (back.dtype, back.shape, plain(back)) != (array.dtype, array.shape, plain(array)):
            same = "other values" if (back.dtype, back.shape) == (array.dtype, array.shape) else "it"
            lost.append(f"{shape}: {same} as {dtypes.dtype_name(back)} {back.shape}")
    return lost


def _aliased(adapter: Adapter, dtype: str) -> list[str]:
    """Shapes whose tensor changes when the caller's buffer, or the answer of ``to_numpy``, is written to."""
    changed = []
    for shape in ((3,), (2, 3, 2, 5), (64, 65)):
        array = random_bits(dtype, shape).copy()
        tensor = adapter.to_native(array)
        before = plain(adapter.to_numpy(tensor))
        array.view(np.uint8)[...] ^= 255
        first = adapter.to_numpy(tensor)
        if plain(first) != before or not _detached(adapter, tensor, first, before):
            changed.append(str(shape))
    return changed


def _detached(adapter: Adapter, tensor: Any, answer: np.ndarray, before: bytes) -> bool:
    if answer.flags.writeable:
        answer.view(np.uint8)[...] ^= 255
    return plain(adapter.to_numpy(tensor)) == before
