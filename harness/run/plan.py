"""What a run sets out to do, before it does it: shards, and the batches they are cut into."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.run import generate, wire

BATCH_GEOMETRIES = 32
"""Geometries per batch: where compile time per case has flattened out, and a crash loses little."""


SPLIT = 50
"""Geometries from which on a shard's second half runs with several threads."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides which cases run and how they are judged.

    ``cases``: geometries per op and aspect. ``fills``: value sets per geometry. ``timeout``: seconds per
    case. ``threads``: of each framework in the first half of a run. ``memory``: bytes at which a worker is ended.
    ``repeat``: whether every case, not only pins, must give the same bits thrice.
    ``max_output``: bytes of one case's answers from which on they are not sent.
    """

    cases: int = 100
    seed: int = 0
    fills: int = 2
    timeout: float = 30.0
    threads: int = 1
    memory: int = 6 * 2**30
    max_output: int = wire.MAX_OUTPUT
    repeat: bool = False


@dataclass(frozen=True)
class Shard:
    """Op × aspect × target × slice [start, stop) of a seeded stream; pins belong to the slice that starts at 0.

    ``left_out``: how many cases beyond ``stop`` the target is spared, since its mode compiles each of them for seconds.
    """

    op: Op
    aspect: str
    target: Target
    start: int
    stop: int
    left_out: int = 0

    def planned(self, fills: int) -> int:
        """How many records it makes."""
        return planned(self.op, self.aspect, self.start, self.stop, fills)


@dataclass(frozen=True, eq=False)
class Item:
    """A case and its number in the stream (negative for pins)."""

    number: int
    case: Case

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
    """Where the slice is cut into batches: first what ends at 0, the pins, if it begins there."""
    if start == 0:
        yield 0, 0
    for first in range(start, stop, BATCH_GEOMETRIES):
        yield first, min(first + BATCH_GEOMETRIES, stop)


def make_batch(op: Op, aspect: str, start: int, stop: int, settings: Settings) -> Batch:
    """One batch as ``cuts`` gives its ends; the same whenever it is made."""
    if stop == 0:
        return Batch(op, aspect, tuple(Item(number, pin.case) for number, pin in generate.pins(op, aspect)))
    drawn = generate.cases(op, aspect, settings.seed, start, stop, settings.fills)
    return Batch(op, aspect, tuple(Item(number, case) for number, case in drawn))


def halves(planned_shards: Sequence[Shard]) -> tuple[list[Shard], list[Shard]]:
    """What runs with one thread, and what with several: some kernels are wrong only with several.

    A short run is not split, since every worker would have to be started once more for little.
    """
    first, second = [], []
    for shard in planned_shards:
        middle = (shard.start + shard.stop) // 2 if shard.stop - shard.start >= SPLIT else shard.stop
        first.append(replace(shard, stop=middle))
        if middle < shard.stop:
            second.append(replace(shard, start=middle))
    return first, second


def shards(
    ops: Sequence[Op],
    aspect_names: Sequence[str],
    targets: Sequence[Target],
    cases: int,
    costly: Callable[[Target], bool] = lambda target: False,
) -> list[Shard]:
    """One shard per op × aspect × target; ``aspect_names`` empty means every aspect an op has.

    Invalid input is compiled case by case, so ``costly`` targets are asked one case per rule: number k breaks rule
    k % len(rules).
    """
    found = []
    for op in ops:
        for aspect in aspects(op):
            for target in targets if not aspect_names or aspect in aspect_names else ():
                stop = min(cases, len(op.rules)) if aspect == "error" and costly(target) else cases
                found.append(Shard(op, aspect, target, 0, stop, cases - stop))
    return found
