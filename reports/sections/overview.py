"""An overview of every op on every target: one row per family of ops, and below it one per op."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from opassay.reports.sections.matrix import STATES, Cell, added
from opassay.reports.sections.summarise import Summary

DESIGN = "design"
"""The state between ``pass`` and ``known``: a by-design difference, or an answer judged under a declared choice."""
_ORDER = [name for state in STATES for name in ((DESIGN, state) if state == "pass" else (state,))]
RED = ("new", "fault")
FOLDED = 24
"""The most ops that are all shown. Beyond, a family's ops show only if one is red, or on demand."""
OTHER = "other"
FAMILIES = "family, ops"
OVER = {FAMILIES: " over all ops, aspects and fills; the report has each op"}
Grid = dict[str, list[Cell | None]]
"""The cells of each row, one per target."""


@dataclass(frozen=True)
class Spot:
    """An op or a family on a target: its worst state over all aspects, for how many of its ops, and a link."""

    state: str
    count: int
    of: int
    anchor: str


@dataclass(frozen=True)
class Row:
    """The spots of one op or family, target by target."""

    name: str
    spots: tuple[Spot | None, ...]

    @property
    def red(self) -> bool:
        return any(spot is not None and spot.state in RED for spot in self.spots)


@dataclass(frozen=True)
class Family:
    """A family's own row, and those of its ops."""

    row: Row
    ops: tuple[Row, ...]


def overview(summary: Summary, anchors: Mapping[tuple[str, str, str, str], str]) -> list[Family]:
    """The families; ``anchors``: the id of a cell's worst difference."""
    cells: dict[tuple[str, str], list[Cell]] = {}
    for cell in summary.cells:
        if cell.op not in summary.lacking:
            cells.setdefault((cell.op, cell.target), []).append(cell)
    return [
        _family(name, [_row(op, summary.targets, cells, anchors) for op in ops])
        for name, ops in by_family(summary).items()
    ]


def by_family(summary: Summary) -> dict[str, list[str]]:
    """The ops that some target has, by family; those without one last."""
    named: dict[str, list[str]] = {}
    for op in sorted({cell.op for cell in summary.cells} - summary.lacking):
        named.setdefault(str(summary.run["families"].get(op) or OTHER), []).append(op)
    return {name: named[name] for name in sorted(named, key=lambda name: (name == OTHER, name))}


def grids(summary: Summary) -> dict[str, Grid]:
    """What ran as text: a grid per aspect with a row per op; of more than ``FOLDED`` ops one, with a row per family."""
    families = by_family(summary)
    if sum(map(len, families.values())) <= FOLDED:
        return {
            aspect: {op: [summary.cell(op, aspect, target) for target in summary.targets] for op in summary.ops(aspect)}
            for aspect in summary.aspects
        }
    of: dict[tuple[str, str], list[Cell]] = {}
    named = {op: f"{family}, {len(ops):,}" for family, ops in families.items() for op in ops}
    for cell in summary.cells:
        if cell.op in named:
            of.setdefault((named[cell.op], cell.target), []).append(cell)
    names = dict.fromkeys(named.values())
    return {FAMILIES: {name: [added(of.get((name, target), [])) for target in summary.targets] for name in names}}


def _row(
    op: str,
    targets: Sequence[str],
    cells: Mapping[tuple[str, str], list[Cell]],
    anchors: Mapping[tuple[str, str, str, str], str],
) -> Row:
    return Row(op, tuple(_spot(cells.get((op, target), []), anchors) for target in targets))


def _spot(cells: Sequence[Cell], anchors: Mapping[tuple[str, str, str, str], str]) -> Spot | None:
    if not cells:
        return None
    worst = min(cells, key=lambda cell: _ORDER.index(state_of(cell)))
    anchor = anchors.get((worst.op, worst.aspect, worst.target, worst.state), f"ran-{worst.aspect}-{worst.op}")
    return Spot(state_of(worst), 1, 1, anchor)


def state_of(cell: Cell) -> str:
    """The state of a cell; ``design`` if the framework's own definition accounts for all differences."""
    if cell.state == "known":
        return DESIGN if cell.known <= cell.by_design else "known"
    return DESIGN if cell.state == "pass" and cell.by_design else cell.state


def _family(name: str, ops: Sequence[Row]) -> Family:
    columns = zip(*(row.spots for row in ops), strict=True)
    return Family(Row(name, tuple(_worst(list(filter(None, column))) for column in columns)), tuple(ops))


def _worst(spots: Sequence[Spot]) -> Spot | None:
    if not spots:
        return None
    counts = Counter(spot.state for spot in spots)
    worst = min(spots, key=lambda spot: _ORDER.index(spot.state))
    return Spot(worst.state, counts[worst.state], len(spots), worst.anchor)


def folded(families: Sequence[Family]) -> bool:
    """Whether there are too many ops to show each."""
    return sum(len(family.ops) for family in families) > FOLDED


def states(families: Sequence[Family]) -> Iterator[str]:
    """The states that occur, the worst first."""
    found = {spot.state for family in families for row in family.ops for spot in row.spots if spot}
    yield from sorted(found, key=_ORDER.index)
