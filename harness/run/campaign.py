"""A campaign: what was asked for, run to its end, with everything it leaves in its folder."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opassay.harness.find.found import family
from opassay.harness.find.located import UsageError, module_file
from opassay.harness.find.registry import AdapterEntry, Registry, unknown
from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.choice import Follows, choice_row
from opassay.harness.model.fact import Fact, apart
from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import Record
from opassay.harness.plan import exhaustive
from opassay.harness.plan.budget import Budget, Costs, fitting
from opassay.harness.plan.plan import Settings, Shard, cost, forecast, halves, shards, shards_of
from opassay.harness.run.course import Steps
from opassay.harness.run.engine import Engine
from opassay.harness.run.feeds import Key
from opassay.harness.run.half import Half
from opassay.harness.run.joining import Joining
from opassay.harness.run.knowledge import explained
from opassay.harness.run.known_rows import NAMED, known_rows, other_versions
from opassay.harness.run.lane import Lane
from opassay.harness.run.loosest import unstated
from opassay.harness.run.machine import default_memory, describe_machine, usable_cores
from opassay.harness.run.process import WorkerSpec
from opassay.harness.run.status import Counts
from opassay.harness.store.baseline import check_about, digest, read_optional, unexplained
from opassay.harness.store.cache import VARIABLE, prune, usable_folder
from opassay.harness.store.durations import Durations, Watch, durations_file
from opassay.harness.store.earlier import set_aside
from opassay.harness.store.files import FileError, replace_file
from opassay.harness.store.journal import Journal
from opassay.harness.store.pictures import Album

VERSION = "0.1.0"
RUN_FILE = "run.json"


@dataclass(frozen=True)
class Request:
    """What the user asked for, as text; everything empty means the default.

    ``folder`` holds the files that may describe targets of the user's. ``baseline``: a file with differences that
    nobody has explained. ``budget``: seconds after which nothing more is begun. ``elsewhere``: the adapters that
    answer, where other machines do.
    """

    targets: Sequence[str] = ()
    ops: Sequence[str] = ()
    aspects: Sequence[str] = ()
    adapters: Sequence[str] = ()
    python: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    settings: Settings = field(default_factory=Settings)
    memory: int | None = None
    command: str = "opassay run"
    baseline: Path | None = None
    budget: float | None = None
    elsewhere: Sequence[str] | None = None


class Campaign:
    """A checked request. Raises ``UsageError`` for anything in it that does not exist.

    ``uncached``: why compiled programs are not kept although nobody said so, or empty. ``budget``: of time, if there is
    one; ``unfit``: the shards that do not fit in it.
    """

    budget: Budget | None = None
    unfit: Sequence[Shard] = ()
    durations = Durations(None)
    _compiled: Collection[Target] = frozenset()

    def __init__(self, request: Request) -> None:
        self.request = request
        self.registry = Registry(request.adapters, request.folder, request.python, request.elsewhere)
        self.baseline = read_optional(request.baseline)
        self.targets = self.registry.targets(request.targets)
        check_about(self.baseline, {target.adapter for target in self.targets})
        self.ops = self._ops()
        for aspect in request.aspects:
            if aspect not in ASPECTS:
                raise UsageError(unknown("aspect", aspect, ASPECTS))
        costly, self._compiled = (
            {target for target in self.targets if asked(target)}
            for asked in (self.registry.costly, self.registry.compiled)
        )
        aspects, cases = request.aspects, request.settings.cases
        if request.settings.exhaustive:
            self.ops, aspects, cases = exhaustive.asked(self.ops, request.ops, aspects, cases)
        if request.settings.suite is not None:
            self.shards = shards_of(request.settings.suite, self.ops, aspects, self.targets)
        else:
            self.shards = shards(self.ops, aspects, self.targets, cases, costly)
        if not self.shards:
            raise UsageError(f"none of these ops has cases of aspect {', '.join(request.aspects)}: nothing would run")
        memory = request.memory or default_memory(len(self.targets))
        self.settings = replace(request.settings, memory=memory)
        self._cache, self.uncached = usable_folder()
        self.durations = Durations(durations_file())
        if request.budget is not None:
            self.budget = Budget(request.budget)
            costs = Costs(self.durations, self.labels(), self.settings.fills, self._compiled, usable_cores())
            self.shards, self.unfit = fitting(self.shards, costs, self.budget.seconds)

    def _ops(self) -> list[Op]:
        """The ops that are asked; of a suite, those it has cases of."""
        named, suite = self.request.ops, self.request.settings.suite
        if suite is None:
            return self.registry.ops(named)
        lacking = sorted(set(suite.ops) - set(self.registry.names))
        if lacking:
            raise UsageError(f"suite {suite.name!r} has cases of ops that this opassay lacks: {', '.join(lacking)}")
        for name in named:
            if name not in suite.ops:
                raise UsageError(unknown(f"op of suite {suite.name!r}", name, suite.ops))
        return self.registry.ops(name for name in suite.ops if not named or name in named)

    def forecast(self) -> float:
        """Seconds that it will take about on this machine when no program is kept."""
        if self.settings.exhaustive:
            return exhaustive.forecast(sum(shard.stop for shard in self.shards), usable_cores())
        return forecast(self.shards, self.settings.fills, self._compiled, usable_cores())

    def cost(self, planned: Sequence[Shard]) -> float:
        """Seconds of a core that these shards take about when no program is kept."""
        return sum(cost(shard, self.settings.fills, shard.target in self._compiled) for shard in planned)

    @property
    def aspects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shard.aspect for shard in self.shards))

    @property
    def several(self) -> int:
        """With how many threads the second half of a long run computes."""
        return usable_cores()

    def planned(self, shard: Shard) -> int:
        """How many records a shard makes."""
        return shard.planned(self.settings.fills)

    def known(self, adapter: str) -> Sequence[Fact]:
        """The known differences of an adapter: facts, then what nobody has explained yet."""
        return (*self.registry.known(adapter), *unexplained(self.registry, adapter, self.baseline))

    def follows(self, adapter: str) -> Sequence[Follows]:
        """The choices that an adapter declares to follow."""
        return self.registry.follows(adapter)

    def labels(self) -> dict[Target, str]:
        return {target: self.registry.label(target) for target in self.targets}

    def engine(self) -> Engine:
        """An engine with one worker per target, not yet started."""
        return self.engine_of(self.targets)

    def engine_of(self, targets: Sequence[Target], make: type[Engine] = Engine) -> Engine:
        """The same of some of the targets."""
        prune(self._cache)
        workers = {target: (self.registry.label(target), self._spec(target)) for target in targets}
        names = {t.adapter for t in targets}
        known, follows = {n: self.known(n) for n in names}, {n: self.follows(n) for n in names}
        engine = make(workers, self.settings, known, follows)
        if self.budget is not None:
            engine.refuses, engine.budgeted = self.budget.refuses, True
        return engine

    def _spec(self, target: Target) -> WorkerSpec:
        entry = self.registry.adapter(target.adapter)
        return WorkerSpec(
            entry.location,
            target.mode,
            target.device,
            self.registry.interpreter(target),
            self.settings.threads,
            yields=bool(self._compiled) and target not in self._compiled,
            max_output=self.settings.max_output,
            extra_roots=_extra_roots(entry),
            env={VARIABLE: self._cache, **self.registry.environment(target)},
            needs=(entry.requires, entry.least),
        )

    def interpreters(self) -> dict[str, str]:
        """A digest of interpreter and variables for each target that has its own; files may change between two runs."""
        told = {
            label: [self.registry.interpreter(target), dict(self.registry.environment(target))]
            for target, label in self.labels().items()
        }
        return {
            label: hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:16]
            for label, own in told.items()
            if own != [sys.executable, {}]
        }

    def identity(self) -> dict[str, Any]:
        """What must be equal for one run to be the continuation of another."""
        suite = self.settings.suite
        return {
            "opassay": VERSION,
            "seed": self.settings.seed,
            "cases": self.settings.cases,
            "fills": self.settings.fills,
            "exhaustive": self.settings.exhaustive,
            **({"suite": suite.hash} if suite else {}),
            "targets": list(self.labels().values()),
            "ops": [op.name for op in self.ops],
            "aspects": list(self.aspects),
            "interpreters": self.interpreters(),
            "baseline": digest(self.baseline),
        }

    def recorded(self) -> dict[str, Any]:
        """What tapes must have in common to be judged together."""
        own = ("targets", "interpreters", "baseline")
        told = {name: value for name, value in self.identity().items() if name not in own}
        return told | {name: getattr(self.settings, name) for name in ("timeout", "threads", "repeat")}


class Run:
    """One execution of a campaign into a folder: a journal while it lasts, ``run.json`` when it begins and at the end.

    ``findings``: what came of its new differences, for ``run.json``; ``faults``: what went wrong with looking at them
    or telling of them; ``noted``: a record with what is known of it since it was journalled, for the table.
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
        self.album = Album(folder, campaign.ops, resume)
        self.status = "interrupted"
        self.warnings: list[str] = []
        self.faults: list[str] = []
        self.findings: list[dict[str, Any]] = []
        self.noted: Callable[[Record], Record] = lambda record: record
        self.watch = Watch()

    def begin(self, engine: Engine) -> None:
        """Write ``run.json`` for whoever looks at the folder meanwhile; engine's workers have said hello."""
        self.watch.ready()
        self.status = "running"
        self.describe(engine)
        self.status = "interrupted"

    def to_come(self, engine: Engine) -> dict[str, int]:
        """How many records are still missing, by target; those that could not start make none."""
        missing: Counter[str] = Counter()
        for shard in self.campaign.shards:
            lane = engine.lanes[shard.target]
            if lane.usable:
                there = self.counts.made[shard.op.name, shard.aspect, lane.label]
                missing[lane.label] += max(0, self.planned(engine, shard) - there)
        return dict(missing)

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
        engine.keep = self.album.keep
        yield from self.taken(both_halves(self.campaign, engine, done))
        self.status = "finished"
        self.campaign.durations.learn(self.watch)

    def taken(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records, each written down first."""
        for record in records:
            self.journal.add(record)
            self.counts.add(record)
            self.watch.see(record)
            yield record

    def describe(self, engine: Engine) -> dict[str, Any]:
        """Write and return the content of ``run.json``, as far as the run has come."""
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
        # Of what was begun, and is not there, nobody can say that it was for want of time alone.
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
        """What the budget leaves out, in a line."""
        cut = {question for _, question in self.campaign.budget.cut} if self.campaign.budget else set()
        left = sorted({(s.op.name, s.aspect) for s in self.campaign.unfit} | cut)
        if left:
            names = ", ".join(f"{op} {aspect}" for op, aspect in left[:NAMED]) + (", …" if len(left) > NAMED else "")
            yield f"the budget of {self.campaign.request.budget:g} s left out, wholly or in part, {len(left)}: {names}"

    def _known(self, engine: Engine) -> Iterator[dict[str, Any]]:
        for adapter in self._adapters():
            yield from known_rows(engine, adapter, self._entries(adapter))

    def _choices(self) -> Iterator[dict[str, Any]]:
        """A row per choice that an adapter follows, as far as it is about ops that run."""
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
    """What a reader should know of each target: that it grew, and what its adapter leaves unsaid."""
    for lane in engine.all_lanes:
        yield from lane.growth.lines(lane.label)
    for lane in engine.lanes.values():
        if works(lane) and not lane.rules and (line := unstated(lane.label, ops)):
            yield line


def both_halves(campaign: Campaign, engine: Engine, done: frozenset[Key] = frozenset()) -> Iterator[Record]:
    """Records as they become known, of what ``campaign`` asks and is not ``done``, and the pins of known differences.

    Every target goes on at its own pace: the first half of its cases, and when it is done with them, with several
    threads the second half.
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
    """Whether the target answers; one that is being started again after it answered does."""
    return lane.state == "ready" or (lane.state == "starting" and bool(lane.hello))


def absent(engine: Engine, shard: Shard) -> bool:
    """Whether the target's adapter lacks the op altogether."""
    return engine.lanes[shard.target].lacks(shard.op.name)


def prepare_folder(folder: Path) -> None:
    """Make the folder; ``UsageError`` when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".opassay-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"cannot write the report folder {str(folder)!r}: {error.strerror}; choose another --out"
        ) from None


def check_devices(engine: Engine, idle: Callable[[], None] = lambda: None) -> None:
    """Wait for the workers; ``UsageError`` when a target names a device that is not there."""
    engine.wait_ready(idle)
    for lane in engine.lanes.values():
        if lane.misused:
            raise UsageError(f"target {lane.label!r}: {lane.state}")


def _extra_roots(entry: AdapterEntry) -> dict[str, str]:
    module = entry.location.partition(":")[0]
    top = module.partition(".")[0]
    if top == "opassay":
        return {}
    source = module_file(top)
    return {top: str(source.parent if source.name == "__init__.py" else source)}


def relative_origin(hello: Mapping[str, Any]) -> str:
    """Where the framework was imported from, relative to its interpreter: the report carries no path of a machine."""
    origin, prefix = str(hello.get("origin", "")), str(hello.get("prefix", ""))
    return os.path.relpath(origin, prefix) if prefix and origin.startswith(prefix) else os.path.basename(origin)
