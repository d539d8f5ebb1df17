"""Limits on the memory that an untrusted case may take in this process."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from opassay.harness.model.case import Case, Tensor

ELEMENTS = 2**24
"""Elements of all inputs of a case that is shown; making them takes up to 40 bytes each."""

ROOM = 4 * 2**30
"""Bytes that the oracle may take for one case that is shown."""


def too_many(case: Case) -> str | None:
    """Why the inputs of ``case`` are not made here, or None; nothing is made to find out."""
    count = sum(_buffer(tensor) for tensor in case.all_tensors)
    return f"its inputs have {count:.4g} elements; at most {ELEMENTS:,} are made" if count > ELEMENTS else None


def _buffer(tensor: Tensor) -> int:
    """Elements of the buffer that the tensor lies in."""
    return math.prod(tensor.shape) * (max(2, tensor.memory.step) if tensor.memory.kind == "sliced" else 1)


@contextmanager
def room(size: int = ROOM) -> Iterator[None]:
    """Within it, this process raises ``MemoryError`` where it would grow by more than ``size`` bytes; on Unix."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = psutil.Process().memory_info().vms + size
    highest = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *highest]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
