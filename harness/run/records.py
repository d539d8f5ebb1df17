"""From a judged answer to a row of the results table."""

from __future__ import annotations

import json
from typing import Protocol

from harness.judge.compare import Judgement
from harness.model.outcome import Outcome, Returned
from harness.model.target import Target
from harness.model.verdicts import Record
from harness.run.clean import clean_message
from harness.run.plan import Item


class Answerer(Protocol):
    """Who answered: a lane."""

    target: Target
    label: str
    hello: dict[str, object]


def make_record(
    lane: Answerer, item: Item, outcome: Outcome, judgement: Judgement, known: str, confirmed: str
) -> Record:
    """The row for one case on one target."""
    case = item.case
    return Record(
        case_id=case.id,
        op=case.op,
        aspect=case.aspect,
        target=lane.label,
        adapter=lane.target.adapter,
        mode=lane.target.mode,
        device=lane.target.device,
        executor=outcome.executor if isinstance(outcome, Returned) else "",
        framework_version=str(lane.hello.get("version", "")),
        dtype=";".join(t.dtype for t in case.all_tensors),
        fill=";".join(t.fill.kind for t in case.all_tensors),
        memory=";".join(t.memory.kind for t in case.all_tensors),
        shapes=";".join("x".join(str(n) for n in t.shape) for t in case.all_tensors),
        attrs=json.dumps(case.to_json()["attributes"], sort_keys=True) if not case.rule else _with_rule(item),
        verdict=judgement.verdict,
        known=known,
        rho=judgement.rho,
        max_abs_error=judgement.max_abs_error,
        max_ulp=judgement.max_ulp,
        bad_elements=judgement.bad_elements,
        elements=judgement.elements,
        free_elements=judgement.free_elements,
        worst_index=judgement.worst_index,
        error_type=judgement.error_type,
        message=clean_message(judgement.message),
        explained_by="",
        confirmed=confirmed,
        number=item.number,
        seconds=outcome.seconds,
        case=case.dumps(),
    )


def _with_rule(item: Item) -> str:
    return json.dumps({**item.case.to_json()["attributes"], "rule": item.case.rule}, sort_keys=True)
