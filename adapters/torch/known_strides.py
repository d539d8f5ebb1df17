"""The memory layout of tensors in torch. Does not import torch: the parent process imports this."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from opassay.harness.model.case import Tensor


@lru_cache(maxsize=64)
def strides(tensor: Tensor) -> tuple[int, ...]:
    """In elements, as the adapter passes them."""
    array = tensor.materialize()
    if tensor.memory.kind == "reversed":
        array = array.copy(order="C")
    return tuple(step // array.itemsize for step in array.strides)


def channels_first(values: Sequence[int], layout: str) -> tuple[int, ...]:
    batch, *rest = values
    return (batch, rest[-1], *rest[:-1]) if layout == "NHWC" else tuple(values)


def suggests_channels_last(shape: Sequence[int], steps: Sequence[int]) -> bool:
    """Whether torch takes channels-first ``shape`` and ``steps`` for channels last.

    Source: ``is_channels_last_strides_2d`` in
    https://github.com/pytorch/pytorch/blob/main/c10/core/MemoryFormat.h
    """
    least = 0
    if len(shape) != 4 or steps[1] == 0:
        return False
    for axis in (1, 3, 2, 0):
        if shape[axis] == 0 or steps[axis] < least or (axis == 0 and least == steps[1]):
            return False
        least = steps[axis] * max(shape[axis], 1)
    return True


def channels_last(tensor: Tensor, layout: str) -> bool:
    shape = channels_first(tensor.shape, layout)
    return 0 not in shape and suggests_channels_last(shape, channels_first(strides(tensor), layout))
