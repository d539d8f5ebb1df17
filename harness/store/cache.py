"""The cache of compiled programs between runs, for frameworks that have one.

The same seed gives the same programs, so a repeated run (a CI job, ``--resume``) need not compile them again. A
folder serves one kind of processor: what was compiled for another may end the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from opassay.harness.find.located import UsageError

MOST_BYTES = 2 * 2**30
"""What the programs kept between runs may take; the least recently used go first."""

VARIABLE = "OPASSAY_CACHE"
"""Names the folder to use; ``off`` for none. Workers find their folder in it."""


def kept(name: str) -> Path | None:
    """The place of this name that is kept between runs; None if nothing is kept."""
    given = os.environ.get(VARIABLE, "")
    if given == "off":
        return None
    return (Path(given) if given else platformdirs.user_cache_path("opassay", appauthor=False)) / name


def cache_folder() -> str:
    """The folder for this processor, whether it exists or not; or ``off``."""
    folder = kept(f"compiled-{_processor()}")
    return "off" if folder is None else str(folder)


def usable_folder() -> tuple[str, str]:
    """The folder; or ``off`` and why programs are not kept. Raises ``UsageError`` if the user named one that cannot be
    used."""
    folder = cache_folder()
    if folder == "off":
        return folder, ""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        # Permissions do not tell: a file system may be full or read-only.
        with tempfile.TemporaryFile(dir=folder) as written:
            written.write(b"x")
    except OSError as error:
        problem = f"cannot write in {folder}: {error.strerror}"
        if os.environ.get(VARIABLE):
            raise UsageError(f"{VARIABLE}: {problem}; name another folder, or 'off'") from None
        return "off", f"compiled programs are not kept for the next run: {problem}; {VARIABLE} names another folder"
    return folder, ""


def prune(folder: str, most: int = MOST_BYTES) -> None:
    """Delete the files of ``folder`` that were not used for longest, until the rest takes ``most`` bytes.

    Frameworks that do so themselves do it with every program they add, under a lock that all workers wait for.
    """
    kept = 0
    for _, size, path in sorted(_files(folder), reverse=True):
        kept += size
        if kept > most:
            # Another run may be at it, too; a file that stays costs room only.
            with contextlib.suppress(OSError):
                os.unlink(path)


def _files(folder: str) -> Iterator[tuple[float, int, str]]:
    """When each file was used last, its bytes and where it is."""
    for root, _, names in os.walk(folder) if folder != "off" else ():
        for path in (os.path.join(root, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                state = os.stat(path)
                yield max(state.st_atime, state.st_mtime), state.st_size, path


def _processor() -> str:
    """A name that differs where instruction sets differ."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(errors="replace") if info.exists() else platform.processor()
    flags = next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), text[:1000])
    return f"{platform.machine()}-{hashlib.sha256(flags.encode()).hexdigest()[:8]}"
