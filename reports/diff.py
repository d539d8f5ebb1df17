"""What changed between two runs: case by case where both asked the same, by what a difference says elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from harness.model.verdicts import FAILING
from reports.rows import Results, rows
from reports.text import clean, first_line, normalised

SORTS = {
    "new": "fails now, did not fail before, and no known difference covers it",
    "fixed": "failed before, passes now",
    "changed": "fails now in another way than before, or only now and a known difference covers it",
    "still there": "fails as before",
    "no longer tested": "was judged before, is not now",
}
"""The sorts of change, in the order in which they are told."""
FIRST_CASES = 3
_COLUMNS = ("op", "aspect", "target", "case_id", "verdict", "known", "message", "error_type")
_JUDGED = frozenset(("pass", *FAILING))
Signature = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run recorded of one case on one target."""

    verdict: str
    known: str
    says: str
    message: str
    case_id: str
    target: str

    @property
    def fails(self) -> bool:
        return self.verdict in FAILING


@dataclass
class Change:
    """Records of one op, aspect and target that changed alike. ``old`` and ``new`` are verdicts, empty where none."""

    sort: str
    op: str
    aspect: str
    target: str
    old: str
    new: str
    known: str
    says: str
    count: int = 0
    message: str = ""
    cases: list[str] = field(default_factory=list)


@dataclass
class Diff:
    """All changes, by ``SORTS``.

    ``both``: how many records of one case and target both runs judged; ``after_only``: that only the later one did;
    ``versions``: of each target, before and now; ``records``: how many records each sort has.
    """

    changes: list[Change]
    both: int
    after_only: int
    versions: list[tuple[str, str, str]]
    records: Counter[str]

    def of(self, sort: str) -> list[Change]:
        return [change for change in self.changes if change.sort == sort]

    @property
    def status(self) -> int:
        """1 when something is new, or when nothing was compared; else 0."""
        return int(bool(self.records["new"]) or not self.both)


def compare(old: Results, old_run: Mapping[str, Any], new: Results, new_run: Mapping[str, Any]) -> Diff:
    """What changed from ``old`` to ``new``, in memory bounded by the largest op and aspect.

    The tables' rows must come by op and aspect, as every written table's do.
    """
    changes: dict[tuple[str, ...], Change] = {}
    both = after_only = 0
    for place, before, after in _blocks(old, new):
        judged = {key for key, answer in after.items() if answer.verdict in _JUDGED}
        common = sum(key in judged for key, answer in before.items() if answer.verdict in _JUDGED)
        both, after_only = both + common, after_only + len(judged) - common
        for sort, b, a in _sorted_out(before, after):
            _add(changes, place, sort, b, a)
    order = list(SORTS)
    told = sorted(changes.values(), key=lambda c: (order.index(c.sort), c.op, c.aspect, c.target, -c.count, c.says))
    records: Counter[str] = Counter()
    for change in told:
        records[change.sort] += change.count
    return Diff(told, both, after_only, _versions(old_run, new_run), records)


Block = dict[tuple[str, str], Answer]


def _blocks(old: Results, new: Results) -> Iterator[tuple[tuple[str, str], Block, Block]]:
    """Op and aspect with the answers of both runs, one block at a time: both tables come in this order."""
    left, right = _grouped(old), _grouped(new)
    first, second = next(left, None), next(right, None)
    while first or second:
        place = min(side[0] for side in (first, second) if side)
        before, after = ((side[1] if side and side[0] == place else {}) for side in (first, second))
        yield place, before, after
        first = next(left, None) if first and first[0] == place else first
        second = next(right, None) if second and second[0] == place else second


def _grouped(table: Results) -> Iterator[tuple[tuple[str, str], Block]]:
    passed: dict[str, Answer] = {}
    for place, group in groupby(rows(table, _COLUMNS), key=lambda row: (row[0], row[1])):
        block: Block = {}
        for _, _, target, case_id, verdict, known, message, error_type in group:
            if verdict in FAILING:
                says = normalised(message) or error_type
                answer = Answer(verdict, known, says, first_line(message)[:300], case_id, target)
            else:
                # Most records pass: all of a target share one answer.
                answer = passed.setdefault(f"{target} {verdict}", Answer(verdict, "", "", "", "", target))
            kept = block.get((case_id, target))
            if kept is None or not kept.fails:
                block[case_id, target] = answer
        yield (str(place[0]), str(place[1])), block


def _signature(answer: Answer) -> Signature:
    return answer.target, answer.verdict, answer.known, answer.says


def _sorted_out(before: Block, after: Block) -> Iterator[tuple[str, Answer | None, Answer | None]]:
    """Each case and target with its sort of change; a pass that stays one is none."""
    earlier = {_signature(answer) for answer in before.values() if answer.fails}
    later = {_signature(answer) for answer in after.values() if answer.fails}
    for key, now in after.items():
        then = before.get(key)
        if now.fails:
            if sort := _of_failing(then, now, earlier):
                yield sort, then, now
        elif then and then.fails and now.verdict == "pass":
            yield "fixed", then, now
        elif then and then.verdict in _JUDGED and now.verdict not in _JUDGED:
            yield "no longer tested", then, now
    for key, then in before.items():
        if key not in after and then.verdict in _JUDGED and not (then.fails and _signature(then) in later):
            yield "no longer tested", then, None


def _of_failing(then: Answer | None, now: Answer, earlier: set[Signature]) -> str:
    if then is None or not then.fails:
        if then is None and _signature(now) in earlier:
            return "still there"
        # A known difference in a case that nobody asked before is no change.
        return ("changed" if then else "") if now.known else "new"
    if then.known and not now.known:
        return "new"
    same = (then.verdict, then.known, then.says) == (now.verdict, now.known, now.says)
    return "still there" if same else "changed"


def _add(
    changes: dict[tuple[str, ...], Change], place: tuple[str, str], sort: str, then: Answer | None, now: Answer | None
) -> None:
    told = now if now and now.fails else then
    if told is None:
        return
    old, new = then.verdict if then else "", now.verdict if now else ""
    # What a known difference says in each case is told with it, not here.
    says = "" if told.known else told.says
    key = (sort, *place, told.target, old, new, told.known, says)
    change = changes.setdefault(key, Change(*key))
    change.count += 1
    change.message = change.message or clean(told.message)
    if told.case_id and len(change.cases) < FIRST_CASES:
        change.cases.append(told.case_id)


def _versions(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    before, after = (
        {name: str(info.get("version", "")) for name, info in run["targets"].items()} for run in (old, new)
    )
    return [(clean(name), clean(before.get(name, "")), clean(after.get(name, ""))) for name in before | after]
