"""Where other processes find modules that this one can import, such as a user's adapter."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def variable() -> str:
    """``PYTHONPATH`` with absolute entries: it means the same in a process that starts in another folder."""
    return os.pathsep.join(os.path.abspath(entry) for entry in _given())


def search_path() -> list[str]:
    """The folders that ``PYTHONPATH`` or the way in which this process was started added to this Python's own."""
    own = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    found = dict.fromkeys(os.path.abspath(entry) for entry in [*_given(), *sys.path])
    return [entry for entry in found if not own & {Path(entry).resolve(), *Path(entry).resolve().parents}]


def _given() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
