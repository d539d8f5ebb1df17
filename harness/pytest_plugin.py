"""The pytest door: one item per op, aspect and target, hung on the project's configuration file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opassay.harness.hunt.after_run import hunt_shard, hunter_of
from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.hunter import Hunter, Limits
from opassay.harness.hunt.store import CASE, folder_of
from opassay.harness.model.faults import told
from opassay.harness.model.verdicts import UNANSWERED, Record, severity
from opassay.harness.pytest_ran import DESELECTED, LISTED, MARK, UNTESTED, Ran
from opassay.harness.registry import UsageError
from opassay.harness.run.campaign import Campaign, Request, absent, check_devices
from opassay.harness.run.earlier import set_aside
from opassay.harness.run.engine import Engine
from opassay.harness.run.files import FileError
from opassay.harness.run.known_rows import untested_line
from opassay.harness.run.plan import Settings, Shard
from opassay.harness.run.repeat import Repeats
from opassay.harness.run.suite import read_suite, shipped
from opassay.harness.sizes import MEMORY, parse_size

SHOWN = 5
SECONDS = 120.0
"""How long the new differences of one item are looked at."""


class Plugin:
    """Collects the items and owns the engine that they share."""

    def __init__(self, config: pytest.Config) -> None:
        option = config.getoption
        try:
            self.campaign = Campaign(_request(config, _settings(config)))
        except UsageError as error:
            raise pytest.UsageError(f"opassay: {error}") from None
        self.anchor = _anchor(config)
        self._engine: Engine | None = None
        self._limits = Limits(option("--opassay-findings"), SECONDS)
        self._out = config.rootpath / option("--opassay-out")
        self._hunter: Hunter | None = None
        self._ran = Ran(config)
        self.strict = bool(option("--opassay-strict"))
        # Also in a process of pytest-xdist, which is given what was typed and not what was added.
        if not any(Path(str(arg).split("::")[0]).name == self.anchor.name for arg in config.args):
            config.args.append(str(self.anchor))

    def engine(self) -> Engine:
        """The engine, started when the first item needs it."""
        if self._engine is None:
            self._engine = self.campaign.engine().__enter__()
            check_devices(self._engine)
        return self._engine

    def findings(self, shard: Shard, records: list[Record]) -> list[Finding]:
        """What the new differences among ``records`` come down to."""
        if not self._limits.findings:
            return []
        if self._hunter is None:
            self._hunter = hunter_of(self.campaign, self.engine(), self._limits)
        return hunt_shard(self._hunter, self.campaign, records, self.campaign.registry.label(shard.target), self._out)

    def folder(self, finding: Finding) -> Path:
        """Where a finding is kept, as seen from where pytest was started."""
        folder = folder_of(self._out, finding.id)
        return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder

    def again(self, finding: Finding) -> str:
        """The command that asks the smallest case again."""
        case = str(self.folder(finding) / CASE)
        options = [("--target", target) for target in finding.targets]
        options += [("--adapter", adapter) for adapter in self.campaign.request.adapters]
        options += [("--threads", str(finding.threads))] if finding.threads > 1 else []
        return shlex.join(["opassay", "replay", case, *(word for option in options for word in option)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Move the findings of an earlier session aside, before any process of this one writes some."""
        if session.config.option.collectonly or hasattr(session.config, "workerinput"):
            return
        try:
            aside = set_aside(self._out)
        except FileError as error:
            raise pytest.UsageError(f"opassay: {error}") from None
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if aside is not None and reporter is not None:
            reporter.write_line(f"opassay: the earlier findings in {self._out.name} are now in {aside.name}")

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path != self.anchor:
            return None
        return Root.from_parent(parent, path=file_path, plugin=self)  # type: ignore[no-any-return]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._ran.deselected += sum(isinstance(item, ShardItem) for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ran.count(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Hear what a process of pytest-xdist was asked to leave out."""
        self._ran.deselected += getattr(node, "workeroutput", {}).get(DESELECTED, 0)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._engine is not None:
            self._engine.__exit__(None, None, None)
        self._ran.finish(session, exitstatus)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        lines = [*self._ran.untested(), *([self._ran.problem] if self._ran.problem else [])]
        if lines:
            terminalreporter.section("opassay")
        for line in lines:
            terminalreporter.line(line)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """With pytest-xdist, all items of a target go to one process: each framework starts once."""
        from xdist.scheduler import LoadGroupScheduling

        return LoadGroupScheduling(config, log)


