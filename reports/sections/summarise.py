"""From the results table and ``run.json`` to the numbers that every page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opassay.reports.data.rows import Results
from opassay.reports.data.run_file import RUNNING, complete
from opassay.reports.data.text import plural, rho_text
from opassay.reports.sections.accuracy import Rho, rho_table
from opassay.reports.sections.differences import Difference, differences
from opassay.reports.sections.free import Free, free_table, total_free
from opassay.reports.sections.matrix import Cell, Tally, matrix, targets, total

_STATUS = {RUNNING: "The run goes on: these are the answers so far. It writes this page anew when it ends."}
BROAD_LIMIT = 3
"""The most known differences that are too broad, or lines that are out of date, and named one by one."""


@dataclass(frozen=True)
class Share:
    """``count`` of ``of`` records of an op (on a target, or on all where ``target`` is empty)."""

    op: str
    target: str
    count: int
    of: int


@dataclass(frozen=True)
class Summary:
    """Everything a page needs. ``run`` has every key; ``cells`` are ordered by aspect, op, target."""

    run: dict[str, Any]
    targets: list[str]
    cells: list[Cell]
    total: Tally
    differences: list[Difference]
    unsupported: list[Share]
    undefined: list[Share]
    rhos: list[Rho]
    free: list[Free]
    warnings: list[str]

    @property
    def state(self) -> str:
        """``new``, ``fault``, ``nothing``, ``incomplete`` or ``clean``; only the last is a success."""
        if self.total.new:
            return "new"
        if self.total.fault:
            return "fault"
        if not self.total.judged:
            return "nothing"
        return "incomplete" if self.total.missing or self.down or self.run["status"] != "finished" else "clean"

    @property
    def down(self) -> dict[str, str]:
        """Targets that could not start, with the reason."""
        states = {name: str(info.get("state", "ready")) for name, info in self.run["targets"].items()}
        return {name: state for name, state in states.items() if state != "ready"}

    @property
    def aspects(self) -> list[str]:
        return list(dict.fromkeys(cell.aspect for cell in self.cells if cell.op not in self.lacking))

    def cell(self, op: str, aspect: str, target: str) -> Cell | None:
        return self._by_key.get((op, aspect, target))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, str], Cell]:
        return {(c.op, c.aspect, c.target): c for c in self.cells}

    def ops(self, aspect: str) -> list[str]:
        """The ops to show for an aspect: those that some target has."""
        return list(dict.fromkeys(c.op for c in self.cells if c.aspect == aspect and c.op not in self.lacking))

    @cached_property
    def lacking(self) -> frozenset[str]:
        """The ops that no target has."""
        return frozenset(c.op for c in self.cells) - {c.op for c in self.cells if c.state != "absent"}

    @property
    def states(self) -> frozenset[str]:
        """Those of the cells that are shown."""
        return frozenset(cell.state for cell in self.cells if cell.op not in self.lacking)

    @property
    def lacks(self) -> str:
        """A line about the ops that no target has; empty if there are none."""
        if not self.lacking:
            return ""
        left_out = plural(len(self.lacking), "op is left out", "ops are left out")
        many = len(self.lacking) > 1
        who = "no target here has" if len(self.targets) > 1 else f"{''.join(self.targets)} does not have"
        return f"{left_out}: {who} {'them' if many else 'it'}, see opassay list ops NAME"

    def of_kind(self, kind: str) -> list[Difference]:
        return [d for d in self.differences if d.kind == kind]

    @property
    def verdict(self) -> str:
        """The headline: what is new, and whether more may follow."""
        news = self.of_kind("new")
        found = f"{plural(len(news), 'new difference')} in {plural(self.total.new, 'record')}"
        if self.run["status"] == RUNNING:
            return f"{found if news else 'No new difference'} so far; {still_running(self.total)}"
        return {
            "new": found,
            "fault": f"{plural(self.total.fault, 'fault')} of opassay or an adapter, no new difference",
            "nothing": "Nothing was judged, so nothing is known",
            "incomplete": "No new difference so far, but less ran than was planned",
            "clean": "No new difference",
        }[self.state] + self._listed

    @property
    def _listed(self) -> str:
        count = len(self.of_kind("listed"))
        return f"; {plural(count, 'difference')} in untested versions, not red" if count else ""

    def named(self, count: str) -> str:
        """The displayed name of a tally's count: while a run is in progress, nothing is missing."""
        return "to come" if count == "missing" and self.run["status"] == RUNNING else count.replace("_", " ")

    @property
    def ran(self) -> str:
        """The second line: how much ran, and what became of every other planned record."""
        t = self.total
        parts = [f"{t.passed:,} passed"]
        parts += [f"{n:,} {name}" for n, name in ((t.new, "new"), (t.listed, "listed"), (t.known, "known")) if n]
        rest = [(t.unsupported, "unsupported"), (t.undefined, "undefined"), (t.fallback, "fallback")]
        rest += [(t.fault, "fault"), (t.missing, self.named("missing"))]
        others = ", ".join(f"{n:,} {name}" for n, name in rest if n)
        told = f"{t.ran} planned: {', '.join(parts)}" + (f"; not judged: {others}" if others else "")
        within = f"not run within {self.run['budget']:g} s" if self.run["budget"] else ""
        why = within or "not planned where each takes seconds to compile"
        return told + (f"; {t.not_planned:,} {why}" if t.not_planned else "")

    @property
    def largest(self) -> str:
        """How near the bound the answers came, or how far beyond it the new ones are; empty where all are exact."""
        if not self.total.worst_rho:
            return ""
        whose = "" if self.total.new or self.total.listed else ", where 1 is the bound"
        return f"Largest error ÷ allowed error: {rho_text(self.total.worst_rho)}{whose}"

    @property
    def left_free(self) -> str:
        """How many elements of the answers were not judged, and why; empty where all were."""
        return total_free(self.free).line


