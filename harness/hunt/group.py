"""Which failures are one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from opassay.harness.hunt.bench import Sign
from opassay.harness.hunt.failure import Failure, FailureKey
from opassay.harness.hunt.finding import Finding, Predicate
from opassay.harness.hunt.traits import firm
from opassay.harness.model.explanation import cause_in


def owner(failure: Failure, findings: Iterable[Finding], scope: frozenset[str]) -> Finding | None:
    """The finding with the narrowest predicate that covers ``failure``, seen on the targets in ``scope``."""
    fitting = [finding for finding in findings if finding.covers(failure, scope)]
    return max(fitting, key=lambda f: (max(len(p.traits) for p in f.predicates), f.id), default=None)


def sight(findings: Iterable[Finding], smallest: Failure) -> Finding | None:
    """The finding of which ``smallest``, what is left of another failure, is one more sight."""
    return owner(smallest, findings, frozenset(label for label, _ in smallest.sign))


def twin(findings: Iterable[Finding], found: Finding) -> Finding | None:
    """The finding that has the same cause as ``found``: by its name, or where it has none by what it takes.

    Shrinking ends here at few elements and there at plain values, so these alone do not make another finding of
    what takes the same attributes, dtypes and memory.
    """
    cause = _cause(found)
    alike = [finding for finding in findings if _cause(finding) == cause]
    if cause_in(found.explained_by):
        return next(iter(alike), None)
    new = found.predicates[0]
    return next((f for f in alike if firm(new.traits) and any(_takes_as(p, new) for p in f.predicates)), None)


def _cause(finding: Finding) -> tuple[str, ...]:
    return (finding.op, finding.aspect, finding.verdict, finding.rule, cause_in(finding.explained_by))


def _takes_as(predicate: Predicate, new: Predicate) -> bool:
    return predicate.sign == new.sign and firm(predicate.traits) == firm(new.traits)


def widened(finding: Finding, failure: Failure, sign: Sign) -> Finding:
    """``finding`` without the traits that ``failure`` lacks: one more sight of it on the targets of ``sign``."""
    predicates = tuple(
        replace(p, traits=tuple(trait for trait in p.traits if trait.holds(failure.features))) if p.sign == sign else p
        for p in finding.predicates
    )
    return replace(finding, predicates=predicates)


def merged(one: Finding, other: Finding) -> Finding:
    """Two findings of one cause as one: the smaller case, the predicates of both, the id of the first."""
    smaller = min(one, other, key=lambda f: (f.case.size, f.id))
    return replace(
        smaller,
        id=one.id,
        predicates=tuple(dict.fromkeys((*one.predicates, *other.predicates))),
        targets=tuple(sorted({*one.targets, *other.targets})),
        adapters=tuple(sorted({*one.adapters, *other.adapters})),
        versions={**one.versions, **other.versions},
        suspect_oracle=one.suspect_oracle and other.suspect_oracle,
        records=one.records,
    )


def counted(
    findings: Iterable[Finding], failures: Sequence[Failure], owners: Mapping[FailureKey, str]
) -> list[Finding]:
    """``findings``, each with the records of the failures that it owns added."""
    counts: Counter[str] = Counter()
    for failure in failures:
        counts[owners.get(failure.key, "")] += failure.records
    return [replace(finding, records=finding.records + counts[finding.id]) for finding in findings]
