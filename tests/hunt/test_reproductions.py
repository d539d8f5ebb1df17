"""Standalone scripts: their values have the right bits, they ask what the adapter asks, and only a shown difference
counts."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from opassay.adapters.jax.script import idiom
from opassay.harness.find.registry import Registry
from opassay.harness.hunt.differences import CHECK, checks
from opassay.harness.hunt.issue import Told, issue_text
from opassay.harness.hunt.library import library
from opassay.harness.hunt.literals import tensor_source
from opassay.harness.hunt.repro import Reproduction, Seen, run_script, script_text, title, write_reproduction
from opassay.harness.hunt.script import ask, standalone, through_replay
from opassay.harness.hunt.told_values import given, in_words
from opassay.harness.model import dtypes, fills
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Crashed, Raised, Returned, TimedOut

HERE = Path(__file__).parent
ONE = Tensor((1, 1), "float32", Fill("ones"))
INDEX_FILLS = (
    (Fill("sparse", 2**70 + 5, limits=(140,)), "bfloat16", (7, 30)),
    (Fill("positions", 77, limits=(4, 9)), "int32", (50, 2)),
    (Fill("positions", 77, limits=(9,)), "int64", (5, 3)),
    (Fill("places", 2**70 + 5, limits=(12, 1)), "int32", (3, 5, 2)),
    (Fill("places", 3, limits=(4, 0)), "int64", (9,)),
    (Fill("counted", 2**70 + 5, limits=(5,)), "bool", (3, 4)),
    *((Fill("probabilities", 2**70 + 5), dtype, (5, 30)) for dtype in dtypes.FLOATS),
    (Fill("cells", 77, limits=(400, 3, 3, 2)), "int64", (2, 9, 9, 3)),
    (Fill("cells", 7, limits=(400, 3, 1, 1)), "int64", (2, 3, 9, 9)),
    (Fill("cells", 7, limits=(400, 3, 1, 1, 1)), "int32", (2, 3, 9, 9)),
    *((Fill("special", 9, limits=place), "float32", (5, 30)) for place in fills.PLACES),
    *((Fill("special", 9, limits=place), "bfloat16", (7,)) for place in fills.PLACES),
    (Fill("labels", 77, limits=(5, -100)), "int64", (50,)),
    (Fill("labels", 77, limits=(1, 9, 9)), "int64", (5, 3)),
    (Fill("picture", 3), "float32", (1, 20, 30, 3)),
    (Fill("picture", 3), "bfloat16", (2, 20, 30, 3)),
    (Fill("picture", 3), "uint8", (1, 20, 30, 3)),
)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def made(tensor: Tensor) -> np.ndarray:
    text, used = tensor_source("x", tensor)
    space: dict[str, object] = {"np": np}
    exec(f"{library(used)}\n{text}", space)
    found = space["x"]
    assert isinstance(found, np.ndarray)
    return found


def same_bits(tensor: Tensor) -> bool:
    expected, found = tensor.materialize(), made(tensor)
    if tensor.dtype == "bfloat16":
        expected = np.ascontiguousarray(expected).view(np.uint16)
    return found.dtype == expected.dtype and found.tobytes() == np.ascontiguousarray(expected).tobytes()


VALUES = set(fills.KINDS) - {"literal", *fills.INDEX_KINDS, "picture", "stored"}


@pytest.mark.parametrize("dtype", dtypes.DTYPES)
@pytest.mark.parametrize("kind", sorted(VALUES))
@pytest.mark.share(2)
def test_recipes_give_the_bits_of_the_fills(kind: str, dtype: str) -> None:
    keys = (0, 1, 7, 2**70 + 5, 123456789012345678)
    tensors = [Tensor(shape, dtype, Fill(kind, key)) for key in keys for shape in ((2, 3), (5, 30), (7, 11, 3))]
    assert all(same_bits(tensor) for tensor in tensors)


@pytest.mark.parametrize(("fill", "dtype", "shape"), INDEX_FILLS)
def test_recipes_of_indices_and_pictures(fill: Fill, dtype: str, shape: tuple[int, ...]) -> None:
    assert same_bits(Tensor(shape, dtype, fill))


def test_every_fill_kind_has_a_recipe() -> None:
    assert VALUES | {fill.kind for fill, _, _ in INDEX_FILLS} | {"literal", "stored"} == set(fills.KINDS)


def test_literals_keep_signs_and_special_values() -> None:
    values = (-0.0, 0.0, math.nan, math.inf, -math.inf, 1e-45, 0.1, 16777217.0)
    tensor = Tensor((8,), "float32", Fill("literal", values=values))
    assert same_bits(tensor)
    assert same_bits(Tensor((1,), "float32", Fill("literal", values=(-0.0,))))


def test_a_repeated_axis_is_made_once() -> None:
    text, _ = tensor_source("x", Tensor((3, 90), "float32", Fill("iota"), Memory("broadcast", axis=0)))
    assert "reshape((1, 90))" in text


SAMPLE = {
    "jax": ("jax-dtypes",),
    "torch": ("torch-last-nan",),
    "tensorflow": ("tensorflow-groups",),
}
"""Known differences of several frameworks; ``pin_scripts.py`` runs all of them."""


@pytest.mark.parametrize("adapter", SAMPLE)
def test_scripts_of_known_differences_reproduce(adapter: str, tmp_path: Path) -> None:
    pin_scripts = load("pin_scripts")
    found = {
        p.known.id: run_script(pin_scripts.write(p, tmp_path / p.known.id))
        for p in pin_scripts.pins(adapter, SAMPLE[adapter])
    }
    assert {name: (r.exit_status, r.reproduces) for name, r in found.items()} == dict.fromkeys(found, (1, True))
    assert set(SAMPLE[adapter]) == set(found)
    for reproduction in found.values():
        assert reproduction.file.with_suffix(".txt").read_text().endswith("the difference is there\nexit status 1\n")
        text = reproduction.file.read_text()
        assert not [word for word in ("opassay.", "harness", "adapters", str(tmp_path)) if word in text]


ASKED = {
    "torch": ("conv2d", "avg_pool2d", "max_pool2d_with_argmax", "max_unpool2d"),
    "jax": ("conv2d",),
}


@pytest.mark.slow
@pytest.mark.parametrize("adapter", ASKED)
@pytest.mark.share(2)
def test_scripts_ask_what_the_adapter_asks(adapter: str) -> None:
    command = [sys.executable, str(HERE / "faithful.py"), adapter, "eager", "2", *ASKED[adapter]]
    environment = {"PYTHONPATH": str(HERE.parents[1]), "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def matmul_case(aspect: str = "value") -> Case:
    a = Tensor((1, 2), "float32", Fill("literal", values=(1, 2)))
    b = Tensor((2, 1), "float32", Fill("literal", values=(3, 4)))
    return Case("matmul", (a, b), {}, aspect, rule="RankOne" if aspect == "error" else "")


def reproduce(folder: Path, seen: Seen, adapter: str = "jax", case: Case | None = None):
    case = case or matmul_case("error" if seen.verdict == "accepts" else "value")
    registry = Registry()
    return write_reproduction(folder, adapter, case, registry.op(case.op), seen, registry, limit=5)


def test_a_difference_that_is_not_there_does_not_reproduce(tmp_path: Path) -> None:
    wrong = Returned((np.array([[12]], np.float32),))
    found = reproduce(tmp_path, Seen("structural", "y[0,0] expected 11, got 12", wrong, "jit", version="0"))
    assert (found.exit_status, found.reproduces) == (0, False)
    assert found.file.with_suffix(".txt").read_text().endswith("exit status 0; does not reproduce\n")
    assert "did not show the difference" in issue_text("title", found, "jax 0")


def test_a_sabotaged_script_is_shown_as_not_reproducing(tmp_path: Path) -> None:
    wrong = Returned((np.array([[12]], np.float32),))
    file = reproduce(tmp_path, Seen("structural", "", wrong, "jit")).file
    file.write_text(file.read_text().replace("answers = call(a, b)", "answers = call(a, c)"))
    found = run_script(file)
    assert (found.exit_status, found.reproduces) == (2, False)
    assert "NameError" in found.output
    assert (
        file.with_suffix(".txt").read_text().endswith("exit status 2; does not reproduce: the script itself failed\n")
    )


@pytest.mark.parametrize(
    ("dtype", "value", "shown"),
    [
        ("float64", 0.1, "0.1"),
        ("float16", 0.5, "0.5"),
        ("bfloat16", -2.0, "-2.0"),
        ("int64", 3, "3"),
        ("bool", 1, "True"),
    ],
)
def test_values_of_every_dtype_are_written_as_numbers(dtype: str, value: float, shown: str) -> None:
    tensor = Tensor((1,), dtype, Fill("literal", values=(value,)))
    assert in_words(tensor) == f"{dtype}[1] [{shown}]"


def test_a_title_says_what_is_wrong_and_an_issue_what_came() -> None:
    case, about = matmul_case(), "Cause: operand_transposed reproduces the answer: an operand is transposed"
    said = "y[0,0] expected 11, got 12 (allowed error 0); 1 of 1 elements"
    seen = Seen("structural", said, Returned(()), "jit")
    assert title("jax", case, seen) == "jax under jit: matmul gives wrong elements (expected 11, got 12)"
    assert title("jax", case, replace(seen, about=about)).endswith("gives wrong elements: an operand is transposed")
    unsure = replace(seen, about="Not proved: consistent with a (b)")
    assert title("jax", case, unsure).endswith(" (expected 11, got 12)")
    silent = Reproduction(Path(__file__), 1, "mine: structural y[0,0]", True, standalone=False)
    text = issue_text("matmul", silent, "mine 0", told=Told(["y[0,0] = 11"], ["y[0,0] = 12"], given(case)))
    assert "matmul, value\ninput 0: float32[1, 2] [[1.0, 2.0]]\n" in text
    assert (
        text.index("input 0")
        < text.index("## Expected")
        < text.index("y[0,0] = 11")
        < text.index("## Actual")
        < text.index("y[0,0] = 12")
    )


def test_a_changed_expectation_is_seen(tmp_path: Path) -> None:
    right = Returned((np.array([[11]], np.float32),))
    file = reproduce(tmp_path, Seen("structural", "", right, "jit")).file
    text = file.read_text()
    assert "np.array([11], dtype=np.float64)" in text
    file.write_text(text.replace("np.array([11]", "np.array([12]"))
    found = run_script(file)
    assert (found.exit_status, found.reproduces) == (1, True)
    issue = issue_text("matmul is wrong", found, "jax 0")
    expected, _, actual = issue[issue.index("## Expected") : issue.index("## Script")].partition("## Actual")
    assert "[[12.]]" in expected
    assert "[[11.]]" in actual
    assert issue.startswith("# matmul is wrong\n\n## Versions\n")
    assert "answers = call(a, b)" in issue


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [("crash", Crashed("SIGABRT")), ("rejects", Raised("ValueError", "no")), ("nondeterministic", Returned((None,)))],
)
@pytest.mark.share(2)
def test_what_does_not_happen_again_is_gone(verdict: str, outcome: object, tmp_path: Path) -> None:
    found = reproduce(tmp_path, Seen(verdict, "", outcome, "jit"))
    assert (found.exit_status, found.reproduces) == (0, False)


@pytest.mark.parametrize(
    ("verdict", "outcome", "line", "told"),
    [
        ("crash", Crashed("SIGABRT"), "import os; os.abort()", "actual: the process ended (SIGABRT)"),
        pytest.param(
            "crash",
            Crashed("exit 3"),
            "import os; os._exit(3)",
            "actual: the process ended (exit status 3)",
            marks=pytest.mark.whole,
        ),
        ("hang", TimedOut(5.0), "import time; time.sleep(600)", "actual: no answer within"),
    ],
)
def test_ends_and_silence_are_told_by_a_parent(
    verdict: str, outcome: object, line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opassay.harness.hunt.script.STARTING", 5.0)
    file = reproduce(tmp_path, Seen(verdict, "", outcome, "jit")).file
    file.write_text(
        file.read_text().replace("    return jnp.matmul(a, b)", f"    {line}").replace("jax.jit(call)", "call")
    )
    found = run_script(file)
    assert (found.exit_status, found.reproduces) == (1, True)
    assert told in found.output


def test_other_bits_within_the_bound_are_a_difference(tmp_path: Path) -> None:
    case = Case("matmul", tuple(Tensor((64, 64), "float32", Fill("normal", key)) for key in (1, 2)), {})
    file = reproduce(tmp_path, Seen("nondeterministic", "", Returned((None,)), "eager"), case=case).file
    text = file.read_text()
    assert not run_script(file).reproduces
    file.write_text(
        text.replace("    return jnp.matmul(a, b)", "    return jnp.matmul(a, b) * (1 + 1e-7 * (repeat > 1))")
    )
    assert file.read_text() != text
    found = run_script(file)
    assert found.reproduces
    assert "call 3 gives other bits than the first" in found.output


@pytest.mark.parametrize(("alive", "differs"), [("", False), ("raise RuntimeError('lost')", True), ("pass", False)])
def test_an_error_is_an_end_only_where_it_costs_the_device(alive: str, differs: bool, tmp_path: Path) -> None:
    case = Case("matmul", (ONE, ONE), {})
    asked = ask(Registry().op("matmul"), case, "jit", "cpu", 1, {}, Registry().op)
    raises = replace(idiom(asked), functions="def call(*tensors):\n    raise ValueError('no')", alive=alive)
    file = tmp_path / "script.py"
    file.write_text(standalone(asked, raises, "jax", "crash", [], [], 5.0), encoding="utf-8")
    assert run_script(file).reproduces == differs


@pytest.mark.parametrize(
    ("adapter", "statement"), [("torch", 'torch.ones(1, device="cuda:0")'), ("jax", "jax.block_until")]
)
def test_a_crash_on_a_gpu_is_asked_for_the_device(adapter: str, statement: str) -> None:
    registry, case = Registry(), Case("matmul", (ONE, ONE), {})
    seen = Seen("crash", "", Crashed("device lost"), "eager", device="cuda:0")
    text, _ = script_text(adapter, case, registry.op("matmul"), seen, registry)
    assert statement in text
    text, _ = script_text(adapter, case, registry.op("matmul"), replace(seen, device="cpu"), registry)
    assert statement not in text


def test_an_adapter_without_scripts_gets_one_through_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = HERE.parent / "run"
    monkeypatch.setenv("PYTHONPATH", f"{HERE.parents[1]}:{planted}")
    monkeypatch.syspath_prepend(str(planted))
    registry = Registry(["planted:Rejects"])
    a = Tensor((1, 1), "int32", Fill("literal", values=(1,)))
    case = Case("matmul", (a, a), {})
    seen = Seen("rejects", "", Raised("JSONDecodeError", "no"), "eager")
    found = write_reproduction(tmp_path, "refuses", case, registry.op("matmul"), seen, registry)
    assert (found.standalone, found.exit_status, found.reproduces) == (False, 1, True), found.output


def test_a_script_through_replay_names_the_interpreter_of_the_target() -> None:
    case, python = matmul_case(), str(HERE / "another-python")
    seen = Seen("rejects", "", Raised("ValueError", "no"), "pynative")
    for pythons, named in ({"mindspore": python}, f'"--python", "mindspore={python}"'), ({}, None):
        registry = Registry(python=pythons)
        text, alone = script_text("mindspore", replace(case, aspect="shape"), registry.op("matmul"), seen, registry)
        assert not alone
        assert ("--python" in text) == bool(named)
        assert not named or named in text


@pytest.mark.parametrize("lacking", ["opassay", "the adapter's module", "the adapter's framework"])
def test_a_script_that_cannot_start_never_says_that_the_difference_is_there(lacking: str, tmp_path: Path) -> None:
    case = matmul_case()
    location = "" if lacking == "opassay" else "nobody.adapter:Nobody"
    if lacking == "the adapter's framework":
        (tmp_path / "lame.py").write_text(LAME)
        location = "lame:Lame"
    file = tmp_path / "script.py"
    more = ["--adapter", location] if location else []
    file.write_text(through_replay(case, ["--target", "lame", *more], []))
    path = f"{HERE.parents[1]}:{tmp_path}"
    options, environment = ([], {"PYTHONPATH": path}) if lacking != "opassay" else (["-S"], {})
    done = subprocess.run(
        [sys.executable, *options, file], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the difference is there" not in done.stdout


LAME = """\
import no_such_framework
from opassay import Adapter

