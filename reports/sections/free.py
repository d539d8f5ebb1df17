"""Elements of answers that were not judged: the contract leaves them open, or no bound exists for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from opassay.reports.data.rows import Results, rows
from opassay.reports.data.text import share
from opassay.reports.sections.accuracy import dtype_names

_COLUMNS = ("op", "dtype", "target", "elements", "free_elements", "free_by_bound")


@dataclass
class Free:
    """How many answer elements of an op, dtype and target were free, and how many of these for lack of a bound."""

    op: str = ""
    dtype: str = ""
    target: str = ""
    elements: int = 0
    free: int = 0
    by_bound: int = 0

    @property
    def by_contract(self) -> int:
        return self.free - self.by_bound

    @property
    def line(self) -> str:
        """As text; empty where everything was judged."""
        if not self.free:
            return ""
        why = [f"{self.by_contract:,} free by the contract"] if self.by_contract else []
        why += [f"{self.by_bound:,} without a bound"] if self.by_bound else []
        return f"Not judged: {share(self.free, self.elements)} elements of answers: {', '.join(why)}"


def free_table(table: Results) -> list[Free]:
    """By op, dtype and target, over all aspects, for the answers whose elements were counted."""
    found: dict[tuple[str, str, str], Free] = {}
    for op, dtype, target, elements, free, by_bound in rows(table, _COLUMNS):
        if elements:
            key = (op, dtype_names(dtype), target)
            _add(found.setdefault(key, Free(*key)), elements, free or 0, by_bound or 0)
    return [found[key] for key in sorted(found)]


def total_free(found: Iterable[Free]) -> Free:
    """The sum of all."""
    out = Free()
    for one in found:
        _add(out, one.elements, one.free, one.by_bound)
    return out


def _add(into: Free, elements: int, free: int, by_bound: int) -> None:
    into.elements += elements
    into.free += free
    into.by_bound += by_bound