def summarise(table: Results, run: Mapping[str, Any]) -> Summary:
    """The summary of a table (as ``read_table`` or ``read_for_pages`` returns it) and its run.

    Raises ``ValueError`` for a verdict that opassay does not have or a run of the wrong kind.
    """
    full = complete(run)
    cells = matrix(table, full)
    return Summary(
        run=full,
        targets=targets(table, full),
        cells=cells,
        total=total(cells),
        differences=differences(table, full),
        unsupported=unsupported_shares(cells),
        undefined=undefined_shares(cells),
        rhos=rho_table(table, full),
        free=free_table(table),
        warnings=_warnings(full, cells),
    )


def still_running(total: Tally) -> str:
    return f"still running: {total.recorded:,} of {total.total:,}"


def unsupported_shares(cells: Sequence[Cell]) -> list[Share]:
    """Per op and target, over all aspects, out of the existing records; only those above zero."""
    count: Counter[tuple[str, str]] = Counter()
    of: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        count[cell.op, cell.target] += cell.unsupported
        of[cell.op, cell.target] += cell.recorded
    return [Share(op, target, n, of[op, target]) for (op, target), n in sorted(count.items()) if n]


def undefined_shares(cells: Sequence[Cell]) -> list[Share]:
    """Per op, out of the answers (judged or undefined); every op that has any."""
    count: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for cell in cells:
        count[cell.op] += cell.undefined
        of[cell.op] += cell.undefined + cell.judged
    return [Share(op, "", count[op], of[op]) for op in sorted(of) if of[op]]


def _too_broad(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each, or one for many: the list of known differences has all counts."""
    if len(found) <= BROAD_LIMIT:
        return [
            f"Known difference {known['id']} is too broad: {plural(known['passed'], 'covered case')} passed."
            for known in found
        ]
    passed = sum(known["passed"] for known in found)
    return [
        f"{plural(len(found), 'known difference')} are too broad: {plural(passed, 'covered case')} passed; "
        "the list of known differences says which."
    ]


def _outdated(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each entry, and one for all lines of baselines: a new entry may cover what many of these hold."""
    lines = [known["id"] for known in found if known.get("baseline")]
    out = [
        f"Known difference {known['id']} is out of date: its pinned case no longer shows it."
        for known in found
        if not known.get("baseline")
    ]
    if lines:
        named = ", ".join(lines[:BROAD_LIMIT]) + (", …" if len(lines) > BROAD_LIMIT else "")
        out.append(
            f"out of date: {plural(len(lines), 'line')} of a baseline ({named}), of which the pinned case shows "
            "nothing, or what another entry covers: opassay known update drops them."
        )
    return out


def _warnings(run: Mapping[str, Any], cells: Sequence[Cell]) -> list[str]:
    """What a reader must know before trusting the numbers."""
    out = [_STATUS.get(run["status"], f"The run was {run['status']}.")] if run["status"] != "finished" else []
    for name, info in run["targets"].items():
        if info.get("state", "ready") != "ready":
            out.append(f"{name} {info['state']}")
    out += _outdated([known for known in run["known"] if known.get("pin") == "passes"])
    for known in run["known"]:
        if known.get("broken"):
            out.append(f"Known difference {known['id']} covers nothing where its predicate raises: {known['broken']}.")
    out += _too_broad([known for known in run["known"] if known.get("passed") and not known.get("flaky")])
    surplus = sum(cell.recorded - cell.planned for cell in cells if cell.recorded > cell.planned)
    if surplus:
        out.append(f"{plural(surplus, 'record')} more than planned: was something run twice?")
    return out + [f"fault of opassay: {line}" for line in run["faults"]] + [str(w) for w in run["warnings"]]