class Lame(Adapter):
    name = "lame"
    modes = ("eager",)
"""


@pytest.mark.parametrize(
    ("dtype", "values"), [("float64", "[0.25, -3.0]"), ("bfloat16", "[0.25, -3.0]"), ("int8", "[0, -3]")]
)
def test_values_are_told_as_plain_numbers(dtype: str, values: str) -> None:
    tensor = Tensor((2,), dtype, Fill("literal", values=(0.25 if dtype != "int8" else 0, -3)))
    assert in_words(tensor) == f"{dtype}[2] {values}"


def test_what_abstract_evaluation_refuses_is_shown_through_replay(tmp_path: Path) -> None:
    registry = Registry()
    image = Tensor((0, 32, 5, 2), "float64", Fill("ones"))
    case = Case("avg_unpool2d", (image,), {"layout": "NHWC", "window": (1, 1)}, aspect="shape")
    seen = Seen("rejects", "", Raised("TypeError", "cond must be a bool"), "eager")
    found = write_reproduction(tmp_path, "torch", case, registry.op(case.op), seen, registry)
    assert (found.standalone, found.exit_status, found.reproduces) == (False, 1, True), found.output
    assert "abstract evaluation refuses what execution accepts" in found.output


def test_a_zero_of_the_other_sign_is_a_difference_where_signs_count() -> None:
    case = Case("sin", (Tensor((3,), "float32", Fill("literal", values=(0.0, -0.0, 0.5))),), {})
    found = references(Registry().op("sin"), case)
    right = found[0].exact.astype(np.float32)
    (line,) = checks(found, [find_model((), "sin", "y", "float32")], Returned((np.abs(right),)), case.exact)
    assert "places=[(1,)], signed=True" in line
    names = {"np": np, "to_numpy": np.asarray, "dtype_name": lambda answer: answer.dtype.name}
    exec(CHECK, names)
    for answer, differs in ((np.abs(right), True), (right, False), (right + 1, True)):
        assert eval(line, names | {"answers": [answer]}) is differs
