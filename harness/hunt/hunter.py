"""The hunt: from new failing records to findings, within a limit of findings and of seconds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from opassay.harness.hunt.again import met_again, with_also
from opassay.harness.hunt.bench import Bench
from opassay.harness.hunt.examine import UNSTEADY, VERDICT_LIMITS, Examiner
from opassay.harness.hunt.failure import Failure, FailureKey, failures
from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.group import counted, gathered, owner
from opassay.harness.hunt.turn import in_turn
from opassay.harness.hunt.when import Passed, when
from opassay.harness.model.traits import features
from opassay.harness.model.verdicts import Record

LOOKING = 0.8
"""Share of the time for shrinking. In the rest, waiting failures are only compared with the mistakes that were
found."""

SPOT_CHECKS = 2
"""Number of failures of each finding, unlike its smallest case, that are shrunk too: they may hide another
difference."""


@dataclass(frozen=True)
class Limits:
    """The hunt ends with so many findings, or when so many seconds have passed before the next failure."""

    findings: int = 20
    seconds: float = 300.0


@dataclass
class Hunter:
    """Turns failures into ``findings``, by id; ``owners`` has the finding of each failure.

    ``seed``: that of the run's streams. ``threads``: the numbers of threads its workers computed with. ``begin`` is
    called before each failure, with the number of findings and of failures left. ``waiting``: the failures left when
    the limits ended the hunt. ``passed``: some of the cases that passed.
    """

    bench: Bench
    seed: int
    threads: Sequence[int]
    limits: Limits = Limits()
    begin: Callable[[int, int], None] = lambda found, waiting: None
    findings: dict[str, Finding] = field(default_factory=dict)
    owners: dict[FailureKey, str] = field(default_factory=dict)
    waiting: int = 0
    passed: Passed = field(default_factory=Passed)

    def __post_init__(self) -> None:
        self._examiner = Examiner(self.bench, self.seed, self.threads)

    @property
    def unsteady(self) -> set[FailureKey]:
        """Failures that did not reproduce."""
        return self._examiner.unsteady

    def hunt(self, records: Iterable[Record], scope: frozenset[str]) -> None:
        """Turn the new differences among ``records``, of the targets in ``scope``, into findings."""
        began = time.monotonic()
        until, looking = (began + share * self.limits.seconds for share in (1.0, LOOKING))
        found = sorted(failures(self.passed.noting(records)), key=lambda f: f.order)
        self._spot_checked: Counter[str] = Counter()
        self._examiner.begin()
        while (failure := self._next(found, scope)) is not None and time.monotonic() < looking:
            self._look(failure)
        self._recognise(found, scope, until)
        self._settle(found, scope)
        for finding in list(self.findings.values()):
            if time.monotonic() < until and not finding.when:
                self.findings[finding.id] = replace(finding, when=self._when(finding, found))

    def _when(self, finding: Finding, found: Sequence[Failure]) -> str:
        if finding.verdict in (UNSTEADY, *VERDICT_LIMITS) or finding.aspect == "error" or finding.fault:
            return ""
        failing = [f.case for f in found if self.owners.get(f.key) == finding.id and f.case.op == finding.op]
        return when(self.bench, finding, failing, self.passed.on(finding), self.seed)

    def _next(self, found: Sequence[Failure], scope: frozenset[str]) -> Failure | None:
        rest = [f for f in found if f.key not in self.owners and owner(f, self.findings.values(), scope) is None]
        self.begin(len(self.findings), len(rest))
        if not rest:
            return self._spot_check(found, scope)
        kept = gathered(self.findings.values())[0].values()
        if len(kept) >= self.limits.findings:
            return None
        return in_turn(rest, kept, {f.hallmark for f in found} - {f.hallmark for f in rest})

    def _spot_check(self, found: Sequence[Failure], scope: frozenset[str]) -> Failure | None:
        """The failure least like the finding that covers it."""
        for finding in self.findings.values():
            if self._spot_checked[finding.id] >= SPOT_CHECKS or finding.verdict in (UNSTEADY, *VERDICT_LIMITS):
                continue
            self._spot_checked[finding.id] += 1
            covered = [f for f in found if f.key not in self.owners and finding.covers(f, scope)]
            if covered:
                plain = features(finding.case).items()
                return max(covered, key=lambda f: (len(f.features.items() - plain), f.order))
        return None

    def _look(self, failure: Failure) -> None:
        found = self._examiner.examine(failure, self.findings.values())
        self.findings[found.id] = found
        self.owners[failure.key] = found.id

    def _recognise(self, found: Sequence[Failure], scope: frozenset[str], until: float) -> None:
        """While there is time, compare the failures that the limits left with the mistakes of the findings."""
        for failure in found:
            if time.monotonic() >= until:
                return
            if failure.key in self.owners or owner(failure, self.findings.values(), scope) is not None:
                continue
            try:
                known = met_again(self.bench, self.findings.values(), failure)
            except Exception:
                # An error of opassay leaves it waiting. The run still gets its report.
                self.bench.reset()
                return
            if known is not None:
                self.findings[known.id] = with_also(known, failure)
                self.owners[failure.key] = known.id

    def _settle(self, found: Sequence[Failure], scope: frozenset[str]) -> None:
        """Assign each failure to its finding, and count the records of each finding."""
        for failure in found:
            if failure.key not in self.owners:
                by = owner(failure, self.findings.values(), scope)
                if by is not None:
                    self.owners[failure.key] = by.id
        self.waiting = sum(failure.key not in self.owners for failure in found)
        self.findings, absorbed = gathered(self.findings.values())
        self.owners = {key: absorbed.get(id, id) for key, id in self.owners.items()}
        self.findings = {f.id: f for f in counted(self.findings.values(), found, self.owners)}
