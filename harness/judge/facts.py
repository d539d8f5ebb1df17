"""Which facts, if any, cover a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.program import stage_ops

EXECUTED = ("rejects", "shape", "dtype", "crash", "hang")
"""Verdicts on a forward result that the aspect ``shape``, which executes the same call, repeats."""

Finds = Callable[[Sequence[Fact]], tuple[Fact, ...]]
"""Returns the fewest of the given facts, each with a mistake, that together give an answer."""


def concerns(fact: Fact, case: Case) -> bool:
    """Whether ``fact`` is about the case's op and aspect; a mistake in an op is one in the programs that use it.

    Invalid input is refused by a verdict ``rejects`` only where a choice makes it valid: a refusal of values is one of
    it as well.
    """
    executed = fact.executes and case.aspect == "shape" and any(map(fact.says, EXECUTED))
    same_call = "value" in fact.aspects and (executed or (case.aspect == "error" and bool(fact.words)))
    if case.aspect not in fact.aspects and (fact.reproduces or not same_call):
        return False
    return case.op in fact.ops or bool(fact.reproduces and stage_ops(case.attributes) & set(fact.ops))


def applies(fact: Fact, case: Case, mode: str) -> bool:
    """Whether the case lies where ``fact`` predicts a difference, whatever the verdict."""
    return concerns(fact, case) and (not fact.modes or mode in fact.modes) and fact.covers(case)


def _may_say(fact: Fact, case: Case, verdict: str) -> bool:
    return fact.says(verdict) and (case.aspect in fact.aspects or verdict in EXECUTED)


def covering(
    facts: Iterable[Fact], case: Case, mode: str, verdict: str, finds: Finds, message: str = ""
) -> tuple[Fact, ...]:
    """The facts that cover a failing record: the fewest mistakes that give the answer, or a fact that predicted it."""
    here = [
        fact for fact in facts if _may_say(fact, case, verdict) and fact.tells(message) and applies(fact, case, mode)
    ]
    mistakes = [fact for fact in here if fact.reproduces]
    if mistakes and (found := finds(mistakes)):
        return found
    return tuple(fact for fact in here if not fact.reproduces)[:1]


def versions_of(facts: Iterable[Fact]) -> frozenset[str]:
    """The versions that facts were tested on; a difference in another version is untested. Empty: they apply to all."""
    return frozenset().union(*(fact.seen for fact in facts))


def among(version: str, versions: Collection[str]) -> bool:
    """Whether ``version``, of any build, is one of ``versions``; true if these are empty."""
    return not versions or version.partition("+")[0] in versions


def guarded(fact: Fact, broken: dict[str, str]) -> Fact:
    """``fact``, which covers nothing if its predicate raises. The exception is kept in ``broken``, by the fact's id."""
    when = fact.when
    if when is None:
        return fact

    def covers(case: Case) -> bool:
        try:
            return when(case)
        except Exception as error:
            broken.setdefault(fact.id, f"{type(error).__name__}: {error}, on case {case.id}")
            return False

    return replace(fact, when=covers)


class Tally:
    """Counts, per target and fact, the records that it covers and those of its cases that passed.

    Passing cases are not counted for a mistake, which covers a case by its answer only.
    """

    def __init__(self) -> None:
        self.failed: Counter[tuple[str, str]] = Counter()
        self.passed: Counter[tuple[str, str]] = Counter()

    def count(self, ids: Iterable[str], label: str) -> None:
        """Count a record that these facts cover."""
        for id in ids:
            self.failed[label, id] += 1

    def count_pass(self, facts: Iterable[Fact], case: Case, label: str, mode: str) -> None:
        """Count a record that passed, of which ``facts`` are those that concern it."""
        for fact in facts:
            own = case.aspect in fact.aspects or set(fact.verdicts) <= set(EXECUTED)
            if not fact.reproduces and own and applies(fact, case, mode):
                self.passed[label, fact.id] += 1
