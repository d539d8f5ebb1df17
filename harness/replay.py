"""``opassay replay``: one case, alone, on every target, with everything about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from harness.bounded import room, too_many
from harness.model import dtypes
from harness.model.case import Case
from harness.model.op import Op, references, refusal
from harness.model.outcome import Outcome, Returned
from harness.model.verdicts import FAILING
from harness.registry import UsageError
from harness.run.campaign import Campaign, Request, check_devices
from harness.run.journal import NAME, JournalError, read_records
from harness.run.plan import Item

Say = Callable[[str], None]

CASE_BYTES = 1 << 20
"""How large the file of a case may be: a thousand times what one has."""

SHOWN = 64
"""Arrays of up to this many elements are printed whole."""


def replay_command(text: str, request: Request, out: Path) -> int:
    """Status 0 when no target differs, 1 when one does, 3 on a fault."""
    case = find_case(text, out)
    campaign = Campaign(replace(request, ops=[case.op], aspects=()))
    op = campaign.ops[0]
    console = Console()

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    with _in_one_line("its inputs cannot be made"):
        _describe(case, say)
    with campaign.engine() as engine:
        check_devices(engine)
        _oracle(op, case, say)
        for label, outcome, judgement in engine.ask(op, Item(0, case)):
            say(f"\n{label}: {judgement.verdict}" + (f": {judgement.message}" if judgement.message else ""))
            if judgement.rho is not None:
                say(
                    f"    rho {judgement.rho:.4g}, max error {judgement.max_abs_error:.4g}, {judgement.max_ulp:.4g} ulp"
                )
            _answer(outcome, say)
        for lane in engine.lanes.values():
            if not lane.usable:
                say(f"\n{lane.label}: {lane.state}")
        verdicts = {judgement.verdict for _, _, judgement in engine.asked}
    return 3 if "fault" in verdicts else int(bool(verdicts & set(FAILING)) or not verdicts)


def find_case(text: str, out: Path) -> Case:
    """The case in a JSON file, or the one with this id in the journal of ``out``."""
    path = Path(text)
    case = _from_file(path) if path.suffix == ".json" or _is_file(path) else _from_journal(text, out)
    if reason := too_many(case):
        raise UsageError(f"case {case.id} cannot be shown: {reason}")
    return case


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # The name is too long: somebody gave the case itself.
        return False


def _from_journal(text: str, out: Path) -> Case:
    journal = out / NAME
    try:
        records = read_records(journal) if text and journal.is_file() else iter(())
        found = next((r for r in records if r.case_id.startswith(text)), None)
    except JournalError as error:
        raise UsageError(str(error)) from None
    if found is None:
        raise UsageError(f"no case {text!r:.200}: neither a JSON file nor the id of a case in {str(out)!r}")
    try:
        return Case.loads(found.case)
    except ValueError as error:
        raise UsageError(f"{str(journal)!r} does not hold a case: {error}") from None


def _from_file(path: Path) -> Case:
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is not a file")
        with path.open("rb") as stream:
            text = stream.read(CASE_BYTES + 1)
        if len(text) > CASE_BYTES:
            raise ValueError(f"it has more than {CASE_BYTES} bytes")
        return Case.loads(text.decode())
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{str(path)!r} does not hold a case: {error}") from None


@contextmanager
def _in_one_line(what: str) -> Iterator[None]:
    """Anything may be wrong with a case that a stranger wrote, and nothing of it is worth a traceback."""
    try:
        yield
    except Exception as error:
        told = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise UsageError(f"{what}: {told}{' '.join(str(error).split())[:300]}") from None


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
            if not refusal(op, case):
                raise ValueError(f"the contract of {op.name} allows its input, so it does not break {case.rule!r}")
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
