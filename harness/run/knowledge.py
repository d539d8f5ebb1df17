"""What is known of the targets of a run: the facts that concern each, and the records that they cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from opassay.harness.judge.cause import cause
from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.explain import Answered
from opassay.harness.judge.facts import Tally, among, concerns, covering, guarded, versions_of
from opassay.harness.judge.together import smallest_set
from opassay.harness.model import strict_json
from opassay.harness.model.baseline import Unexplained
from opassay.harness.model.case import Case
from opassay.harness.model.fact import ANSWERED, Fact
from opassay.harness.model.faults import told
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.verdicts import FAILING
from opassay.harness.run.clean import clean_message
from opassay.harness.run.judging import Judging
from opassay.harness.run.lane import Lane
from opassay.harness.store.remembered import Remembered, key_of

TRIED = 20
"""After so many answers of one op, aspect, target and verdict without a cause, no further one is searched: each search
asks the oracle once per mistake."""


Looks = Callable[[Answered], list[str]]
"""Returns the names of the mistakes that reproduce an answer."""


class Knowledge:
    """Facts by adapter, including lines of baselines, as they apply to each lane. Facts are tried before lines.

    ``broken``: what predicates raised, by the fact's id. ``faults``: errors in the search for causes. ``explanations``:
    those of earlier runs and of this one.
    """

    def __init__(self, facts: Mapping[str, Sequence[Fact]], judging: Judging) -> None:
        self._facts, self._judging = facts, judging
        self.tally = Tally()
        self.broken: dict[str, str] = {}
        self.faults: list[str] = []
        self.explanations = Remembered(None)
        self._concerned: dict[tuple[str, str, str, str], list[Fact]] = {}
        self._tested: dict[str, frozenset[str]] = {}
        self._last: tuple[Outcome, Judgement, tuple[Fact, ...]] | None = None
        self._last_answered: Answered | None = None
        self._without: Counter[tuple[str, str, str, str]] = Counter()

    def of_adapter(self, adapter: str) -> Sequence[Fact]:
        """All of an adapter's facts."""
        return self._facts.get(adapter, ())

    def facts(self, lane: Lane, case: Case) -> Sequence[Fact]:
        """The facts about the case's op and aspect on the lane's target with its current settings."""
        key = lane.label, case.op, case.aspect, _stages(case)
        if key in self._concerned:
            return self._concerned[key]
        here = [fact.on(lane.settings) for fact in self.of_adapter(lane.target.adapter) if concerns(fact, case)]
        found = [guarded(fact, self.broken) for fact in here if fact is not None]
        if lane.hello:
            # Before its hello, the settings of a worker are unknown.
            self._concerned[key] = found
        return found

    def forget(self, labels: Collection[str]) -> None:
        """The settings of these targets have changed: drop what was cached of them."""
        for key in [key for key in self._concerned if key[0] in labels]:
            del self._concerned[key]

    def tested(self, lane: Lane) -> frozenset[str]:
        """The versions in which the facts about a lane's target were seen; empty if they name none."""
        if lane.label not in self._tested:
            facts = explained(self.of_adapter(lane.target.adapter))
            self._tested[lane.label] = versions_of(fact for fact in facts if fact.on(lane.settings) is not None)
        return self._tested[lane.label]

    def foretold(self, lane: Lane, case: Case, verdict: str, message: str = "") -> tuple[Fact, ...]:
        """A fact that predicts ``verdict`` for the case before it runs, if any."""
        return covering(self.facts(lane, case), case, lane.target.mode, verdict, lambda _: (), clean_message(message))

    def covering(self, lane: Lane, op: Op, case: Case, outcome: Outcome, judgement: Judgement) -> tuple[Fact, ...]:
        """The facts that cover an answer with this judgement; lines of a baseline only if the facts alone do not."""
        if judgement.verdict not in FAILING:
            return ()
        if self._last is not None and self._last[0] is outcome and self._last[1] == judgement:
            return self._last[2]
        found = self._covering(lane, op, case, outcome, judgement)
        self._last = outcome, judgement, found
        return found

    def _covering(self, lane: Lane, op: Op, case: Case, outcome: Outcome, judgement: Judgement) -> tuple[Fact, ...]:
        facts, mode = self.facts(lane, case), lane.target.mode
        finds, message = partial(self._smallest_set, lane, op, case, outcome), clean_message(judgement.message)
        found = covering(explained(facts), case, mode, judgement.verdict, finds, message)
        if found or not any(isinstance(fact, Unexplained) for fact in facts):
            return found
        return covering(facts, case, mode, judgement.verdict, finds, message)

    def _smallest_set(
        self, lane: Lane, op: Op, case: Case, outcome: Outcome, mistakes: Sequence[Fact]
    ) -> tuple[Fact, ...]:
        named: dict[str, Fact] = {}
        for fact in mistakes:
            named.setdefault(fact.reproduces, fact)
        look = lambda asked: [fact.reproduces for fact in smallest_set(mistakes, op, asked)]  # noqa: E731
        return tuple(named[name] for name in self._found(lane, op, case, outcome, "set", tuple(named), look))

    def _found(
        self, lane: Lane, op: Op, case: Case, outcome: Outcome, what: str, known: tuple[str, ...], look: Looks
    ) -> list[str]:
        """The names of mistakes that ``look`` finds in an answer, or that an earlier run found."""
        if not isinstance(outcome, Returned) or case.aspect == "error":
            return []
        choices = self._judging.choices(lane, op, case)
        key = key_of(outcome, what, op.name, case.id, self._judging.way_of(lane), choices, known)
        found = self.explanations.get(key, _names)
        if found is None:
            # A mistake may overflow where the contract does not.
            with np.errstate(all="ignore"):
                found = look(self._answered(lane, op, case, outcome))
            self.explanations.keep(key, found)
        return found

    def cause(self, lane: Lane, op: Op, case: Case, outcome: Outcome, verdict: str, covered: Sequence[Fact]) -> str:
        """The mistake that reproduces an answer which no fact covers; empty without one."""
        if covered or verdict not in ANSWERED:
            return next((fact.reproduces for fact in covered if isinstance(fact, Unexplained)), "")
        key = lane.label, op.name, case.aspect, verdict
        if self._without[key] >= TRIED:
            return ""
        known = {fact.reproduces for fact in explained(self.facts(lane, case)) if fact.reproduces}
        look = lambda asked: [name for name in [cause(op, asked, known)] if name]  # noqa: E731
        try:
            found = "".join(self._found(lane, op, case, outcome, "cause", tuple(sorted(known)), look))
        except Exception as error:
            # An error of opassay costs the run this cause, not all others.
            self.faults.append(f"looking for the cause of case {case.id} on {lane.label}: {told(error)}")
            found = ""
        self._without[key] += not found
        return found

    def _answered(self, lane: Lane, op: Op, case: Case, outcome: Returned) -> Answered:
        if self._last_answered is not None and self._last_answered.outcome is outcome:
            return self._last_answered
        right = self._judging.under(lane, op, case, outcome)
        references = right.references if right else self._judging.references(op, case, outcome)
        models, always = self._judging.models(lane, op, references), right.options if right else ()
        self._last_answered = Answered(case, outcome, references, models, always)
        return self._last_answered

    def count(self, lane: Lane, case: Case, verdict: str, ids: Iterable[str]) -> None:
        """Count a record of ``case``, which the facts of these ids cover."""
        self.tally.count(ids, lane.label)
        if verdict == "pass":
            told = [fact for fact in self.facts(lane, case) if fact.foretells]
            self.tally.count_pass(told, case, lane.label, lane.target.mode)

    def untested(self, lane: Lane, verdict: str, facts: Sequence[Fact]) -> bool:
        """Whether a difference was seen in a version of the framework that no fact was tested on."""
        seen = [fact.seen or self.tested(lane) for fact in facts] or [self.tested(lane)]
        return verdict in FAILING and not all(among(lane.version, versions) for versions in seen)


def explained(facts: Iterable[Fact]) -> list[Fact]:
    """The facts that are no lines of a baseline."""
    return [fact for fact in facts if not isinstance(fact, Unexplained)]


def _stages(case: Case) -> str:
    return ",".join(str(stage["op"]) for stage in case.attributes.get("stages", ()))


def _names(found: Any) -> list[str]:
    """Remembered names of mistakes. Raises ``ValueError`` if they are not names."""
    return [str(name) for name in strict_json.entries(found)]
