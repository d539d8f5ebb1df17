"""Suites in files: a header, then a case a line. Read as untrusted input."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from opassay.harness.find.bounded import too_many
from opassay.harness.find.located import UsageError
from opassay.harness.model import strict_json
from opassay.harness.model.case import Case
from opassay.harness.model.suite import Suite
from opassay.harness.store.files import replace_file

FORMAT = 1
HEADER = "opassay_suite"
FILE_BYTES = 1 << 28
"""Most bytes of a suite that are read: a hundred times those of two thousand cases."""

SHIPPED = Path(__file__).parent.parent.parent / "cases" / "suites"
"""The folder of suites that are named without a path."""


def shipped() -> list[str]:
    """The names of the suites that opassay comes with."""
    return sorted(path.stem for path in SHIPPED.glob("*.jsonl"))


def read_suite(given: str | Path) -> Suite:
    """The suite in a file, or the shipped one of this name.

    Raises ``UsageError``, one line, for one that is cut, was changed, or is of another version.
    """
    path = Path(given)
    if str(given) in shipped():
        path = SHIPPED / f"{given}.jsonl"
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_BYTES + 1)
        if len(content) > FILE_BYTES:
            raise ValueError(f"it has more than {FILE_BYTES} bytes")
        return _suite(content)
    except OSError as error:
        there = f"; shipped are: {', '.join(shipped())}" if path.suffix != ".jsonl" else ""
        raise UsageError(f"cannot read the suite {str(given)!r}: {error.strerror or error}{there}") from None
    except ValueError as error:
        raise UsageError(f"the suite {str(given)!r} cannot be used: {' '.join(str(error).split())}") from None


def _suite(content: bytes) -> Suite:
    header, *lines = content.decode().split("\n")
    told = _header(header)
    if lines[-1:] != [""] or len(lines) - 1 != told["cases"]:
        raise ValueError(f"it is cut or was added to: it says {told['cases']} cases and has {max(0, len(lines) - 1)}")
    suite = Suite(str(told["name"]), tuple(_cases(lines[:-1])))
    if suite.hash != told["sha256"]:
        raise ValueError(
            f"it was changed: its cases have the hash {suite.hash[:16]}, and it says {str(told['sha256'])[:16]!r}"
        )
    return suite


def _header(text: str) -> Mapping[str, object]:
    expected = f'expected {{"{HEADER}": {FORMAT}, "name": …, "cases": …, "sha256": …}} in its first line'
    try:
        data = strict_json.loads(text)
        if not isinstance(data, dict) or HEADER not in data:
            raise ValueError(f"not the header of a suite: {text:.60}")
    except ValueError as error:
        raise ValueError(f"{expected} ({error})") from None
    if data[HEADER] != FORMAT:
        raise ValueError(f"it is of version {data[HEADER]!r:.60}, and this opassay reads version {FORMAT}")
    return strict_json.fields(data, "its first line", (HEADER, "name", "cases", "sha256"))


def _cases(lines: Sequence[str]) -> Iterator[Case]:
    seen: set[str] = set()
    for number, text in enumerate(lines, 2):
        try:
            case = Case.loads(text)
            if reason := too_many(case):
                raise ValueError(reason)
            if case.id in seen:
                raise ValueError(f"case {case.id} is there twice")
        except ValueError as error:
            raise ValueError(f"line {number}: {error!s:.300}") from None
        seen.add(case.id)
        yield case


def write_suite(path: Path, suite: Suite) -> None:
    """Write ``suite``. Raises ``FileError``, and keeps the old file, if it cannot be written."""
    header = {HEADER: FORMAT, "name": suite.name, "cases": len(suite.cases), "sha256": suite.hash}
    lines = [json.dumps(header), *(case.dumps() for case in suite.cases)]
    replace_file(path, "".join(f"{line}\n" for line in lines).encode())
