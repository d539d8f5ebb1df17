"""Which versions opassay asks for: lower bounds, as its adapters know them, and one set that its own tests run with."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from opassay.harness.doors.commands import run_command
from opassay.harness.doors.doctor import doctor_command
from opassay.harness.find import registry
from opassay.harness.find.manifest import built_in
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request
from opassay.harness.worker.installed import too_old

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
TOGETHER = ("all", "test")
"""Extras that are made of others."""

PACKAGES = {"litert": "ai-edge-litert", "paddle": "paddlepaddle", "stablehlo": "jax"}
"""How a framework is called where it is downloaded, if not as its adapter is."""

APART = ("mindspore",)
"""They need another NumPy than opassay, so no extra brings them."""

WITH_EXTRA = [entry for entry in built_in() if entry.name not in APART]
FRAMEWORKS = {PACKAGES.get(entry.name, entry.name): entry for entry in built_in() if not entry.named_only}
"""By package; a format that several of them read is none."""


def requirements(extra: str) -> list[Requirement]:
    return [Requirement(line) for line in EXTRAS[extra]]


def asked_for(extra: str) -> set[str]:
    """The frameworks that an extra brings, also through other extras."""
    found = set()
    for requirement in requirements(extra):
        inner = requirement.extras if requirement.name == PROJECT["name"] else ()
        found |= set().union(*map(asked_for, inner)) | ({requirement.name} & set(FRAMEWORKS))
    return found


def without_upper_bound(requirement: Requirement) -> bool:
    return all(specifier.operator == ">=" for specifier in requirement.specifier)


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


@pytest.mark.parametrize("name", sorted(EXTRAS))
def test_an_extra_leaves_newer_versions_to_the_user(name):
    assert [str(r) for r in requirements(name) if not without_upper_bound(r)] == []


def test_what_opassay_itself_needs_may_be_newer_too():
    assert [line for line in PROJECT["dependencies"] if not without_upper_bound(Requirement(line))] == []


@pytest.mark.parametrize("line", ["jax>=0.5,<0.11", "torch~=2.11", "torch==2.13.0"])
def test_an_upper_bound_is_noticed(line):
    assert not without_upper_bound(Requirement(line))


@pytest.mark.parametrize("entry", WITH_EXTRA, ids=lambda entry: entry.name)
def test_an_extra_brings_its_own_framework_and_no_other(entry):
    own = PACKAGES.get(entry.name, entry.name)
    # Keras computes on another framework, LiteRT's models are made by one.
    brought = {own} & set(FRAMEWORKS) | ({"tensorflow"} if entry.name in ("keras", "litert") else set())
    assert asked_for(entry.name) == brought
    assert entry.hint == f"pip install 'opassay[{entry.name}]'"


@pytest.mark.parametrize("entry", WITH_EXTRA, ids=lambda entry: entry.name)
def test_the_oldest_version_that_an_extra_takes_is_the_oldest_that_its_adapter_does(entry):
    own = PACKAGES.get(entry.name, entry.name)
    [asked] = [r for r in requirements(entry.name) if r.name == own]
    assert str(asked.specifier) == f">={entry.least}"


@pytest.mark.parametrize("name", APART)
def test_what_needs_another_numpy_has_no_extra_and_says_how_it_is_asked(name):
    entry = next(entry for entry in built_in() if entry.name == name)
    assert name not in EXTRAS
    assert entry.hint.startswith(f"--python {name}=")


def test_opassay_without_extras_needs_no_framework():
    assert not {Requirement(line).name for line in PROJECT["dependencies"]} & set(FRAMEWORKS)


def test_every_direct_dependency_is_pinned_for_the_tests_to_a_version_that_is_asked_for():
    pins = constraints()
    asked = [Requirement(line) for line in PROJECT["dependencies"]]
    asked += [r for name in EXTRAS for r in requirements(name) if r.name != PROJECT["name"]]
    unmet = [str(r) for r in asked if not r.specifier.contains(pins.get(canonicalize_name(r.name), "0"))]
    assert unmet == []
    assert set(pins) == {canonicalize_name(r.name) for r in asked} | {"jaxlib"}


@pytest.mark.parametrize("file", ["README.md", ".ci/run"])
def test_what_installs_the_frameworks_for_a_newcomer_is_held_to_these_versions(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    installs = [line for line in text.splitlines() if re.search(r"bin/pip install .*\[all", line)]
    assert installs
    assert all(" -c constraints.txt " in line for line in installs)


@pytest.fixture
def newer_needed(monkeypatch):
    """As if opassay needed an onnxruntime that does not exist yet."""
    entries = [replace(entry, least="99.5") if entry.name == "onnxruntime" else entry for entry in built_in()]
    monkeypatch.setattr(registry, "built_in", lambda: tuple(e for e in entries if e.name == "onnxruntime"))
    found = importlib.metadata.version("onnxruntime")
    return f"onnxruntime {found} is too old: opassay needs onnxruntime 99.5 or newer"


def test_a_framework_that_is_too_old_is_refused_in_one_line(newer_needed, tmp_path, capsys):
    status = run_command(Request(ops=["relu"], settings=Settings(cases=2)), tmp_path, False, False, 0)
    said = capsys.readouterr()
    assert status == 1
    assert f"target onnxruntime could not start: {newer_needed}\n" in said.out
    assert "Traceback" not in said.out + said.err
    assert doctor_command([], {}) == 1
    assert f"onnxruntime: could not start: {newer_needed}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "least", "refused"),
    [
        ("0.4.38", "0.5", True),
        ("0.5.0", "0.5", False),
        ("0.10.2", "0.5", False),
        ("2.9.1+cpu", "2.11", True),
        ("2.11.0rc1", "2.11", False),
        ("2026.4.1-22044-abc", "2026.4", False),
        ("unknown", "1.0", False),
        ("0.1", "", False),
    ],
)
def test_releases_are_compared_as_numbers(monkeypatch, found, least, refused):
    monkeypatch.setitem(sys.modules, "planted", SimpleNamespace(__version__=found))
    assert bool(too_old("planted", least)) is refused


def test_a_framework_that_cannot_be_imported_is_asked_as_it_was_installed(monkeypatch):
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    assert too_old("onnxruntime", "99").startswith("onnxruntime 1.")
    assert too_old("absent", "99") == ""
