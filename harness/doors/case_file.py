"""The case that a command line names: a JSON file, or the id of a record in a report folder."""

from __future__ import annotations

from pathlib import Path

from opassay.harness.find.bounded import too_many
from opassay.harness.find.registry import UsageError
from opassay.harness.model.case import Case
from opassay.harness.store.journal import NAME, JournalError, read_records

CASE_BYTES = 1 << 20
"""Largest size of a case file in bytes: a thousand times a usual one."""


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
    except OSError:  # The name is too long: it is the case itself.
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
