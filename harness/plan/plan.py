"""The plan of a run: shards, and the batches they are cut into."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.op import Op
from opassay.harness.model.suite import Suite
from opassay.harness.model.target import Target
from opassay.harness.plan import exhaustive, generate
from opassay.harness.plan.twice import repeated
from opassay.harness.worker import wire

BATCH_GEOMETRIES = 32
"""Geometries per batch: where compile time per case has flattened out, and a crash loses little."""


MOST = 100
"""Geometries per op and aspect of a full run."""

FEWEST = {"pointwise": 2, "arranging": 2, "program": 2, "reduction": 4, "spatial": 9, "other": 16}
"""Geometries per op and aspect at least, by class, however many ops there are: with its pins they find nine tenths of
the named mistakes that ``MOST`` find. tests/benchmarks/kills.py counts both."""

SHARE = {"pointwise": 192, "arranging": 72, "program": 32, "reduction": 128, "spatial": 72, "other": 176}
"""Geometries per aspect that a run of no stated size divides among its ops of a class, where each has more by that."""

SPATIAL = {"windowed", "resizes"}
"""Traits of ops over images that share a signature with ops along axes: they have more attributes, so they get more
cases."""

PART = {"shape": 4, "error": 4}
"""These aspects get one geometry in so many: their answers do not depend on values."""

START = 10.0
"""Seconds of a core until a worker has imported its framework and says hello."""

ANSWER = {("op", False): 0.025, ("op", True): 0.13, ("program", False): 0.05, ("program", True): 0.45}
ANSWER |= {("pointwise", False): 0.006, ("pointwise", True): 0.025}
"""Seconds of a core that an answer takes, the oracle's part included, by the same two. Measured in a default run of
JAX (compiled), TensorFlow, Keras and torch on two cores with AVX2, nothing kept; only the forecast depends on it."""

SPLIT = 50
"""Geometries from which on a shard's second half runs with several threads."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides which cases run and how they are judged.

    ``cases``: geometries per op and aspect, None for what ``geometries`` says. ``fills``: value sets per geometry.
    ``timeout``: seconds per case. ``threads``: of each framework in the first half of a run. ``memory``: bytes at which
    a worker is ended. ``repeat``: whether every case, not only pins, must give the same bits thrice, and
    not only some of the others twice.
    ``max_output``: bytes of one case's answers from which on they are not sent. ``exhaustive``: whether slices of all
    float32 are asked in place of the stream. ``suite``: the cases that are asked in place of it.
    """

    cases: int | None = None
    seed: int = 0
    fills: int = 2
    timeout: float = 30.0
    threads: int = 1
    memory: int = 6 * 2**30
    max_output: int = wire.MAX_OUTPUT
    repeat: bool = False
    exhaustive: bool = False
    suite: Suite | None = None


@dataclass(frozen=True)
class Shard:
    """Op × aspect × target × slice [start, stop) of a seeded stream; pins belong to the slice that starts at 0.

    ``left_out``: how many cases beyond ``stop`` the target is spared, since its mode compiles each of them for seconds.
    ``suite``: from which the cases are taken, of none where they are drawn.
    """

    op: Op
    aspect: str
    target: Target
    start: int
    stop: int
    left_out: int = 0
    suite: Suite | None = None

    def planned(self, fills: int) -> int:
        """How many records it makes."""
        if self.suite is not None:
            return self.suite.count(self.op.name, self.aspect)
        return planned(self.op, self.aspect, self.start, self.stop, fills)


@dataclass(frozen=True, eq=False)
class Item:
    """A case and its number in the stream (negative for pins). ``twice``: whether it is asked so, for the same bits."""

    number: int
    case: Case
    twice: bool = False

    @cached_property
    def columns(self) -> dict[str, Any]:
        """What the results table says of the case, whoever answers it."""
        case = self.case
        attributes = case.to_json()["attributes"] | ({"rule": case.rule} if case.rule else {})
        return {
            "case_id": case.id,
            "op": case.op,
            "aspect": case.aspect,
            "dtype": ";".join(t.dtype for t in case.all_tensors),
            "fill": ";".join(t.fill.kind for t in case.all_tensors),
            "memory": ";".join(t.memory.kind for t in case.all_tensors),
            "shapes": ";".join("x".join(str(n) for n in t.shape) for t in case.all_tensors),
            "attrs": json.dumps(attributes, sort_keys=True),
            "number": self.number,
            "case": case.dumps(),
        }


@dataclass(frozen=True, eq=False)
class Batch:
    """Cases of one op and aspect that travel together; every target gets the same batches."""

    op: Op
    aspect: str
    items: tuple[Item, ...]


def planned(op: Op, aspect: str, start: int, stop: int, fills: int) -> int:
    """How many records one target gets from a slice."""
    if aspect == "error" and not op.rules:
        return 0
    pins = sum(1 for _ in generate.pins(op, aspect)) if start == 0 else 0
    return pins + (stop - start) * generate.values_of(aspect, fills)


def aspects(op: Op) -> tuple[str, ...]:
    """The aspects an op has cases for."""
    there = {"value": op.geometries, "gradient": op.gradients, "error": op.rules, "shape": op.geometries}
    return tuple(aspect for aspect, source in there.items() if source)


def cuts(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where the slice is cut into batches: first the pins, which end at 0, if it begins there."""
    if start == 0:
        yield 0, 0
    for first in range(start, stop, BATCH_GEOMETRIES):
        yield first, min(first + BATCH_GEOMETRIES, stop)


