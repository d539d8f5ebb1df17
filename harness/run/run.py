"""A run: one execution of a campaign, with everything it leaves in its folder."""

from __future__ import annotations

import difflib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opassay.harness.find.found import family
from opassay.harness.find.located import UsageError
from opassay.harness.model.case import Case
from opassay.harness.model.choice import choice_row
from opassay.harness.model.fact import Fact, apart
from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.budget import Kind, ToCome
from opassay.harness.plan.plan import Shard, halves
from opassay.harness.run.campaign import VERSION, Campaign
from opassay.harness.run.course import Steps
from opassay.harness.run.engine import Engine
from opassay.harness.run.feeds import Key
from opassay.harness.run.half import Half
from opassay.harness.run.joining import Joining
from opassay.harness.run.knowledge import explained
from opassay.harness.run.known_rows import NAMED, known_rows, other_versions
from opassay.harness.run.lane import Lane
from opassay.harness.run.loosest import unstated
from opassay.harness.run.machine import describe_machine, usable_cores
from opassay.harness.run.status import Counts
from opassay.harness.store.durations import Watch
from opassay.harness.store.earlier import set_aside
from opassay.harness.store.files import FileError, replace_file
from opassay.harness.store.journal import Journal
from opassay.harness.store.pictures import Album

RUN_FILE = "run.json"


