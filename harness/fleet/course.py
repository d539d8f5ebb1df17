"""The course of a campaign once its workers are known: ask, hunt, write."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future

from rich.console import Console

from opassay.harness.doors.commands import tell
from opassay.harness.doors.consoles import say_line
from opassay.harness.doors.pace import duration
from opassay.harness.doors.progress import Lines, Moving
from opassay.harness.find.located import UsageError
from opassay.harness.fleet.answer import Asked, answer
from opassay.harness.fleet.drive import AHEAD, Drive, Lost
from opassay.harness.fleet.hunt import Hunted, Nobody, hunt, limits
from opassay.harness.fleet.hunting import hunt_campaign
from opassay.harness.fleet.inspect import State
from opassay.harness.fleet.published import fetch, publish, write_table
from opassay.harness.fleet.run import FleetRun, ToldEngine, ToldLane
from opassay.harness.fleet.scheduler import Cluster, resources_of, together
from opassay.harness.fleet.tasks import Done, Task, endless, finite
from opassay.harness.model.faults import told
from opassay.harness.model.verdicts import Record
from opassay.harness.store.files import FileError
from opassay.reports.data.text import plural


class Course:
    """The course of one campaign once its workers are known."""

    def __init__(self, run: FleetRun, cluster: Cluster, asked: Asked, states: Mapping[str, State]) -> None:
        self.run, self.options, self.cluster, self.asked = run, run.options, cluster, asked
        self.engine = run.campaign.engine_of(run.campaign.targets, ToldEngine)
        self.lanes: dict[str, ToldLane] = {}
        for lane in self.engine.lanes.values():
            assert isinstance(lane, ToldLane)
            lane.greet(states[lane.label])
            self.lanes[lane.label] = lane
        self.began = time.monotonic()
        self.before, self.planned = 0, 0

    def go(self, progress: Lines | Moving, console: Console) -> int:
        """Ask what is missing, hunt the new differences, write the results."""
        run = self.run
        place = run.shelf.place
        fetch(place, run.folder)
        run.take_up()
        self.before = run.counts.total
        # Counted over all shards: too expensive to repeat with each answer.
        self.planned = 0 if run.options.partial else run.expected(self.engine)
        run.begin(self.engine)
        publish(run.folder, place)
        try:
            with progress.phase(self._far()) as say:
                self._ask(say)
            run.status = "finished"
            if self.options.findings and run.counts.new:
                with progress.phase("hunting"):
                    hunt_campaign(run, self._hunt)
        except KeyboardInterrupt:
            run.status = "interrupted"
            say_line(console, "interrupted: writing what is known so far; go on with --resume")
        except (Lost, FileError) as error:
            with contextlib.suppress(FileError):
                run.describe(self.engine)
                publish(run.folder, place)
            why = f"the scheduler at {self.options.scheduler} is lost" if isinstance(error, Lost) else str(error)
            raise UsageError(f"{why}; {len(run.done)} shards are in {self.options.out}: go on with --resume") from None
        fetch(place, run.folder)
        described = run.describe(self.engine)
        status = tell(run, described, self.options.strict, progress, table=write_table)
        publish(run.folder, place)
        return status

    def _ask(self, say: Callable[[str], None]) -> None:
        drive = Drive(self._submit, lambda: AHEAD * self.cluster.threads(), self._enough, self.cluster.alive)
        for task, future in drive.run(self._waiting()):
            self._take(task, future)
            say(self._far())

    def _waiting(self) -> Iterator[Task]:
        """The tasks without an answer that some worker can take; each counts as begun when it is handed out."""
        cut = endless if self.run.endless else finite
        for task in cut(self.run.campaign, self.options.size):
            lane = self.lanes[task.target]
            if not any(one.usable for one in self.lanes.values()):
                return
            if lane.usable and not lane.lacks(task.op) and task not in self.run.done:
                self.run.begin_task(task)
                yield task

    def _submit(self, task: Task) -> Future[Done]:
        device = self.lanes[task.target].target.device
        return self.cluster.executor(resources_of(device)).submit(answer, self.asked, task)

    def _take(self, task: Task, future: Future[Done]) -> None:
        try:
            done = future.result()
        except (FileError, KeyboardInterrupt):
            raise
        except Exception as error:
            self.run.faults.append(f"shard {' '.join(task.cell)} {task.start}-{task.stop}: {told(error)}")
            return
        if done.state:
            self.lanes[task.target].give_up(done.state)
        else:
            self.run.take(done)

    def _enough(self) -> bool:
        """Whether no further task is to begin."""
        late = bool(self.options.seconds) and time.monotonic() - self.began >= self.options.seconds
        return late or bool(self.options.until and len(self.run.sum.kinds) >= self.options.until)

    def _far(self) -> str:
        """The progress of all workers, in one line."""
        run, seconds = self.run, time.monotonic() - self.began
        made = run.counts.total
        of = f" of {self.planned:,}" if self.planned else ""
        rate = (made - self.before) / seconds if seconds > 1 else 0.0
        return (
            f"{made:,}{of} answers, {run.counts.new:,} new of {len(run.sum.kinds)} kinds, {rate:,.0f} a second, "
            f"{plural(len(self.cluster.workers()), 'worker')}, {duration(seconds)}"
        )

    def _hunt(self, records: Sequence[Record], before: Mapping[str, bytes]) -> Hunted:
        """Hunt on a worker that has the devices of all targets. Raises ``Nobody`` if there is none."""
        ready = [lane for lane in self.lanes.values() if lane.usable]
        resources = together([lane.target.device for lane in ready])
        if not self.cluster.having(resources):
            raise Nobody("no worker has the devices of all targets")
        labels, wanted = [lane.label for lane in ready], limits(self.options.findings)
        return self.cluster.executor(resources).submit(hunt, self.asked, labels, records, before, wanted).result()
