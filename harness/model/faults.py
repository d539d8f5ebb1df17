"""A fault of opassay's own in one line: the exception and where it was raised."""

from __future__ import annotations

import traceback
from pathlib import Path

LONGEST = 300
"""Most characters of an exception's message that are kept."""


def told(error: BaseException) -> str:
    """``TypeError: ... (values.py:93)``: type and message of ``error``, and the innermost line that raised it."""
    words = " ".join(str(error).split())[:LONGEST]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{f': {words}' if words else ''}{where}"
