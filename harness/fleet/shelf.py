"""The shelf: the records of a campaign so far, with the interface of a run's journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from opassay.harness.find.located import UsageError
from opassay.harness.fleet.parts import Part, in_order, part_bytes, told_by, write_one
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.tasks import RESULTS, Task, of_file
from opassay.harness.model.verdicts import Record
from opassay.harness.store.earlier import CAMPAIGN
from opassay.harness.store.journal import NAME as JOURNAL

HEADER = CAMPAIGN
"""Names the campaign that the files belong to. Its writer holds a lock on it."""


class Shelf:
    """The files of a campaign, one per answered task."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.path = (place.folder or Path()) / HEADER

    def close(self) -> None:
        """Nothing is open."""

    def begin(self, identity: Mapping[str, Any], resume: bool) -> None:
        """Raises ``UsageError`` if another campaign, or another run, has written there."""
        text = (json.dumps({"run": dict(identity)}, indent=1) + "\n").encode()
        there = self.place.read(HEADER)
        if there is None and resume and self.place.read(JOURNAL) is not None:
            raise UsageError(f"the run in {self.place.text} had no --scheduler: leave it out to go on with it")
        if there is not None and not resume:
            raise UsageError(f"{self.place.text} holds a campaign: go on with --resume, or name another --out")
        if there is not None:
            self._check_same(there, text)
        else:
            self.place.write(HEADER, text)

    def _check_same(self, there: bytes, wanted: bytes) -> None:
        try:
            old, new = json.loads(there)["run"], json.loads(wanted)["run"]
            changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{self.place.text}/{HEADER} is not as opassay writes it: {error!r:.200}") from None
        if changed:
            raise UsageError(
                f"cannot resume: {self.place.text} is of a campaign with other settings ({', '.join(changed)}); "
                "repeat its options, or leave out --resume"
            )

    def tasks(self) -> Iterator[Task]:
        """The tasks that have a file."""
        for name in self.place.names(RESULTS):
            if (task := of_file(name)) is not None:
                yield task

    def told(self) -> Iterator[tuple[Task, dict[str, Any]]]:
        """The report of each task. A truncated file is removed, so that its task is asked again."""
        for task in self.tasks():
            try:
                with self.place.opening(task.file)() as stream:
                    yield task, told_by(stream)
            except ValueError:
                self.place.remove(task.file)

    def parts(self) -> Iterator[Part]:
        """The files that together are the table."""
        for task in self.tasks():
            yield Part(task.op, task.aspect, task.start, task.target, self.place.opening(task.file))

    def sorted_records(self) -> Iterator[Record]:
        """Every record in the order of the table, with a few files in memory."""
        for table in in_order(self.parts()):
            for row in table.to_pylist():
                yield Record(**row)

    def write_one(self, file: Path) -> None:
        """All records in one Parquet file, in the order of the table."""
        write_one(self.parts(), file)

    def records_of(self, task: Task) -> list[Record]:
        part = Part(task.op, task.aspect, task.start, task.target, self.place.opening(task.file))
        return [Record(**row) for table in in_order([part]) for row in table.to_pylist()]

    def put(self, task: Task, records: list[Record], told: dict[str, Any]) -> None:
        """Write the file of a task, replacing an earlier one."""
        self.place.write(task.file, part_bytes(records, told))
