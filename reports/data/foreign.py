"""Untrusted files beside the table: names stay inside their folder, sizes are bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opassay.reports.data.text import clean, shorten


class Unreadable(ValueError):
    """A file or an entry beside the table is invalid; the message is for the reader of the page."""


def word(value: Any, limit: int = 500) -> str:
    """A text of an entry as one bounded line of printable characters; a question mark if there is none."""
    return shorten(" ".join(clean(value).split()), limit) if isinstance(value, str) and value.strip() else "?"


def read_bytes(folder: Path, name: str, limit: int) -> bytes:
    """A plain file directly in ``folder``, links followed; ``Unreadable`` if it is elsewhere, absent or too large."""
    told = shorten(clean(name), 80)
    try:
        path = (folder / name).resolve()
        if path.parent != folder.resolve() or Path(name).name != name:
            raise Unreadable(f"{told} is not in {folder.name}/")
        if not path.is_file():
            raise Unreadable(f"{told} is missing")
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except Unreadable:
        raise
    except (OSError, ValueError, RuntimeError):
        raise Unreadable(f"{told} cannot be opened") from None
    if len(data) > limit:
        raise Unreadable(f"{told} has more than {limit:,} bytes")
    return data
