"""The wire between parent and worker: a JSON header and raw buffers. No pickle, no eval, bounded sizes."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from opassay.harness.model import dtypes, strict_json
from opassay.harness.model.outcome import Inference, Inferred, NotSupported, Outcome, Raised, Returned, TooLarge

PROTOCOL = 6
MAGIC = b"opa1"
HEADER_LIMIT = 64 * 2**20
ANSWER_HEADER_LIMIT = 4 * 2**20
"""Bytes of a header that a worker may send: what is read into objects takes many times its bytes."""
PAYLOAD_LIMIT = 2**30
MAX_OUTPUT = 256 * 2**20
"""Bytes of one case's outputs from which on they are described instead of sent, unless the user says otherwise."""

DEVICE_LOST = 86
"""The exit status of a worker whose device no longer computes; its last line says why."""

CHUNK = 2**20
"""Bytes that are made room for before they have come: a size is only what the other side says."""

_PREFIX = struct.Struct(">4sIQ")
_NUMBER = re.compile(r"bool|(?:u?int|float|complex)\d{1,3}")
_encode = json.JSONEncoder(allow_nan=False).encode


class WireError(Exception):
    """What arrived is not a message of this protocol."""


def write(stream: IO[bytes], header: dict[str, Any], buffers: Sequence[np.ndarray] = (), *, flush: bool = True) -> None:
    """Send one message. ``buffers`` are contiguous arrays; their bytes follow the header in order."""
    text = _encode({**header, "buffers": [b.nbytes for b in buffers]}).encode()
    stream.write(_PREFIX.pack(MAGIC, len(text), sum(b.nbytes for b in buffers)) + text)
    for buffer in buffers:
        stream.write(buffer.tobytes())
    if flush:
        stream.flush()


def read(
    stream: IO[bytes], payload_limit: int = PAYLOAD_LIMIT, header_limit: int = HEADER_LIMIT
) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next message, or None at a clean end. Raises ``WireError`` for anything else."""
    prefix = _exactly(stream, _PREFIX.size, may_end=True)
    if prefix is None:
        return None
    magic, header_size, payload_size = _PREFIX.unpack(prefix)
    if magic != MAGIC or header_size > header_limit:
        raise WireError(f"expected a message of protocol {PROTOCOL}, got bytes starting with {prefix[:8]!r}")
    if payload_size > payload_limit:
        raise WireError(f"a message of {payload_size} bytes exceeds the limit of {payload_limit}")
    header = _parse(_exactly(stream, header_size) or b"")
    sizes = header.get("buffers", [])
    if not (isinstance(sizes, list) and all(type(size) is int and size >= 0 for size in sizes)):
        raise WireError(f"the sizes of its buffers are {sizes!r:.80}")
    if sum(sizes) != payload_size:
        raise WireError(f"buffers of {sizes!r:.80} bytes do not make up a payload of {payload_size}")
    return header, [_exactly(stream, size) or b"" for size in sizes]


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = strict_json.loads(text)
    except ValueError as error:
        raise WireError(f"the header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise WireError(f"the header must be an object, got {type(header).__name__}")
    return header


def _exactly(stream: IO[bytes], size: int, may_end: bool = False) -> bytes | None:
    chunks, missing = [], size
    while missing:
        chunk = stream.read(min(missing, CHUNK))
        if not chunk:
            if may_end and missing == size:
                return None
            raise WireError(f"the stream ended {missing} bytes early")
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def pack(outcome: Outcome) -> tuple[dict[str, Any], list[np.ndarray]]:
    """A worker's outcome as header fields and buffers."""
    if isinstance(outcome, NotSupported):
        return {"kind": "unsupported", "reason": outcome.reason, "seconds": outcome.seconds}, []
    if isinstance(outcome, Raised):
        return {
            "kind": "raised",
            "exception": outcome.type,
            "message": outcome.message,
            "origin": outcome.origin,
            "seconds": outcome.seconds,
            "fallback": outcome.fallback,
        }, []
    if isinstance(outcome, TooLarge):
        header = {"kind": "too large", "described": outcome.described, "limit": outcome.limit}
        return {**header, "seconds": outcome.seconds}, []
    if not isinstance(outcome, Returned):
        raise TypeError(f"a worker cannot report {type(outcome).__name__} of itself")
    arrays = [None if a is None else {"dtype": dtypes.dtype_name(a), "shape": list(a.shape)} for a in outcome.arrays]
    header = {"kind": "returned", "arrays": arrays, "executor": outcome.executor, "seconds": outcome.seconds}
    header |= {"fallback": outcome.fallback, "unsteady": outcome.unsteady, "changed": outcome.changed}
    if outcome.inference is not None:
        header["inference"] = {"outputs": outcome.inference.outputs, "refusal": outcome.inference.refusal}
    return header, [np.ascontiguousarray(a) for a in outcome.arrays if a is not None]


def unpack(header: dict[str, Any], buffers: Sequence[bytes]) -> Outcome:
    """The inverse of ``pack``. Raises ``WireError`` when shapes, dtypes and bytes do not fit."""
    try:
        return _unpack(header, list(buffers))
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise WireError(f"not an outcome: {error!r}") from None


def _unpack(header: dict[str, Any], buffers: list[bytes]) -> Outcome:
    seconds = float(header["seconds"])
    if header["kind"] == "unsupported":
        return NotSupported(str(header["reason"]), seconds)
    if header["kind"] == "too large":
        return TooLarge(str(header["described"]), int(header["limit"]), seconds)
    if header["kind"] == "raised":
        type_, message, origin, fallback = (str(header[n]) for n in ("exception", "message", "origin", "fallback"))
        return Raised(type_, message, origin, seconds, fallback)
    arrays: list[np.ndarray | None] = []
    for entry in header["arrays"]:
        if entry is None:
            arrays.append(None)
            continue
        flat = np.frombuffer(buffers.pop(0), dtype=number_type(str(entry["dtype"])))
        arrays.append(flat.reshape([_extent(n) for n in entry["shape"]]))
    if buffers:
        raise ValueError(f"{len(buffers)} buffers belong to no array")
    return Returned(
        tuple(arrays),
        str(header["executor"]),
        seconds,
        fallback=str(header["fallback"]),
        inference=_inference(header.get("inference")),
        unsteady=str(header["unsteady"]),
        changed=str(header["changed"]),
    )


def _inference(data: dict[str, Any] | None) -> Inference | None:
    if data is None:
        return None
    return Inference(tuple(_inferred(entry) for entry in data["outputs"]), str(data["refusal"]))


def _inferred(entry: Any) -> Inferred | None:
    if entry is None:
        return None
    shape, dtype = entry
    return None if shape is None else tuple(None if n is None else _extent(n) for n in shape), str(dtype)


def number_type(name: str) -> np.dtype:
    """The dtype of this name; ``ValueError`` for one that holds no numbers."""
    # A framework may answer in a dtype outside the contract: that is for the judge to say.
    if name == "bfloat16":
        return dtypes.BFLOAT16
    if not _NUMBER.fullmatch(name):
        raise ValueError(f"dtype {name!r:.40} holds no numbers")
    return np.dtype(name)


def _extent(value: Any) -> int:
    # To NumPy a negative extent is one to be found out.
    if strict_json.integer(value) < 0:
        raise ValueError(f"extents must not be negative, got {value}")
    return int(value)
