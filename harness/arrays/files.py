"""Arrays from files: .npy, an entry of an .npz, or of a .safetensors."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.find.registry import UsageError, unknown
from opassay.harness.model import dtypes

HEADER = 100_000_000
"""The longest header of a safetensors file, as its format has it: https://github.com/huggingface/safetensors"""

_KINDS = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "BOOL": "bool"}
_KINDS |= {f"{sign}{bits}": f"{name}{bits}" for sign, name in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)}


def read(text: str, name: str) -> np.ndarray:
    """The array at ``FILE`` or ``FILE:ENTRY``; of several, the entry ``name`` unless told."""
    path, entry = _parted(text)
    try:
        return _READERS.get(path.suffix, _npy)(path, entry or name)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, EOFError, struct.error, zipfile.BadZipFile) as error:
        raise UsageError(f"{str(path)!r} holds no array that can be read: {error}") from None


def _parted(text: str) -> tuple[Path, str]:
    if Path(text).exists():
        return Path(text), ""
    file, _, entry = text.rpartition(":")
    return (Path(file), entry) if file and Path(file).exists() else (Path(text), "")


def named(array: np.ndarray) -> np.ndarray:
    """The array in a dtype that there is; two bytes without a name are bfloat16, as ml_dtypes stores it."""
    if array.dtype.kind == "V" and array.dtype.itemsize == 2:
        return np.ascontiguousarray(array).view(dtypes.BFLOAT16)
    if dtypes.dtype_name(array) not in dtypes.DTYPES:
        raise ValueError(f"its dtype is {array.dtype}; known: {', '.join(dtypes.DTYPES)}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _npy(path: Path, entry: str) -> np.ndarray:
    return named(np.load(path, allow_pickle=False))


def _npz(path: Path, entry: str) -> np.ndarray:
    with np.load(path, allow_pickle=False) as found:
        if entry not in found:
            raise UsageError(f"{str(path)!r}: {unknown('entry', entry, list(found))}")
        return named(found[entry])


def _safetensors(path: Path, entry: str) -> np.ndarray:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > HEADER:
            raise ValueError(f"its header has {length} bytes")
        header: Mapping[str, Any] = json.loads(file.read(length))
        there = [name for name in header if name != "__metadata__"]
        if entry not in there:
            raise UsageError(f"{str(path)!r}: {unknown('entry', entry, there)}")
        about: Any = header[entry]
        start, stop = about["data_offsets"]
        file.seek(8 + length + start)
        values = np.frombuffer(file.read(stop - start), dtypes.storage(_KINDS[about["dtype"]]))
        return np.asarray(values.reshape(about["shape"]))


_READERS: Mapping[str, Callable[[Path, str], np.ndarray]] = {".npz": _npz, ".safetensors": _safetensors}
