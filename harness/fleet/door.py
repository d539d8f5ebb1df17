"""``opassay run --scheduler``: a campaign, from the options to its report."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from opassay.harness.doors.consoles import say_line, stderr
from opassay.harness.doors.progress import progress_on
from opassay.harness.find.located import UsageError
from opassay.harness.fleet.course import Course
from opassay.harness.fleet.crew import asked_of, looked, resolved, tried_out
from opassay.harness.fleet.options import Options
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.run import FleetRun
from opassay.harness.fleet.scheduler import connected
from opassay.harness.fleet.shelf import HEADER, Shelf
from opassay.harness.fleet.tasks import check_size
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.run import prepare_folder
from opassay.harness.store.earlier import set_aside
from opassay.harness.store.files import FileError
from opassay.harness.store.journal import locked
from opassay.reports.data.text import plural


def campaign_command(request: Request, options: Options) -> int:
    """Exit status as of any run. 0: nothing new; 1: something new, or too little ran; 2: usage; 3: a fault."""
    try:
        return _campaign(request, options)
    except FileError as error:
        raise UsageError(str(error)) from None


def _campaign(request: Request, options: Options) -> int:
    check_size(options.size)
    console, place = stderr(), Place(options.out)
    with _working_folder(place) as folder, connected(options.scheduler) as cluster:
        dashboard = f"; dashboard: {cluster.dashboard}" if cluster.dashboard else ""
        say_line(console, f"{plural(len(cluster.workers()), 'worker')}{dashboard}")
        progress = progress_on(console)
        with progress.phase("looking at the workers"):
            request = resolved(request, options.scheduler, looked(cluster, request))
            campaign = Campaign(request)
            asked = asked_of(campaign, cluster, place)
            states = tried_out(campaign, cluster, asked, place)
        for label, one in states.items():
            told = f"{one.hello['version']} ready" if one.hello else f"is not run: {one.state}"
            say_line(console, f"  {label} {told}")
        _set_aside(place, options, console)
        shelf = Shelf(place)
        shelf.begin(options.identity(campaign), options.resume)
        with _locked(place):
            run = FleetRun(campaign, folder, shelf, options)
            return Course(run, cluster, asked, states).go(progress, console)


@contextlib.contextmanager
def _working_folder(place: Place) -> Iterator[Path]:
    """Where pages are made: the folder itself; for an address a temporary one, whose content is then published."""
    if place.folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)
        return
    prepare_folder(place.folder)
    yield place.folder


def _set_aside(place: Place, options: Options, console: Console) -> None:
    if place.folder is not None and not options.resume and (aside := set_aside(place.folder)) is not None:
        say_line(console, f"the earlier run in {place.folder} is now in {aside}")


@contextlib.contextmanager
def _locked(place: Place) -> Iterator[None]:
    if place.folder is None:
        yield
        return
    with locked(place.folder / HEADER):
        yield
