"""The work of a campaign's process: answer a task with the usual engine, and write its file."""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from opassay.harness.fleet.engines import Engines
from opassay.harness.fleet.parts import part_bytes
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.tasks import Done, Task, shard_of
from opassay.harness.fleet.told import tell
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.plan import Shard
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.engine import Engine
from opassay.harness.run.half import Half
from opassay.harness.store.baseline import Source
from opassay.harness.store.pictures import FOLDER, Album


@dataclass(frozen=True)
class Asked:
    """What a process needs to know of a campaign: the request, with the baseline read.

    ``memory``: limit of a framework's worker in bytes. ``address``: where answers are written; empty if they are
    returned. ``name``: the campaign's, by which a process recognises it.
    """

    request: Request
    baseline: Source | None
    memory: int
    address: str
    name: str = field(default_factory=lambda: uuid.uuid4().hex)


class Crew:
    """One process at work for one campaign: its own copy of the campaign, and its engines."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.campaign = Campaign(replace(asked.request, baseline=None, elsewhere=None, memory=asked.memory))
        self.campaign.baseline = asked.baseline
        self.engines = Engines(self.campaign)

    @cached_property
    def place(self) -> Place | None:
        return Place(self.asked.address) if self.asked.address else None

    def answer(self, task: Task) -> Done:
        """The task's records as a file; none if its target is given up."""
        began = time.monotonic()
        shard = shard_of(self.campaign, task)
        with self.engines.lent(shard.target, task.threads) as engine, tempfile.TemporaryDirectory() as scratch:
            album = Album(Path(scratch), [shard.op])
            engine.keep = album.keep
            records = _records(engine, shard, task.pins)
            (lane,) = engine.lanes.values()
            if lane.state != "ready":
                return Done(task, {}, {}, lane.state)
            told = tell(engine, records, time.monotonic() - began)
            files = {f"{FOLDER}/{path.name}": path.read_bytes() for path in Path(scratch).glob(f"{FOLDER}/*")}
        # Written last: a task that has its file is done.
        files[task.file] = part_bytes(records, told)
        return Done(task, told, self._written(files))

    def _written(self, files: dict[str, bytes]) -> dict[str, bytes]:
        """Write ``files`` where all workers write; return those that the parent must write."""
        if self.place is None:
            return files
        for name, content in files.items():
            self.place.write(name, content)
        return {}


def _records(engine: Engine, shard: Shard, pins: bool) -> list[Record]:
    (lane,) = engine.lanes.values()
    half = Half(engine, [shard], [shard.op] if pins else [], [shard.aspect], frozenset())
    return list(engine.follow({lane.target: half.steps(lane)}))


_crews: dict[str, Crew] = {}
_lock = threading.Lock()


def crew(asked: Asked) -> Crew:
    """The crew of this process for a campaign. A crew of another campaign is closed first."""
    with _lock:
        if asked.name not in _crews:
            _dismiss()
            _crews[asked.name] = Crew(asked)
        return _crews[asked.name]


def answer(asked: Asked, task: Task) -> Done:
    """Answer one task of the campaign: the function that every executor calls."""
    return crew(asked).answer(task)


def shut_down() -> None:
    """End the frameworks' workers of this process."""
    with _lock:
        _dismiss()


def _dismiss() -> None:
    for one in list(_crews.values()):
        one.engines.close()
    _crews.clear()
