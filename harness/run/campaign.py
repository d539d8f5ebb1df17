"""A campaign: a checked request, with the shards, workers and identity that follow from it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opassay.harness.find.located import UsageError, module_file
from opassay.harness.find.registry import AdapterEntry, Registry, unknown
from opassay.harness.model.case import ASPECTS
from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.plan import exhaustive
from opassay.harness.plan.budget import Budget, Costs, fitting
from opassay.harness.plan.plan import Settings, Shard, cost, forecast, shards, shards_of
from opassay.harness.run.engine import Engine
from opassay.harness.run.machine import default_memory, usable_cores
from opassay.harness.run.process import WorkerSpec
from opassay.harness.store import durations, remembered
from opassay.harness.store.baseline import check_about, digest, read_optional, unexplained
from opassay.harness.store.cache import VARIABLE, kept, prune, usable_folder
from opassay.harness.store.durations import Durations
from opassay.harness.store.remembered import Remembered

VERSION = "0.1.0"


@dataclass(frozen=True)
class Request:
    """What the user asked for, as text; everything empty means the default.

    ``folder``: where ``opassay.toml`` and ``pyproject.toml`` may define targets. ``baseline``: a file of unexplained
    differences. ``budget``: seconds after which no further shard starts. ``elsewhere``: the adapters on other machines,
    where these answer.
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

    ``uncached``: why compiled programs are not cached although the user did not turn that off, or empty. ``budget``: of
    time, or None; ``unfit``: the shards that do not fit in it.
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
        self.durations = Durations(kept(durations.NAME))
        self.explanations = Remembered(kept(remembered.EXPLANATIONS))
        self.judgements = Remembered(kept(remembered.JUDGEMENTS))
        if request.budget is not None:
            self.budget = Budget(request.budget)
            self.shards, self.unfit = fitting(self.shards, self.costs, self.budget.seconds)

    @property
    def costs(self) -> Costs:
        """What shards take, as far as earlier runs on this machine told."""
        return Costs(self.durations, self.labels(), self.settings.fills, self._compiled, usable_cores())

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
        """Estimated seconds on this machine with an empty cache of compiled programs."""
        if self.settings.exhaustive:
            return exhaustive.forecast(sum(shard.stop for shard in self.shards), usable_cores())
        return forecast(self.shards, self.settings.fills, self._compiled, usable_cores())

    def cost(self, planned: Sequence[Shard]) -> float:
        """Estimated core-seconds of these shards with an empty cache of compiled programs."""
        return sum(cost(shard, self.settings.fills, shard.target in self._compiled) for shard in planned)

    @property
    def aspects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shard.aspect for shard in self.shards))

    @property
    def several(self) -> int:
        """Threads per framework in the second half of a long run."""
        return usable_cores()

    def planned(self, shard: Shard) -> int:
        """How many records a shard makes."""
        return shard.planned(self.settings.fills)

    def known(self, adapter: str) -> Sequence[Fact]:
        """The known differences of an adapter: facts, then the unexplained ones of baselines."""
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
