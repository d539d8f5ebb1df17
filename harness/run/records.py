"""From a judged answer to a row of the results table."""

from __future__ import annotations

from typing import Protocol

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import Record
from opassay.harness.run.clean import clean_message
from opassay.harness.run.plan import Item


class Answerer(Protocol):
    """Who answered: a lane."""

    target: Target
    label: str
    hello: dict[str, object]


def make_record(
    lane: Answerer, item: Item, outcome: Outcome, judgement: Judgement, known: str, untested: bool, confirmed: str
) -> Record:
    """The row for one case on one target. ``untested``: a difference, in a version of which nobody knows."""
    return Record(
        target=lane.label,
        adapter=lane.target.adapter,
        mode=lane.target.mode,
        device=lane.target.device,
        executor=outcome.executor if isinstance(outcome, Returned) else "",
        framework_version=str(lane.hello.get("version", "")),
        verdict=judgement.verdict,
        known=known,
        version_untested="yes" if untested else "",
        choice=judgement.choice,
        rho=judgement.rho,
        max_abs_error=judgement.max_abs_error,
        max_ulp=judgement.max_ulp,
        bad_elements=judgement.bad_elements,
        elements=judgement.elements,
        free_elements=judgement.free_elements,
        free_by_bound=judgement.free_by_bound,
        worst_index=judgement.worst_index,
        error_type=clean_message(judgement.error_type),
        message=clean_message(judgement.message),
        cause=judgement.cause,
        explained_by="",
        confirmed=confirmed,
        seconds=outcome.seconds,
        **item.columns,
    )
