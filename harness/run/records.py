"""From a judged answer to a row of the results table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.fact import SEPARATOR, Fact, together
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import Record, status_of
from opassay.harness.plan.plan import Item
from opassay.harness.run.clean import clean_message


class Answerer(Protocol):
    """The part of a lane that a record needs."""

    target: Target
    label: str
    hello: dict[str, object]


def make_record(
    lane: Answerer,
    item: Item,
    outcome: Outcome,
    judgement: Judgement,
    facts: Sequence[Fact],
    untested: bool,
    confirmed: str,
) -> Record:
    """The row for one case on one target, covered by ``facts``. ``untested``: a difference, in an unknown version."""
    known, version_untested = together(fact.id for fact in facts), "yes" if untested else ""
    return Record(
        target=lane.label,
        adapter=lane.target.adapter,
        mode=lane.target.mode,
        device=lane.target.device,
        executor=outcome.executor if isinstance(outcome, Returned) else "",
        framework_version=str(lane.hello.get("version", "")),
        verdict=judgement.verdict,
        status=status_of(judgement.verdict, known, version_untested),
        known=known,
        owner=SEPARATOR.join(dict.fromkeys(fact.owner for fact in facts)),
        version_untested=version_untested,
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
