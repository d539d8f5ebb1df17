"""Files of a run: written atomically, with errors of the disk in one line."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from opassay.harness.model.faults import told

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG)
"""Codes of ``OSError`` for a disk that takes no more data. Any other one concerns a single file or program."""


class FileError(Exception):
    """A file of the run that cannot be written or read."""


def cannot(verb: str, path: Path, error: OSError) -> FileError:
    """The error to raise for ``error``: ``cannot write out/run.json: No space left on device``."""
    return FileError(f"cannot {verb} {path}: {error.strerror or error}")


def disk_full(error: BaseException) -> bool:
    """Whether ``error`` says that nothing more can be written."""
    return isinstance(error, FileError) or (isinstance(error, OSError) and error.errno in FULL)


def fault(what: str, error: Exception) -> str:
    """An error of opassay in one line. A full disk is not one, and is raised again."""
    if disk_full(error):
        raise error
    return f"{what}: {told(error)}" if what else told(error)


def replace_file(path: Path, content: bytes) -> None:
    """Write ``path`` atomically: a reader finds the old content or the new one, even after a kill.

    Raises ``FileError`` if it cannot be written; the old content stays then.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError as error:
        raise cannot("write", path, error) from None
