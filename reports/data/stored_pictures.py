"""``pictures/`` beside the results table, read as untrusted input.

Names stay inside the folder, sizes are bounded, and an invalid file becomes a line for the reader. Nothing in it is
ever unpickled.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from opassay.reports.data.foreign import Unreadable, read_bytes, word
from opassay.reports.data.text import clean, plural, shorten

FOLDER = "pictures"
INDEX = "pictures.json"
TARGET_LIMIT = 24
INDEX_BYTES = 1 << 20
FILE_BYTES = 8 << 20


@dataclass
class Arrays:
    """The arrays of one pin, each [H, W, C] float32, and lines about those that could not be read."""

    oracle: np.ndarray
    shown: np.ndarray | None = None
    targets: dict[str, np.ndarray] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def read_index(folder: Path) -> list[Any]:
    """The entries of ``pictures.json``, none if there is no such folder; ``Unreadable`` if it is no list."""
    if not folder.is_dir():
        return []
    try:
        rows = json.loads(read_bytes(folder, INDEX, INDEX_BYTES))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, Unreadable) else f"{INDEX}: not JSON"
        raise Unreadable(f"The pictures cannot be shown: {why}.") from None
    if not isinstance(rows, list):
        raise Unreadable(f"The pictures cannot be shown: {INDEX}: expected a list, got {type(rows).__name__}.")
    return rows


def read_arrays(folder: Path, row: Mapping[str, Any]) -> Arrays:
    """The arrays of an entry; ``Unreadable`` without the oracle's, a line for each other that is missing."""
    arrays = Arrays(_read(folder, row.get("oracle"), "oracle"))
    targets = row.get("targets")
    if not isinstance(targets, Mapping) or not targets:
        raise Unreadable("It names no target.")
    try:
        arrays.shown = _read(folder, row.get("input"), "input")
    except Unreadable as error:
        arrays.lines.append(str(error))
    for label, name in list(targets.items())[:TARGET_LIMIT]:
        try:
            arrays.targets[word(label)] = _answer(folder, name, word(label), arrays.oracle.shape)
        except Unreadable as error:
            arrays.lines.append(str(error))
    if len(targets) > TARGET_LIMIT:
        arrays.lines.append(f"{plural(len(targets) - TARGET_LIMIT, 'more target')} left out here.")
    return arrays


def _answer(folder: Path, name: Any, label: str, shape: tuple[int, ...]) -> np.ndarray:
    answer = _read(folder, name, label)
    if answer.shape != shape:
        raise Unreadable(f"{label}: its shape is {list(answer.shape)}, the oracle's is {list(shape)}.")
    return answer


def _read(folder: Path, name: Any, what: str) -> np.ndarray:
    """The float32 [H, W, C] in file ``name`` of ``folder``; ``Unreadable``, beginning with ``what``, for all else."""
    try:
        if not isinstance(name, str):
            raise Unreadable("no file is named")
        data = read_bytes(folder, name, FILE_BYTES)
        try:
            return _image(data)
        except Unreadable as error:
            raise Unreadable(f"{shorten(clean(name), 80)}: {error}") from None
    except Unreadable as error:
        raise Unreadable(f"{what}: {error}.") from None


def _image(data: bytes) -> np.ndarray:
    """The float32 [H, W, C], no side empty, of a whole ``.npy`` file.

    Only its header is parsed: no more is allocated than the file holds, and no object is ever made of it.
    Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(stream)
    except Exception:  # A header is a Python literal, and NumPy raises all sorts of things for a wrong one.
        raise Unreadable("not an array that NumPy saved") from None
    if dtype != np.dtype("<f4"):
        raise Unreadable(f"expected float32, got {shorten(clean(str(dtype)), 40)}")
    if len(shape) != 3 or min(shape) < 1:
        raise Unreadable(f"expected height, width and channels, got shape {shorten(str(list(shape)), 80)}")
    if math.prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise Unreadable(f"its size does not fit its shape {shorten(str(list(shape)), 80)}")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape, order="F" if fortran else "C")
