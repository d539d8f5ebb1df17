"""Random bits from a key: raw Philox, the same in every NumPy and on every machine."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np


class _Generator(threading.local):
    """One Philox per thread: setting its key takes a fiftieth of the time of creating one."""

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=0)
        self._start: dict[str, Any] = {**self._bits.state}

    def raw(self, key: int, count: int) -> np.ndarray:
        """The first ``count`` words of the stream of ``key``."""
        words = (key & (2**64 - 1), key >> 64 & (2**64 - 1))
        state: Any = {**self._start, "state": {"counter": (0, 0, 0, 0), "key": words}}
        self._bits.state = state
        return np.asarray(self._bits.random_raw(count))


_GENERATOR = _Generator()


def raw(key: int, count: int) -> np.ndarray:
    """The first ``count`` 64-bit words of the stream of ``key``."""
    return _GENERATOR.raw(key, count)
