"""``opassay replay``: cases, each alone on every target, with all details."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from opassay.harness.arrays.answers import judged
from opassay.harness.arrays.answers import told as told_of
from opassay.harness.arrays.asked import Own, Question, question
from opassay.harness.doors import told
from opassay.harness.doors.case_file import find_case
from opassay.harness.doors.consoles import say_line, stdout
from opassay.harness.find.bounded import room
from opassay.harness.find.form import check_form
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.hunt.scripts import case_script
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op, references, refusal
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.engine import Engine
from opassay.harness.run.kinds import Asked
from opassay.harness.run.known_rows import untested_line
from opassay.harness.run.lane import Lane

Say = Callable[[str], None]

SHOWN = 64
"""Arrays of up to this many elements are printed whole."""

NO_ANSWER = ("unsupported", "fallback")


def replay_command(
    texts: Sequence[str], request: Request, out: Path, scripts: Path | None = None, own: Own | None = None
) -> int:
    """Status 0: no target differs; 1: one does; 2: none answered; 3: a fault.

    ``scripts``: a folder in which each target gets a script per case. ``own``: the user's arrays in place of cases.
    """
    if own is None or not own.given:
        return _replay_all([find_case(text, out) for text in texts], request, scripts)
    if texts or scripts:
        raise UsageError("--op asks of arrays in files: leave out CASE and --script")
    op = Registry(request.adapters).op(own.op)
    with question(op, own) as asked:
        return _replay_own(op, asked, request)


def _replay_own(op: Op, asked: Question, request: Request) -> int:
    """Replay arrays from files: the answers that came with them, then every target that was named, or all."""
    console = stdout()
    if asked.assumed:
        say_line(console, f"not given, so taken: {', '.join(f'{n}={v!r}' for n, v in asked.assumed.items())}")
    verdicts = judged(op, asked.case, asked.answers)
    for line in told_of(op, asked.case, asked.answers, verdicts):
        say_line(console, line)
    status = int(any(judgement.verdict in FAILING for judgement in verdicts.values()))
    if asked.answers and not request.targets:
        return status
    return max(status, _replay_all([asked.case], request, None))


def _replay_all(cases: Sequence[Case], request: Request, scripts: Path | None) -> int:
    campaign = Campaign(replace(request, ops=[case.op for case in cases], aspects=()))
    ops = {op.name: op for op in campaign.ops}
    # No worker is started for a case that cannot be asked.
    heads = [_head(campaign, ops[case.op], case) for case in cases]
    console = stdout()

    def say(line: str) -> None:
        say_line(console, line)

    with campaign.engine() as engine:
        check_devices(engine)
        verdicts: list[set[str]] = []
        for case, head in zip(cases, heads, strict=True):
            say(f"\n{head}" if verdicts else head)
            verdicts.append(_replay(ops[case.op], case, campaign, engine, scripts, say))
    return _status(cases, verdicts, engine)


def _head(campaign: Campaign, op: Op, case: Case) -> str:
    """The case, its inputs and the oracle's answer. Raises ``UsageError`` for a case that cannot be asked."""
    lines: list[str] = []
    with _in_one_line(f"not a case of {op.name}"):
        check_form(op, case, campaign.registry.op)
    with _in_one_line("its inputs cannot be made"):
        _describe(case, lines.append)
    _oracle(op, case, lines.append)
    return "\n".join(lines)


def _status(cases: Sequence[Case], verdicts: Sequence[set[str]], engine: Engine) -> int:
    silent = [case.id for case, found in zip(cases, verdicts, strict=True) if not found - set(NO_ANSWER)]
    if silent:
        why = [f"{lane.label} could not start: {lane.state}" for lane in engine.lanes.values() if not lane.usable]
        told_why = "; ".join(why) or "no target has the op for such a case"
        print(f"opassay: no target answered {', '.join(silent)}: {told_why}", file=sys.stderr)
    seen = set().union(*verdicts)
    return 3 if "fault" in seen else 1 if seen & set(FAILING) else 2 if silent else 0


