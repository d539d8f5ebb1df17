"""``opassay import-xfails``: a baseline of the failures that another suite's list names and a run shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from opassay.harness.doors.known_draft import updated
from opassay.harness.doors.known_update import read_shown, summary
from opassay.harness.doors.reporting import strange
from opassay.harness.doors.their_tests import KINDS, Named, read_names
from opassay.harness.find.registry import Registry, UsageError, unknown
from opassay.harness.model.baseline import Line
from opassay.harness.store.baseline import in_order, write_baseline
from opassay.harness.store.files import FileError

FILE_BYTES = 1 << 26
SHOWN = 8
"""Number of tests or ops of one kind that are named."""

Listed = Mapping[str, frozenset[str]]
"""By op, the dtypes that its tests name; None for any."""


def import_xfails_command(kind: str, list_file: Path, folder: Path, baseline: Path, adapters: Sequence[str]) -> int:
    """Write the lines of the run in ``folder`` that ``list_file`` names; print what only one of the two has."""
    if kind not in KINDS:
        raise UsageError(unknown("kind of list", kind, KINDS))
    if baseline.exists():
        raise UsageError(f"{baseline} is there already: opassay known update brings it up to date; or name another one")
    named = read_names(kind, _text(list_file), Registry(adapters).names)
    listed = by_op(named)
    if not listed:
        raise UsageError(f"{list_file} names no test of kind {kind} about an op that opassay asks")
    lines = _lines(folder, listed)
    kept = [line for line in lines if accepts(listed, line)]
    try:
        write_baseline(baseline, kept)
    except FileError as error:
        raise UsageError(str(error)) from None
    for told in _told(named, listed, lines, kept, baseline):
        print(told)
    return 0


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(FILE_BYTES).decode(errors="replace")
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None


def by_op(named: Sequence[Named]) -> Listed:
    """By op, what a list names. A test that names no dtype concerns all of them."""
    found: dict[str, set[str]] = {}
    whole = {name.op for name in named if not name.dtype}
    for name in named:
        if name.op:
            found.setdefault(name.op, set()).update({name.dtype} - {""})
    return {op: frozenset() if op in whole else frozenset(dtypes) for op, dtypes in found.items()}


def accepts(listed: Listed, line: Line) -> bool:
    """Whether the list names the line's op in a dtype of its case."""
    dtypes = listed.get(line.op)
    return dtypes is not None and (not dtypes or any(t.dtype in dtypes for t in line.pin.all_tensors))


def _lines(folder: Path, listed: Listed) -> list[Line]:
    """The differences of the run that nothing covers."""
    try:
        return in_order(updated((), read_shown(folder, (), ())))
    except ValueError as error:
        ops = " ".join(f"--op {op}" for op in sorted(listed))
        raise UsageError(
            f"{error}; a line needs a case that shows it, so first: opassay run --target … {ops}"
        ) from None
    except Exception as error:
        raise strange(error) from None


def _told(
    named: Sequence[Named], listed: Listed, lines: Sequence[Line], kept: Sequence[Line], path: Path
) -> Iterator[str]:
    yield from (f"+ {summary(line)}" for line in kept)
    yield f"{path}: {len(kept)} lines"
    strangers = [name.test for name in named if not name.op]
    yield f"{len(named) - len(strangers)} of {len(named)} tests are about {len(listed)} ops that opassay asks"
    if strangers:
        yield f"  about none: {_some(strangers)}"
    if calm := sorted(set(listed) - {line.op for line in kept}):
        yield f"  of these the run shows no such difference: {_some(calm)}"
    if left := Counter(line.op for line in lines if line not in kept):
        yield f"not in the list, and still red: {sum(left.values())} differences of {_some(sorted(left))}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
