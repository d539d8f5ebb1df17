"""What ``report`` and ``diff`` do with what runs left in their folders; a run may go on or have been killed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from opassay.harness.model.fact import apart
from opassay.harness.model.verdicts import Record
from opassay.harness.registry import UsageError, unknown
from opassay.harness.run.files import FileError
from opassay.harness.run.journal import NAME, being_written, sorted_records

SCRATCH = ".report-"


def report_command(folders: Sequence[Path]) -> int:
    """``opassay report DIR...``: the pages of the last folder, with the trend where there are several."""
    *before, folder = folders
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
        print(page)
    return 0


def diff_command(
    old: Path, new: Path | None, form: str, out: Path | None, targets: tuple[str, str] | None = None
) -> int:
    """``opassay diff OLD NEW``: 1 when something is new, or nothing was compared, 3 when there is a new fault.

    With ``targets``: the first one in ``old`` with the second one in ``new``, which may be the same run.
    """
    from opassay.reports.diff import compare
    from opassay.reports.diff_text import FORMATS, SUFFIXES
    from opassay.reports.run_file import read_run
    from opassay.reports.stored_table import read_for_pages

    form = form or SUFFIXES.get(out.suffix if out else "", "text")
    if form not in FORMATS:
        raise UsageError(f"--format expects one of {', '.join(FORMATS)}, got {form!r}")
    if new is None and targets is None:
        raise UsageError("diff needs the folder of a second run, or two targets of one: --targets A B")
    later = new or old
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
        print(FORMATS[form](diff, str(later)), end="")
        return diff.status
    try:
        out.write_text(FORMATS[form](diff, str(later)), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {str(out)!r}: {error.strerror}") from None
    print(out)
    return diff.status


def strange(error: Exception) -> UsageError:
    """For files that anyone may have written: whatever else is wrong in them is worth one line, not a traceback."""
    return UsageError(
        f"run.json or a file beside it is not as opassay writes it ({type(error).__name__}: {error!s:.200})"
    )


def _pages(folder: Path, before: Sequence[Path]) -> list[Path]:
    from opassay.reports.pages import write_pages
    from opassay.reports.run_file import RUN, RUNNING, read_run

    goes_on = being_written(folder / NAME)
    if goes_on and not (folder / RUN).exists():
        raise UsageError(f"the run in {folder} has only begun, so there is nothing to report; try again in a minute")
    run = read_run(folder)
    if not goes_on and run["status"] != RUNNING:
        return write_pages(folder, before)
    run["status"] = RUNNING if goes_on else "interrupted"
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as scratch:
        pages = _so_far(folder, before, run, Path(scratch), goes_on)
        # What the run itself has written meanwhile is newer.
        if goes_on and not being_written(folder / NAME):
            return _pages(folder, before)
        for page in pages:
            os.replace(page, folder / page.name)
    return [folder / page.name for page in pages]


def _so_far(folder: Path, before: Sequence[Path], run: dict[str, Any], scratch: Path, goes_on: bool) -> list[Path]:
    """The pages of what the journal holds, made in ``scratch``: the folder's own table is for the run to write."""
    from opassay.reports.pages import write_pages
    from opassay.reports.table import write_sorted

    covered: Counter[tuple[str, str]] = Counter()
    count = 0

    def counted() -> Iterator[Record]:
        nonlocal count
        for record in sorted_records(folder / NAME):
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
