"""Values without a recipe: arrays in a folder, each under the digest of its content.

A case names them by digest alone. So it names no files, and an untrusted case can only read arrays whose content it
knows.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from opassay.harness.model import dtypes

VARIABLE = "OPASSAY_ARRAYS"
"""The folder in which they lie, for this process and the workers that it starts."""


def digest(array: np.ndarray) -> int:
    """128 bits of the SHA-256 of dtype, shape and values."""
    told = hashlib.sha256(f"{dtypes.dtype_name(array)}{array.shape}".encode())
    told.update(np.ascontiguousarray(array).tobytes())
    return int.from_bytes(told.digest()[:16], "big")


def keep(array: np.ndarray, folder: Path) -> int:
    """Store an array for ``load``; its digest."""
    key = digest(array)
    np.save(_file(folder, key), np.ascontiguousarray(array), allow_pickle=False)
    return key


def load(key: int, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Raises ``ValueError`` if there is no such array, or if another one lies under its name."""
    folder = os.environ.get(VARIABLE, "")
    file = _file(Path(folder), key)
    if not folder or not file.is_file():
        raise ValueError("the case has values of a file, and lies apart from it: give the arrays again by --tensor")
    found = np.load(file, allow_pickle=False)
    # NumPy stores a dtype of one unnamed field under no name.
    found = found.view(dtypes.BFLOAT16) if dtype == "bfloat16" else found
    if dtypes.dtype_name(found) != dtype or found.shape != shape or digest(found) != key:
        raise ValueError(f"the stored array is none of {dtype}{list(shape)} with the digest that the case names")
    return np.asarray(found)


def _file(folder: Path, key: int) -> Path:
    return folder / f"{key:032x}.npy"
