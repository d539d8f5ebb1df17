"""The commands ``opassay suite freeze`` and ``suite show``."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from opassay.harness.doors.consoles import say_line, stderr
from opassay.harness.doors.printed import print_named
from opassay.harness.find.registry import Registry, UsageError, unknown
from opassay.harness.hunt import store
from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.model.suite import Suite
from opassay.harness.model.target import Target
from opassay.harness.plan.choose import Candidate, Chosen, candidates, choose
from opassay.harness.plan.plan import Settings, cuts, make_batch, shards
from opassay.harness.store.baseline import unexplained
from opassay.harness.store.files import FileError
from opassay.harness.store.suite import read_suite, write_suite

ENDS = frozenset({"crash", "hang"})
"""Verdicts whose facts get no pin in a chosen suite: each would cost a worker, and a gate must be fast."""

STEPS = 20
"""Lines of the curves."""


@dataclass(frozen=True)
class Wanted:
    """The source of a suite: the cases of a run, the ``best`` of a larger pool, or what a run ``found``."""

    ops: Sequence[str] = ()
    aspects: Sequence[str] = ()
    cases: int | None = None
    seed: int = 0
    fills: int = 2
    best: int | None = None
    found: Path | None = None


def freeze_command(wanted: Wanted, out: Path) -> int:
    """Write the suite and print what it holds."""
    for aspect in wanted.aspects:
        if aspect not in ASPECTS:
            raise UsageError(unknown("aspect", aspect, ASPECTS))
    if sum(bool(given) for given in (wanted.best, wanted.cases, wanted.found)) > 1:
        raise UsageError(
            "--cases draws, --best chooses from a pool of its own, --found takes what a run found: give one"
        )
    cases = _found(wanted.found) if wanted.found else _best(wanted) if wanted.best else _drawn(wanted)
    suite = Suite(out.name.removesuffix(".jsonl"), tuple({case.id: case for case in cases}.values()))
    if not suite.cases:
        where = f"{wanted.found} has no finding" if wanted.found else "none of these ops has cases of these aspects"
        raise UsageError(f"{where}: the suite would be empty")
    try:
        write_suite(out, suite)
    except FileError as error:
        raise UsageError(str(error)) from None
    return _tell(suite)


def show_command(given: str) -> int:
    """Print what a suite holds."""
    return _tell(read_suite(given))


def _tell(suite: Suite) -> int:
    print(f"{suite.name}: {len(suite.cases):,} cases of {len(suite.ops)} ops")
    print(f"  SHA-256 {suite.hash}")
    for what, counted in (
        ("aspect", Counter(case.aspect for case in suite.cases)),
        ("fill", Counter(t.fill.kind for case in suite.cases for t in case.all_tensors)),
        ("memory", Counter(t.memory.kind for case in suite.cases for t in case.all_tensors)),
        ("dtype", Counter(t.dtype for case in suite.cases for t in case.all_tensors)),
    ):
        print_named(what, (f"{name} {count:,}" for name, count in counted.most_common()), indent=2)
    return 0


def _found(folder: Path) -> list[Case]:
    try:
        return [store.read(path).case for path in store.stored(folder)]
    except (ValueError, OSError) as error:
        raise UsageError(f"a finding in {folder} cannot be read: {error}") from None


def _drawn(wanted: Wanted) -> Iterator[Case]:
    """The cases that a run of one eager target would ask, the ops' pins first."""
    settings = Settings(wanted.cases, wanted.seed, wanted.fills)
    for shard in shards(Registry().ops(wanted.ops), wanted.aspects, [Target("any", "any")], wanted.cases):
        for start, stop in cuts(shard.start, shard.stop):
            yield from (item.case for item in make_batch(shard.op, shard.aspect, start, stop, settings).items)


def _best(wanted: Wanted) -> list[Case]:
    registry, console, began = Registry(), stderr(), time.monotonic()
    ops = registry.ops(wanted.ops)
    pins, left = _pins(registry), ending(registry)
    pool: list[Candidate] = []
    given: list[Candidate] = []
    mistakes = sum(len(registry.mistakes(op.name)) for op in ops)
    for op in ops:
        for aspect in wanted.aspects or ASPECTS:
            own = [pin for pin in pins.values() if (pin.op, pin.aspect) == (op.name, aspect)]
            with warnings.catch_warnings():
                # Kernels with mistakes overflow, as real ones do.
                warnings.simplefilter("ignore")
                new, there = candidates(op, aspect, registry.mistakes(op.name), wanted.seed, wanted.fills, own)
            lasting = [one for one in new if not any(concerns(f, c) for f in left for c in one.cases)]
            pool += lasting or new
            given += there
        say_line(console, f"{op.name}: {len(pool)} geometries to choose from, {time.monotonic() - began:.0f} s")
    chosen = choose(pool, given, wanted.best or 0)
    for line in curves(chosen, mistakes, pool):
        print(line)
    return in_order(chosen, ops)


def in_order(chosen: Chosen, ops: Sequence[Op]) -> list[Case]:
    """By op, aspect and geometry, so that cases that are compiled together are neighbours."""
    places = {op.name: place for place, op in enumerate(ops)}
    return sorted(
        chosen.cases.values(),
        key=lambda case: (places[case.op], ASPECTS.index(case.aspect), case.rule, case.geometry_key, case.id),
    )


def ending(registry: Registry) -> list[Fact]:
    """Facts with a predicate about cases that crash or hang some framework: each would cost a start or the time limit.

    A chosen suite leaves such cases out if others remain.
    """
    facts = [fact for adapter in registry.adapters for fact in registry.known(adapter)]
    return [fact for fact in facts if fact.when is not None and ENDS & set(fact.verdicts)]


def concerns(fact: Fact, case: Case) -> bool:
    """Whether ``fact`` concerns ``case``."""
    return case.op in fact.ops and case.aspect in fact.aspects and fact.covers(case)


def _pins(registry: Registry) -> dict[str, Case]:
    """One pin per fact and line of a shipped baseline, by id; none that crashes."""
    found: dict[str, Case] = {}
    for adapter in registry.adapters:
        facts: tuple[Fact, ...] = (*registry.known(adapter), *unexplained(registry, adapter, None))
        for fact in facts:
            if fact.pins and not ENDS & set(fact.verdicts):
                found[fact.pins[0].id] = fact.pins[0]
    return found


def curves(chosen: Chosen, mistakes: int, pool: Sequence[Candidate]) -> Iterator[str]:
    """How many mistakes the first n cases find, and how many pairs they contain, in the order of choice."""
    findable = len(frozenset[str]().union(*(c.finds for c in pool)) | chosen.found)
    yield f"{mistakes} named mistakes, {findable} of them found by some case of the pool"
    yield f"{'cases':>7}{'mistakes found':>18}{'pairs met':>12}"
    step = max(1, len(chosen.curve) // STEPS)
    for count, found, met in [*chosen.curve[step - 1 :: step], chosen.curve[-1]]:
        yield f"{count:7,}{found:12} ({found / max(1, mistakes):.0%}){met:12,}"
