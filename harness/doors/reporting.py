"""The commands ``report`` and ``diff``, on folders of runs that have finished, still run, or were killed."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from opassay.harness.doors.printed import filled_lines
from opassay.harness.find.registry import UsageError, unknown
from opassay.harness.model.fact import apart
from opassay.harness.model.verdicts import Record
from opassay.harness.store.earlier import CAMPAIGN
from opassay.harness.store.files import FileError
from opassay.harness.store.journal import NAME, being_written, sorted_records

SCRATCH = ".report-"


def report_command(places: Sequence[str]) -> int:
    """``opassay report DIR...``: the pages of the last folder, with a trend over all of them."""
    with contextlib.ExitStack() as held:
        *before, folder = (held.enter_context(_brought(place, keep=place == places[-1])) for place in places)
        return _report(before, folder, str(places[-1]))


def _brought(place: str | Path, keep: bool = False) -> AbstractContextManager[Path]:
    """The folder of a run; a campaign at an address is fetched into a temporary one."""
    if "://" not in str(place):
        return contextlib.nullcontext(Path(place))
    from opassay.harness.fleet.published import brought

    return brought(str(place), keep)


def _report(before: Sequence[Path], folder: Path, place: str) -> int:
    try:
        pages = _pages(folder, before)
    except UsageError:
        raise
    except (ValueError, FileError) as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"cannot write in {str(folder)!r}: {error.strerror}") from None
    except Exception as error:
        raise strange(error) from None
    for page in pages:
        print(page if str(folder) == place else f"{place}/{page.name}")
    return 0


def diff_command(old: str, new: str, form: str, out: Path | None, targets: tuple[str, str] | None = None) -> int:
    """``opassay diff OLD NEW``. Status 1: something is new, or nothing was compared; 3: a new fault.

    With ``targets``: the first of them in ``old`` against the second in ``new``, which may be the same run.
    """
    if not new and targets is None:
        raise UsageError("diff needs the folder of a second run, or two targets of one: --targets A B")
    with _brought(old) as before, _brought(new) if new else contextlib.nullcontext(before) as after:
        return _diff(before, after, str(new or old), form, out, targets)


def _diff(old: Path, later: Path, told: str, form: str, out: Path | None, targets: tuple[str, str] | None) -> int:
    from opassay.reports.data.run_file import read_run
    from opassay.reports.data.stored_table import read_for_pages
    from opassay.reports.render.diff_text import FORMATS, SUFFIXES
    from opassay.reports.sections.diff import compare

    form = form or SUFFIXES.get(out.suffix if out else "", "text")
    if form not in FORMATS:
        raise UsageError(f"--format expects one of {', '.join(FORMATS)}, got {form!r}")
    try:
        tables = read_for_pages(old), read_for_pages(later)
        runs = read_run(old), read_run(later)
        for name, run in zip(targets or (), runs, strict=False):
            if name not in run["targets"]:
                raise ValueError(unknown("target", name, run["targets"]))
        diff = compare(tables[0], runs[0], tables[1], runs[1], targets)
    except ValueError as error:
        raise UsageError(str(error)) from None
    except Exception as error:
        raise strange(error) from None
    if out is None:
        text = FORMATS[form](diff, told)
        print(filled_lines(text) if form == "text" else text, end="")
        return diff.status
    try:
        out.write_text(FORMATS[form](diff, told), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {str(out)!r}: {error.strerror}") from None
    print(out)
    return diff.status


def strange(error: Exception) -> UsageError:
    """Any other error in an untrusted report folder, in one line without a traceback."""
    return UsageError(
        f"run.json or a file beside it is not as opassay writes it ({type(error).__name__}: {error!s:.200})"
    )


def _pages(folder: Path, before: Sequence[Path]) -> list[Path]:
    from opassay.reports.data.run_file import RUN, RUNNING, read_run
    from opassay.reports.render.pages import write_pages

    writes = folder / (CAMPAIGN if (folder / CAMPAIGN).exists() else NAME)
    goes_on = being_written(writes)
    if goes_on and not (folder / RUN).exists():
        raise UsageError(f"the run in {folder} has only begun, so there is nothing to report; try again in a minute")
    run = read_run(folder)
    if not goes_on and run["status"] != RUNNING:
        return write_pages(folder, before)
    run["status"] = RUNNING if goes_on else "interrupted"
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as scratch:
        pages = _so_far(folder, before, run, Path(scratch), goes_on)
        # The run itself has written newer pages meanwhile.
        if goes_on and not being_written(writes):
            return _pages(folder, before)
        for page in pages:
            os.replace(page, folder / page.name)
    return [folder / page.name for page in pages]


def _answers(folder: Path) -> Iterable[Record]:
    """All records so far, in the order of the table."""
    if not (folder / CAMPAIGN).exists():
        return sorted_records(folder / NAME)
    from opassay.harness.fleet.place import Place
    from opassay.harness.fleet.shelf import Shelf

    return Shelf(Place(str(folder))).sorted_records()


def _so_far(folder: Path, before: Sequence[Path], run: dict[str, Any], scratch: Path, goes_on: bool) -> list[Path]:
    """The pages of the journal's records, made in ``scratch``: the run itself writes the folder's own table."""
    from opassay.reports.data.table import write_sorted
    from opassay.reports.render.pages import write_pages

    covered: Counter[tuple[str, str]] = Counter()
    count = 0

    def counted() -> Iterator[Record]:
        nonlocal count
        for record in _answers(folder):
            count += 1
            covered.update((record.adapter, known) for known in apart(record.known))
            yield record

    write_sorted(counted(), scratch)
    for known in run["known"]:
        known["failed"] = covered[known["adapter"], known["id"]]
    planned = sum(shard["planned"] for shard in run["shards"])
    state = "still running" if goes_on else "it was ended before it was done, and --resume goes on with it"
    print(f"{state}: {count:,} of {planned:,} answers so far", file=sys.stderr)
    return write_pages(folder, before, out=scratch, run=run)
