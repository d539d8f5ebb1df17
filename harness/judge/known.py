"""Which known difference, if any, covers a record."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model.case import Case
from harness.model.known import Known


def applies(known: Known, case: Case, mode: str) -> bool:
    """Whether the case lies where ``known`` says the framework differs, whatever the verdict."""
    return (
        known.op == case.op
        and known.aspect == case.aspect
        and (not known.modes or mode in known.modes)
        and known.covers(case)
    )


def find_known(entries: Iterable[Known], case: Case, mode: str, verdict: str) -> Known | None:
    """The first entry that covers this verdict of this case."""
    return next((k for k in entries if k.verdict == verdict and applies(k, case, mode)), None)
