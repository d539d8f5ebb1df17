"""A campaign's run: a run whose records lie on a shelf and whose targets answer elsewhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from opassay.harness.fleet.inspect import State
from opassay.harness.fleet.options import Options
from opassay.harness.fleet.shelf import Shelf
from opassay.harness.fleet.tasks import Cell, Done, Task, shard_of
from opassay.harness.fleet.told import Sum
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Shard
from opassay.harness.run.campaign import Campaign
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane
from opassay.harness.run.process import WorkerSpec
from opassay.harness.run.run import Run
from opassay.harness.store.durations import Watch
from opassay.harness.store.pictures import Album


class ToldLane(Lane):
    """A target that answers elsewhere."""

    def start(self) -> None:
        """Starts nothing."""

    def greet(self, told: State) -> None:
        """Take the hello of a target's worker elsewhere; without one, give the target up."""
        if not told.hello:
            self.give_up(told.state)
            return
        self._greet(dict(told.hello))
        self.settings = told.settings

    def give_up(self, state: str) -> None:
        """Ask it nothing more."""
        self.state = state


class ToldEngine(Engine):
    """An engine that asks nothing itself: its state comes from the shards."""

    def lane(self, target: Target, label: str, spec: WorkerSpec) -> Lane:
        return ToldLane(
            target, label, spec, self._starts.worker, self.settings.timeout, self.settings.memory, self._answered
        )


class FleetRun(Run):
    """One campaign into a local working ``folder``, with its records on ``shelf``.

    ``endless``: whether its stream has no end. If it may end early, only tasks that began count as planned. ``begun``:
    those tasks with their number of records. ``done``: what the finished ones reported.
    """

    def __init__(self, campaign: Campaign, folder: Path, shelf: Shelf, options: Options) -> None:
        self.campaign, self.folder, self.shelf, self.options = campaign, folder, shelf, options
        self.journal = shelf  # type: ignore[assignment]
        self.endless = options.endless(campaign)
        self.sum = Sum()
        self.counts = self.sum.counts
        self.album = Album(folder, campaign.ops, resume=True)
        self.status = "interrupted"
        self.warnings: list[str] = []
        self.faults: list[str] = []
        self.findings: list[dict[str, Any]] = []
        self.noted = lambda record: record
        self.where = "" if shelf.place.folder else f"{shelf.place.text}/report.html"
        self.watch = Watch()
        self.begun: dict[Task, int] = {}
        self.done: dict[Task, dict[str, Any]] = {}
        self._targets = {label: target for target, label in campaign.labels().items()}
        self._made: Counter[Cell] = Counter()

    def take_up(self) -> None:
        """Count what the shelf already holds."""
        for task, told in self.shelf.told():
            if task.target in self._targets:
                self.begin_task(task)
                self._count(task, told)

    def begin_task(self, task: Task) -> None:
        """The task was handed to a worker."""
        if task not in self.begun:
            self.begun[task] = self.campaign.planned(shard_of(self.campaign, task))
            self._made[task.cell] += self.begun[task]

    def take(self, done: Done) -> None:
        """Store and count the result of one task."""
        for name, content in done.files.items():
            self.shelf.place.write(name, content)
        self._count(done.task, done.told)

    def _count(self, task: Task, told: dict[str, Any]) -> None:
        if task not in self.done:
            self.done[task] = told
            self.sum.add(task, self._targets[task.target].adapter, told)

    def expected(self, engine: Engine) -> int:
        """The number of records to come, as far as it is known."""
        return sum(self._shard(engine, shard)["planned"] for shard in self.campaign.shards)

    def _shard(self, engine: Engine, shard: Shard) -> dict[str, Any]:
        row = super()._shard(engine, shard)
        if not self.options.partial:
            return row
        begun = self._made[row["op"], row["aspect"], row["target"]]
        waiting = 0 if self.endless else row["not_planned"] + row["planned"] - begun
        return row | {"planned": begun, "not_planned": waiting}

    def describe(self, engine: Engine) -> dict[str, Any]:
        """Write and return ``run.json``, from the reports of all shards."""
        self.sum.into(engine)
        self.faults += [line for line in self.sum.problems if line not in self.faults]
        run = super().describe(engine)
        run["budget"] = int(self.options.seconds)
        self.redescribe(run)
        return run
