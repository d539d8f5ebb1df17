"""Baselines in files: a header, then a line per difference. Read as untrusted input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from opassay.harness.find.bounded import too_many
from opassay.harness.find.located import UsageError
from opassay.harness.find.registry import Registry
from opassay.harness.model import strict_json
from opassay.harness.model.baseline import Line
from opassay.harness.model.fact import Fact
from opassay.harness.store.files import replace_file

FORMAT = 1
HEADER = "opassay_baseline"
FILE_BYTES = 1 << 26
"""Most bytes of a baseline that are read: a thousand times those of a hundred lines."""

Source = tuple[Path, tuple[Line, ...]]


def read_baseline(path: Path) -> tuple[Line, ...]:
    """The lines of a file. Raises ``UsageError``, one line, for one that is cut, foreign or of another version."""
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_BYTES + 1)
        if len(content) > FILE_BYTES:
            raise ValueError(f"it has more than {FILE_BYTES} bytes")
        return tuple(_lines(content))
    except OSError as error:
        raise UsageError(f"cannot read the baseline {str(path)!r}: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"the baseline {str(path)!r} cannot be read: {' '.join(str(error).split())}") from None


def read_optional(path: Path | None) -> Source | None:
    """The file that was named, if one was."""
    return None if path is None else (path, read_baseline(path))


def check_about(given: Source | None, adapters: Collection[str]) -> None:
    """Raises ``UsageError`` for a file without a line about one of ``adapters``: it would cover nothing."""
    about = sorted({line.adapter for line in given[1]}) if given else []
    if given and about and not set(about) & set(adapters):
        path, asked = str(given[0]), ", ".join(sorted(adapters))
        raise UsageError(f"the baseline {path!r} is about {', '.join(about)}, and none of it about {asked}")


def _lines(content: bytes) -> Iterator[Line]:
    if content and not content.endswith(b"\n"):
        raise ValueError("it is cut: its last line has no end")
    header, *rest = content.split(b"\n")[:-1] or [b""]
    _check_header(header)
    seen: set[str] = set()
    for number, text in enumerate(rest, 2):
        line = _line(number, text)
        if line.id in seen:
            raise ValueError(f"line {number}: {line.id} is there twice")
        seen.add(line.id)
        yield line


def _check_header(text: bytes) -> None:
    try:
        version = strict_json.fields(strict_json.loads(text), "its first line", (HEADER,))[HEADER]
    except ValueError as error:
        raise ValueError(f'expected {{"{HEADER}": {FORMAT}}} in its first line ({error})') from None
    if version != FORMAT:
        raise ValueError(f"it is of version {version!r:.60}, and this opassay reads version {FORMAT}")


def _line(number: int, text: bytes) -> Line:
    try:
        line = Line.from_json(strict_json.loads(text))
        if reason := too_many(line.pin):
            raise ValueError(f"its pin cannot be asked: {reason}")
        return line
    except ValueError as error:
        raise ValueError(f"line {number}: {error!s:.300}") from None


def write_baseline(path: Path, lines: Iterable[Line]) -> None:
    """Write ``lines`` in their fixed order. Raises ``FileError``, and keeps the old file, if it cannot be written."""
    told = [{HEADER: FORMAT}, *(line.to_json() for line in in_order(lines))]
    text = "".join(json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n" for entry in told)
    replace_file(path, text.encode())


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By what they are about."""
    return sorted(lines, key=lambda line: (*line.key, *sorted(line.modes)))


def unexplained(registry: Registry, adapter: str, given: Source | None) -> tuple[Fact, ...]:
    """The lines that a run uses for an adapter: those of the file ``given``, then those that the adapter ships with."""
    own = registry.baseline(adapter)
    sources = [*([given] if given else []), *([(own, read_baseline(own))] if own else [])]
    found: dict[str, Fact] = {}
    for path, lines in sources:
        for line in lines:
            if line.adapter == adapter:
                found.setdefault(line.id, _fact(registry, path, line))
    return tuple(found.values())


def _fact(registry: Registry, path: Path, line: Line) -> Fact:
    try:
        return line.fact().of(registry.ops())
    except ValueError as error:
        raise UsageError(f"the baseline {str(path)!r} cannot be used: {error}") from None


def digest(given: Source | None) -> str:
    """Identifies a baseline by its content; empty for none."""
    if given is None:
        return ""
    told: Sequence[object] = [line.to_json() for line in in_order(given[1])]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
