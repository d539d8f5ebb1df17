"""Findings that show again in another op, aspect, verdict or mode: matched by mistake or by message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from opassay.harness.hunt.bench import Bench, labels_of
from opassay.harness.hunt.failure import Failure
from opassay.harness.hunt.finding import Finding
from opassay.harness.model.explanation import mistake_in

SAID = ("rejects",)
"""Verdicts of which the framework's own words say what is the same, whichever op was asked."""


def elsewhere(findings: Iterable[Finding], failure: Failure) -> list[Finding]:
    """Those of another op or aspect: one of its own may have a smaller case by ``failure``."""
    asked = failure.case.op, failure.case.aspect
    return [finding for finding in findings if (finding.op, finding.aspect) != asked]


def met_again(bench: Bench, findings: Iterable[Finding], failure: Failure) -> Finding | None:
    """The finding that ``failure`` is a further occurrence of, decided by one question and without shrinking."""
    labels = labels_of(failure.sign)
    here = [finding for finding in findings if labels <= frozenset(finding.targets)]
    if failure.verdict in SAID:
        return next((finding for finding in here if _says(finding, failure)), None)
    told = {mistake: finding for finding in reversed(here) if (mistake := mistake_in(finding.explained_by))}
    made = bench.mistake(sorted(labels), failure.case) if told and failure.case.aspect != "error" else ""
    return told.get(made)


def with_also(finding: Finding, failure: Failure) -> Finding:
    """``finding``, which says where else it was met."""
    own = finding.op, finding.aspect, finding.verdict
    where = failure.case.op, failure.case.aspect, failure.verdict
    also = finding.also if own == where else (*finding.also, " ".join(where))
    return replace(finding, also=tuple(dict.fromkeys(also)))


def _says(finding: Finding, failure: Failure) -> bool:
    return finding.verdict == failure.verdict and any(failure.sign <= p.sign for p in finding.predicates)
