"""A campaign made from tapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.find.located import UsageError, unknown
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import Fact
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Settings, Shard
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.tape.answers import Answers
from opassay.harness.run.tape.file import tapes
from opassay.harness.run.tape.lane import TapedEngine
from opassay.harness.run.tape.tape import Tape
from opassay.harness.store.baseline import read_optional
from opassay.harness.store.remembered import Remembered


@dataclass(frozen=True)
class Asked:
    """What the user asked for: the tapes of ``folder``, all ``ops`` where none is named, with further ``adapters``.

    ``baseline``: a file with differences that nobody has explained.
    """

    folder: Path
    ops: Sequence[str] = ()
    adapters: Sequence[str] = ()
    command: str = "opassay rejudge"
    baseline: Path | None = None


class TapeCampaign(Campaign):
    """A campaign that was run before: its targets, ops and cases are those on the tapes of ``asked.folder``."""

    def __init__(self, asked: Asked) -> None:
        """Raises ``UsageError`` without tapes or with those of several runs, ``TapeError`` for damaged ones."""
        self.asked = asked
        self.request = Request(command=asked.command, baseline=asked.baseline)
        self.registry = Registry(asked.adapters)
        self.baseline = read_optional(asked.baseline)
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
            exhaustive=run["exhaustive"],
        )
        self.judgements = Remembered(None)
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
        """The number of threads of the recorded run. A lane without answers of several threads keeps one."""
        return 2

    @property
    def unknown(self) -> list[str]:
        """The adapters that are not known here."""
        return sorted({t.adapter for t in self.targets} - set(self.registry.adapters))

    def planned(self, shard: Shard) -> int:
        return self._planned[shard.op.name, shard.aspect, shard.target, shard.start]

    def known(self, adapter: str) -> Sequence[Fact]:
        return () if adapter in self.unknown else super().known(adapter)

    def follows(self, adapter: str) -> Sequence[Follows]:
        return () if adapter in self.unknown else self.registry.follows(adapter)

    def labels(self) -> dict[Target, str]:
        return {tape.target: tape.label for tape in self.tapes}

    def interpreters(self) -> dict[str, str]:
        return {tape.label: tape.interpreter for tape in self.tapes if tape.interpreter}

    def engine(self, ops: Sequence[str] | None = None) -> TapedEngine:
        """An engine that has the answers to ``ops``; those to all of them unless they are named."""
        names = [op.name for op in self.ops] if ops is None else ops
        cases: dict[str, Case] = {}
        answers = {tape.target: Answers(tape, names, self.registry.op, cases) for tape in self.tapes}
        adapters = {t.adapter for t in self.targets}
        known, follows = {n: self.known(n) for n in adapters}, {n: self.follows(n) for n in adapters}
        return TapedEngine(answers, self.settings, known, follows)


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
    for named in ([tape.label for tape in found], [str(tape.target) for tape in found]):
        if twice := [name for name, count in Counter(named).items() if count > 1]:
            raise UsageError(f"several tapes in {str(folder)!r} are of target {twice[0]!r}")
    return found