def _settings(config: pytest.Config) -> Settings:
    option, suite = config.getoption, config.getoption("--opassay-suite")
    if suite and (option("--opassay-cases") or option("--opassay-seed")):
        raise UsageError("a suite says what is asked: leave out --opassay-cases and --opassay-seed")
    return Settings(
        option("--opassay-cases"),
        option("--opassay-seed"),
        option("--opassay-fills"),
        option("--opassay-timeout"),
        repeat=option("--opassay-repeat"),
        suite=read_suite(suite if suite in shipped() else config.rootpath / suite) if suite else None,
    )


def _request(config: pytest.Config, settings: Settings) -> Request:
    option = config.getoption
    limit, baseline = option("--opassay-memory"), option("--opassay-baseline")
    return Request(
        option("--opassay-target"),
        option("--opassay-op"),
        option("--opassay-aspect"),
        option("--opassay-adapter"),
        settings=settings,
        folder=_folder(config),
        memory=parse_size("--opassay-memory", limit, *MEMORY) if limit else None,
        command="pytest --opassay",
        baseline=config.rootpath / baseline if baseline else None,
    )


class Root(pytest.File):
    """The configuration file, as the root of all items."""

    def __init__(self, *, plugin: Plugin, **kw: Any) -> None:
        super().__init__(**kw)
        self.plugin = plugin

    def collect(self) -> Iterator[pytest.Collector]:
        for name in dict.fromkeys(shard.op.name for shard in self.plugin.campaign.shards):
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
                label = plugin.campaign.registry.label(shard.target)
                item = ShardItem.from_parent(self, name=label, plugin=plugin, shard=shard)
                if self.config.pluginmanager.hasplugin("xdist"):
                    item.add_marker(pytest.mark.xdist_group(label))
                yield item


class ShardItem(pytest.Item):
    """All cases of one op and aspect on one target."""

    def __init__(self, *, plugin: Plugin, shard: Shard, **kw: Any) -> None:
        super().__init__(**kw)
        self.plugin, self.shard = plugin, shard
        self.user_properties.append((MARK, self.name))

    def runtest(self) -> None:
        try:
            engine = self.plugin.engine()
        except UsageError as error:
            raise Broken(str(error)) from None
        lane = engine.lanes[self.shard.target]
        # What was looked at last may have ended its worker.
        engine.wait_ready()
        if not lane.usable:
            raise Broken(f"{lane.label} could not start: {lane.state}")
        if absent(engine, self.shard):
            pytest.skip(f"{lane.label} has no {self.shard.op.name}")
        repeats = self.plugin.campaign.settings.repeat
        shards, before = [self.shard], len(engine.second.lines)
        records = list(Repeats(engine, shards, poison=True).run() if repeats else engine.run(shards))
        self.user_properties += [("once, not again", line) for line in engine.second.lines[before:]]
        if untested := untested_line(engine, lane):
            self.user_properties.append((UNTESTED, untested))
        self._decide(records)

    def _decide(self, records: list[Record]) -> None:
        planned = self.shard.planned(self.plugin.campaign.settings.fills)
        judged = [r for r in records if r.verdict not in UNANSWERED]
        text = f"ran {len(judged)} of {planned}"
        self.user_properties += [("ran", len(judged)), ("planned", planned)]
        self.user_properties.append(("not planned", self.shard.left_out))
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
        """What the new ones among ``records`` come down to, and what went wrong when they were looked at."""
        try:
            found, fault = self.plugin.findings(self.shard, records), ""
        except Exception as error:
            found, fault = [], f"a fault of opassay: {told(error)}\n"
        return fault + ("\n".join(map(self._told, found)) or _lines([r for r in records if r.new]))

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
        return self.path, None, f"{self.shard.op.name}::{self.shard.aspect}::{self.name}"


class Different(AssertionError):
    """A framework answers differently in a way nobody knows of."""


class Broken(Exception):
    """The question could not be answered: a fault, or too little ran."""


def _lines(records: list[Record]) -> str:
    first = sorted(records, key=lambda r: severity(r.verdict))[:SHOWN]
    shown = [f"  {r.case_id} {r.verdict}: {r.message}\n    {r.case}" for r in first]
    left = [f"  … and {len(records) - SHOWN} more"] if len(records) > SHOWN else []
    return "\n".join(["Replay one: save its JSON as case.json, then `opassay replay case.json`.", *shown, *left])


def _anchor(config: pytest.Config) -> Path:
    """The file the items hang on: the project's configuration, else this module."""
    return config.inipath if config.inipath is not None else Path(__file__)


def _folder(config: pytest.Config) -> Path:
    """Where the project's configuration is, which may describe targets; else the current folder."""
    return config.inipath.parent if config.inipath is not None else config.invocation_params.dir
