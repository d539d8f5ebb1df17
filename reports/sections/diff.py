"""What changed between two runs, or two targets: case by case where both ran the same cases, else by message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from opassay.harness.model.verdicts import FAILING, severity
from opassay.reports.data.rows import Results
from opassay.reports.data.text import clean
from opassay.reports.sections.diff_answers import FAULT, JUDGED, KEY, SAID, answers
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
_SAYING = ["op", "aspect", "target", "verdict", "says"]
_ALIKE = ["sort", "op", "aspect", "target", "old", "new", "known", "says"]


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
    empty: bool = True
    cases: list[str] = field(default_factory=list)

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
    """What changed from ``old`` to ``new``.

    ``pair``: the target of ``old`` and the one of ``new`` to compare, instead of each target with itself.
    """
    before, after = (answers(table, pair, side) for side, table in enumerate((old, new)))
    cases = after.merge(before, how="outer", on=KEY, suffixes=("", "_old"))
    cases["sort"] = _sorts(cases, before, after)
    changes = _changes(cases[cases["sort"] != ""])
    records: Counter[str] = Counter()
    for change in changes:
        records[change.sort] += change.count
    if pair is None:
        steps, more = versions(old_run, new_run), differing(old_run, new_run)
    else:
        steps, more = [], between_targets(old_run, pair[0], new_run, pair[1])
    judged, earlier = cases["verdict"].isin(JUDGED), cases["verdict_old"].isin(JUDGED)
    both, faults = int((judged & earlier).sum()), [int((side["verdict"] == FAULT).sum()) for side in (before, after)]
    only = int(judged.sum()) - both
    return Diff(changes, both, only, steps, more, records, (faults[0], faults[1]), new_run, pair)


def _sorts(cases: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> np.ndarray:
    """The sort of change of each row; empty for none, as for an unchanged pass."""
    then, now = cases["verdict_old"], cases["verdict"]
    failed, fails = then.isin(FAILING), now.isin(FAILING)
    came, gone = fails & then.isna(), failed & now.isna()
    fixed = failed & (now == "pass")
    known_then, known = cases["known_old"] != "", cases["known"] != ""
    same = (then == now) & (cases["known_old"] == cases["known"]) & (cases["says_old"] == cases["says"])
    rules = [
        (came & _said(cases, "", [*_SAYING, "known"], before), "still there"),
        # A known difference in a case that did not run before is not a change.
        (came & known, ""),
        (fails & ~known & (~failed | known_then), "new"),
        (fails & same, "still there"),
        (fails, "changed"),
        ((now == FAULT) & (then == FAULT), ""),
        (now == FAULT, "fault"),
        (fixed & _said(cases, "_old", _SAYING, after), "partly fixed"),
        (fixed, "fixed"),
        (gone & _said(cases, "_old", [*_SAYING, "known"], after), ""),
        (then.isin(JUDGED) & ~now.isin(JUDGED), "no longer tested"),
    ]
    conditions, names = zip(*rules, strict=True)
    return np.select(conditions, names, "")


def _said(cases: pd.DataFrame, suffix: str, columns: list[str], run: pd.DataFrame) -> np.ndarray:
    """Whether what a row says is what another case fails with in ``run``, by ``columns``."""
    own = cases[[name if name in KEY else name + suffix for name in columns]]
    failing = run.loc[run["verdict"].isin(FAILING), columns]
    return pd.MultiIndex.from_frame(own).isin(pd.MultiIndex.from_frame(failing))


def _changes(cases: pd.DataFrame) -> list[Change]:
    """The rows that changed alike as one each, sorted; the gravest of a sort first."""
    now = cases["verdict"].isin((*FAILING, FAULT))
    told = cases[["sort", *KEY]].assign(old=cases["verdict_old"].fillna(""), new=cases["verdict"].fillna(""))
    for name in SAID:
        told[name] = cases[name].where(now, cases[f"{name}_old"])
    # Messages of known differences vary by case, so they are not compared.
    told["says"] = told["says"].where(told["known"] == "", "")
    alike = told.groupby(_ALIKE, sort=False)
    rows = alike.agg(
        count=("case_id", "size"),
        message=("message", "first"),
        empty=("empty", "all"),
        cases=("case_id", lambda ids: list(ids[:FIRST_CASES])),
    )
    changes = [Change(*row) for row in rows.reset_index().itertuples(index=False)]
    order = list(SORTS)
    return sorted(changes, key=lambda c: (order.index(c.sort), c.severity, -c.count, c.op, c.aspect, c.target, c.says))
