"""The hunt of a campaign: on one of its workers, which has the frameworks, with records of the shards that differ."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opassay.harness.fleet.answer import Asked, crew
from opassay.harness.hunt.after_run import hunt_run
from opassay.harness.hunt.hunter import Limits
from opassay.harness.hunt.store import FOLDER
from opassay.harness.model.verdicts import Record
from opassay.harness.run.campaign import Campaign, check_devices
from opassay.harness.run.status import Counts

RECORDS = 5_000
"""Number of records that are looked at: those of the first shards with new differences."""

Files = Mapping[str, bytes]
Row = tuple[str, str, int | None, str]


class Nobody(Exception):
    """No worker can hunt."""


@dataclass
class Ground:
    """What the hunt needs of a run: its ``campaign`` and some of its records."""

    campaign: Campaign
    folder: Path
    records: Sequence[Record]
    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    noted: Callable[[Record], Record] = field(default=lambda record: record)

    @property
    def counts(self) -> Counts:
        return Counts(self.records)

    @property
    def journal(self) -> Journal:
        return Journal(self.records)


@dataclass(frozen=True)
class Journal:
    """The part of a run's journal that the hunt reads."""

    held: Sequence[Record]

    def records(self) -> Iterator[Record]:
        return iter(self.held)


@dataclass(frozen=True)
class Hunted:
    """The result: ``files`` of the findings, their part of ``run.json``, and the records that changed."""

    files: Files
    findings: list[dict[str, Any]]
    warnings: list[str]
    faults: list[str]
    changed: dict[Row, Record]


def row_of(record: Record) -> Row:
    """The key that distinguishes a record in its campaign."""
    return record.target, record.case_id, record.number, record.fill


def hunt(asked: Asked, labels: Sequence[str], records: Sequence[Record], before: Files, limits: Limits) -> Hunted:
    """Run on a worker: hunt the new ones among ``records`` on these targets, given the findings ``before``."""
    campaign = crew(asked).campaign
    targets = [target for target, label in campaign.labels().items() if label in labels]
    with tempfile.TemporaryDirectory() as scratch, campaign.engine_of(targets) as engine:
        ground = Ground(campaign, Path(scratch), records)
        for name, content in before.items():
            (ground.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (ground.folder / name).write_bytes(content)
        check_devices(engine)
        hunt_run(ground, engine, limits)  # type: ignore[arg-type]
        changed = {row_of(old): new for old in records if (new := ground.noted(old)) is not old}
        files = {path.relative_to(scratch).as_posix(): path.read_bytes() for path in _files(ground.folder / FOLDER)}
    return Hunted(files, ground.findings, ground.warnings, ground.faults, changed)


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def limits(findings: int) -> Limits:
    """The limits of a run, for so many findings."""
    return replace(Limits(), findings=findings)
