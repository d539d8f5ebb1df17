"""The file of a tape: chunks of compressed frames, each with its digest; the last one says that it is whole.

Read as untrusted data: sizes are checked before memory is allocated, and no name in it is used as a path.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from opassay.harness.model import strict_json
from opassay.harness.store.files import FileError, cannot
from opassay.harness.worker import wire

VERSION = 1
SUFFIX = ".tape"
LARGEST = wire.PAYLOAD_LIMIT + wire.ANSWER_HEADER_LIMIT
"""Bytes that a chunk may have: one frame must fit, and a frame may be as large as what a worker may send."""

RATIO = 1 << 15
"""How many times its size a chunk may become: about the most that zstd makes of zeros."""

LEVEL = 12
"""Of zstd. A higher one gains a few per cent and takes several times as long."""

MAGIC = b"opassay tape %d\n"
PREFIX = struct.Struct(">4sHQQ32s")
HEAD, DATA, END = b"head", b"data", b"end."
Frame = tuple[dict[str, Any], list[bytes]]


class TapeError(FileError):
    """A tape that cannot be read: cut, of another version, or not written by opassay."""


@dataclass(frozen=True)
class Chunk:
    """Where in its file a chunk of frames lies, ``size`` bytes which become ``raw``; all are about one op."""

    op: str
    offset: int
    size: int
    raw: int


class TapeFile:
    """A whole tape: its ``head``, its ``end`` and its ``chunks``. Every digest was looked at; no frame was read yet."""

    def __init__(self, path: Path) -> None:
        """Raises ``TapeError``, in one line, for anything but a whole tape of this version."""
        self.path = path
        self.chunks: list[Chunk] = []
        self.head: dict[str, Any] = {}
        self.end: dict[str, Any] = {}
        try:
            with path.open("rb") as stream:
                self._scan(stream)
        except OSError as error:
            raise TapeError(str(cannot("read", path, error))) from None

    def frames(self, chunk: Chunk) -> bytes:
        """The bytes of a chunk's frames."""
        with self.path.open("rb") as stream:
            stream.seek(chunk.offset)
            return self._unpacked(self._exactly(stream, chunk.size), chunk.raw)

    def read(self, frames: IO[bytes]) -> Frame | None:
        """The next one of ``frames``, or None after the last."""
        try:
            return wire.read(frames, header_limit=wire.ANSWER_HEADER_LIMIT)
        except wire.WireError as error:
            raise self.problem(str(error)) from None

    def problem(self, why: str) -> TapeError:
        """What to raise for content that no tape has."""
        return TapeError(f"{self.path} is not a tape that can be judged: {why}")

    def _scan(self, stream: IO[bytes]) -> None:
        magic = stream.readline(40)
        if magic != MAGIC % VERSION:
            raise self.problem(f"it begins with {magic[:40]!r}, expected {MAGIC % VERSION!r}; record it again")
        while not self.end:
            prefix = self._exactly(stream, PREFIX.size)
            kind, length, size, raw, digest = PREFIX.unpack(prefix)
            op = self._exactly(stream, length)
            offset = stream.tell()
            self._check_sizes(kind, size, raw)
            packed = self._digested(stream, size, digest, keep=kind != DATA)
            if kind == DATA:
                self.chunks.append(Chunk(op.decode("utf-8", "replace"), offset, size, raw))
            else:
                self._say(kind, self._object(self._unpacked(packed, raw)))
        if stream.read(1):
            raise self.problem("something follows its end")

    def _say(self, kind: bytes, told: dict[str, Any]) -> None:
        if (kind == HEAD) == bool(self.head):
            raise self.problem("its head is not where it belongs")
        if kind == HEAD:
            self.head = told
        else:
            self.end = told

    def _check_sizes(self, kind: bytes, size: int, raw: int) -> None:
        if kind not in (HEAD, DATA, END):
            raise self.problem(f"a chunk of kind {kind!r}")
        most = LARGEST if kind == DATA else wire.ANSWER_HEADER_LIMIT
        if raw > min(most, size * RATIO):
            raise self.problem(f"a chunk of {size:,} bytes says that it becomes {raw:,}")

    def _digested(self, stream: IO[bytes], size: int, digest: bytes, keep: bool) -> bytes:
        """What was read, only where it is kept: a tape is larger than what fits into memory."""
        told, kept, missing = hashlib.sha256(), [], size
        while missing:
            part = self._exactly(stream, min(missing, wire.CHUNK))
            told.update(part)
            missing -= len(part)
            if keep:
                kept.append(part)
        if told.digest() != digest:
            raise self.problem(f"it is damaged near byte {stream.tell():,}")
        return b"".join(kept)

    def _exactly(self, stream: IO[bytes], size: int) -> bytes:
        found = stream.read(size)
        if len(found) != size:
            raise self.problem(f"it is cut off after {stream.tell():,} bytes; record it again")
        return found

    def _unpacked(self, packed: bytes, raw: int) -> bytes:
        try:
            found = bytes(codec().decompress(packed, decompressed_size=raw, asbytes=True)) if raw else b""
        except (OSError, ValueError, pa.ArrowException) as error:
            raise self.problem(f"a chunk cannot be decompressed: {error}") from None
        if len(found) != raw:
            raise self.problem(f"a chunk of {raw:,} bytes has {len(found):,}")
        return found

    def _object(self, text: bytes) -> dict[str, Any]:
        try:
            return dict(strict_json.mapping(strict_json.loads(text), "its head or end"))
        except ValueError as error:
            raise self.problem(str(error)) from None


def tapes(folder: Path) -> Iterator[Path]:
    """The tapes of a folder, one per target."""
    yield from sorted(folder.glob(f"*{SUFFIX}"))


def codec() -> pa.Codec:
    """What compresses and decompresses chunks."""
    return pa.Codec("zstd", compression_level=LEVEL)