def make_batch(op: Op, aspect: str, start: int, stop: int, settings: Settings) -> Batch:
    """One batch as ``cuts`` gives its ends; the same whenever it is made. A suite has no pins beside its cases."""
    if settings.suite is not None:
        chosen = settings.suite.numbered(op.name, aspect, start, stop)
        return Batch(op, aspect, tuple(Item(number, case) for number, case in chosen))
    if stop == 0:
        return Batch(op, aspect, tuple(Item(number, pin.case, True) for number, pin in generate.pins(op, aspect)))
    if settings.exhaustive:
        drawn = list(exhaustive.slices(op, start, stop))
    else:
        drawn = list(generate.cases(op, aspect, settings.seed, start, stop, settings.fills))
    again = repeated(dict(reversed(drawn)))
    return Batch(op, aspect, tuple(Item(number, case, number in again) for number, case in drawn))


def halves(planned_shards: Sequence[Shard]) -> tuple[list[Shard], list[Shard]]:
    """What runs with one thread, and what with several: some kernels are wrong only with several.

    A short run is not split, since every worker would have to be started once more for little; a suite is short.
    """
    first, second = [], []
    for shard in planned_shards:
        middle = (shard.start + shard.stop) // 2 if _splits(shard) else shard.stop
        first.append(replace(shard, stop=middle))
        if middle < shard.stop:
            second.append(replace(shard, start=middle))
    return first, second


def _splits(shard: Shard) -> bool:
    return shard.suite is None and shard.stop - shard.start >= SPLIT


def geometries(op: Op, aspect: str, ops: int) -> int:
    """How many geometries a run of so many ops of its class and no stated size has: the same on every machine.

    Of invalid input, where number k breaks rule k % len(rules), each rule is broken once.
    """
    count = max(FEWEST[_pool(op)], SHARE[_pool(op)] // ops) // PART.get(aspect, 1)
    return min(MOST, max(1, count, len(op.rules) if aspect == "error" else 0))


def kind(op: Op) -> str:
    """The class of an op in the table of costs."""
    return "program" if op.staged else "pointwise" if op.of_a_class else "op"


def _pool(op: Op) -> str:
    """The ops among which a share is divided."""
    if not op.of_a_class:
        return "program" if op.staged else "other"
    return "spatial" if SPATIAL & set(op.traits) else op.numerics


def cost(shard: Shard, fills: int, compiled: bool) -> float:
    """Seconds of a core that a shard takes about, with nothing kept."""
    return shard.planned(fills) * ANSWER[kind(shard.op), compiled]


def forecast(planned_shards: Sequence[Shard], fills: int, compiled: Collection[Target], cores: int) -> float:
    """Seconds that the shards will take about, with nothing kept: those of the slowest target, or of all by cores."""
    seconds: defaultdict[Target, float] = defaultdict(float)
    for shard in planned_shards:
        seconds[shard.target] += cost(shard, fills, shard.target in compiled)
    return START + max(*seconds.values(), (sum(seconds.values()) + START * len(seconds)) / cores)


def shards_of(suite: Suite, ops: Sequence[Op], aspect_names: Sequence[str], targets: Sequence[Target]) -> list[Shard]:
    """One shard per op × aspect × target of which ``suite`` has cases; empty ``aspect_names`` mean every aspect."""
    return [
        Shard(op, aspect, target, 0, count, suite=suite)
        for op in ops
        for aspect in ASPECTS
        if (count := suite.geometries(op.name, aspect)) and (not aspect_names or aspect in aspect_names)
        for target in targets
    ]


def shards(
    ops: Sequence[Op],
    aspect_names: Sequence[str],
    targets: Sequence[Target],
    cases: int | None = None,
    costly: Collection[Target] = (),
) -> list[Shard]:
    """One shard per op × aspect × target; ``aspect_names`` empty means every aspect an op has.

    ``costly`` targets compile invalid input case by case for seconds, so they are asked one case per rule.
    """
    found, pools = [], Counter(map(_pool, ops))
    for op in ops:
        for aspect in aspects(op):
            for target in targets if not aspect_names or aspect in aspect_names else ():
                count = cases or geometries(op, aspect, pools[_pool(op)])
                stop = min(count, len(op.rules)) if aspect == "error" and target in costly else count
                found.append(Shard(op, aspect, target, 0, stop, count - stop))
    return found