def _replay(op: Op, case: Case, campaign: Campaign, engine: Engine, scripts: Path | None, say: Say) -> set[str]:
    """Print the answer of every target to the case, and return the verdicts."""
    lanes = {lane.label: lane for lane in engine.lanes.values()}
    asked = list(engine.ask(op, Item(0, case)))
    for answer in asked:
        _tell(op, case, lanes[answer[0]], answer, engine, say)
        if scripts is not None:
            say(f"    {case_script(campaign.registry, lanes[answer[0]], op, case, answer, scripts)}")
    for lane in lanes.values():
        if not lane.usable:
            say(f"\n{lane.label}: could not start: {lane.state}")
    return {judgement.verdict for _, _, judgement in asked}


def _tell(op: Op, case: Case, lane: Lane, asked: Asked, engine: Engine, say: Say) -> None:
    label, outcome, judgement = asked
    say(f"\n{label}: {judgement.verdict}" + (f": {judgement.message}" if judgement.message else ""))
    covering = engine.known.covering(lane, op, case, outcome, judgement)
    lines = [*told.known_lines(engine.known.facts(lane, case), covering, case, lane.target.mode, judgement.verdict)]
    if judgement.verdict in FAILING and (untested := untested_line(engine, lane)):
        lines.append(untested)
    lines += told.figures(judgement)
    if isinstance(outcome, Returned) and case.aspect in ("value", "gradient"):
        found = references(op, case, outcome.arrays)
        lines += told.allowed(found, engine.judging.models(lane, op, found), case.exact)
    for line in lines:
        say(f"    {line}")
    _answer(outcome, say)


@contextmanager
def _in_one_line(what: str) -> Iterator[None]:
    """Report any error of an untrusted case in one line, without a traceback."""
    try:
        yield
    except Exception as error:
        # The name of an internal Python error tells a user nothing.
        words = str(error) if isinstance(error, (ValueError, UsageError)) else _in_words(error)
        raise UsageError(f"{what}: {' '.join(words.split())[:300]}") from None


def _in_words(error: Exception) -> str:
    return (
        "it takes more memory than there is" if isinstance(error, MemoryError) else f"{type(error).__name__}: {error}"
    )


def _describe(case: Case, say: Say) -> None:
    say(f"case {case.id}: {case.op}, aspect {case.aspect}" + (f", breaks {case.rule}" if case.rule else ""))
    for name, value in case.attributes.items():
        say(f"    {name} = {value}")
    for position, tensor in enumerate(case.all_tensors):
        kind = "input" if position < len(case.tensors) else "cotangent"
        say(f"    {kind} {position}: {tensor.dtype}{list(tensor.shape)}, {tensor.fill.kind}, {tensor.memory.kind}")
        _show("      ", tensor.materialize(), say)


def _oracle(op: Op, case: Case, say: Say) -> None:
    if case.aspect == "error":
        with _in_one_line("the oracle cannot look at this case"), room():
            refused = refusal(op, case)
        if not refused:
            raise UsageError(f"the contract of {op.name} allows its input, so it does not break {case.rule!r}")
        say(f"\noracle: an error; {refused}")
        return
    with _in_one_line("the oracle refuses this case"), room():
        found = references(op, case)
    for reference in found:
        say(f"\noracle {reference.name}: {reference.dtype}{list(reference.exact.shape)}")
        _show("    ", reference.exact, say)


def _answer(outcome: Outcome, say: Say) -> None:
    if isinstance(outcome, Returned):
        for array in outcome.arrays:
            if array is not None:
                _show("    ", array, say)


def _show(indent: str, array: np.ndarray, say: Say) -> None:
    wide = dtypes.widen(array)
    if wide.size > SHOWN:
        say(f"{indent}({wide.size} values, from {', '.join(f'{float(v):.9g}' for v in wide.ravel()[:6])})")
        return
    for line in np.array2string(wide, separator=", ", threshold=SHOWN + 1).splitlines():
        say(indent + line)
