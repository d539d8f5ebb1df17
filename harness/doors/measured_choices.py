"""``opassay doctor --choices``: measures which of the contract's choices a target follows, and prints lines to paste.

A choice is measured by cases whose right answer differs between its options: invalid input that an option makes valid,
and valid cases, pinned or generated, that it concerns. Each answer is judged under every option alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from opassay.harness.doors.doctor import outcome_of, tell_each
from opassay.harness.model.case import Case
from opassay.harness.model.choice import Choice, Follows
from opassay.harness.model.op import Op
from opassay.harness.plan import generate
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.engine import Engine
from opassay.harness.run.judging import Judging
from opassay.harness.run.lane import Lane

GEOMETRIES = 24
"""Number of cases of each stream that are searched."""
ASKED = 6
"""Number of cases per op, choice and rule or aspect that the target is asked."""
NEITHER = "neither"
"""Stands for an answer that no option allows."""

SHOWN = 100
"""Most characters of a message that a remark quotes."""


@dataclass(frozen=True)
class Row:
    """An answer that not every option allows: the options that do, and what is said of it where none does."""

    options: tuple[str, ...]
    message: str = ""


Rows = Sequence[Row]


def choices_command(request: Request) -> int:
    """Measure every target of ``request``; 0 if all could be asked, 1 otherwise."""
    campaign = Campaign(request)
    return tell_each(campaign, partial(lines, campaign.ops))


def lines(ops: Iterable[Op], engine: Engine, lane: Lane) -> Iterator[str]:
    """The lines for one target: one per choice, and a remark where the answers contradict each other."""
    yield f"{lane.label}: measured, as lines for FOLLOWS in choices.py beside its adapter"
    having = [op for op in ops if op.choices and op.name in lane.hello["ops"]]
    choices = {choice.name: choice for op in having for choice in op.choices}
    for choice in choices.values():
        told = {op.name: answers(op, choice.name, engine, lane) for op in having if choice.name in _names(op)}
        yield from said(choice, {op: rows for op, rows in told.items() if rows})


def _names(op: Op) -> set[str]:
    return {choice.name for choice in op.choices}


def answers(op: Op, name: str, engine: Engine, lane: Lane) -> Rows:
    """The target's answers to ``op``, for cases in which the options differ."""
    choice = next(c for c in op.choices if c.name == name)
    asked = (_allowed(op, choice, case, engine, lane) for case in questions(op, choice))
    return [row for row in asked if row is not None]


def questions(op: Op, choice: Choice) -> Iterator[Case]:
    """Cases that the choice may concern: of each rule that an option makes valid, or of each aspect."""
    if choice.rules:
        stream = [case for _, case in generate.cases(op, "error", 0, 0, GEOMETRIES * max(1, len(op.rules)), 1)]
        for rule in choice.rules:
            yield from [case for case in stream if case.rule == rule][:ASKED]
        return
    options = choice.options.values()
    for aspect in ("value", "gradient"):
        if not any(option.concerns(op.name, aspect) for option in options):
            continue
        yield from (pin.case for _, pin in generate.pins(op, aspect))
        yield from (case for _, case in generate.cases(op, aspect, 0, 0, GEOMETRIES, 2))


def _allowed(op: Op, choice: Choice, case: Case, engine: Engine, lane: Lane) -> Row | None:
    """The target's answer by the options that allow it; None if all do, or if the case does not concern the choice."""
    outcome = outcome_of(engine, lane, op, case)
    if outcome is None:
        return None
    contract = Judging().judge(lane, op, case, outcome, 1)
    if contract.verdict in ("unsupported", "fault", "crash", "hang"):
        return None
    allowed, concerned = [choice.contract] * (contract.verdict == "pass"), bool(choice.rules)
    for option in choice.options:
        follows = Follows(choice.name, option).of([op])
        found = Judging({lane.target.adapter: (follows,)}).judge(lane, op, case, outcome, 1)
        concerned |= bool(found.choice)
        allowed += [option] * (bool(found.choice) and found.verdict == "pass")
    return Row(tuple(allowed), contract.message) if concerned and len(allowed) <= len(choice.options) else None


def said(choice: Choice, told: Mapping[str, Rows]) -> Iterator[str]:
    """The declaration of one choice. An option that all ops follow names no ops, others theirs; contradictions are
    remarks."""
    by_option: dict[str, list[str]] = {}
    for op, rows in told.items():
        by_option.setdefault(_shown(choice, rows), []).append(op)
    for option, ops in by_option.items():
        if option in choice.options:
            named = ", ".join(f'"{op}"' for op in ops)
            only = "" if len(by_option) == 1 else f", ops=({named}{',' * (len(ops) == 1)})"
            yield f'    Follows("{choice.name}", "{option}"{only}),  # {choice.options[option].says}'
        elif option != choice.contract:
            yield f"    # {choice.name}: {choice.asks} {option} of {', '.join(ops)}{_quoted(told[op] for op in ops)}"


def _quoted(told: Iterable[Rows]) -> str:
    """What is said of the first answer that no option allows."""
    messages = (row.message for rows in told for row in rows if row.message and not row.options)
    first = " ".join(next(messages, "").split())
    return f" ({first[:SHOWN]}{'…' * (len(first) > SHOWN)})" if first else ""


def _shown(choice: Choice, rows: Rows) -> str:
    """The first option that allows every answer to an op; else a remark: part of the answers may be a mistake."""
    counts = Counter(option for row in rows for option in row.options or (NEITHER,))
    whole = [option for option in (choice.contract, *choice.options) if counts[option] == len(rows)]
    if whole:
        return whole[0]
    return ", ".join(f"{n}× {option}" for option, n in counts.most_common())
