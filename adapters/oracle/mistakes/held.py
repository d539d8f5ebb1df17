"""Integers held as floats: rounded beyond 24 or 53 bits, and clamped at the end of their range."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.mistakes.made import asked, mistakes
from opassay.harness.model import dtypes
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
        data = (_through(x, kind) for x in question.inputs[places:])
        return asked(question, told, inputs=(*question.inputs[:places], *data))

    return kernel


def _through(array: np.ndarray, kind: str) -> np.ndarray:
    return dtypes.saturated(array.astype(kind), array.dtype.name) if array.dtype.kind in "iu" else array


MISTAKES = tuple(
    mistake
    for kind in ("float32", "float64")
    for mistake in mistakes(
        f"integers_held_in_{kind}", f"integers are {kind} on the way, and cut off", _held(kind), OPS
    )
)
