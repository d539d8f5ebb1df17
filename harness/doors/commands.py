"""The command ``opassay run``."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from opassay.harness.doors.consoles import say_line, stderr, stdout
from opassay.harness.doors.progress import Lines, Moving, progress_on
from opassay.harness.find.registry import UsageError
from opassay.harness.model.faults import told
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.engine import Engine
from opassay.harness.run.run import Run
from opassay.harness.run.status import INTERRUPTED, exit_status
from opassay.harness.store.files import FileError

PAGES = ("opassay.reports.render.pages", "opassay.reports.data.table", "opassay.reports.render.terminal")
"""Imported at the end of a run; takes a second."""

Writing = Callable[[Run], None]
"""Writes the results table of a run."""


def run_command(
    request: Request, out: Path, resume: bool, strict: bool, findings: int, tape: Path | None = None
) -> int:
    """``opassay run``. Exit status 0: nothing new; 1: something new, or too little ran; 2: usage; 3: a fault.

    ``tape``: the folder in which every answer is recorded, if any.
    """
    campaign = Campaign(request)
    console = stderr()
    hunt = _hunting(findings)
    run = Run(campaign, out, resume)
    if run.aside is not None:
        say_line(console, f"the earlier run in {out} is now in {run.aside}")
    if campaign.uncached:
        say_line(console, campaign.uncached)
    say_line(console, _planned(campaign))
    progress = progress_on(console)
    with kept(run), campaign.engine() as engine:
        with progress.phase(f"starting {', '.join(campaign.labels().values())}") as say:
            for module in PAGES:
                # While workers start: an import that Ctrl-C interrupts cannot be repeated in the same
                # process.
                importlib.import_module(module)
            check_devices(engine, lambda: say(f"waiting for {', '.join(engine.starting())}"))
        _announce(engine, console)
        run.begin(engine)
        try:
            with _recorded(run, engine, tape, console):
                execute(run, engine, progress)
            if run.counts.new and findings:
                # Written before anything else can fail. The hunt adds its findings afterwards.
                run.describe(engine)
                _write(run, progress, "writing what is known so far")
                with progress.phase("hunting") as say:
                    hunt(run, engine, say)
        except KeyboardInterrupt:
            engine.stop()
            run.status = "interrupted"
            say_line(console, "interrupted: writing what is known so far; go on with --resume")
        described = run.describe(engine)
    return tell(run, described, strict, progress)


def _hunting(findings: int) -> Callable[[Run, Engine, Callable[[str], None]], None]:
    """The hunt for so many new differences. A run that looks at none needs no Hypothesis."""
    if not findings:
        return lambda run, engine, say: None
    from opassay.harness.hunt.after_run import hunt_run
    from opassay.harness.hunt.hunter import Limits

    return lambda run, engine, say: hunt_run(run, engine, Limits(findings), say)


@contextmanager
def _recorded(run: Run, engine: Engine, tape: Path | None, console: Console) -> Iterator[None]:
    """Record the answers of the block on tape. If it does not end normally, earlier tapes stay as they were."""
    if tape is None:
        yield
        return
    from opassay.harness.run.tape.recorder import Recorder

    recorder = Recorder(tape, run.campaign, engine)
    try:
        yield
        recorder.finish()
    except KeyboardInterrupt:
        say_line(console, f"no tape was written in {tape}, since --record keeps whole runs: leave it out to --resume")
        raise
    finally:
        recorder.drop()


def _planned(campaign: Campaign) -> str:
    """Print what the run will do, and about how long it takes, before anything starts."""
    ops, fills = campaign.ops, campaign.settings.fills
    what = ops[0].name if len(ops) == 1 else f"{len(ops)} ops"
    most = sum(shard.planned(fills) for shard in campaign.shards)
    if campaign.budget is not None:
        what += f" within {campaign.budget.seconds:g} s, of which {len(campaign.unfit)} questions do not fit"
    told = (
        f"asking {', '.join(campaign.labels().values())}: {what}; {', '.join(campaign.aspects)}; up to {most:,} answers"
    )
    minutes = max(1, round(campaign.forecast() / 60))
    return f"{told}; about {minutes} min, less where compiled programs are kept"


@contextmanager
def kept(run: Run) -> Iterator[None]:
    """The message for a full disk or a removed folder: which records are safe, and how to continue."""
    try:
        yield
    except (FileError, OSError) as error:
        why = str(error) if isinstance(error, FileError) else f"cannot write in {run.folder}: {_reason(error)}"
        there = run.journal.path.exists()
        left = f"{run.counts.total} records are in {run.journal.path.name}: make room, then {run.again}"
        raise UsageError(f"{why}; {left if there else 'its records went with it'}") from None


def _reason(error: OSError) -> str:
    return f"{error.strerror or error}" + (f" ({Path(error.filename).name})" if error.filename else "")


def _announce(engine: Engine, console: Console) -> None:
    for lane in engine.lanes.values():
        state = f"{lane.hello['version']} ready" if lane.state == "ready" else f"could not start: {lane.state}"
        say_line(console, f"  {lane.label} {state}")


def execute(run: Run, engine: Engine, progress: Lines | Moving) -> None:
    with progress.judging(run.to_come(engine), engine.held) as judged:
        for record in run.execute(engine):
            judged(record)


def write_table(run: Run) -> None:
    """Write the table as CSV and Parquet, with what became known of each record after it was journalled."""
    from opassay.reports.data.table import write_sorted

    write_sorted(map(run.noted, run.journal.sorted_records()), run.folder)


def _write(run: Run, progress: Lines | Moving, doing: str, table: Writing = write_table) -> Path:
    """Write the table and the pages; parts that failed are added to ``run.faults``."""
    from opassay.reports.render.pages import write_pages

    with progress.phase(doing):
        table(run)
        faults: list[str] = []
        pages = write_pages(run.folder, faults=faults)
        run.faults += [fault for fault in faults if fault not in run.faults]
    return pages[-1]


def tell(
    run: Run, described: dict[str, Any], strict: bool, progress: Lines | Moving, table: Writing = write_table
) -> int:
    """Write the table and the pages, print the summary, and return the status."""
    from opassay.reports.data.stored_table import read_for_pages
    from opassay.reports.render.statement import github_annotations
    from opassay.reports.render.terminal import print_summary
    from opassay.reports.sections.summarise import summarise

    console = stdout()
    with kept(run):
        page = _write(run, progress, "writing the report", table)
        run.redescribe(described)
    try:
        written = read_for_pages(run.folder)
        print_summary(written, described, console)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for line in github_annotations(summarise(written, described)):
                say_line(console, line)
    except Exception as error:
        run.faults.append(f"the summary on the terminal: {told(error)}")
        run.redescribe(described)
    # Other commands that read the report meanwhile learn that the run has not ended.
    run.journal.close()
    say_line(console, f"report: {run.where or page}")
    status, reasons = exit_status(described, run.counts, strict)
    for reason in reasons:
        say_line(console, f"exit status {status}: {reason}")
    return INTERRUPTED if run.status == "interrupted" else status
