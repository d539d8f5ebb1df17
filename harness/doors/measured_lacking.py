"""``opassay doctor --lacking``: measures which dtypes a target has no kernel for, and prints lines to paste.

Each op is asked its smallest generated cases of each dtype. A dtype that the framework refuses in all of them is
lacking. One that ends the process is a remark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest

from opassay.harness.doors.doctor import outcome_of, tell_each
from opassay.harness.model.case import Case
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Crashed, NotSupported, Outcome, Raised, TimedOut
from opassay.harness.plan import generate
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane

GEOMETRIES = 120
"""Length of a stream in which every dtype of an op occurs."""
ASKED = 4
"""Number of cases per op and dtype, with different attributes, that the target is asked."""

Told = tuple[str, str]
Named = tuple[str, ...]
Small = dict[Named, tuple[Case, ...]]


def small_cases(op: Op) -> Small:
    """Cases of each combination of dtypes: the smallest of each combination of attributes that are words, then others.

    A single one may be refused for another reason: an answer that is empty, or an offset outside of a matrix. The first
    have as few flags as there are: a target without a parameter for one declares the case as unsupported.
    """
    found: defaultdict[Named, defaultdict[Named, list[Case]]] = defaultdict(lambda: defaultdict(list))
    plain = [case for _, case in generate.cases(op, "value", 0, 0, GEOMETRIES, 1) if not case.empty]
    for case in sorted(plain, key=lambda case: (not case.tensors[-1].shape, _flags(case), case.size)):
        words = tuple(value for value in case.attributes.values() if isinstance(value, str))
        named = (case.tensors[-1].dtype, *(word for word in words if word in DTYPES))
        found[named][words].append(case)
    return {named: tuple(_in_turns(map(_spread, groups.values()))) for named, groups in found.items()}


def _spread(cases: Sequence[Case]) -> list[Case]:
    """The first, then one from the middle, then the others."""
    middle = len(cases) // 2
    return [*cases[:1], *cases[max(middle, 1) : middle + 1], *cases[1:middle], *cases[middle + 1 :]]


def _in_turns(groups: Iterable[Iterable[Case]]) -> Iterator[Case]:
    return (case for turn in zip_longest(*groups) for case in turn if case is not None)


def _flags(case: Case) -> int:
    return sum(value is True for value in case.attributes.values())


def lacking_command(request: Request) -> int:
    """Measure every target of ``request``; 0 if all could be asked, 1 otherwise."""
    campaign = Campaign(request)
    first = {name: adapter.modes[0] for name, adapter in campaign.registry.adapters.items()}
    return tell_each(campaign, partial(lines, campaign.ops, first))


def lines(ops: Iterable[Op], first: Mapping[str, str], engine: Engine, lane: Lane) -> Iterator[str]:
    """The lines for one target, one per op. ``first``: the mode of each adapter whose lines need not name it."""
    yield f"{lane.label}: measured, as lines for the table `lacking` of its adapter"
    mode = "" if lane.target.mode == first[lane.target.adapter] else f"{lane.target.mode}:"
    refused, answered = set(), set()
    for op in ops:
        if op.name in lane.hello["ops"] and not op.staged:
            told = {named: _told(op, cases, engine, lane) for named, cases in small_cases(op).items()}
            alone = {named[0]: what for named, what in told.items() if len(set(named)) == 1}
            refused |= {dtype for dtype, (what, _) in alone.items() if what == LACKS}
            answered |= {dtype for dtype, (what, _) in alone.items() if what == ANSWERS}
            yield from _lines(f"{mode}{op.name}", alone)
    if nowhere := refused - answered:
        yield f"    # none of these answers in {', '.join(sorted(nowhere))}: leave them out of `dtypes` if no op does"


ANSWERS, LACKS, DECLARED = "answers", "lacks", "declared"


def _lines(name: str, told: Mapping[str, Told]) -> Iterator[str]:
    by_what: defaultdict[str, list[str]] = defaultdict(list)
    for dtype, (what, _) in told.items():
        by_what[what].append(dtype)
    if lacks := sorted(by_what[LACKS]):
        if ANSWERS not in by_what:
            # More likely than not, the expression is wrong.
            yield f"    # {name} answers in no dtype; of {lacks[0]} it says: {told[lacks[0]][1][:200]}"
        yield f'    "{name}": "{" ".join(lacks)}",'
    for what in sorted(set(by_what) - {ANSWERS, LACKS, DECLARED}):
        yield f"    # {name}: {what}: {' '.join(sorted(by_what[what]))}"


def _told(op: Op, cases: Sequence[Case], engine: Engine, lane: Lane) -> Told:
    """What became of all these cases: one of the words above or a sentence, and the framework's message."""
    told = []
    for case in cases[:ASKED]:
        told.append(_word(outcome_of(engine, lane, op, case)))
        if told[-1][0] == ANSWERS:
            return told[-1]
    return max(told, key=lambda pair: (pair[0] not in (LACKS, DECLARED), pair))


def _word(outcome: Outcome | None) -> Told:
    if outcome is None:
        return "not asked: its worker ends too often", ""
    if isinstance(outcome, NotSupported):
        return DECLARED, outcome.reason
    if isinstance(outcome, Raised):
        message = " ".join(outcome.message.split())
        return (LACKS if outcome.origin == "framework" else f"raised by the {outcome.origin}: {message[:80]}"), message
    if isinstance(outcome, Crashed):
        return f"ends its process ({outcome.signal})", ""
    if isinstance(outcome, TimedOut):
        return f"no answer within {outcome.limit:g} s", ""
    return ANSWERS, ""
