"""An adapter whose worker ends now and then: by itself, and only so often as a folder of marks says."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from faulty import Faulty
from planted import Honest

from opassay.adapters import oracle
from opassay.harness.model.dtypes import dtype_name, narrow

MARKS = "OPASSAY_TEST_MARKS"


class Ending(Faulty):
    """Products of int32 end the process by the mode's signal, as often as it says: each time by another case."""

    name = "ending"
    modes = ("SIGKILL", "SIGSEGV", "SIGKILL_twice", "SIGKILL_thrice")
    fused_modes = frozenset()

    def compile(self, fn, mode):
        self._signal, _, times = mode.partition("_")
        self._most = {"": 1, "twice": 2, "thrice": 3}[times]
        return fn

    def matmul(self, a, b):
        marks = Path(os.environ[MARKS])
        mark = marks / f"{self._signal}-{self._most}-{hash((a.tobytes(), b.tobytes()))}"
        there = list(marks.glob(f"{self._signal}-{self._most}-*"))
        if dtype_name(a) == "int32" and not mark.exists() and len(there) < self._most:
            mark.touch()
            os.kill(os.getpid(), signal.Signals[self._signal])
        return narrow(oracle.matmul(a, b), dtype_name(a))


class WritesOutside(Faulty):
    """Takes an index out of range and writes there: the process ends at the next call of another case, whatever it is.

    The same call again writes to the same place.
    """

    name = "writes_outside"
    frameworks = ("opassay.adapters.oracle",)
    modes = ("eager",)
    fused_modes = frozenset()
    _spoilt_by = None

    def compile(self, fn, mode):
        return fn

    def scatter_nd(self, indices, updates, *, shape):
        given = (indices.tobytes(), updates.tobytes(), shape)
        if type(self)._spoilt_by not in (None, given):
            os.abort()
        try:
            return narrow(oracle.scatter_nd(indices, updates, shape=shape), dtype_name(updates))
        except ValueError:
            depth = indices.shape[-1]
            beyond = depth <= len(shape) and np.any(indices.astype(np.int64) >= shape[:depth])
            if not beyond or min(shape) < 0:
                raise
            type(self)._spoilt_by = given
            return np.zeros(shape, updates.dtype)


class Sluggish(Honest):
    """Takes a tenth of a second for each product."""

    name = "sluggish"
    modes = ("eager",)

    def matmul(self, a, b):
        time.sleep(0.1)
        return super().matmul(a, b)
