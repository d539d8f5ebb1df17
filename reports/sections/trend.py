"""Several runs side by side: the state of each op on each target from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.reports.data.rows import Results
from opassay.reports.data.run_file import read_run
from opassay.reports.data.stored_table import read_for_pages
from opassay.reports.data.text import clean
from opassay.reports.sections.matrix import STATES, Cell, added, matrix, total

RUN_LIMIT = 24
"""The most runs that are shown: the last ones."""


@dataclass(frozen=True)
class Run:
    """The head of a column: the folder's name, the frameworks' versions, and total counts."""

    name: str
    versions: str
    judged: int
    total: int
    new: int
    known: int


@dataclass(frozen=True)
class Point:
    """One op on one target in one run, over all aspects; ``turn`` is ``better``, ``worse`` or empty."""

    state: str
    judged: int
    total: int
    new: int
    known: int
    turn: str


@dataclass(frozen=True)
class Trend:
    """``runs`` from the oldest to the newest, in the given order; ``rows`` by op and target, None where not planned."""

    runs: tuple[Run, ...]
    rows: tuple[tuple[str, str, tuple[Point | None, ...]], ...]


def read_trend(folders: Sequence[Path]) -> Trend:
    """The trend over the runs in ``folders``, oldest first. Raises ``ValueError`` for one that holds no run."""
    return trend([(folder.resolve().name, read_for_pages(folder), read_run(folder)) for folder in folders[-RUN_LIMIT:]])


def trend(runs: Sequence[tuple[str, Results, Mapping[str, Any]]]) -> Trend:
    """The trend over named tables with their ``run.json``, oldest first."""
    heads, columns = [], []
    for name, table, run in runs:
        cells = matrix(table, run)
        whole = total(cells)
        found = {
            f"{info.get('adapter', label)} {info.get('version', '')}": None for label, info in run["targets"].items()
        }
        versions = ", ".join(map(str.strip, found))
        heads.append(Run(clean(name), clean(versions), whole.judged, whole.total, whole.new, whole.known))
        columns.append(_by_pair(cells))
    pairs = sorted({pair for column in columns for pair in column})
    rows = [(op, target, tuple(_points([column.get((op, target)) for column in columns]))) for op, target in pairs]
    return Trend(tuple(heads), tuple(rows))


def _by_pair(cells: Sequence[Cell]) -> dict[tuple[str, str], Cell]:
    """All aspects of an op on a target as one cell."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.op, cell.target), []).append(cell)
    return {pair: added(several) for pair, several in found.items()}


def _points(cells: Sequence[Cell | None]) -> list[Point | None]:
    points: list[Point | None] = []
    before: Cell | None = None
    for cell in cells:
        points.append(None if cell is None else _point(cell, before))
        before = cell or before
    return points


def _point(cell: Cell, before: Cell | None) -> Point:
    return Point(cell.state, cell.judged, cell.total, cell.new, cell.known, _turn(cell, before))


def _turn(cell: Cell, before: Cell | None) -> str:
    """Compares the number of new differences, then the state."""
    if before is None:
        return ""
    order = list(STATES)
    now, then = (cell.new, -order.index(cell.state)), (before.new, -order.index(before.state))
    return "worse" if now > then else "better" if now < then else ""
