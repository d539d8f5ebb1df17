"""Where frameworks keep compiled programs between runs, for those that can.

The same seed gives the same programs, so a repeated run (a CI job, ``--resume``) need not compile them again. A
folder serves one kind of processor: what was compiled for another may end the process.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

import platformdirs

VARIABLE = "OPASSAY_CACHE"
"""Names the folder to use; ``off`` for none. Workers find their folder in it."""


def cache_folder() -> str:
    """The folder for this processor, or ``off``. It is made by the framework that uses it."""
    given = os.environ.get(VARIABLE, "")
    if given == "off":
        return given
    base = Path(given) if given else platformdirs.user_cache_path("opassay", appauthor=False)
    return str(base / f"compiled-{_processor()}")


def _processor() -> str:
    """A name that differs where instruction sets differ."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(errors="replace") if info.exists() else platform.processor()
    flags = next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), text[:1000])
    return f"{platform.machine()}-{hashlib.sha256(flags.encode()).hexdigest()[:8]}"
