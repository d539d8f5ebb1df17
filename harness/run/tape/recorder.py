"""Records every target's answers on tape during a run."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.find.located import UsageError
from opassay.harness.model.outcome import Crashed, Outcome, TimedOut
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign
from opassay.harness.run.clean import clean_message
from opassay.harness.run.engine import Engine
from opassay.harness.run.job import Answer, GroupEnd, Job
from opassay.harness.run.lane import Lane
from opassay.harness.run.retries import InGroup, Replayed
from opassay.harness.run.run import relative_origin, works
from opassay.harness.run.tape.file import SUFFIX, TapeFile, tapes
from opassay.harness.run.tape.frames import ASKED, pack, role, trail_json
from opassay.harness.run.tape.writer import TapeWriter


class Recorder:
    """Listens to ``engine``, which runs ``campaign``, and writes a tape per target into ``folder``.

    Tapes of other targets stay there, and old ones until ``finish``.
    """

    def __init__(self, folder: Path, campaign: Campaign, engine: Engine) -> None:
        """Raises ``UsageError`` for a folder with tapes of another run, ``TapeError`` for one that takes none."""
        self._engine = engine
        names = _file_names(lane.label for lane in engine.lanes.values())
        heads = {lane.label: head_of(campaign, lane) for lane in engine.lanes.values()}
        for path in tapes(folder):
            if path.name not in names.values():
                _check_alike(TapeFile(path), next(iter(heads.values())))
        self._tapes = {label: _TargetTape(folder / name, heads[label]) for label, name in names.items()}
        engine.heard = self._heard

    def _heard(self, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        if job.kind.role:
            self._tapes[lane.label].add(lane, job, answers)

    def finish(self) -> None:
        """The run is over: what was written becomes the tapes of its targets."""
        for lane in self._engine.lanes.values():
            self._tapes[lane.label].finish(lane)

    def drop(self) -> None:
        """The run was cut short: the tapes in the folder stay as they were."""
        for tape in self._tapes.values():
            tape.drop()


class _TargetTape:
    def __init__(self, path: Path, head: dict[str, Any]) -> None:
        self._writer = TapeWriter(path, head)
        self._greeted: set[bool] = set()
        self._groups: dict[GroupEnd, int] = {}
        self._told: set[tuple[str, GroupEnd]] = set()
        self._first: dict[tuple[str, int, str], tuple[int, bytes]] = {}
        self._counts: Counter[str] = Counter()

    def add(self, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        self._greet(lane)
        for item, outcome in answers:
            self._keep(lane, job, item, outcome)

    def _greet(self, lane: Lane) -> None:
        parallel = lane.threads > 1
        if lane.hello and parallel not in self._greeted:
            self._greeted.add(parallel)
            told = {"role": "hello", "parallel": parallel, "hello": _hello(lane.hello), "settings": {**lane.settings}}
            self._writer.add("", told)

    def _keep(self, lane: Lane, job: Job, item: Item, outcome: Outcome) -> None:
        told, buffers = pack(outcome)
        header = {"role": role(job), "parallel": lane.threads > 1, "number": item.number, **told}
        if header["role"] in (*ASKED, "pin"):
            header["case"] = item.case.dumps()
        else:
            header["id"] = item.case.id
        if isinstance(outcome, (Crashed, TimedOut)) and job.trail:
            header["trail"] = trail_json(job.trail)
        # Ops are judged separately: a record's answers lie with those of its own op.
        op = job.kind.item.case.op if isinstance(job.kind, Replayed) else item.case.op
        if isinstance(job.kind, InGroup):
            header["group"] = self._group(op, job.kind.end)
        self._add(op, item, header, buffers)

    def _group(self, op: str, group: GroupEnd) -> dict[str, Any]:
        """Its number and how far it had come; with the first member of an op also how it ended, and after what."""
        number = self._groups.setdefault(group, len(self._groups))
        told = {"number": number, "waiting": group.waiting, "found": group.found}
        if (op, group) in self._told:
            return told
        self._told.add((op, group))
        return {**told, "end": pack(group.outcome)[0], "trail": trail_json(group.trail)}

    def _add(self, op: str, item: Item, header: dict[str, Any], buffers: Sequence[np.ndarray]) -> None:
        """Arrays of the same bits as the case's first ones are not kept again: ``as`` says how many answers before."""
        place = self._counts[op]
        self._counts[op] += 1
        if buffers:
            digest = hashlib.sha256(repr(header["arrays"]).encode() + b"".join(map(bytes, buffers))).digest()
            before, first = self._first.setdefault((op, item.number, item.case.id), (place, digest))
            if before != place and digest == first:
                header, buffers = {**header, "as": place - before}, ()
        self._writer.add(op, header, buffers)

    def finish(self, lane: Lane) -> None:
        self._greet(lane)
        self._writer.finish({"state": "ready" if works(lane) else clean_message(lane.state)})

    def drop(self) -> None:
        self._writer.drop()


def head_of(campaign: Campaign, lane: Lane) -> dict[str, Any]:
    """The head of a tape: the target and the run."""
    own = [shard for shard in campaign.shards if shard.target == lane.target]
    return {
        "label": lane.label,
        "target": {name: getattr(lane.target, name) for name in ("adapter", "mode", "device", "name")},
        "interpreter": campaign.interpreters().get(lane.label, ""),
        "run": campaign.recorded(),
        "shards": [[s.op.name, s.aspect, s.start, s.stop, s.left_out, campaign.planned(s)] for s in own],
    }


def _check_alike(other: TapeFile, head: Mapping[str, Any]) -> None:
    there, here = other.head.get("run"), head["run"]
    if there != here:
        told = there if isinstance(there, dict) else {}
        changed = sorted(name for name in {*told, *here} if told.get(name) != here.get(name))
        raise UsageError(
            f"{other.path} was recorded with other settings ({', '.join(changed)}): "
            "repeat its options, or choose another folder"
        )


def _hello(hello: Mapping[str, Any]) -> dict[str, Any]:
    """A worker's hello without the paths of this machine."""
    origin = relative_origin(hello)
    inside = origin != str(hello.get("origin", "")).rpartition("/")[2]
    return {**hello, "origin": f"/{origin}" if inside else origin, "prefix": "/" if inside else ""}


def _file_names(labels: Any) -> dict[str, str]:
    """A file name for each label, all different."""
    found: dict[str, str] = {}
    for label in labels:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.") or "target"
        while f"{name}{SUFFIX}" in found.values():
            name += "-"
        found[label] = f"{name}{SUFFIX}"
    return found
