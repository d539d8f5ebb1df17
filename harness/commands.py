"""What the commands ``run``, ``report`` and ``doctor`` do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from opassay.harness.consoles import stderr, stdout
from opassay.harness.hunt.after_run import hunt_run
from opassay.harness.hunt.hunter import Limits
from opassay.harness.model.faults import told
from opassay.harness.registry import Registry, UsageError, unknown
from opassay.harness.run.campaign import Campaign, Request, Run, check_devices
from opassay.harness.run.engine import Engine
from opassay.harness.run.files import FileError
from opassay.harness.run.status import INTERRUPTED, exit_status

SAID = 10.0
"""Seconds between two lines about the hunt where there is no terminal to show it on."""


def run_command(request: Request, out: Path, resume: bool, strict: bool, findings: int) -> int:
    """``opassay run``: exit status 0 nothing new, 1 something new or too little ran, 2 bad usage, 3 a fault."""
    campaign = Campaign(request)
    console = stderr()
    run = Run(campaign, out, resume)
    if run.aside is not None:
        console.print(f"the earlier run in {out} is now in {run.aside}", markup=False, highlight=False, soft_wrap=True)
    with _kept(run), campaign.engine() as engine:
        with console.status(f"starting {', '.join(escape(label) for label in campaign.labels().values())}"):
            check_devices(engine)
        _announce(engine, console)
        try:
            _execute(run, engine, console)
            if run.counts.new and findings:
                # Before anything else can go wrong; what the hunt finds is added afterwards.
                run.describe(engine)
                _write(run, console)
            _hunt(run, engine, console, findings)
        except KeyboardInterrupt:
            engine.stop()
            run.status = "interrupted"
            console.print("interrupted: writing what is known so far; go on with --resume")
        described = run.finish(engine)
    return _tell(run, described, strict)


@contextmanager
def _kept(run: Run) -> Iterator[None]:
    """One line for a disk that is full or a folder that is gone: what is lost (nothing) and how to go on."""
    try:
        yield
    except (FileError, OSError) as error:
        told = str(error) if isinstance(error, FileError) else f"cannot write in {run.folder}: {_reason(error)}"
        there = run.journal.path.exists()
        kept = f"{run.counts.total} records are in {run.journal.path.name}: make room, then go on with --resume"
        raise UsageError(f"{told}; {kept if there else 'its records went with it'}") from None


def _reason(error: OSError) -> str:
    return f"{error.strerror or error}" + (f" ({Path(error.filename).name})" if error.filename else "")


def _announce(engine: Engine, console: Console) -> None:
    for lane in engine.lanes.values():
        state = f"{lane.hello['version']} ready" if lane.state == "ready" else f"could not start: {lane.state}"
        console.print(f"  {lane.label} {state}", markup=False, highlight=False)


def _execute(run: Run, engine: Engine, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("judging", total=run.records_to_come(engine))
        new = 0
        for record in run.execute(engine):
            new += record.new
            progress.update(task, advance=1, description=f"{record.op} · {new} new" if new else record.op)


def _hunt(run: Run, engine: Engine, console: Console, findings: int) -> None:
    last = 0.0

    def say(text: str) -> None:
        nonlocal last
        status.update(text)
        if not console.is_terminal and time.monotonic() - last > SAID:
            last = time.monotonic()
            console.print(text, markup=False, highlight=False)

    with console.status("hunting") as status:
        hunt_run(run, engine, Limits(findings), say)


def _write(run: Run, console: Console) -> Path:
    """Write the table and the pages; what could not be made of them is noted in ``run.faults``."""
    from opassay.reports.pages import write_pages
    from opassay.reports.table import write_sorted

    with console.status("writing the report"):
        write_sorted(map(run.noted, run.journal.sorted_records()), run.folder)
        faults: list[str] = []
        pages = write_pages(run.folder, faults=faults)
        run.faults += [fault for fault in faults if fault not in run.faults]
    return pages[-1]


def _tell(run: Run, described: dict[str, Any], strict: bool) -> int:
    from opassay.reports.stored_table import read_for_pages
    from opassay.reports.terminal import print_summary

    console = stdout()
    with _kept(run):
        page = _write(run, stderr())
        run.redescribe(described)
    try:
        print_summary(read_for_pages(run.folder), described, console)
    except Exception as error:
        run.faults.append(f"the summary on the terminal: {told(error)}")
        run.redescribe(described)
    console.print(f"report: {page}", markup=False, highlight=False, soft_wrap=True)
    status, reasons = exit_status(described, run.counts, strict)
    for reason in reasons:
        console.print(f"exit status {status}: {reason}", markup=False, highlight=False, soft_wrap=True)
    return INTERRUPTED if run.status == "interrupted" else status


def report_command(folders: Sequence[Path]) -> int:
    """``opassay report DIR...``: the pages of the last folder, with the trend where there are several."""
    from opassay.reports.pages import write_pages

    *before, folder = folders
    try:
        pages = write_pages(folder, before)
    except ValueError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"cannot write in {str(folder)!r}: {error.strerror}") from None
    except Exception as error:
        raise _strange(error) from None
    for page in pages:
        print(page)
    return 0


def _strange(error: Exception) -> UsageError:
    """For files that anyone may have written: whatever else is wrong in them is worth one line, not a traceback."""
    return UsageError(
        f"run.json or a file beside it is not as opassay writes it ({type(error).__name__}: {error!s:.200})"
    )


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
        raise _strange(error) from None
    if out is None:
        print(FORMATS[form](diff, str(later)), end="")
        return diff.status
    try:
        out.write_text(FORMATS[form](diff, str(later)), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {str(out)!r}: {error.strerror}") from None
    print(out)
    return diff.status


def doctor_command(adapters: list[str]) -> int:
    """``opassay doctor``: 0 when every installed framework and every target of the user answers, 1 otherwise."""
    console = stdout()
    registry = Registry(adapters, Path())
    for entry in registry.adapters.values():
        if not entry.installed:
            console.print(f"{entry.name}: not installed; {entry.hint}", markup=False, highlight=False)
    targets, problems = ["all"] if registry.installed() else [], []
    for name in registry.described:
        try:
            targets.append(str(registry.target(name)))
        except UsageError as error:
            problems.append(f"{name}: {error}")
    console.print(*problems, sep="\n", end="\n" if problems else "", markup=False, highlight=False, soft_wrap=True)
    campaign = Campaign(Request(adapters=adapters, targets=targets, ops=["relu"]))
    healthy = not problems
    with campaign.engine() as engine:
        check_devices(engine)
        for lane in engine.lanes.values():
            healthy &= lane.state == "ready"
            console.print(*_diagnosis(lane), sep="\n", markup=False, highlight=False, soft_wrap=True)
    return 0 if healthy else 1


def _diagnosis(lane: Any) -> list[str]:
    if lane.state != "ready":
        return [f"{lane.label}: could not start: {lane.state}"]
    hello = lane.hello
    lines = [f"{lane.label}: {hello['version']}, Python {hello['python']}, NumPy {hello['numpy']}"]
    lines += [f"    from {hello['origin']}", f"    devices: {', '.join(hello['devices'])}; {len(hello['ops'])} ops"]
    return lines + [f"    {name} = {value}" for name, value in sorted(hello["settings"].items())]
