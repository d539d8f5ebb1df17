"""Which failure is looked at next: each severity and each cause gets its turn before the limits end the hunt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from opassay.harness.hunt.failure import Failure
from opassay.harness.hunt.finding import Finding


def in_turn(rest: Sequence[Failure], findings: Collection[Finding], met: Collection[tuple[object, ...]]) -> Failure:
    """The next of ``rest``. ``met``: the hallmarks of failures that belong to ``findings`` already.

    Failures that need an empty tensor come last. Else the severity with the fewest findings is next, the gravest of
    equals; within it hallmarks that were not met, then kinds with few findings, and of a kind the smallest case.
    """
    ranks = Counter(finding.severity[0] for finding in findings)
    kinds = Counter((f.op, f.aspect, f.verdict) for f in findings)

    def turn(failure: Failure) -> tuple[object, ...]:
        rank, _ = failure.severity
        kind = failure.case.op, failure.case.aspect, failure.verdict
        return failure.case.empty, ranks[rank], rank, failure.hallmark in met, kinds[kind], failure.order

    return min(rest, key=turn)
