"""Tasks: slices of a campaign's shards, of one size, each of which any process can answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote, unquote

from opassay.harness.find.located import UsageError
from opassay.harness.model.case import ASPECTS
from opassay.harness.plan.plan import BATCH_GEOMETRIES, Shard, halves
from opassay.harness.run.campaign import Campaign

SLICE = 512
"""Default number of geometries of a task."""

RESULTS = "results"
_SUFFIX = ".parquet"

Cell = tuple[str, str, str]
"""Op, aspect and target label."""


@dataclass(frozen=True, order=True)
class Task:
    """Geometries [start, stop) of an op and aspect on one target, in a worker with so many ``threads``.

    ``pins``: whether to run the pins of known differences that show with these threads.
    """

    op: str
    aspect: str
    target: str
    start: int
    stop: int
    threads: int = field(default=1, compare=False)
    pins: bool = field(default=False, compare=False)

    @property
    def file(self) -> str:
        """The name of its file in the campaign's place."""
        place = "/".join(quote(part, safe="@+") for part in (self.op, self.aspect, self.target))
        return f"{RESULTS}/{place}/{self.start}-{self.stop}{_SUFFIX}"

    @property
    def cell(self) -> Cell:
        return self.op, self.aspect, self.target


def of_file(name: str) -> Task | None:
    """The task of a file name, whatever precedes ``results/``; None for other files."""
    *_, folder, op, aspect, target, last = ["", "", "", "", *name.split("/")]
    start, dash, stop = last.removesuffix(_SUFFIX).partition("-")
    if folder != RESULTS or aspect not in ASPECTS or not (dash and start.isdecimal() and stop.isdecimal()):
        return None
    return Task(unquote(op), aspect, unquote(target), int(start), int(stop))


def check_size(size: int) -> int:
    """``size``, if such slices consist of whole batches. Raises ``UsageError`` if not."""
    if size < BATCH_GEOMETRIES or size % BATCH_GEOMETRIES:
        raise UsageError(f"--shard expects a multiple of {BATCH_GEOMETRIES} geometries, got {size}")
    return size


def finite(campaign: Campaign, size: int) -> Iterator[Task]:
    """All tasks of a finite campaign, in its batches: first those with few threads, then the rest."""
    for planned, (threads, pins) in zip(halves(campaign.shards), _kinds(campaign), strict=True):
        for shard in planned:
            step = size if shard.suite is None else shard.stop - shard.start
            for start in range(shard.start, shard.stop, step):
                stop = min(start + step, shard.stop)
                yield Task(*_cell(campaign, shard), start, stop, threads, pins and start == shard.start)


def endless(campaign: Campaign, size: int) -> Iterator[Task]:
    """The endless stream: a slice of everything, then the next; every second one with several threads.

    Invalid input that takes seconds to compile is asked once.
    """
    kinds = _kinds(campaign)
    for number in count():
        for shard in campaign.shards:
            threads, pins = kinds[number % 2]
            start, stop = number * size, (number + 1) * size
            if not shard.left_out:
                yield Task(*_cell(campaign, shard), start, stop, threads, pins and number < 2)
            elif not number:
                yield Task(*_cell(campaign, shard), 0, shard.stop, threads, pins)


def _kinds(campaign: Campaign) -> tuple[tuple[int, bool], tuple[int, bool]]:
    """Threads of the first and of the second half, and whether known differences may first show in it."""
    few = campaign.settings.threads
    many = max(few, campaign.several)
    return (few, True), (many, many > few)


def _cell(campaign: Campaign, shard: Shard) -> Cell:
    return shard.op.name, shard.aspect, campaign.registry.label(shard.target)


def shard_of(campaign: Campaign, task: Task) -> Shard:
    """The shard that answers ``task``."""
    targets = {label: target for target, label in campaign.labels().items()}
    op = campaign.registry.op(task.op)
    return Shard(op, task.aspect, targets[task.target], task.start, task.stop, suite=campaign.settings.suite)


Told = dict[str, Any]
"""A shard's report beside its records: see ``harness/fleet/told.py``."""


@dataclass(frozen=True)
class Done:
    """The result of a task: ``told``, its report, and ``files`` by name if the parent must write them.

    ``state``: why its target was given up, in which case there is no file.
    """

    task: Task
    told: Told
    files: dict[str, bytes]
    state: str = ""
