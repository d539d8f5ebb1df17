"""Draw: what a case is drawn from, a table per property, and what is made of one entry of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Row = Sequence[Any]
"""One entry of each table."""


@dataclass(frozen=True)
class Draw:
    """``build`` makes something of a row.

    In each table the simplest entry stands first, and what should be simple first has an earlier table: that is where
    shrinking leads. An entry that stands there twice is drawn twice as often.
    """

    tables: tuple[Sequence[Any], ...]
    build: Callable[[Row], Any]

    def map(self, made: Callable[[Any], Any]) -> Draw:
        """What ``made`` makes of what is drawn."""
        return replace(self, build=lambda row: made(self.build(row)))

    def beside(self, *more: Sequence[Any]) -> Draw:
        """What is drawn and an entry of each of ``more``, as a tuple."""
        count = len(self.tables)
        return Draw((*self.tables, *more), lambda row: (self.build(row[:count]), *row[count:]))
