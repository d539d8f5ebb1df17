"""What a campaign stores beside its dataset: pages, findings, pictures. They are made in a local folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opassay.harness.doors.commands import write_table as write_both
from opassay.harness.find.located import UsageError
from opassay.harness.fleet.place import Place, is_address
from opassay.harness.fleet.run import FleetRun
from opassay.harness.fleet.shelf import HEADER, Shelf
from opassay.harness.fleet.tasks import RESULTS
from opassay.harness.run.run import RUN_FILE, Run
from opassay.harness.store.files import FileError
from opassay.harness.store.pictures import FOLDER as PICTURES
from opassay.reports.data.stored_table import CSV, PARQUET

FINDINGS = "findings"
TABLES = (CSV, PARQUET)
"""The dataset as one file, from which pages are made. It is stored in a folder, not at a URL."""


def fetch(place: Place, folder: Path) -> None:
    """Copy what a URL holds beside the shards' files into ``folder``, whose own files stay."""
    if place.folder is not None:
        return
    for name in (RUN_FILE, *place.names(FINDINGS), *place.names(PICTURES)):
        content = place.read(name) if not (folder / name).exists() else None
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def publish(folder: Path, place: Place) -> None:
    """Copy everything in ``folder`` to a URL, except the tables."""
    if place.folder is not None:
        return
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in (*TABLES, HEADER) and not name.startswith(f"{RESULTS}/"):
            place.write(name, path.read_bytes())


def write_table(run: Run) -> None:
    """The table as one file: as of any run in a folder; for a URL, only what pages are made from."""
    assert isinstance(run, FleetRun)
    if run.shelf.place.folder is None:
        run.shelf.write_one(run.folder / PARQUET)
    else:
        write_both(run)


@contextmanager
def brought(text: str, keep: bool = False) -> Iterator[Path]:
    """The folder of a run. A campaign at a URL is copied into a temporary one, and with ``keep`` copied back."""
    if not is_address(text):
        yield Path(text)
        return
    place = Place(text)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            if place.read(HEADER) is None:
                raise UsageError(f"{text} holds no campaign: expected {HEADER} there")
            fetch(place, folder)
            Shelf(place).write_one(folder / PARQUET)
            yield folder
            if keep:
                publish(folder, place)
        except FileError as error:
            raise UsageError(str(error)) from None
