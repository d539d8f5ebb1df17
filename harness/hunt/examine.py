"""From one failing record to a finding: its sign, its smallest case, whether that reproduces, and its cause."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from opassay.harness.hunt.again import elsewhere, met_again, with_also
from opassay.harness.hunt.bench import Bench, Sign, labels_of
from opassay.harness.hunt.confirm import Confirmation, confirm
from opassay.harness.hunt.draws import simplest
from opassay.harness.hunt.evidence import Evidence, gather
from opassay.harness.hunt.failure import Failure, FailureKey
from opassay.harness.hunt.finding import Finding, Predicate
from opassay.harness.hunt.group import merged, sight, twin, widened
from opassay.harness.hunt.shrink import LIMIT, Shrunk, shrink
from opassay.harness.hunt.traits import traits
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import UNTOLD
from opassay.harness.model.outcome import GREW, Returned
from opassay.harness.run.kinds import Asked
from opassay.harness.store.files import fault

VERDICT_LIMITS = {"crash": 40, "hang": 8}
"""Limits for verdicts that cost a new worker, or the whole time limit, each."""


def verdict_limit(verdict: str, sign: Sign) -> int:
    """How many verdicts shrinking may take. A worker that must first fill its memory is as slow as one that hangs."""
    grows = any(words == GREW for _, words in sign)
    return VERDICT_LIMITS.get("hang" if grows else verdict, LIMIT)


UNSTEADY = "nondeterministic"


class Examiner:
    """Turns one failure into a finding. ``seed``: that of the run's streams. ``threads``: the numbers of threads its
    workers computed with. ``unsteady``: failures that did not reproduce."""

    def __init__(self, bench: Bench, seed: int, threads: Sequence[int]) -> None:
        self.bench, self.seed, self.threads = bench, seed, threads
        self.unsteady: set[FailureKey] = set()
        self._unsteady_kinds: set[tuple[str, ...]] = set()
        self._found: Collection[Finding] = ()

    def begin(self) -> None:
        """A new hunt begins: what was unsteady before may be steady now."""
        self._unsteady_kinds = set()

    def examine(self, failure: Failure, found: Collection[Finding]) -> Finding:
        """The finding of ``failure``: a new one, or one of ``found`` that it belongs to as well."""
        self._found = found
        try:
            return self._examine(failure)
        except Exception as error:
            # An error of opassay costs this finding its smallest case. The run still gets its report.
            ours = fault("", error)
            self.bench.reset()
            return self._unexamined(failure, ours)

    def _examine(self, failure: Failure) -> Finding:
        if failure.kind in self._unsteady_kinds:
            self.bench.fresh(labels_of(failure.sign))
        known = met_again(self.bench, elsewhere(self._found, failure), failure)
        if known is not None:
            return with_also(known, failure)
        sign = self._sign(failure)
        if sign is None or failure.verdict == UNSTEADY:
            return self._unsteady_finding(failure, None)
        op, case, verdict = self.bench.op(failure.case), failure.case, failure.verdict
        shrunk = shrink(
            op,
            case,
            self.seed,
            failure.number,
            # A failure without empty tensors is graver than one that needs them, and seldom the same.
            lambda smaller: smaller.empty <= case.empty and self.bench.sign(smaller, verdict) == sign,
            verdict_limit(verdict, sign),
            values=verdict not in VERDICT_LIMITS,
            # A program is asked stage by stage: too slow for every step of shrinking.
            tells=None if op.staged else lambda smaller: self.bench.named(min(labels_of(sign)), smaller),
        )
        seen = sight(self._found, Failure(shrunk.geometry, failure.number, verdict, sign))
        if seen is not None:
            return self._told(widened(seen, failure, sign), failure, sign)
        confirmation = confirm(self.bench, shrunk.case, verdict, sign)
        if not confirmation.repeats:
            # State that other cases left in the workers may have helped. Then only the case itself
            # counts.
            shrunk = Shrunk(case, case, shrunk.asked)
            confirmation = confirm(self.bench, case, verdict, sign)
        if not confirmation.repeats:
            return self._unsteady_finding(failure, confirmation)
        return self._finding(failure, shrunk, sign, confirmation)

    def _unexamined(self, failure: Failure, ours: str) -> Finding:
        """The failure as it was recorded: neither shrunk nor confirmed."""
        nothing = Shrunk(failure.case, failure.case, 0)
        evidence = Evidence(failure.message, None)
        found = self._made(
            failure, failure.verdict, nothing, Predicate(failure.sign, ()), Confirmation(0, 0), evidence, ""
        )
        return replace(found, fault=ours)

    def _sign(self, failure: Failure) -> Sign | None:
        """The sign that the failure's case shows now, with as many threads as it needs; None if it passes."""
        for count in dict.fromkeys((self.bench.threads(), *self.threads)):
            if count != self.bench.threads():
                self.bench.use_threads(count)
            sign = self.bench.sign(failure.case, failure.verdict)
            if labels_of(failure.sign) <= labels_of(sign):
                return sign
        return None

    def _finding(self, failure: Failure, shrunk: Shrunk, sign: Sign, confirmation: Confirmation) -> Finding:
        asked = self.bench.ask(shrunk.case)
        labels = sorted(labels_of(sign))
        needed = traits(shrunk.geometry, simplest(self.bench.op(shrunk.case), shrunk.case))
        return self._made(
            failure,
            failure.verdict,
            shrunk,
            Predicate(sign, needed),
            confirmation,
            gather(self.bench, shrunk.case, failure.case, labels, asked),
            self._explanation((shrunk.case, failure.case, shrunk.geometry), labels, asked),
        )

    def _unsteady_finding(self, failure: Failure, confirmation: Confirmation | None) -> Finding:
        self.unsteady.add(failure.key)
        again = failure.kind in self._unsteady_kinds
        self._unsteady_kinds.add(failure.kind)
        if confirmation is None:
            once = Confirmation(0, 1)
            confirmation = once if again else confirm(self.bench, failure.case, failure.verdict, failure.sign)
        sign = frozenset((label, "") for label in labels_of(failure.sign))
        seen = sight(self._found, Failure(failure.case, failure.number, UNSTEADY, sign))
        if seen is not None:
            return seen
        message = f"{failure.message}; alone it failed {confirmation} times"
        case = Shrunk(failure.case, failure.case, 0)
        return self._made(failure, UNSTEADY, case, Predicate(sign, ()), confirmation, Evidence(message, None), "")

    def _made(
        self,
        failure: Failure,
        verdict: str,
        shrunk: Shrunk,
        predicate: Predicate,
        confirmation: Confirmation,
        evidence: Evidence,
        explained_by: str,
    ) -> Finding:
        case, labels = shrunk.case, labels_of(predicate.sign)
        versions = self.bench.versions(labels)
        found = Finding(
            id=f"{case.op}-{case.aspect}-{verdict}-{case.id[:8]}",
            op=case.op,
            aspect=case.aspect,
            verdict=verdict,
            explained_by=explained_by,
            targets=tuple(sorted(labels)),
            adapters=tuple(sorted(versions)),
            versions=versions,
            records=0,
            case=case,
            geometry=shrunk.geometry,
            found_as=failure.case.id,
            failed=confirmation.failed,
            runs=confirmation.runs,
            threads=self.bench.threads(),
            asked=shrunk.asked,
            predicates=(predicate,),
            **vars(evidence),
        )
        known = twin(self._found, found)
        return found if known is None else merged(known, found)

    def _told(self, found: Finding, failure: Failure, sign: Sign) -> Finding:
        """``found`` with the cause that ``failure``, a further occurrence, shows, if its smallest case does not show
        it."""
        if UNTOLD not in found.explained_by or (found.op, found.aspect) != (failure.case.op, failure.case.aspect):
            return found
        asked, labels = self.bench.ask(found.case), sorted(labels_of(sign))
        return replace(found, explained_by=self._explanation((found.case, failure.case), labels, asked))

    def _explanation(self, cases: Sequence[Case], labels: Sequence[str], asked: Sequence[Asked]) -> str:
        """The explanation of the answers of all targets: one for all, or one per target.

        ``asked`` holds the answers to the first of ``cases``. The others test whether a mistake that reproduces those
        also reproduces the answers to the case that was shrunk, and decide between several.
        """
        op, replies = self.bench.op(cases[0]), {cases[0]: asked}

        def answers(label: str) -> Iterator[tuple[Case, Returned]]:
            for case in dict.fromkeys(cases if cases[0].aspect != "error" else ()):
                if case not in replies:
                    replies[case] = self.bench.ask(case)
                outcome = next(outcome for name, outcome, _ in replies[case] if name == label)
                if not isinstance(outcome, Returned):
                    return
                yield case, outcome

        names = {label: self.bench.explain(label, op, answers(label)) for label in labels}
        if len(set(names.values())) == 1:
            return next(iter(names.values()))
        return "; ".join(f"{label}: {name}" for label, name in names.items())
