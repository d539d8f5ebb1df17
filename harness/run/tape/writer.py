"""Writes the file of a tape."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from opassay.harness.run.tape.file import DATA, END, HEAD, MAGIC, PREFIX, VERSION, TapeError, codec
from opassay.harness.store.files import cannot
from opassay.harness.worker import wire

CHUNK = 4 * 2**20
"""Bytes of frames from which on they are compressed and written, those of each op together."""


class TapeWriter:
    """Writes a tape beside ``path``, which it takes the place of when it is whole."""

    def __init__(self, path: Path, head: dict[str, Any]) -> None:
        """Raises ``TapeError`` when the file cannot be written."""
        self._path, self._draft = path, path.with_name(f".{path.name}.part")
        self._frames: defaultdict[str, io.BytesIO] = defaultdict(io.BytesIO)
        self._count = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = self._draft.open("wb")
        except OSError as error:
            raise TapeError(str(cannot("write", path, error))) from None
        self._write(MAGIC % VERSION)
        self._chunk(HEAD, "", _text(head))

    def add(self, op: str, header: dict[str, Any], buffers: Sequence[np.ndarray] = ()) -> None:
        """Keep one frame, behind those of its op."""
        if sum(frames.tell() for frames in self._frames.values()) > CHUNK:
            self._flush()
        wire.write(self._frames[op], header, buffers, flush=False)
        self._count += 1

    def finish(self, end: dict[str, Any]) -> None:
        """The tape is whole."""
        self._flush()
        self._chunk(END, "", _text({**end, "frames": self._count}))
        try:
            self._file.close()
            os.replace(self._draft, self._path)
        except OSError as error:
            raise TapeError(str(cannot("write", self._path, error))) from None

    def drop(self) -> None:
        """Leave what was there before, unless this one is finished."""
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def _flush(self) -> None:
        for op, frames in self._frames.items():
            self._chunk(DATA, op, frames.getvalue())
        self._frames.clear()

    def _chunk(self, kind: bytes, op: str, raw: bytes) -> None:
        packed = codec().compress(raw, asbytes=True)
        name = op.encode()
        self._write(PREFIX.pack(kind, len(name), len(packed), len(raw), hashlib.sha256(packed).digest()))
        self._write(name + packed)

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise TapeError(str(cannot("write", self._path, error))) from None


def _text(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, allow_nan=False).encode()
