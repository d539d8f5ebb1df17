"""Tensors in and out, bit for bit, with their strides where Paddle supports them."""

from __future__ import annotations

import numpy as np
import paddle
from numpy.lib.stride_tricks import as_strided
from paddle import Tensor

from opassay.adapters.strides import ALIGNMENT
from opassay.harness.model.dtypes import BFLOAT16


def to_native(array: np.ndarray) -> Tensor:
    """A copy with ``array``'s strides and misalignment; Paddle has no negative strides, so those are copied.

    Paddle reads a uint16 array as the bits of bfloat16.
    """
    bits = array.view(np.uint16) if array.dtype == BFLOAT16 else array
    size = bits.itemsize
    if bits.size == 0 or any(step < 0 or step % size for step in bits.strides):
        return paddle.to_tensor(np.ascontiguousarray(bits).reshape(bits.shape))
    steps = [step // size for step in bits.strides]
    offset = bits.__array_interface__["data"][0] % ALIGNMENT // size
    if offset == 0 and bits.flags.c_contiguous:
        return paddle.to_tensor(bits)
    span = sum((n - 1) * step for n, step in zip(bits.shape, steps, strict=True)) + 1
    memory = np.zeros(offset + span, bits.dtype)
    as_strided(memory[offset:], bits.shape, [step * size for step in steps])[...] = bits
    # Paddle counts an offset in bytes, its strides in elements.
    return paddle.as_strided(paddle.to_tensor(memory), list(bits.shape), steps, offset * size)


def from_native(value: Tensor) -> np.ndarray:
    """A copy of a tensor's values; bfloat16 as bits."""
    array = np.array(value.detach().numpy())
    return array.view(BFLOAT16) if value.dtype == paddle.bfloat16 else array
