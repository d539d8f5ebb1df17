"""The wording of how certain the cause of a difference is, the same wherever it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opassay.harness.model.hypothesis import Hypothesis

REPRODUCES = "reproduces the answer"
CONSISTENT = "consistent with"

NO_FIT = "no hypothesis fits"
UNTOLD = "any hypothesis fits: the answer is zero whatever was done"
VARIES = "differs between runs: the same input gives other answers, as memory that nobody wrote does"

NAMED = 3
"""How many of several hypotheses are named; the others are counted."""


def reproduced_by(hypothesis: Hypothesis) -> str:
    return f"{hypothesis.name} {REPRODUCES}: {hypothesis.says}"


def unchecked(hypothesis: Hypothesis) -> str:
    """What is said where a mistake gives the smallest answer, and not the one that it was shrunk from."""
    return f"{NO_FIT} all answers: {hypothesis.name} fits the smallest one alone"


def consistent_with(hypotheses: Sequence[Hypothesis]) -> str:
    named = [f"{h.name} ({h.says})" for h in hypotheses[:NAMED]]
    more = len(hypotheses) - len(named)
    return f"{CONSISTENT} {', or '.join(named)}" + (f", or {more} more" if more else "")


def cause_in(explained_by: str) -> str:
    """``explained_by`` where it names a cause: on every target, a mistake that reproduces the answer; else empty."""
    sure = REPRODUCES in explained_by and not any(words in explained_by for words in (CONSISTENT, NO_FIT, UNTOLD))
    return explained_by if sure or explained_by == VARIES else ""


def mistake_in(explained_by: str) -> str:
    """The name of the one mistake that gives the answer, within a looser bound too; empty where there are several."""
    several = "), or " in explained_by
    found = re.match(rf"(\w+) {REPRODUCES}|{CONSISTENT} (\w+) ", explained_by)
    return (found[1] or found[2]) if found and not several and "; " not in explained_by else ""


def labelled(explained_by: str) -> str:
    """``explained_by`` as a line of its own; empty where nothing fits, or anything does."""
    if cause_in(explained_by):
        return f"Cause: {explained_by}"
    return f"Not proved: {explained_by}" if CONSISTENT in explained_by or REPRODUCES in explained_by else ""


def stated(explained_by: str) -> str:
    """The same for a page, which says as well that nothing is known."""
    unnamed = f"not named yet ({explained_by})" if explained_by else "not named yet"
    return labelled(explained_by) or f"Cause: {unnamed}"
