"""What a frame of a tape holds: an answer as the wire packs it, and which question it was the answer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.harness.model import strict_json
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Crashed, NotSupported, Outcome, Raised, TimedOut
from opassay.harness.plan.plan import Item
from opassay.harness.run.clean import clean_message
from opassay.harness.run.job import Given, Job, Trail
from opassay.harness.run.kinds import Compared
from opassay.harness.worker import wire

ASKED = ("batch", "group")
"""The roles of first answers, whose frames hold the case itself: together with others, or alone since together they
ended their worker."""

ROLES = (*ASKED, "alone", "repeat", "repeat alone", "pin", "replay")
"""Which question an answer is to: ``alone`` confirms what failed in a batch, ``repeat`` asks a fresh worker the same,
``pin`` is a known difference's, ``replay`` what a worker was given before it ended."""

KINDS = ("returned", "raised", "unsupported", "too large")


def role(job: Job) -> str:
    """What kind of question ``job`` asks."""
    return "repeat alone" if job.alone and isinstance(job.kind, Compared) else job.kind.role


def pack(outcome: Outcome) -> tuple[dict[str, Any], list[np.ndarray]]:
    """An outcome without its time, as header fields and buffers."""
    outcome = replace(_cleaned(outcome), seconds=0.0)
    if isinstance(outcome, Crashed):
        fields = {"signal": outcome.signal, "message": outcome.message, "machine": outcome.machine}
        return {"kind": "crashed", **fields}, []
    if isinstance(outcome, TimedOut):
        return {"kind": "timed out", "limit": outcome.limit, "message": outcome.message}, []
    header, buffers = wire.pack(outcome)
    return header, [_planes(array) for array in buffers]


def unpack(header: dict[str, Any], buffers: Sequence[bytes]) -> Outcome:
    """The inverse of ``pack``. Raises ``WireError`` for what it did not make."""
    try:
        if header["kind"] == "crashed":
            return Crashed(str(header["signal"]), message=str(header["message"]), machine=str(header["machine"]))
        if header["kind"] == "timed out":
            return TimedOut(float(header["limit"]), message=str(header["message"]))
        if header["kind"] not in KINDS:
            raise ValueError(f"an answer of kind {header['kind']!r:.60}")
        return wire.unpack(header, _joined(header, buffers))
    except (KeyError, TypeError, ValueError) as error:
        raise wire.WireError(f"not an answer: {error!r}") from None


def _cleaned(outcome: Outcome) -> Outcome:
    """The outcome without what is specific to this machine, as in its record."""
    if isinstance(outcome, (Raised, Crashed)):
        return replace(outcome, message=clean_message(outcome.message))
    return replace(outcome, reason=clean_message(outcome.reason)) if isinstance(outcome, NotSupported) else outcome


def _planes(array: np.ndarray) -> np.ndarray:
    """The first bytes of all elements, then the second ones: signs and exponents are alike, and compress well."""
    flat = np.frombuffer(array.tobytes(), np.uint8)
    return np.ascontiguousarray(flat.reshape(-1, array.itemsize).T).reshape(-1)


def _joined(header: Mapping[str, Any], buffers: Sequence[bytes]) -> list[bytes]:
    sizes = [_itemsize(str(entry["dtype"])) for entry in header.get("arrays", ()) if entry is not None]
    return [
        np.ascontiguousarray(np.frombuffer(buffer, np.uint8).reshape(size, -1).T).tobytes() if buffer else buffer
        for size, buffer in zip(sizes, buffers, strict=True)
    ]


def _itemsize(dtype: str) -> int:
    return wire.number_type(dtype).itemsize


def trail_json(trail: Trail) -> list[dict[str, Any]]:
    """What a worker was given last, as JSON."""
    return [
        {
            "op": given.op.name,
            "alone": given.alone,
            "items": [[item.number, item.case.dumps()] for item in given.items],
            "accepted": [case.dumps() for case in given.accepted],
        }
        for given in trail
    ]


def trail_of(data: Any, find: Any, case: Any) -> Trail:
    """The inverse: ``find`` knows ops by name, ``case`` reads one."""
    found = []
    for entry in strict_json.entries(data):
        given = strict_json.fields(entry, "a job", ("op", "alone", "items", "accepted"))
        op: Op = find(str(given["op"]))
        items = [Item(strict_json.integer(n), case(text)) for n, text in strict_json.entries(given["items"])]
        accepted: list[Case] = [case(text) for text in strict_json.entries(given["accepted"])]
        others = [find(name) for name in dict.fromkeys(item.case.op for item in items) if name != op.name]
        found.append(Given(op, items, bool(given["alone"]), others, accepted))
    return found
