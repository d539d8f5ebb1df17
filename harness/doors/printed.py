"""How listings print: text as wide as the terminal, and of 80 columns where there is none."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable

from opassay.harness.doors.consoles import stdout, watched

Row = tuple[str, ...]
INDENT = 4
PIPED = 80
"""Columns of text in files and pipes."""
ALIGNED = 60
"""Characters up to which a column is aligned. A longer cell shifts the rest of its own line only."""

_ITEM = re.compile(r"\s*- |    \w[\w, ]*: ")
"""The beginning of a line of a list, or of a docstring's arguments."""


def room() -> int:
    """Columns of text on standard output."""
    return stdout().width if watched(sys.stdout) else PIPED


def print_rows(rows: list[Row]) -> None:
    """Rows in aligned columns."""
    widths = [min(ALIGNED, max(map(len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_entry(head: str, *says: str, indent: int = 0) -> None:
    """A head and, below it, paragraphs."""
    print_text(head, indent, indent + 2 * INDENT)
    for text in says:
        print_text(text, indent + INDENT)


def print_text(text: str, indent: int = 0, hanging: int | None = None) -> None:
    """A paragraph, its first line indented by ``indent`` columns and the others by ``hanging``."""
    print(filled(text, indent, hanging))


def filled(text: str, indent: int = 0, hanging: int | None = None) -> str:
    """The same as text. A word that is longer than a line, such as a path, stays whole."""
    lines = textwrap.TextWrapper(room(), " " * indent, " " * (indent if hanging is None else hanging))
    lines.break_on_hyphens = lines.break_long_words = False
    return lines.fill(text)


def filled_lines(text: str) -> str:
    """Each line of ``text`` filled by itself, at its indentation; commands, to be pasted, stay on one."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    words = line.lstrip()
    indent = len(line) - len(words)
    return line if words.startswith("opassay ") else filled(words, indent, indent + INDENT)


def print_named(name: str, words: Iterable[str], between: str = ", ", indent: int = INDENT) -> None:
    """``name: first, second``, nothing where there are no words."""
    if text := between.join(words):
        print_text(f"{name}: {text}", indent, indent + INDENT)


def print_docstring(text: str) -> None:
    """A docstring without its indentation, its paragraphs filled; lists and arguments keep their lines."""
    for paragraph in text.split("\n\n"):
        print()
        lines: list[str] = []
        for line in paragraph.splitlines():
            if lines and not _ITEM.match(line):
                lines[-1] += f" {line.strip()}"
            else:
                lines.append(line)
        for line in lines:
            deep = INDENT + len(line) - len(line.lstrip())
            print_text(line.strip(), deep, deep + INDENT if _ITEM.match(line) else deep)
