"""What ``pytest --opassay`` collects: one item per op, aspect and target, or one per target; and its messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opassay.harness.doors.pytest_ran import LISTED, MARK, UNTESTED
from opassay.harness.find.registry import UsageError
from opassay.harness.hunt.finding import Finding
from opassay.harness.model.faults import told
from opassay.harness.model.verdicts import UNANSWERED, Record, severity
from opassay.harness.plan.plan import Shard
from opassay.harness.run.engine import Engine
from opassay.harness.run.known_rows import untested_line
from opassay.harness.run.lane import Lane
from opassay.harness.run.repeat import Repeats
from opassay.harness.run.run import absent

if TYPE_CHECKING:
    from opassay.harness.doors.pytest_plugin import Plugin

SHOWN = 3
"""Number of findings, or else cases, printed for one item: what fits on a screen."""


class Root(pytest.File):
    """The configuration file, as the root of all items."""

    def __init__(self, *, plugin: Plugin, **kw: Any) -> None:
        super().__init__(**kw)
        self.plugin = plugin

    def collect(self) -> Iterator[pytest.Collector | pytest.Item]:
        shards = self.plugin.campaign.shards
        if self.plugin.collapse:
            for target in dict.fromkeys(shard.target for shard in shards):
                yield item_of(self, self.plugin, [shard for shard in shards if shard.target == target])
            return
        for name in dict.fromkeys(shard.op.name for shard in shards):
            yield OpNode.from_parent(self, name=name)


class OpNode(pytest.Collector):
    """One op."""

    def collect(self) -> Iterator[pytest.Collector]:
        shards = self.parent.plugin.campaign.shards  # type: ignore[union-attr]
        for aspect in dict.fromkeys(s.aspect for s in shards if s.op.name == self.name):
            yield AspectNode.from_parent(self, name=aspect)


class AspectNode(pytest.Collector):
    """One aspect of one op."""

    def collect(self) -> Iterator[pytest.Item]:
        plugin: Plugin = self.parent.parent.plugin  # type: ignore[union-attr]
        for shard in plugin.campaign.shards:
            if (shard.op.name, shard.aspect) == (self.parent.name, self.name):  # type: ignore[union-attr]
                yield item_of(self, plugin, [shard])


def item_of(parent: pytest.Collector, plugin: Plugin, shards: Sequence[Shard]) -> Item:
    """The item of ``shards``, all of one target; its xdist group is the target, so that one process runs them."""
    label = plugin.campaign.registry.label(shards[0].target)
    item: Item = Item.from_parent(parent, name=label, plugin=plugin, shards=shards)
    if parent.config.pluginmanager.hasplugin("xdist"):
        item.add_marker(pytest.mark.xdist_group(label))
    return item


class Item(pytest.Item):
    """The cases of ``shards``: of one op and aspect on one target, or of one target."""

    def __init__(self, *, plugin: Plugin, shards: Sequence[Shard], **kw: Any) -> None:
        super().__init__(**kw)
        self.plugin, self.shards = plugin, shards
        self.user_properties.append((MARK, self.name))

    def runtest(self) -> None:
        try:
            engine = self.plugin.engine()
        except UsageError as error:
            raise Broken(str(error)) from None
        lane = engine.lanes[self.shards[0].target]
        # The previous item may have ended its worker.
        engine.wait_ready()
        if not lane.usable:
            self._down(lane)
        shards, before = [shard for shard in self.shards if not absent(engine, shard)], len(engine.ends.lines)
        if not shards:
            pytest.skip(f"{lane.label} has no {', '.join(dict.fromkeys(shard.op.name for shard in self.shards))}")
        repeats = self.plugin.campaign.settings.repeat
        records = list(Repeats(engine, shards, poison=True).run() if repeats else engine.run(shards))
        self.user_properties += [("not reproduced", line) for line in engine.ends.lines[before:]]
        if untested := untested_line(engine, lane):
            self.user_properties.append((UNTESTED, untested))
        self._decide(engine, shards, records)

    def _down(self, lane: Lane) -> None:
        """One error for a target that cannot start, however many items it has."""
        if lane.label in self.plugin.down:
            pytest.skip(f"{lane.label} could not start, as the first of its tests says")
        self.plugin.down.add(lane.label)
        raise Broken(f"{lane.label} could not start: {lane.state}")

    def _decide(self, engine: Engine, shards: Sequence[Shard], records: list[Record]) -> None:
        planned = sum(map(self.plugin.campaign.planned, shards))
        judged = [r for r in records if r.verdict not in UNANSWERED]
        text = f"ran {len(judged)} of {planned}"
        self.user_properties += [("ran", len(judged)), ("planned", planned)]
        self.user_properties.append(("not planned", sum(shard.left_out for shard in shards)))
        self.user_properties.append(("known", sum(bool(r.known) for r in records)))
        faults = [r for r in records if r.verdict == "fault"]
        new = [r for r in records if r.new and (self.plugin.strict or not r.listed)]
        self.user_properties.append((LISTED, sum(r.listed for r in records) if not self.plugin.strict else 0))
        if faults:
            raise Broken(f"{text}; {len(faults)} faults of opassay or an adapter\n{_lines(faults)}")
        if new:
            raise Different(f"{text}; {len(new)} differ in a way no known difference covers\n{self._findings(records)}")
        if len(records) < planned:
            raise Broken(f"{text}: {planned - len(records)} planned records are missing")
        if not judged:
            pytest.skip(f"{text}: nothing supported")

    def _findings(self, records: list[Record]) -> str:
        """The findings of the new differences among ``records``, and opassay's own errors while it looked for them."""
        try:
            found, fault = self.plugin.findings(self.shards[0], records), ""
        except Exception as error:
            found, fault = [], f"a fault of opassay: {told(error)}\n"
        more = [f"… and {len(found) - SHOWN} more findings"] if len(found) > SHOWN else []
        shown = "\n".join([*map(self._told, found[:SHOWN]), *more])
        return fault + (shown or _lines([r for r in records if r.new]))

    def _told(self, finding: Finding) -> str:
        folder = self.plugin.folder(finding)
        scripts = [folder / str(script["file"]) for script in finding.reproductions]
        why = f" ({finding.explained_by})" if finding.explained_by else ""
        lines = [f"finding {finding.id}: {finding.records} records{why}", finding.message, finding.case.dumps()]
        lines += [f"a fault of opassay: {finding.fault}"] if finding.fault else []
        return "\n  ".join([*lines, self.plugin.again(finding), *map(str, scripts)])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, (Different, Broken)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.nodeid.partition("::")[2]


class Different(AssertionError):
    """A framework differs, and no known difference covers it."""


class Broken(Exception):
    """The case could not be judged: a fault, or less ran than planned."""


def _lines(records: list[Record]) -> str:
    first = sorted(records, key=lambda r: severity(r.verdict))[:SHOWN]
    shown = [f"  {r.case_id} {r.verdict}: {r.message}\n    {r.case}" for r in first]
    left = [f"  … and {len(records) - SHOWN} more"] if len(records) > SHOWN else []
    return "\n".join(["Replay one: save its JSON as case.json, then `opassay replay case.json`.", *shown, *left])
