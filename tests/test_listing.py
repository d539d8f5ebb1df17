"""``opassay list``: known differences by target, op and owner; ops that fit a terminal of 80 columns."""

from __future__ import annotations

import re
import sys

import pytest

from opassay.harness.doors.listed_known import Chosen
from opassay.harness.doors.listing import list_command
from opassay.harness.doors.printed import ALIGNED, PIPED
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.baseline import PREFIX
from opassay.harness.store.baseline import read_baseline


def listed(capsys: pytest.CaptureFixture[str], what: str, *names: str, **chosen: tuple[str, ...]) -> list[str]:
    assert list_command(what, [], Chosen(**chosen), names) == 0
    return capsys.readouterr().out.splitlines()


def terminal(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def every_id(lines: list[str]) -> set[str]:
    return {line.split()[1] for line in lines}


def ids(lines: list[str]) -> set[str]:
    """Those of entries, without lines of a baseline."""
    return {found for found in every_id(lines) if not found.startswith(PREFIX)}


def test_every_known_difference_is_a_line_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry()
    entries = [known for name in registry.adapters for known in registry.known(name)]
    lines = listed(capsys, "known")
    assert ids(lines) == {known.id for known in entries}
    assert any(len(line) > 200 for line in lines)
    paths = [path for name in registry.adapters if (path := registry.baseline(name)) is not None]
    assert every_id(lines) - ids(lines) == {line.id for path in paths for line in read_baseline(path)}


@pytest.mark.parametrize(
    ("chosen", "holds"),
    [
        ({"targets": ("torch",)}, lambda name, k: name == "torch"),
        ({"targets": ("torch", "jax:jit")}, lambda name, k: name == "torch" or (name == "jax" and mode(k, "jit"))),
        ({"targets": ("tensorflow:xla",)}, lambda name, k: name == "tensorflow" and mode(k, "xla")),
        ({"targets": ("jax@cuda:0",)}, lambda name, k: name == "jax" and "device=cpu" not in k.needs),
        ({"targets": ("jax@cpu",)}, lambda name, k: name == "jax" and "device=cuda" not in k.needs),
        ({"ops": ("relu", "matmul")}, lambda name, k: {"relu", "matmul"} & set(k.ops)),
        ({"owners": ("by design",)}, lambda name, k: k.owner == "by design"),
        (
            {"targets": ("paddle:static",), "ops": ("relu",), "owners": ("upstream", "ours")},
            lambda name, k: name == "paddle" and mode(k, "static") and "relu" in k.ops and k.owner != "by design",
        ),
    ],
)
@pytest.mark.share(2)
def test_known_differences_are_chosen_by_target_op_and_owner(chosen, holds, capsys) -> None:
    registry = Registry()
    every = [(name, known) for name in registry.adapters for known in registry.known(name)]
    expected = {known.id for name, known in every if holds(name, known)}
    assert 0 < len(expected) < len(every)
    assert ids(listed(capsys, "known", **chosen)) == expected


def mode(known, name) -> bool:
    return not known.modes or name in known.modes


@pytest.mark.parametrize(
    ("what", "chosen", "words"),
    [
        ("known", {"owners": ("anybody",)}, "unknown owner 'anybody'.*by design, nobody, ours, upstream"),
        ("known", {"ops": ("rleu",)}, "did you mean 'relu'"),
        ("known", {"targets": ("touch",)}, "did you mean 'torch'"),
        ("known", {"targets": ("torch:nope",)}, "unknown mode of torch 'nope'"),
        ("known", {"targets": ("a b",)}, "not a target: 'a b'"),
        ("ops", {"ops": ("relu",)}, "opassay list known, not list ops"),
    ],
)
def test_what_does_not_exist_is_one_line(what, chosen, words) -> None:
    with pytest.raises(UsageError, match=words):
        list_command(what, [], Chosen(**chosen))


@pytest.mark.parametrize("columns", ["60", "80"])
def test_ops_fit_the_terminal(columns: str, capsys, monkeypatch) -> None:
    terminal(monkeypatch, columns)
    lines = listed(capsys, "ops")
    assert max(map(len, lines)) <= int(columns)
    assert lines[lines.index("  relu(x)") + 1] == "      ``max(x, 0)``, element by element; NaN stays NaN."
    assert any(line.startswith("  matmul_vjp = matmul") for line in lines)


@pytest.mark.parametrize("what", ["ops", "adapters", "targets", "choices"])
def test_a_listing_has_80_columns_where_nobody_looks(what: str, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = listed(capsys, what)
    assert max(map(len, lines)) <= PIPED
    if what == "ops":
        found = " ".join(" ".join(lines).split())
        assert "conv2d_transpose(x, w, *, output_shape, stride, padding, dilation, groups, layout)" in found


def test_an_op_is_listed_with_its_whole_contract_and_who_has_it(capsys) -> None:
    lines = listed(capsys, "ops", "conv2d", "matmul_vjp")
    assert max(map(len, lines)) <= PIPED
    text = " ".join(" ".join(lines).split())
    assert "Returns ``[N, P, Q, O]`` (``[N, O, P, Q]``). With e = (k - 1) * dilation + 1" in text
    assert "asked: value, gradient, error, shape" in text
    assert "        groups: divides C and O." in lines
    assert "matmul_vjp = matmul" in text
    assert all(head in text for head in ("family: conv", "refuses input unless:", "adapters, with limits:"))


def test_an_adapter_is_listed_with_every_op_once(capsys) -> None:
    lines = listed(capsys, "adapters", "tinygrad")
    assert max(map(len, lines)) <= PIPED
    parts = re.split(r"(?:in full|with limits|absent): ", " ".join(" ".join(lines[3:]).split()))[1:]
    ops = [op for part in parts for op in part.split(", ")]
    assert sorted(op.strip() for op in ops) == sorted(Registry().names)
    assert len(parts) == 3


def test_a_choice_is_listed_by_name(capsys) -> None:
    lines = listed(capsys, "choices", "unconnected")
    assert lines[0].startswith("unconnected  ")
    assert len(lines) < len(listed(capsys, "choices"))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("ops", "did you mean 'relu'"),
        ("adapters", "unknown adapter 'rleu'"),
        ("choices", "unknown choice 'rleu'"),
        ("known", "takes no names, got rleu; choose by --target"),
        ("targets", "takes no names, got rleu$"),
    ],
)
def test_an_unknown_name_is_one_line(what: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        list_command(what, [], names=["rleu"])


def test_one_long_cell_widens_no_other_line_where_nobody_looks(capsys) -> None:
    lines = listed(capsys, "known", targets=("torch",))
    assert max(map(len, lines)) > 4 * ALIGNED
    assert not [line for line in lines if " " * 2 * ALIGNED in line]


def test_a_terminal_has_the_reason_below_each_entry_and_counts_the_owners(capsys, monkeypatch) -> None:
    terminal(monkeypatch, "80")
    lines = listed(capsys, "known", targets=("jax",), ops=("matmul",))
    assert max(map(len, lines)) <= 80
    first = next(i for i, line in enumerate(lines) if line.startswith("jax-cuda-tf32  "))
    assert lines[first + 1].startswith("    ")
    assert lines[-1].split(":")[0].endswith("known differences")
    assert "by design" in lines[-1]
