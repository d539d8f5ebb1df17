"""The tapes of this checkout, judged again, and the table that they gave when they were made: tests/tapes/table.csv.

``python tests/taped.py`` judges them and writes the table; the change then stands in the diff, verdict by verdict.
"""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from opassay.harness.model.verdicts import Record
from opassay.harness.store.journal import NAME, sorted_records

TAPES = Path(__file__).parent / "tapes"
TABLE = TAPES / "table.csv"
KEY = ("op", "aspect", "number", "case_id", "target")
COUNTS = ("elements", "free_elements", "free_by_bound", "bad_elements")
SAID = ("verdict", "known", "version_untested", "confirmed", "error_type", *COUNTS)
FIGURES = ("rho", "max_abs_error", "max_ulp")
COLUMNS = (*KEY, *SAID, *FIGURES, "message")
SAME = 0.01
"""How far figures may be apart: the oracle's own last bits, which are the processor's, show in errors of float64."""

_NUMBER = re.compile(r"-?\b(\d+\.\d+(e[+-]?\d+)?|\d+e[+-]?\d+)")
Row = dict[str, str]


def folders() -> list[Path]:
    """The recordings."""
    return sorted(path for path in TAPES.iterdir() if path.is_dir())


def judged(tape: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """``opassay rejudge`` in a process of its own."""
    command = [sys.executable, "-m", "opassay", "rejudge", str(tape), "--out", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(out: Path) -> Iterator[Row]:
    """What the table says of each record in ``out``."""
    yield from (row(record) for record in sorted_records(out / NAME))


def row(record: Record) -> Row:
    told = {name: getattr(record, name) for name in COLUMNS}
    told |= {name: "" if told[name] is None else f"{told[name]:.4g}" for name in FIGURES}
    told["message"] = _NUMBER.sub("#", record.message)
    return {name: "" if value is None else str(value) for name, value in told.items()}


def expected() -> list[Row]:
    """The table as it stands in the checkout."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def differences(before: Iterable[Row], after: Iterable[Row]) -> list[str]:
    """In words, what was one way and is another: a line per record."""
    old, new = ({tuple(row[name] for name in KEY): row for row in table} for table in (before, after))
    return [
        *(f"{' '.join(key)}: is no longer there" for key in old if key not in new),
        *(f"{' '.join(key)}: was not there" for key in new if key not in old),
        *(f"{' '.join(key)}: {told}" for key in old if key in new and (told := _changed(old[key], new[key]))),
    ]


def _changed(old: Row, new: Row) -> str:
    names = [name for name in COLUMNS if not (_close if name in FIGURES else str.__eq__)(old[name], new[name])]
    return "; ".join(f"{name} was {old[name] or 'empty'}, is {new[name] or 'empty'}" for name in names)


def _close(old: str, new: str) -> bool:
    return old == new or bool(old and new and math.isclose(float(old), float(new), rel_tol=SAME))


def write(table: Sequence[Row]) -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for tape in folders():
            done = judged(tape, Path(folder) / tape.name)
            if done.returncode not in (0, 1):
                sys.exit(done.stderr)
        found = [row for tape in folders() for row in rows(Path(folder) / tape.name)]
    told = differences(expected(), found) if TABLE.exists() else []
    print(*told, f"{len(told)} of {len(found)} records changed", sep="\n")
    write(found)


if __name__ == "__main__":
    main()
