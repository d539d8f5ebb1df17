"""Tensors in and out, bit for bit, with their strides.

torch's ``from_numpy`` keeps strides, too, but aliases the caller's buffer; here the bits are copied into a torch
storage, with a view of the same strides.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from opassay.adapters.strides import ALIGNMENT
from opassay.harness.model.dtypes import BFLOAT16


def to_native(array: np.ndarray, device: torch.device) -> Tensor:
    """A tensor with ``array``'s bits, strides and misalignment; torch has no negative strides, so those are copied."""
    bits = array.view(np.uint16) if array.dtype == BFLOAT16 else array
    size = bits.itemsize
    if _plain(bits):
        # The same as below, in a tenth of the time.
        copy = torch.from_numpy(bits).clone()
        return (copy.view(torch.bfloat16) if array.dtype == BFLOAT16 else copy).to(device)
    if any(step < 0 or step % size for step in bits.strides):
        bits = np.ascontiguousarray(bits)
    steps = tuple(step // size for step in bits.strides)
    offset = bits.__array_interface__["data"][0] % ALIGNMENT // size
    span = sum((n - 1) * step for n, step in zip(bits.shape, steps, strict=True)) + 1 if bits.size else 0
    storage = torch.zeros(offset + span, dtype=torch.from_numpy(np.empty(0, bits.dtype)).dtype)
    as_strided(storage.numpy()[offset:], bits.shape, [step * size for step in steps])[...] = bits
    if array.dtype == BFLOAT16:
        storage = storage.view(torch.bfloat16)
    return storage.to(device).as_strided(bits.shape, steps, offset)


def alias(array: np.ndarray) -> Tensor | None:
    """A tensor that aliases ``array``; None where torch does not support its strides."""
    bits = array.view(np.uint16) if array.dtype == BFLOAT16 else array
    if any(step < 0 or step % bits.itemsize for step in bits.strides):
        return None
    tensor = torch.from_numpy(bits)
    return tensor.view(torch.bfloat16) if array.dtype == BFLOAT16 else tensor


def _plain(bits: np.ndarray) -> bool:
    """Whether an array has torch's default layout."""
    address = int(bits.__array_interface__["data"][0])
    return bool(bits.size and bits.flags.c_contiguous and bits.flags.writeable) and address % ALIGNMENT == 0


def from_native(value: Tensor) -> np.ndarray:
    """A copy of a tensor's values; waits until they are computed."""
    host = value.detach().cpu()
    if host.dtype == torch.bfloat16:
        return np.array(host.view(torch.uint16).numpy()).view(BFLOAT16)
    return np.array(host.numpy())
