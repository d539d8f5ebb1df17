"""Bitwise comparison of two answers."""

from __future__ import annotations

import hashlib

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.outcome import Outcome, Raised, Returned


def difference(first: Returned, second: Returned) -> str:
    """What differs between two answers to one case, in words; empty if nothing does."""
    if len(first.arrays) != len(second.arrays):
        return f"{len(first.arrays)} outputs, then {len(second.arrays)}"
    for number, pair in enumerate(zip(first.arrays, second.arrays, strict=True)):
        if _bits(pair[0]) != _bits(pair[1]):
            return f"output {number} has other bits{_where(*pair)}"
    return ""


def _bits(array: np.ndarray | None) -> tuple[str, tuple[int, ...], bytes] | None:
    return None if array is None else (dtypes.dtype_name(array), array.shape, np.ascontiguousarray(array).tobytes())


def _where(one: np.ndarray | None, other: np.ndarray | None) -> str:
    if one is None or other is None or one.shape != other.shape or one.dtype != other.dtype:
        return ""
    raw = [np.frombuffer(np.ascontiguousarray(a).tobytes(), np.uint8).reshape(a.size, -1) for a in (one, other)]
    return f" in {int((raw[0] != raw[1]).any(axis=1).sum())} of {one.size} elements"


def digest(outcome: Outcome) -> str:
    """Equal for equal outcomes: all bits of what was returned, the type of what was raised."""
    if isinstance(outcome, Raised):
        return f"{outcome.type} raised"
    if not isinstance(outcome, Returned):
        return type(outcome).__name__
    told = hashlib.sha256()
    for array in outcome.arrays:
        told.update(repr(None if array is None else (dtypes.dtype_name(array), array.shape)).encode())
        told.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return told.hexdigest()
