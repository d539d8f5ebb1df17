"""The pytest plugin: one item per op, aspect and target, collected from the project's configuration file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from opassay.harness.doors.pytest_items import Item, Root
from opassay.harness.doors.pytest_ran import DESELECTED, Ran
from opassay.harness.doors.sizes import MEMORY, parse_size
from opassay.harness.find.registry import UsageError
from opassay.harness.hunt.after_run import hunt_shard, hunter_of
from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.hunter import Hunter, Limits
from opassay.harness.hunt.store import CASE, folder_of
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.plan import Settings, Shard
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.engine import Engine
from opassay.harness.store.earlier import set_aside
from opassay.harness.store.files import FileError
from opassay.harness.store.suite import read_suite, shipped

SECONDS = 120.0
"""Seconds in which the new differences of one item are shrunk and explained."""


class Plugin:
    """Collects the items and owns their engine; ``down`` has the targets that cannot start."""

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
        self.collapse = bool(option("--opassay-collapse"))
        self.down: set[str] = set()
        self.strict = bool(option("--opassay-strict"))
        # A process of pytest-xdist is given the typed options, not those added later.
        if not any(Path(str(arg).split("::")[0]).name == self.anchor.name for arg in config.args):
            config.args.append(str(self.anchor))

    def engine(self) -> Engine:
        """The engine, started for the first item."""
        if self._engine is None:
            self._engine = self.campaign.engine().__enter__()
            check_devices(self._engine)
        return self._engine

    def findings(self, shard: Shard, records: list[Record]) -> list[Finding]:
        """The findings of the new differences among ``records``."""
        if not self._limits.findings:
            return []
        if self._hunter is None:
            self._hunter = hunter_of(self.campaign, self.engine(), self._limits)
        return hunt_shard(self._hunter, self.campaign, records, self.campaign.registry.label(shard.target), self._out)

    def folder(self, finding: Finding) -> Path:
        """The folder of a finding, relative to where pytest was started."""
        folder = folder_of(self._out, finding.id)
        return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder

    def again(self, finding: Finding) -> str:
        """The command that replays the smallest case."""
        case = str(self.folder(finding) / CASE)
        options = [("--target", target) for target in finding.targets]
        options += [("--adapter", adapter) for adapter in self.campaign.request.adapters]
        options += [("--threads", str(finding.threads))] if finding.threads > 1 else []
        return shlex.join(["opassay", "replay", case, *(word for option in options for word in option)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Move the findings of an earlier session aside before any process of this one writes."""
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
        self._ran.deselected += sum(isinstance(item, Item) for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ran.count(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Collect which items each process of pytest-xdist deselected."""
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


def _anchor(config: pytest.Config) -> Path:
    """The file that the items are collected from: the project's configuration, else this module."""
    return config.inipath if config.inipath is not None else Path(__file__)


def _folder(config: pytest.Config) -> Path:
    """The folder of the project's configuration, which may describe targets; else the current folder."""
    return config.inipath.parent if config.inipath is not None else config.invocation_params.dir
