"""What of a campaign lies beside its dataset: pages, findings, pictures. They are made in a folder of this machine."""

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
"""The dataset in one file, as pages are made from it: a folder keeps it, an address has no use for it."""


def fetch(place: Place, folder: Path) -> None:
    """Bring into ``folder`` what an address has beside the shards' files; what is in ``folder`` stays."""
    if place.folder is not None:
        return
    for name in (RUN_FILE, *place.names(FINDINGS), *place.names(PICTURES)):
        content = place.read(name) if not (folder / name).exists() else None
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def publish(folder: Path, place: Place) -> None:
    """Write to an address all that was made in ``folder``, but for the tables."""
    if place.folder is not None:
        return
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in (*TABLES, HEADER) and not name.startswith(f"{RESULTS}/"):
            place.write(name, path.read_bytes())


def write_table(run: Run) -> None:
    """The table in one file: in a folder as any run has it, for an address only what pages are made from."""
    assert isinstance(run, FleetRun)
    if run.shelf.place.folder is None:
        run.shelf.write_one(run.folder / PARQUET)
    else:
        write_both(run)


@contextmanager
def brought(text: str, keep: bool = False) -> Iterator[Path]:
    """The folder of a run; of a campaign at an address, one that has all of it, and goes back there with ``keep``."""
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
