"""Integers held as floats: rounded beyond 24 or 53 bits, and clamped at the end of their range."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.mistakes.made import asked, mistakes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

OPS = (
    *("matmul", "conv2d", "max_pool2d", "relu", "add", "max", "sum", "cumsum"),
    *("transpose", "concat", "gather", "pad", "sort", "masked_fill", "scatter_elements", "resize_nearest"),
)
FIRST_IS_PLACES = ("gather", "scatter_elements", "masked_fill")
"""Ops whose first input is an index or a mask."""


def _held(kind: str) -> Kernel:
    def kernel(question: Question, told: Arrays) -> Arrays:
        places = int(question.op in FIRST_IS_PLACES)
        data = (_saturated(x, kind) for x in question.inputs[places:])
        return asked(question, told, inputs=(*question.inputs[:places], *data))

    return kernel


def _saturated(array: np.ndarray, kind: str) -> np.ndarray:
    if array.dtype.kind not in "iu":
        return array
    info, value = np.iinfo(array.dtype), array.astype(kind)
    high, low = value >= float(info.max), value <= float(info.min)
    found = np.where(high | low, 0, value).astype(array.dtype)
    return np.where(high, info.max, np.where(low, info.min, found)).astype(array.dtype)


MISTAKES = tuple(
    mistake
    for kind in ("float32", "float64")
    for mistake in mistakes(
        f"integers_held_in_{kind}", f"integers are {kind} on the way, and cut off", _held(kind), OPS
    )
)