class Run:
    """One execution of a campaign into a folder: a journal while it lasts, ``run.json`` when it begins and at the end.

    ``findings``: those of its new differences, for ``run.json``; ``faults``: opassay's own errors while it examined or
    reported them; ``noted``: adds to a record what the hunt found out after it was journalled.
    ``again``: how to go on where it ended early; ``where``: the report, unless it lies in ``folder``.
    """

    again = "go on with --resume"
    where = ""

    def __init__(self, campaign: Campaign, folder: Path, resume: bool = False) -> None:
        """Raises ``UsageError`` when the folder cannot be written or resumed.

        What an earlier run left there goes to ``aside``, unless it is resumed.
        """
        self.campaign, self.folder = campaign, folder
        prepare_folder(folder)
        try:
            self.aside = None if resume else set_aside(folder)
            self.journal = Journal(folder, campaign.identity(), resume)
        except FileError as error:
            raise UsageError(str(error)) from None
        self.counts = Counts(self.journal.records() if resume else ())
        self.resumed = self.counts.total > 0
        self.album = Album(folder, campaign.ops, resume, campaign.judgements)
        self.status = "interrupted"
        self.warnings: list[str] = []
        self.faults: list[str] = []
        self.findings: list[dict[str, Any]] = []
        self.noted: Callable[[Record], Record] = lambda record: record
        self.watch = Watch()

    def begin(self, engine: Engine) -> None:
        """Write a first ``run.json``. The engine's workers have started."""
        self.watch.ready()
        self.status = "running"
        self.describe(engine)
        self.status = "interrupted"

    def to_come(self, engine: Engine) -> ToCome:
        """The missing records; none of targets that could not start."""
        missing, seconds, costs = Counter[Kind](), dict[Kind, float](), self.campaign.costs
        for shard in self.campaign.shards:
            lane = engine.lanes[shard.target]
            if lane.usable:
                kind = lane.label, shard.op.name, shard.aspect
                missing[kind] += max(0, self.planned(engine, shard) - self.counts.made[kind[1], kind[2], kind[0]])
                seconds[kind] = costs.answer(shard)
        return ToCome(missing, seconds)

    def planned(self, engine: Engine, shard: Shard) -> int:
        return 0 if absent(engine, shard) else self.campaign.planned(shard)

    def execute(self, engine: Engine) -> Iterator[Record]:
        """Run what is missing and the pins of known differences, yielding records as they become known."""
        lanes = {lane.label: lane for lane in engine.lanes.values()}
        for record in self.journal.records() if self.resumed else ():
            case = Case.loads(record.case)
            engine.known.count(lanes[record.target], case, record.verdict, apart(record.known))
        done: frozenset[Key] = frozenset(
            (r.target, r.number or 0, r.case_id) for r in (self.journal.records() if self.resumed else ())
        )
        engine.keep, engine.known.explanations = self.album.keep, self.campaign.explanations
        engine.judging.remembered = self.campaign.judgements
        try:
            yield from self.taken(both_halves(self.campaign, engine, done))
        finally:
            self.campaign.explanations.save()
            self.campaign.judgements.save()
        self.status = "finished"
        self.campaign.durations.learn(self.watch)

    def taken(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records, each added to the journal first."""
        for record in records:
            self.journal.add(record)
            self.counts.add(record)
            self.watch.see(record)
            yield record

    def describe(self, engine: Engine) -> dict[str, Any]:
        """Write and return ``run.json``, as far as the run has come."""
        self.album.finish(list(self.campaign.labels().values()))
        self.faults += [fault for fault in engine.known.faults if fault not in self.faults]
        suite = self.campaign.settings.suite
        run = {
            "opassay": VERSION,
            "command": self.campaign.request.command,
            "seed": self.campaign.settings.seed,
            "cases": self.campaign.settings.cases or 0,
            "fills": self.campaign.settings.fills,
            **({"suite": {"name": suite.name, "hash": suite.hash, "cases": len(suite.cases)}} if suite else {}),
            "budget": self.campaign.request.budget or 0,
            "status": self.status,
            "targets": {lane.label: self._target(lane.target, lane) for lane in engine.lanes.values()},
            "families": {op.name: family(op.name) for op in self.campaign.ops},
            "shards": [
                *(self._shard(engine, shard) for shard in self.campaign.shards),
                *(self._not_run(engine, shard) for shard in self.campaign.unfit),
            ],
            "known": list(self._known(engine)),
            "choices": list(self._choices()),
            "findings": self.findings,
            "machine": describe_machine(),
            "warnings": [
                *self.warnings,
                *engine.ends.lines,
                *self._left_out(),
                *_doubts(engine, self.campaign.ops),
                *_misspelt(engine, self.campaign.registry.names),
                *self._other_versions(engine),
            ],
        }
        self.redescribe(run)
        return run

    def redescribe(self, run: dict[str, Any]) -> None:
        """Write ``run.json`` again, with the faults that were noted since ``run`` was made."""
        run["faults"] = list(self.faults)
        replace_file(self.folder / RUN_FILE, (json.dumps(run, indent=1) + "\n").encode())

    def _target(self, target: Target, lane: Any) -> dict[str, Any]:
        hello = lane.hello
        return {
            "adapter": target.adapter,
            "mode": target.mode,
            "device": target.device,
            "version": hello.get("version", ""),
            "origin": relative_origin(hello),
            "executor": hello.get("executor", ""),
            "settings": hello.get("settings", {}),
            "python": hello.get("python", ""),
            "numpy": hello.get("numpy", ""),
            "state": "ready" if works(lane) else f"could not start: {lane.state}",
            "ops": hello.get("ops", []),
        }

    def _shard(self, engine: Engine, shard: Shard) -> dict[str, Any]:
        label, budget = engine.lanes[shard.target].label, self.campaign.budget
        planned = self.planned(engine, shard)
        cut = budget is not None and (shard.target, (shard.op.name, shard.aspect)) in budget.cut
        # A shard that began and is incomplete need not be so for lack of time alone.
        there = min(planned, self.counts.made[shard.op.name, shard.aspect, label]) if cut else planned
        return {
            "op": shard.op.name,
            "aspect": shard.aspect,
            "target": label,
            "planned": there,
            "not_planned": 0 if absent(engine, shard) else shard.left_out + planned - there,
            "absent": absent(engine, shard),
        }

    def _not_run(self, engine: Engine, shard: Shard) -> dict[str, Any]:
        """The row of a shard that does not fit in the budget."""
        row = self._shard(engine, shard)
        return row | {"planned": 0, "not_planned": row["planned"] + row["not_planned"]}

    def _left_out(self) -> Iterator[str]:
        """A line about the shards that the budget leaves out."""
        cut = {question for _, question in self.campaign.budget.cut} if self.campaign.budget else set()
        left = sorted({(s.op.name, s.aspect) for s in self.campaign.unfit} | cut)
        if left:
            names = ", ".join(f"{op} {aspect}" for op, aspect in left[:NAMED]) + (", …" if len(left) > NAMED else "")
            yield f"the budget of {self.campaign.request.budget:g} s left out, wholly or in part, {len(left)}: {names}"

    def _known(self, engine: Engine) -> Iterator[dict[str, Any]]:
        for adapter in self._adapters():
            yield from known_rows(engine, adapter, self._entries(adapter))

    def _choices(self) -> Iterator[dict[str, Any]]:
        """A row per choice that an adapter follows, if it concerns ops that run."""
        asked = {choice.name: choice for op in self.campaign.ops for choice in op.choices}
        ops = {op.name for op in self.campaign.ops}
        for adapter in self._adapters():
            for follows in self.campaign.follows(adapter):
                if ops & set(follows.ops):
                    passed, other = (self.counts.chosen[adapter, follows.label, p] for p in (True, False))
                    yield {**choice_row(adapter, follows, asked[follows.choice]), "passed": passed, "other": other}

    def _other_versions(self, engine: Engine) -> Iterator[str]:
        for adapter in self._adapters():
            yield from other_versions(engine, adapter, explained(self._entries(adapter)), self.counts.listed)

    def _adapters(self) -> list[str]:
        return sorted({t.adapter for t in self.campaign.targets})

    def _entries(self, adapter: str) -> list[Fact]:
        """The adapter's known differences in ops and aspects that run."""
        ops = {op.name for op in self.campaign.ops}
        known = self.campaign.known(adapter)
        return [k for k in known if ops & set(k.ops) and set(k.aspects) & set(self.campaign.aspects)]


def _doubts(engine: Engine, ops: Sequence[Op]) -> Iterator[str]:
    """Warnings about each target: workers that grew, and an adapter without numeric rules."""
    for lane in engine.all_lanes:
        yield from lane.wear.growth.lines(lane.label)
    for lane in engine.lanes.values():
        has = [op for op in ops if not lane.lacks(op.name)]
        if works(lane) and not lane.rules and (line := unstated(lane.label, has)):
            yield line


def _misspelt(engine: Engine, names: Collection[str]) -> Iterator[str]:
    """Warnings about public methods and expressions of adapters that match no op and are never asked."""
    for lane in engine.lanes.values():
        for name in sorted(set(lane.hello.get("ops", ())) - set(names)):
            close = difflib.get_close_matches(name, names, n=1)
            guess = f"; did you mean {close[0]!r}?" if close else ""
            yield f"{lane.label}: its adapter has {name!r}, which is no op of opassay{guess}"


def both_halves(campaign: Campaign, engine: Engine, done: frozenset[Key] = frozenset()) -> Iterator[Record]:
    """Records of what ``campaign`` asks and is not ``done``, and the pins of known differences.

    Every target advances independently: first its half with few threads, then the one with several.
    """
    first, second = (Half(engine, planned, campaign.ops, campaign.aspects, done) for planned in halves(campaign.shards))
    several = campaign.several

    def steps(lane: Lane) -> Steps:
        yield from first.steps(lane)
        if second.there:
            if several > lane.threads:
                yield from engine.threads_steps(lane, several)
            yield from second.steps(lane)

    joining = Joining(engine, first, campaign.cost, usable_cores())
    yield from engine.follow({target: steps(lane) for target, lane in engine.lanes.items()}, joining)


def works(lane: Any) -> bool:
    """Whether the target answers, or is being started again after it did."""
    return lane.state == "ready" or (lane.state == "starting" and bool(lane.hello))


def absent(engine: Engine, shard: Shard) -> bool:
    """Whether the target's adapter lacks the op altogether."""
    return engine.lanes[shard.target].lacks(shard.op.name)


def prepare_folder(folder: Path) -> None:
    """Make the folder; ``UsageError`` when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = folder / f".opassay-{os.getpid()}"
        written.touch()
        written.unlink()
    except OSError as error:
        raise UsageError(
            f"cannot write the report folder {str(folder)!r}: {error.strerror}; choose another --out"
        ) from None


def relative_origin(hello: Mapping[str, Any]) -> str:
    """The origin of the framework relative to its interpreter: reports contain no paths of the machine."""
    origin, prefix = str(hello.get("origin", "")), str(hello.get("prefix", ""))
    return os.path.relpath(origin, prefix) if prefix and origin.startswith(prefix) else os.path.basename(origin)
