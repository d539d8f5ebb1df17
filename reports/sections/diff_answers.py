"""The records of a run by case, in the order in which two runs are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from opassay.harness.model.messages import first_line, normalised
from opassay.harness.model.verdicts import FAILING
from opassay.reports.data.rows import Results, rows
from opassay.reports.sections.differences import empty

FAULT = "fault"
_COLUMNS = ("op", "aspect", "target", "case_id", "verdict", "known", "message", "error_type", "shapes")
Signature = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A run's record of one case on one target."""

    verdict: str
    known: str
    says: str
    message: str
    case_id: str
    target: str
    empty: bool = False

    @property
    def fails(self) -> bool:
        return self.verdict in FAILING


Block = dict[tuple[str, str], Answer]
Blocks = Iterator[tuple[tuple[str, str], Block]]


def blocks(left: Blocks, right: Blocks) -> Iterator[tuple[tuple[str, str], Block, Block]]:
    """Op and aspect with the answers of both runs, one block at a time: both tables have this order."""
    first, second = next(left, None), next(right, None)
    while first or second:
        place = min(side[0] for side in (first, second) if side)
        before, after = ((side[1] if side and side[0] == place else {}) for side in (first, second))
        yield place, before, after
        first = next(left, None) if first and first[0] == place else first
        second = next(right, None) if second and second[0] == place else second


def grouped(table: Results, pair: tuple[str, str] | None, side: int) -> Blocks:
    """The table's answers by op and aspect; with a ``pair``, of one ``side``'s target only, under both names."""
    passed: dict[str, Answer] = {}
    for place, group in groupby(rows(table, _COLUMNS), key=lambda row: (row[0], row[1])):
        block: Block = {}
        for _, _, of, case_id, verdict, known, message, error_type, shapes in group:
            if pair and of != pair[side]:
                continue
            target = " and ".join(pair) if pair else of
            if verdict in FAILING or verdict == FAULT:
                says = normalised(message) or error_type
                answer = Answer(verdict, known, says, first_line(message)[:300], case_id, target, empty(shapes))
            else:
                # Most records pass: all of a target share one answer.
                answer = passed.setdefault(f"{target} {verdict}", Answer(verdict, "", "", "", "", target))
            kept = block.get((case_id, target))
            if kept is None or not kept.fails:
                block[case_id, target] = answer
        yield (str(place[0]), str(place[1])), block


def signature(answer: Answer) -> Signature:
    return answer.target, answer.verdict, answer.known, answer.says


def saying(answer: Answer) -> tuple[str, str, str]:
    return answer.target, answer.verdict, answer.says
