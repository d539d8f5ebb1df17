"""The parent's side of a campaign's hunt: chooses the records, and stores the findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opassay.harness.fleet.hunt import RECORDS, Hunted, Nobody, row_of
from opassay.harness.fleet.run import FleetRun
from opassay.harness.fleet.tasks import Task
from opassay.harness.hunt.store import FOLDER
from opassay.harness.model.verdicts import Record
from opassay.harness.store.files import fault

Hunting = Callable[[Sequence[Record], Mapping[str, bytes]], Hunted]


def hunt_campaign(run: FleetRun, hunting: Hunting) -> None:
    """Turn the new differences of all shards into findings: in its folder, its ``run.json`` and the shards' files."""
    looked: dict[Task, list[Record]] = {}
    for task in sorted(task for task, told in run.done.items() if told["new"]):
        if sum(map(len, looked.values())) < RECORDS:
            looked[task] = run.shelf.records_of(task)
    place = run.shelf.place
    before = {name: place.read(name) or b"" for name in place.names(FOLDER)}
    try:
        found = hunting([record for records in looked.values() for record in records], before)
    except Nobody as error:
        run.warnings.append(f"new differences were not looked at: {error}")
        return
    except Exception as error:
        run.faults.append(fault("hunting", error))
        return
    for name, content in found.files.items():
        place.write(name, content)
    _tell_anew(run, looked, found)
    run.findings, run.faults = found.findings, [*run.faults, *found.faults]
    run.warnings += found.warnings


def _tell_anew(run: FleetRun, looked: Mapping[Task, Sequence[Record]], found: Hunted) -> None:
    """Rewrite the files with records that the hunt changed."""
    for task, records in looked.items():
        told = [found.changed.get(row_of(record), record) for record in records]
        if told != list(records):
            run.shelf.put(task, told, run.done[task])
