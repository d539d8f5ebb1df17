"""What changed between two runs, or two targets: case by case where both ran the same cases, else by message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opassay.harness.model.verdicts import FAILING, severity
from opassay.reports.data.rows import Results
from opassay.reports.data.text import clean
from opassay.reports.sections.diff_answers import FAULT, Answer, Block, Signature, blocks, grouped, saying, signature
from opassay.reports.sections.diff_runs import Step, between_targets, differing, versions

SORTS = {
    "new": "fails now, did not fail before, and no known difference covers it",
    "fault": "cannot be asked now, through a fault of opassay or of the adapter that was not there before",
    "fixed": "failed before, passes now",
    "partly fixed": "failed before and passes now, but other cases still fail in the same way",
    "changed": "fails now in another way than before, or only now and a known difference covers it",
    "still there": "fails as before",
    "no longer tested": "was judged before, is not now",
}
"""The sorts of change between two runs, in the order of the report."""
TARGETS = {
    "new": "fails on {b}, does not fail on {a}, and no known difference covers it",
    "fault": "cannot be asked on {b}, through a fault of opassay or of the adapter that {a} does not have",
    "fixed": "fails on {a}, passes on {b}",
    "partly fixed": "fails on {a} and passes on {b}, where other cases fail in the same way",
    "changed": "fails on both in different ways, or only on {b} and a known difference covers it",
    "still there": "fails on both in the same way",
    "no longer tested": "is judged on {a}, not on {b}",
}
"""The same between two targets."""
NAMES = {
    "new": "only on {b}",
    "fault": "fault on {b}",
    "fixed": "only on {a}",
    "partly fixed": "on {a} in more cases",
    "changed": "different",
    "still there": "on both",
    "no longer tested": "not judged on {b}",
}
"""The names of the sorts between two targets."""
FIRST_CASES = 3
_JUDGED = frozenset(("pass", *FAILING))


@dataclass
class Change:
    """Records of one op, aspect and target that changed alike. ``old`` and ``new`` are verdicts, empty where none.

    ``empty``: all of their cases have a tensor without elements.
    """

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
    empty: bool = True

    @property
    def severity(self) -> tuple[int, bool]:
        """Sorts the gravest first."""
        return severity(self.new if self.new in FAILING else self.old, self.empty)


@dataclass
class Diff:
    """All changes, by ``SORTS``, the gravest first.

    ``both``: how many records of one case and target both runs judged; ``after_only``: those that only the later one
    judged; ``versions``: of each target, before and now; ``differing``: other settings that differ; ``records``: number
    of records of each sort; ``faults``: number of faults, before and now; ``pair``: the targets compared, if not runs;
    ``run``: the later run.
    """

    changes: list[Change]
    both: int
    after_only: int
    versions: list[Step]
    differing: list[Step]
    records: Counter[str]
    faults: tuple[int, int]
    run: Mapping[str, Any]
    pair: tuple[str, str] | None = None

    @property
    def sorts(self) -> list[tuple[str, str, str]]:
        """Each sort, its name here, and its meaning."""
        if self.pair is None:
            return [(sort, sort, meaning) for sort, meaning in SORTS.items()]
        names = dict(zip("ab", map(clean, self.pair), strict=True))
        return [(sort, NAMES[sort].format(**names), TARGETS[sort].format(**names)) for sort in SORTS]

    def of(self, sort: str) -> list[Change]:
        return [change for change in self.changes if change.sort == sort]

    @property
    def status(self) -> int:
        """3 when there is a new fault, 1 when something is new or nothing was compared; else 0."""
        return 3 if self.records["fault"] else int(bool(self.records["new"]) or not self.both)


def compare(
    old: Results,
    old_run: Mapping[str, Any],
    new: Results,
    new_run: Mapping[str, Any],
    pair: tuple[str, str] | None = None,
) -> Diff:
    """What changed from ``old`` to ``new``, with memory bounded by the largest op and aspect.

    ``pair``: the target of ``old`` and the one of ``new`` to compare, instead of each target with itself.
    The tables' rows must come by op and aspect, as in every written table.
    """
    changes: dict[tuple[str, ...], Change] = {}
    both = after_only = 0
    faults = [0, 0]
    for place, before, after in blocks(grouped(old, pair, 0), grouped(new, pair, 1)):
        for side, block in enumerate((before, after)):
            faults[side] += sum(answer.verdict == FAULT for answer in block.values())
        judged = {key for key, answer in after.items() if answer.verdict in _JUDGED}
        common = sum(key in judged for key, answer in before.items() if answer.verdict in _JUDGED)
        both, after_only = both + common, after_only + len(judged) - common
        for sort, b, a in _sorted_out(before, after):
            _add(changes, place, sort, b, a)
    order = list(SORTS)
    told = sorted(
        changes.values(), key=lambda c: (order.index(c.sort), c.severity, -c.count, c.op, c.aspect, c.target, c.says)
    )
    records: Counter[str] = Counter()
    for change in told:
        records[change.sort] += change.count
    if pair is None:
        steps, more = versions(old_run, new_run), differing(old_run, new_run)
    else:
        steps, more = [], between_targets(old_run, pair[0], new_run, pair[1])
    return Diff(told, both, after_only, steps, more, records, (faults[0], faults[1]), new_run, pair)


def _sorted_out(before: Block, after: Block) -> Iterator[tuple[str, Answer | None, Answer | None]]:
    """Each case and target with its sort of change; an unchanged pass is none."""
    earlier = {signature(answer) for answer in before.values() if answer.fails}
    later = {signature(answer) for answer in after.values() if answer.fails}
    going_on = {saying(answer) for answer in after.values() if answer.fails}
    for key, now in after.items():
        then = before.get(key)
        if now.fails:
            if sort := _of_failing(then, now, earlier):
                yield sort, then, now
        elif now.verdict == FAULT:
            if then is None or then.verdict != FAULT:
                yield "fault", then, now
        elif then and then.fails and now.verdict == "pass":
            yield ("partly fixed" if saying(then) in going_on else "fixed"), then, now
        elif then and then.verdict in _JUDGED and now.verdict not in _JUDGED:
            yield "no longer tested", then, now
    for key, then in before.items():
        if key not in after and then.verdict in _JUDGED and not (then.fails and signature(then) in later):
            yield "no longer tested", then, None


def _of_failing(then: Answer | None, now: Answer, earlier: set[Signature]) -> str:
    if then is None or not then.fails:
        if then is None and signature(now) in earlier:
            return "still there"
        # A known difference in a case that did not run before is not a change.
        return ("changed" if then else "") if now.known else "new"
    if then.known and not now.known:
        return "new"
    same = (then.verdict, then.known, then.says) == (now.verdict, now.known, now.says)
    return "still there" if same else "changed"


def _add(
    changes: dict[tuple[str, ...], Change], place: tuple[str, str], sort: str, then: Answer | None, now: Answer | None
) -> None:
    told = now if now and (now.fails or now.verdict == FAULT) else then
    if told is None:
        return
    old, new = then.verdict if then else "", now.verdict if now else ""
    # Messages of known differences vary by case, so they are not compared.
    says = "" if told.known else told.says
    key = (sort, *place, told.target, old, new, told.known, says)
    change = changes.setdefault(key, Change(*key))
    change.count += 1
    change.message = change.message or clean(told.message)
    change.empty = change.empty and told.empty
    if told.case_id and len(change.cases) < FIRST_CASES:
        change.cases.append(told.case_id)
