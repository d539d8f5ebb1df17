"""``opassay replay``: one case, alone, on every target, with everything about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from harness.model import dtypes
from harness.model.case import Case
from harness.model.op import Op, references
from harness.model.outcome import Outcome, Returned
from harness.model.verdicts import FAILING
from harness.registry import UsageError
from harness.run.campaign import Campaign, Request, check_devices
from harness.run.journal import NAME, JournalError, read_records
from harness.run.plan import Item

Say = Callable[[str], None]

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
        verdicts = {judgement.verdict for _, _, judgement in engine.asked}
    return 3 if "fault" in verdicts else int(bool(verdicts & set(FAILING)) or not verdicts)


def find_case(text: str, out: Path) -> Case:
    """The case in a JSON file, or the one with this id in the journal of ``out``."""
    path = Path(text)
    if path.suffix == ".json" or path.is_file():
        return _from_file(path)
    journal = out / NAME
    try:
        records = read_records(journal) if text and journal.is_file() else iter(())
        found = next((r for r in records if r.case_id.startswith(text)), None)
    except JournalError as error:
        raise UsageError(str(error)) from None
    if found is None:
        raise UsageError(f"no case {text!r}: neither a JSON file nor the id of a case in {str(out)!r}")
    return Case.loads(found.case)


def _from_file(path: Path) -> Case:
    try:
        return Case.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{str(path)!r} does not hold a case: {error}") from None


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
        return
    try:
        found = references(op, case)
    except ValueError as error:
        raise UsageError(f"the oracle refuses this case: {error}") from None
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
