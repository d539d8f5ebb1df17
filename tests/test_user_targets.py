"""Targets that a file describes: what is read, and one clear line for what cannot be."""

import sys

import pytest

from opassay.harness.find.registry import AdapterEntry, Registry, UsageError
from opassay.harness.find.user_targets import UserTarget, read_targets
from opassay.harness.model.target import Target

GOOD = 'adapter = "jax"\nmode = "eager"\npython = "python"\nenv = {A = "1"}\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "python").symlink_to(sys.executable)
    return tmp_path


@pytest.mark.parametrize(("file", "head"), [("opassay.toml", "targets"), ("pyproject.toml", "tool.opassay.targets")])
def test_both_files_describe_targets(file, head, folder):
    (folder / file).write_text(f"[{head}.jax-old]\n{GOOD}")
    place = f"{file}, [{head}.jax-old]"
    python = str(folder / "python")
    assert read_targets(folder) == {"jax-old": UserTarget("jax-old", place, "jax", "eager", "cpu", python, {"A": "1"})}


def test_a_project_without_our_table_has_no_targets(folder):
    (folder / "pyproject.toml").write_text("[tool.other]\nkey = 1\n")
    assert read_targets(folder) == {}


def test_a_target_needs_no_framework_here_when_it_has_a_python(folder, monkeypatch):
    monkeypatch.setattr(AdapterEntry, "installed", property(lambda entry: False))
    (folder / "opassay.toml").write_text(f'[targets.jax-old]\n{GOOD}[targets.jax-here]\nadapter = "jax"\n')
    registry = Registry(folder=folder)
    [target] = registry.targets(["jax-old"])
    assert target == Target("jax", "eager", "cpu", "jax-old")
    assert (registry.label(target), registry.interpreter(target)) == ("jax-old", str(folder / "python"))
    assert registry.environment(target) == {"A": "1"}
    with pytest.raises(UsageError, match="'jax-here' needs jax, which is not installed"):
        registry.targets(["jax-here"])
    named = Registry(folder=folder, python={"jax": sys.executable + "-other"})
    assert [str(target) for target in named.targets([])] == ["jax:jit"]


def test_who_names_the_interpreter(folder):
    (folder / "opassay.toml").write_text(f'[targets.a]\n{GOOD}[targets.b]\nadapter = "jax"\n')

    def chosen(name, **python):
        registry = Registry(folder=folder, python=python)
        return registry.interpreter(Target("jax", "jit", "cpu", name))

    assert chosen("a") == str(folder / "python")
    assert chosen("a", jax="/other") == str(folder / "python")
    assert chosen("a", jax="/other", a="/mine") == "/mine"
    assert (chosen("b"), chosen("b", jax="/other"), chosen("", jax="/other")) == (sys.executable, "/other", "/other")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[targets.x", ["opassay.toml is not TOML"]),
        ("[tool.opassay.targets.x]", ["unknown key 'tool'", "[targets.NAME]"]),
        ("targets = 1", ["expected a table, got 1"]),
        ("[targets]\nx = 1", ["[targets.x]", "expected a table, got 1"]),
        ('[targets."a b"]\nadapter = "jax"', ["'a b' is not a name"]),
        ("[targets.x]", ["[targets.x]", "'adapter' is missing"]),
        ('[targets.x]\nadapter = "jax"\npyhton = "p"', ["[targets.x]", "unknown key 'pyhton'", "python"]),
        ("[targets.x]\nadapter = 1", ["[targets.x]", "adapter must be a string", "got 1"]),
        ('[targets.x]\nadapter = "jax"\nmode = ""', ["mode must be a string that is not empty"]),
        ('[targets.x]\nadapter = "jax"\nenv = 1', ["env", "expected a table"]),
        ('[targets.x]\nadapter = "jax"\nenv = {A = 1}', ["env.A must be a string"]),
        ('[targets.x]\nadapter = "jax"\nenv = {"A=" = "1"}', ["'A='", "cannot be a variable"]),
        ('[targets.jax]\nadapter = "jax"', ["[targets.jax]", "an adapter's name"]),
        ('[targets.all]\nadapter = "jax"', ["[targets.all]", "choose another"]),
        ('[targets.x]\nadapter = "jaxx"', ["[targets.x]", "unknown adapter 'jaxx'", "did you mean 'jax'"]),
        ('[targets.x]\nadapter = "jax"\npython = "python"\nmode = "jitt"', ["[targets.x]", "'jitt'", "'jit'"]),
        ('[targets.x]\nadapter = "jax"\npython = "python"\ndevice = "a b"', ["[targets.x]", "not a target"]),
        (
            '[targets.x]\nadapter = "mlx"\npython = "python"\nbackend = "mine:run"',
            ["[targets.x]", "'mlx' takes no backend", "remove the key", "jax, onnx, stablehlo, torch"],
        ),
        ('[targets.x]\nadapter = "jax"\npython = "none"', ["[targets.x]", "there is no interpreter", "none"]),
        ('[targets.x]\nadapter = "jax"\npython = "opassay.toml"', ["[targets.x]", "is not executable"]),
    ],
)
def test_what_cannot_be_a_target_is_one_line(text, words, folder):
    (folder / "opassay.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        Registry(folder=folder).targets(["x"])
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("adapter", ["jax", "onnx", "stablehlo", "torch"])
def test_an_adapter_that_leaves_open_who_computes_is_told_so(adapter, folder):
    (folder / "opassay.toml").write_text(
        f'[targets.x]\nadapter = "{adapter}"\npython = "python"\nbackend = "mine:run"\n'
    )
    registry = Registry(folder=folder)
    [target] = registry.targets(["x"])
    assert registry.environment(target) == {"OPASSAY_BACKEND": "mine:run"}


def test_a_name_in_both_files_is_refused(folder):
    (folder / "opassay.toml").write_text(f"[targets.x]\n{GOOD}")
    (folder / "pyproject.toml").write_text(f"[tool.opassay.targets.x]\n{GOOD}")
    with pytest.raises(ValueError, match=r"opassay.toml, \[targets.x\]: there is a target 'x' in pyproject.toml"):
        read_targets(folder)


def test_a_name_comes_with_its_mode(folder):
    (folder / "opassay.toml").write_text(f"[targets.jax-old]\n{GOOD}")
    registry = Registry(folder=folder)
    with pytest.raises(UsageError, match="says mode and device of 'jax-old'"):
        registry.targets(["jax-old:jit"])
    with pytest.raises(UsageError, match="unknown target 'jax-odl'; did you mean 'jax-old'"):
        registry.targets(["jax-odl"])
    with pytest.raises(UsageError, match="unknown adapter or target 'jax-odl'; did you mean 'jax-old'"):
        Registry(folder=folder, python={"jax-odl": sys.executable})
