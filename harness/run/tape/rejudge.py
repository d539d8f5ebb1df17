"""Judging tapes again: a campaign of what they hold, its ops shared out to the cores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from opassay.harness.located import UsageError, unknown
from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.known import Known
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import Record
from opassay.harness.registry import Registry
from opassay.harness.run.campaign import Campaign, Request, Run, both_halves
from opassay.harness.run.machine import usable_cores
from opassay.harness.run.pictures import Album
from opassay.harness.run.plan import Settings, Shard
from opassay.harness.run.second import FORGIVEN
from opassay.harness.run.tape.answers import Answers, Tape
from opassay.harness.run.tape.file import tapes
from opassay.harness.run.tape.lane import TapedEngine

SMALL = 32 * 2**20
"""Bytes of frames up to which starting processes takes longer than judging."""


@dataclass(frozen=True)
class Asked:
    """What the user asked for: the tapes of ``folder``, all ``ops`` where none is named, with further ``adapters``."""

    folder: Path
    ops: Sequence[str] = ()
    adapters: Sequence[str] = ()
    command: str = "opassay rejudge"


class TapeCampaign(Campaign):
    """A campaign that was run before: its targets, ops and cases are those on the tapes of ``asked.folder``."""

    def __init__(self, asked: Asked) -> None:
        """Raises ``UsageError`` without tapes or with those of several runs, ``TapeError`` for damaged ones."""
        self.asked = asked
        self.request = Request(command=asked.command)
        self.registry = Registry(asked.adapters)
        self.tapes = _alike([Tape(path) for path in tapes(asked.folder)], asked.folder)
        run = self.tapes[0].run
        names = [name for name in run["ops"] if not asked.ops or name in asked.ops]
        for name in asked.ops:
            if name not in run["ops"]:
                raise UsageError(unknown("op of the tapes", name, run["ops"]))
        self.ops = [self.registry.op(name) for name in names]
        self.targets = [tape.target for tape in self.tapes]
        self.settings = Settings(
            cases=run["cases"],
            seed=run["seed"],
            fills=run["fills"],
            timeout=run["timeout"],
            threads=run["threads"],
            repeat=run["repeat"],
        )
        self._planned: dict[tuple[str, str, Target, int], int] = {}
        self.shards = [shard for op in self.ops for aspect in ASPECTS for shard in self._shards(op, aspect)]

    def _shards(self, op: Any, aspect: str) -> Iterator[Shard]:
        for tape in self.tapes:
            for name, asked, start, stop, left_out, planned in tape.shards:
                if (name, asked) == (op.name, aspect):
                    self._planned[name, asked, tape.target, start] = planned
                    yield Shard(op, aspect, tape.target, start, stop, left_out)

    @property
    def several(self) -> int:
        """As many as there were: a lane without answers of several threads stays with one."""
        return 2

    @property
    def unknown(self) -> list[str]:
        """The adapters of which nothing is known here."""
        return sorted({t.adapter for t in self.targets} - set(self.registry.adapters))

    def planned(self, shard: Shard) -> int:
        return self._planned[shard.op.name, shard.aspect, shard.target, shard.start]

    def known(self, adapter: str) -> Sequence[Known]:
        return () if adapter in self.unknown else self.registry.known(adapter)

    def labels(self) -> dict[Target, str]:
        return {tape.target: tape.label for tape in self.tapes}

    def interpreters(self) -> dict[str, str]:
        return {tape.label: tape.interpreter for tape in self.tapes if tape.interpreter}

    def engine(self, ops: Sequence[str] | None = None) -> TapedEngine:
        """An engine that has the answers to ``ops``; those to all of them unless they are named."""
        names = [op.name for op in self.ops] if ops is None else ops
        cases: dict[str, Case] = {}
        answers = {tape.target: Answers(tape, names, self.registry.op, cases) for tape in self.tapes}
        known = {name: self.known(name) for name in {t.adapter for t in self.targets}}
        return TapedEngine(answers, self.settings, known)


@dataclass
class Judged:
    """What came of some ops: records, and what an engine counts beside them."""

    ops: tuple[str, ...]
    records: list[Record]
    failed: Counter[tuple[str, str]]
    passed: Counter[tuple[str, str]]
    pins: dict[tuple[str, str], str]
    broken: dict[str, str]
    once: Counter[str]
    lines: list[str]


def judge_ops(asked: Asked, ops: Sequence[str], out: Path) -> Judged:
    """Judge the answers to ``ops`` on all tapes; images go to ``out``."""
    campaign = TapeCampaign(replace(asked, ops=ops))
    album = Album(out, campaign.ops, resume=True)
    with campaign.engine() as engine:
        engine.keep = album.keep
        records = list(both_halves(campaign, engine))
        tally, second = engine.tally, engine.second
        return Judged(
            tuple(ops),
            records,
            tally.failed,
            tally.passed,
            engine.pins,
            engine.broken,
            second.once,
            second.lines,
        )


class TapedRun(Run):
    """Tapes judged into a folder, as a run leaves it."""

    campaign: TapeCampaign
    again = "judge again"

    def execute(self, engine: Any) -> Iterator[Record]:
        """Judge every op, yielding records as they become known; ``engine`` counts what came of all."""
        held: list[Judged] = []
        for judged in self._judged():
            # Whether an end that did not repeat is forgiven depends on how many there were in all ops before.
            if judged.once:
                held.append(judged)
            else:
                yield from self._take(engine, judged)
        if _too_many(held):
            names = {name for judged in held for name in judged.ops}
            held = [
                judge_ops(self.campaign.asked, [op.name for op in self.campaign.ops if op.name in names], self.folder)
            ]
        for judged in held:
            yield from self._take(engine, judged)
        self._settle(engine)
        self.status = "finished"

    def _take(self, engine: Any, judged: Judged) -> Iterator[Record]:
        engine.tally.failed += judged.failed
        engine.tally.passed += judged.passed
        engine.pins |= judged.pins
        engine.broken |= judged.broken
        engine.second.lines += judged.lines
        yield from self.taken(iter(judged.records))

    def _settle(self, engine: Any) -> None:
        """Leave each target as the run did: known differences are told by how it was set last."""
        for lane in engine.lanes.values():
            if True in lane.hellos:
                lane.restart(self.campaign.several)
            lane.settle()

    def _judged(self) -> Iterator[Judged]:
        asked, names = self.campaign.asked, [op.name for op in self.campaign.ops]
        names.sort(key=lambda name: -sum(tape.size_of(name) for tape in self.campaign.tapes))
        cores = min(usable_cores(), len(names))
        if cores < 2 or sum(tape.size for tape in self.campaign.tapes) < SMALL:
            yield from (judge_ops(asked, [name], self.folder) for name in names)
            return
        # Fresh processes: a copy of this one would have its threads' locks, and nobody to release them.
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            try:
                for done in as_completed([pool.submit(judge_ops, asked, [name], self.folder) for name in names]):
                    yield done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _too_many(held: Sequence[Judged]) -> bool:
    """Whether ends that did not repeat are so many on one target that not all of them are forgiven."""
    total = sum((judged.once for judged in held), Counter[str]())
    return len(held) > 1 and any(count > FORGIVEN for count in total.values())


def _alike(found: list[Tape], folder: Path) -> list[Tape]:
    if not found:
        raise UsageError(f"no tape in {str(folder)!r}: make one with opassay run --record")
    for tape in found:
        changed = sorted(name for name in tape.run if tape.run[name] != found[0].run[name])
        if changed:
            raise UsageError(
                f"{tape.file.path} was recorded with other settings than {found[0].file.path.name} "
                f"({', '.join(changed)}): judge each in a folder of its own"
            )
    labels = Counter(tape.label for tape in found)
    if twice := [label for label, count in labels.items() if count > 1]:
        raise UsageError(f"several tapes in {str(folder)!r} are of target {twice[0]!r}")
    return found
