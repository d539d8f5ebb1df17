"""What each worker of a cluster has: opassay, frameworks, devices; and whether it can take part."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from opassay.harness.find.located import UsageError
from opassay.harness.find.registry import Registry
from opassay.harness.fleet.answer import Asked, crew
from opassay.harness.run.campaign import VERSION
from opassay.harness.store.files import FileError

PROBE = ".opassay-probe"
_HOME = Path(__file__).absolute().parents[2]
_PARTS = ("harness", "adapters", "cases")
_SOURCES = (".py", ".json", ".jsonl", ".toml")


@cache
def source() -> str:
    """A digest of the source that makes cases and judges answers. It may differ within one version."""
    found = hashlib.sha256()
    for part in _PARTS:
        for path in sorted(path for path in (_HOME / part).rglob("*.*") if path.suffix in _SOURCES):
            found.update(path.relative_to(_HOME).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


@dataclass(frozen=True)
class State:
    """A target on a worker: ``ready`` or why not, its worker's hello, and its settings."""

    state: str
    hello: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A worker's own report. ``frameworks``: by adapter, those that it could start; ``targets``: those that it started.

    ``probe``: the file that it wrote. ``problem``: why it cannot take part.
    """

    opassay: str
    python: str
    host: str
    frameworks: tuple[str, ...] = ()
    targets: Mapping[str, State] = field(default_factory=dict)
    probe: str = ""
    problem: str = ""


def look(adapters: Sequence[str], python: Mapping[str, str]) -> Seen:
    """Run on a worker: what it has, without starting a framework."""
    try:
        found = Registry(adapters, None, {}).there()
    except UsageError as error:
        return _seen(problem=str(error))
    return _seen(frameworks=(*(entry.name for entry in found), *python))


def try_out(asked: Asked, labels: Sequence[str]) -> Seen:
    """Run on a worker: start these targets, and write a file to the campaign's place."""
    try:
        own = crew(asked)
        probe = f"{PROBE}-{platform.node()}-{os.getpid()}" if own.place is not None else ""
        if own.place is not None:
            own.place.write(probe, b"")
    except (UsageError, FileError) as error:
        return _seen(problem=str(error))
    targets = {}
    for target, label in own.campaign.labels().items():
        if label in labels:
            with own.engines.lent(target, own.campaign.settings.threads) as engine:
                (lane,) = engine.lanes.values()
                targets[label] = State(lane.state, dict(lane.hello), dict(lane.settings))
    return _seen(targets=targets, probe=probe)


def _seen(**more: Any) -> Seen:
    return Seen(f"{VERSION} ({source()})", platform.python_version(), platform.node(), **more)


def told_problem(worker: str, seen: Seen | Exception) -> str:
    """Why a worker cannot take part, in one line; empty if it can."""
    if isinstance(seen, ModuleNotFoundError):
        return f"worker {worker} has no opassay: {seen}"
    if isinstance(seen, Exception):
        return f"worker {worker} cannot be asked: {type(seen).__name__}: {' '.join(str(seen).split()):.200}"
    own = f"{VERSION} ({source()})"
    if seen.opassay != own:
        return f"worker {worker} has opassay {seen.opassay}, and here is {own}: install the same on both"
    return f"worker {worker}: {seen.problem}" if seen.problem else ""


def differing(seen: Mapping[str, Seen]) -> Iterator[str]:
    """Lines about targets that do not start everywhere, or have other versions."""
    first: dict[str, tuple[str, str]] = {}
    for worker, one in seen.items():
        for label, target in one.targets.items():
            if target.state != "ready":
                yield f"worker {worker} cannot start {label}: {target.state}"
                continue
            version = str(target.hello["version"])
            who, expected = first.setdefault(label, (worker, version))
            if version != expected:
                yield f"worker {worker} has {label} {version}, and {who} has {expected}: install the same on both"
