"""The memory layout of inputs is ignored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.mistakes.made import asked, mistakes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel, Source

OPS = ("conv2d", "max_pool2d", "matmul", "relu", "add")


def _reads(read: Callable[[np.ndarray], np.ndarray]) -> Kernel:
    def kernel(question: Question, told: Arrays) -> Arrays:
        return asked(question, told, inputs=tuple(map(read, question.inputs)))

    return kernel


def _in_stored_order(array: np.ndarray) -> np.ndarray:
    return np.ravel(array, order="K").reshape(array.shape)


def _forwards(array: np.ndarray) -> np.ndarray:
    return array[tuple(slice(None, None, -1 if stride < 0 else 1) for stride in array.strides)]


def _from_aligned(array: np.ndarray) -> np.ndarray:
    """Read from the preceding 16-byte aligned address."""
    off = array.ctypes.data % 16 // array.itemsize
    return np.roll(array, off) if off and array.flags.c_contiguous else array


def _channels_last_as_rows(array: np.ndarray) -> np.ndarray:
    if array.ndim != 4 or array.flags.c_contiguous or not array.transpose(0, 2, 3, 1).flags.c_contiguous:
        return array
    return _in_stored_order(array)


MISTAKES = (
    *mistakes(
        "strides_ignored",
        "elements are read in the order in which they are stored",
        _reads(_in_stored_order),
        OPS,
        source=Source(
            "https://github.com/pytorch/pytorch/issues/175187",
            "[MPS] sort/argsort/digamma/lgamma ignore tensor strides on non-contiguous inputs",
        ),
    ),
    *mistakes("negative_strides_positive", "what is stored backwards is read forwards", _reads(_forwards), OPS),
    *mistakes(
        "alignment_assumed",
        "what does not begin at a multiple of 16 bytes is read from the one before it",
        _reads(_from_aligned),
        OPS,
    ),
    *mistakes(
        "channels_last_as_rows",
        "a tensor with its channels stored last is read as if its rows were",
        _reads(_channels_last_as_rows),
        ("max_pool2d", "conv2d"),
        ("value", "gradient"),
        source=Source(
            "https://github.com/pytorch/pytorch/issues/67239", "channels_last significantly degrades accuracy"
        ),
    ),
)
