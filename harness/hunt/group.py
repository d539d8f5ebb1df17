"""Which failures are one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from opassay.harness.hunt.again import says_enough
from opassay.harness.hunt.bench import Sign
from opassay.harness.hunt.failure import Failure, FailureKey
from opassay.harness.hunt.finding import Finding, Predicate
from opassay.harness.hunt.traits import firm
from opassay.harness.model.explanation import cause_in, mistake_in
from opassay.harness.model.program import stage_ops
from opassay.harness.model.verdicts import FAILING


def owner(failure: Failure, findings: Iterable[Finding], scope: frozenset[str]) -> Finding | None:
    """The finding with the narrowest predicate that covers ``failure``, seen on the targets in ``scope``."""
    fitting = [finding for finding in findings if finding.covers(failure, scope)]
    return max(fitting, key=lambda f: (max(len(p.traits) for p in f.predicates), f.id), default=None)


def sight(findings: Iterable[Finding], smallest: Failure) -> Finding | None:
    """The finding of which ``smallest``, another failure after shrinking, is a further occurrence."""
    return owner(smallest, findings, frozenset(label for label, _ in smallest.sign))


def twin(findings: Iterable[Finding], found: Finding) -> Finding | None:
    """The finding that has the same cause as ``found``: the same named mistake or, without one, the same traits.

    Only traits of attributes, dtypes and memory count: in sizes and values, two shrinks of one cause may end apart.
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
    """``finding`` without the traits that ``failure``, a further occurrence on the targets of ``sign``, lacks."""
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
    """``findings``, each with the number of records that belong to it."""
    counts: Counter[str] = Counter()
    for failure in failures:
        counts[owners.get(failure.key, "")] += failure.records
    return [replace(finding, records=finding.records + counts[finding.id]) for finding in findings]


def gathered(findings: Iterable[Finding]) -> tuple[dict[str, Finding], dict[str, str]]:
    """Findings by id, where those with one named cause in one framework become the gravest of them; and which took
    which.

    One mistake may show in values and gradients, under several verdicts, in other ops and in each mode.
    """
    kept: dict[str, Finding] = {}
    taken: dict[str, str] = {}
    for finding in sorted(findings, key=_gravity):
        by = next((f for f in kept.values() if _same_mistake(f, finding)), None)
        if by is None:
            kept[finding.id] = finding
            continue
        taken[finding.id] = by.id
        also = tuple(dict.fromkeys((*by.also, f"{finding.op} {finding.aspect} {finding.verdict}", *finding.also)))
        targets = tuple(sorted({*by.targets, *finding.targets}))
        kept[by.id] = replace(by, also=also, targets=targets, records=by.records + finding.records)
    return kept, taken


def _gravity(finding: Finding) -> tuple[object, ...]:
    """Of equal severity, an op sorts before the programs that contain it, a value before a gradient."""
    program = bool(stage_ops(finding.case.attributes))
    return finding.severity, program, finding.aspect != "value", FAILING.index(finding.verdict), finding.id


def _same_mistake(one: Finding, other: Finding) -> bool:
    """Whether both have one cause, in whatever op and mode: one mistake reproduces the answers, or the message is the
    same."""
    if one.adapters != other.adapters:
        return False
    if one.verdict == other.verdict and (one.op, one.aspect) != (other.op, other.aspect):
        signs = {p.sign for p in one.predicates} & {p.sign for p in other.predicates}
        if any(says_enough(one.verdict, sign) for sign in signs):
            return True
    mistake = mistake_in(one.explained_by)
    return bool(mistake) and mistake == mistake_in(other.explained_by)
