"""The width of printed lines: that of the terminal; unlimited in files and pipes."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console

UNCUT = 1_000
"""Columns where no terminal is: no line is broken, and only an endless one is cut."""


def watched(stream: TextIO) -> bool:
    """Whether output goes to a terminal. Colours may be forced on for a log, which is not one."""
    return stream.isatty()


def width(stream: TextIO) -> int | None:
    """``UNCUT`` without a terminal, whatever the variable COLUMNS says; else None, for the terminal's own width."""
    return None if watched(stream) else UNCUT


def stdout() -> Console:
    return Console(width=width(sys.stdout))


def stderr() -> Console:
    return Console(stderr=True, width=width(sys.stderr))


def say_line(console: Console, line: str) -> None:
    """One line, however long it is."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)
