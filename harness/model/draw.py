"""Draw: a table per property, and a function that builds a case from one entry of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Row = Sequence[Any]
"""One entry of each table."""


@dataclass(frozen=True)
class Together:
    """An entry that sets other tables, by name: values that belong together."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draw:
    """``build`` makes something of a row.

    In each table the simplest entry stands first, and what should be simple first has an earlier table: that is where
    shrinking leads. An entry that stands there twice is drawn twice as often. ``names`` are those of the tables, by
    which an earlier one may hold entries of the kind ``Together``.
    """

    tables: tuple[Sequence[Any], ...]
    build: Callable[[Row], Any]
    names: tuple[str, ...] = ()

    def map(self, made: Callable[[Any], Any]) -> Draw:
        """What ``made`` makes of what is drawn."""
        return replace(self, build=lambda row: made(self.build(row)))

    def beside(self, *more: Sequence[Any]) -> Draw:
        """What is drawn and an entry of each of ``more``, as a tuple."""
        count = len(self.tables)
        return replace(self, tables=(*self.tables, *more), build=lambda row: (self.build(row[:count]), *row[count:]))

    @property
    def simplest(self) -> Any:
        """What the first entries give."""
        return self.made((0,) * len(self.tables))

    def made(self, places: Sequence[int]) -> Any:
        """What the entries at ``places`` give, one of each table."""
        return self.build(self.row(places))

    def row(self, places: Sequence[int]) -> Row:
        """The entries at ``places``."""
        return tuple(table[place] for table, place in zip(self.tables, places, strict=True))

    def apart(self, places: Sequence[int]) -> tuple[int, ...]:
        """The same draw without such entries: their values come from the tables, numbers as near as these allow."""
        found = list(places)
        for position, entry in enumerate(self.row(places)):
            if isinstance(entry, Together):
                found[position] = self.tables[position].index(Together())
                for name, value in entry.values.items():
                    other = self.names.index(name)
                    found[other] = _nearest(self.tables[other], value)
        return tuple(found)

    def settled(self, entry: Any) -> tuple[int, ...]:
        """The indices of the tables that ``entry`` sets."""
        return tuple(map(self.names.index, entry.values)) if isinstance(entry, Together) else ()


def _nearest(table: Sequence[Any], value: Any) -> int:
    """The place of ``value``, of the nearest number, or of the simplest entry."""
    if value in table:
        return table.index(value)
    return min(range(len(table)), key=lambda i: abs(table[i] - value)) if isinstance(value, int) else 0
