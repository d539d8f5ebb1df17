"""Tasks: the shards of a campaign, cut into slices of one size, that any process can answer by itself."""

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
"""Geometries of a shard unless told."""

RESULTS = "results"
_SUFFIX = ".parquet"

Cell = tuple[str, str, str]
"""Op, aspect and target's label."""


@dataclass(frozen=True, order=True)
class Task:
    """Geometries [start, stop) of an op and aspect, on the target of this label, in a worker of so many ``threads``.

    ``pins``: whether the pinned cases of known differences that show with these threads are asked, too.
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
        """Where its answers lie in the folder of the campaign."""
        place = "/".join(quote(part, safe="@+") for part in (self.op, self.aspect, self.target))
        return f"{RESULTS}/{place}/{self.start}-{self.stop}{_SUFFIX}"

    @property
    def cell(self) -> Cell:
        return self.op, self.aspect, self.target


def of_file(name: str) -> Task | None:
    """The task whose file this is, whatever lies before ``results/``; None for any other file."""
    *_, folder, op, aspect, target, last = ["", "", "", "", *name.split("/")]
    start, dash, stop = last.removesuffix(_SUFFIX).partition("-")
    if folder != RESULTS or aspect not in ASPECTS or not (dash and start.isdecimal() and stop.isdecimal()):
        return None
    return Task(unquote(op), aspect, unquote(target), int(start), int(stop))


def check_size(size: int) -> int:
    """``size``, if slices of so many geometries are cut into the batches into which a run cuts its own."""
    if size < BATCH_GEOMETRIES or size % BATCH_GEOMETRIES:
        raise UsageError(f"--shard expects a multiple of {BATCH_GEOMETRIES} geometries, got {size}")
    return size


def finite(campaign: Campaign, size: int) -> Iterator[Task]:
    """All that a run of the campaign asks, in its batches: first what computes with few threads, then the rest."""
    for planned, (threads, pins) in zip(halves(campaign.shards), _kinds(campaign), strict=True):
        for shard in planned:
            step = size if shard.suite is None else shard.stop - shard.start
            for start in range(shard.start, shard.stop, step):
                stop = min(start + step, shard.stop)
                yield Task(*_cell(campaign, shard), start, stop, threads, pins and start == shard.start)


def endless(campaign: Campaign, size: int) -> Iterator[Task]:
    """The stream without an end: a slice of everything, then the next; every second one with several threads.

    A target that compiles invalid input for seconds is asked that once.
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
    """Threads of the first and of the second half, and whether known differences may show in it for the first time."""
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
"""What a shard tells of itself beside its records: see ``harness/fleet/told.py``."""


@dataclass(frozen=True)
class Done:
    """What became of a task: ``told``, and ``files`` by name for whoever asked, where the worker wrote none itself.

    ``state``: why its target was given up, so that there is no file.
    """

    task: Task
    told: Told
    files: dict[str, bytes]
    state: str = ""
