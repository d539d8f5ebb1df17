"""The inputs of one call: passed to the framework, and checked afterwards for changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.messages import CHANGED


class Inputs:
    """``arrays`` and what a function compiled for ``mode`` is ``given`` for them."""

    def __init__(self, adapter: Adapter, arrays: Sequence[np.ndarray], mode: str) -> None:
        self._adapter, self._arrays = adapter, arrays
        self._before = [array.tobytes() for array in arrays]
        self.given = adapter.arguments(arrays, mode)

    def changed(self, start: int = 0, stop: int | None = None) -> str:
        """What the call changed in one of the inputs from ``start`` to ``stop``, in words; empty if nothing.

        The call may write to the caller's array, if the framework uses the same memory, and to the framework's own.
        Call it after the answers have been read: they may be computed lazily. Raises ``TypeError`` where an input comes
        back in another dtype: the adapter, and not the call, has changed that.
        """
        for number, position in enumerate(range(len(self._arrays))[start:stop]):
            array, before = self._arrays[position], self._before[position]
            back = self._adapter.to_numpy(self.given[position])
            if back.dtype != array.dtype:
                raise TypeError(f"to_numpy gave {_named(back)} of what to_native was given as {_named(array)}")
            spoilt = next((values for values in (array, back) if values.tobytes() != before), None)
            if spoilt is not None:
                return f"{CHANGED} {number}{_where(spoilt, before)}"
        return ""


def _named(array: np.ndarray) -> str:
    return dtypes.dtype_name(array)


def _where(values: np.ndarray, before: bytes) -> str:
    """How many elements of ``values`` are others than those whose bytes, row by row, were ``before``."""
    after = np.frombuffer(values.tobytes(), np.uint8)
    if not values.size or after.size != len(before):
        return ""
    apart = (after != np.frombuffer(before, np.uint8)).reshape(values.size, -1).any(axis=1)
    return f" in {int(apart.sum())} of {values.size} elements"
