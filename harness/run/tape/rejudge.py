"""Judging tapes again, their ops distributed over the cores."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from opassay.harness.model.verdicts import Record
from opassay.harness.run.machine import usable_cores
from opassay.harness.run.pins import Pins
from opassay.harness.run.retries import FORGIVEN
from opassay.harness.run.run import Run, both_halves
from opassay.harness.run.tape.campaign import Asked, TapeCampaign
from opassay.harness.store.pictures import Album

SMALL = 32 * 2**20
"""Bytes of frames up to which starting processes takes longer than judging."""


@dataclass
class Judged:
    """What came of some ops: records, and what an engine counts beside them."""

    ops: tuple[str, ...]
    records: list[Record]
    failed: Counter[tuple[str, str]]
    passed: Counter[tuple[str, str]]
    pins: Pins
    broken: dict[str, str]
    faults: list[str]
    once: Counter[str]
    lines: list[str]


def judge_ops(asked: Asked, ops: Sequence[str], out: Path) -> Judged:
    """Judge the answers to ``ops`` on all tapes; images go to ``out``."""
    campaign = TapeCampaign(replace(asked, ops=ops))
    album = Album(out, campaign.ops, resume=True)
    with campaign.engine() as engine:
        engine.keep = album.keep
        records = list(both_halves(campaign, engine))
        known, ends = engine.known, engine.ends
        return Judged(
            tuple(ops),
            records,
            known.tally.failed,
            known.tally.passed,
            engine.pins,
            known.broken,
            known.faults,
            ends.once,
            ends.lines,
        )


class TapedRun(Run):
    """Tapes judged into a folder, as a run leaves it."""

    campaign: TapeCampaign
    again = "judge again"

    def execute(self, engine: Any) -> Iterator[Record]:
        """Judge every op, yielding records as they become known; ``engine`` counts what came of all."""
        held: list[Judged] = []
        for judged in self._judged():
            # Whether an exit that did not reproduce is forgiven depends on their number in all earlier
            # ops.
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
        engine.known.tally.failed += judged.failed
        engine.known.tally.passed += judged.passed
        engine.pins |= judged.pins
        engine.known.broken |= judged.broken
        engine.known.faults += judged.faults
        engine.ends.lines += judged.lines
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
        # Fresh processes: a forked copy would hold locks of threads that it lacks.
        with ProcessPoolExecutor(cores, get_context("spawn"), _leave_ctrl_c) as pool:
            try:
                for done in as_completed([pool.submit(judge_ops, asked, [name], self.folder) for name in names]):
                    yield done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _leave_ctrl_c() -> None:
    """Leave Ctrl-C to the parent, which ends these processes after the op that they judge."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _too_many(held: Sequence[Judged]) -> bool:
    """Whether a target has more worker exits that did not reproduce than chance explains."""
    total = sum((judged.once for judged in held), Counter[str]())
    return len(held) > 1 and any(count > FORGIVEN for count in total.values())
