"""The suite that adapters inherit: right ones pass, and each promise has an adapter that breaks it and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.contract.excused import chosen
from opassay.harness.contract.interview import interview
from opassay.harness.contract.judged import new_differences
from opassay.harness.contract.promises import PROMISES, told
from opassay.harness.contract.small import Calls
from opassay.harness.contract.suite import AdapterContract
from opassay.harness.find import found
from opassay.harness.find.registry import Registry

HERE = Path(__file__).parent
TESTS = tuple(name for name in dir(AdapterContract) if name.startswith("test_"))
BROKEN = {
    "Aliasing": "tensors_share_no_memory_with_arrays",
    "Converting": "every_dtype_in_every_memory_kind_comes_back_bit_for_bit",
    "Writing": "inputs_are_not_changed",
    "Widening": "outputs_have_the_dtype_of_the_contract",
    "Lifting": "outputs_have_the_shape_of_the_contract",
    "Padding": "worked_examples_come_out",
    "Swallowing": "invalid_input_makes_the_framework_raise",
    "Validating": "invalid_input_makes_the_framework_raise",
    "Leaving": "invalid_input_makes_the_framework_raise",
    "Elsewhere": "answers_lie_on_the_device_that_was_asked_for",
    "Anywhere": "answers_lie_on_the_device_that_was_asked_for",
    "Overcautious": "limits_are_sentences_true_and_said_before_the_call",
    "Terse": "limits_are_sentences_true_and_said_before_the_call",
    "Hiding": "limits_are_sentences_true_and_said_before_the_call",
    "Zeros": "vjp_says_which_inputs_are_unconnected",
    "Summing": "vjp_takes_several_outputs_inputs_and_cotangents",
    "Remembering": "batches_answer_what_single_cases_answer",
    "Nameless": "version_and_origin_are_told",
    "Extended": "methods_are_ops_of_the_interface",
}


class EveryOp:
    def ops(self) -> tuple[str, ...]:
        return tuple(found.ops())


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


def suite(name: str, **settings: object) -> AdapterContract:
    """The suite as an adapter's tests inherit it."""
    return type(f"Test{name}", (AdapterContract,), {"adapter": f"planted_adapters:{name}", **settings})()


def results(tests: AdapterContract) -> dict[str, str]:
    """What became of each test: its message, ``skipped`` or nothing."""
    found = {}
    for name in TESTS:
        try:
            getattr(tests, name)()
            found[name.removeprefix("test_")] = ""
        except pytest.skip.Exception:
            found[name.removeprefix("test_")] = "skipped"
        except pytest.fail.Exception as failure:
            found[name.removeprefix("test_")] = str(failure)
    return found


@pytest.mark.parametrize("name", ["Fake", "Honest"])
def test_a_right_adapter_passes_everything(name: str) -> None:
    found = results(suite(name, absent=()))
    skipped = {"limits_are_sentences_true_and_said_before_the_call": "skipped"} if name == "Fake" else {}
    assert {test: said for test, said in found.items() if said} == skipped


def test_every_test_of_the_suite_has_an_adapter_on_which_it_fails() -> None:
    assert {f"test_{test}" for test in BROKEN.values()} == set(TESTS)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.share(2)
def test_a_broken_adapter_fails_the_one_test_of_its_promise(name: str) -> None:
    assert [test for test, said in results(suite(name)).items() if said not in ("", "skipped")] == [BROKEN[name]]


def test_an_adapter_with_one_op_is_asked_about_that_op_alone() -> None:
    found = results(suite("OneOp"))
    assert set(found.values()) == {"", "skipped"}
    assert [test for test, said in found.items() if said] == [
        "invalid_input_makes_the_framework_raise",
        "vjp_says_which_inputs_are_unconnected",
        "vjp_takes_several_outputs_inputs_and_cotangents",
    ]


def test_ops_that_are_unexpectedly_absent_are_named() -> None:
    said = results(suite("OneOp", absent=("matmul",)))["methods_are_ops_of_the_interface"]
    assert "'conv2d'" in said
    assert "expected ['matmul']" in said


def test_a_framework_that_cannot_tell_zeros_from_nothing_may_say_so() -> None:
    assert results(suite("Zeros", zeros_for_unconnected=True))["vjp_says_which_inputs_are_unconnected"] == ""
    assert results(suite("Fake", zeros_for_unconnected=True))["vjp_says_which_inputs_are_unconnected"]


def test_a_round_trip_names_the_shapes_that_are_lost_and_asks_those_that_are_no_limit() -> None:
    test = "every_dtype_in_every_memory_kind_comes_back_bit_for_bit"
    lost = results(suite("Unread"))[test].splitlines()
    said = "['(0,): ValueError: nothing to read', '(2, 0, 3, 1): ValueError: nothing to read']"
    assert f"round_trip · float16 contiguous 0: expected [], saw {said}" in lost
    assert "bfloat16 contiguous 0: expected [], saw ['(): other values as bfloat16 ()" in results(suite("Filled"))[test]


def test_a_dtype_that_the_adapter_lacks_is_not_asked_for_as_an_attribute() -> None:
    assert failing(results(suite("Wordless"))) == {}


def test_an_adapter_that_follows_zeros_for_unconnected_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zeroed").mkdir()
    (tmp_path / "zeroed" / "__init__.py").touch()
    (tmp_path / "zeroed" / "adapter.py").write_text(
        "from planted_adapters import Zeros\n\n\nclass Zeroed(Zeros):\n    name = 'zeroed'\n    modes = ('plain',)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    tests = type("TestZeroed", (AdapterContract,), {"adapter": "zeroed.adapter:Zeroed"})()
    with pytest.raises(pytest.fail.Exception, match="see 'unconnected' in 'opassay list choices'"):
        tests.test_vjp_says_which_inputs_are_unconnected()
    (tmp_path / "zeroed" / "choices.py").write_text(
        "from opassay import Follows\n\nFOLLOWS = (Follows('unconnected', 'zeros', modes=('plain',)),)\n"
    )
    tests.test_vjp_says_which_inputs_are_unconnected()
    assert not chosen(tests.adapter, "another", "unconnected", "zeros")


FORGIVEN = {
    "__init__.py": "",
    "adapter.py": "from planted_adapters import Widening\n\n\nclass Forgiven(Widening):\n"
    "    name = 'forgiven'\n    modes = ('plain',)\n",
    "known.py": "from opassay import Fact\n\nKNOWN = (Fact('forgiven-wide', 'upstream', 'a product is wide', "
    "ops=('matmul',), verdicts=('dtype',), when=lambda case: case.tensors[0].dtype != 'float32'),)\n",
}


def test_what_a_fact_of_the_adapter_covers_is_known_and_the_rest_is_told_on_one_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "forgiven").mkdir()
    for name, text in FORGIVEN.items():
        (tmp_path / "forgiven" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    tests = type("TestForgiven", (AdapterContract,), {"adapter": "forgiven.adapter:Forgiven"})()
    with pytest.raises(pytest.fail.Exception) as failure:
        tests.test_outputs_have_the_dtype_of_the_contract()
    head, promise, *lines = str(failure.value).splitlines()
    assert re.fullmatch(r"1 of \d+ are not as promised, besides [1-9]\d* that are known", head)
    assert "dtype of the contract: see the op's line in 'opassay list ops'" in promise
    assert len(lines) == 1
    assert re.match(r"case [0-9a-f]{16} · dtype_kept · matmul float32 plain: expected", lines[0])


SCRIBBLING = {
    "__init__.py": "",
    "adapter.py": "from planted_adapters import Writing\n\n\nclass Scribbling(Writing):\n"
    "    name = 'scribbling'\n    modes = ('plain',)\n",
    "known.py": "from opassay import Fact\n\nKNOWN = (Fact('scribbling-into', 'upstream', 'writes into its input', "
    "ops=('relu',), verdicts=('structural',), when=lambda case: True),)\n",
}


def test_an_input_that_is_changed_may_be_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scribbling").mkdir()
    for name, text in SCRIBBLING.items():
        (tmp_path / "scribbling" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    tests = type("TestScribbling", (AdapterContract,), {"adapter": "scribbling.adapter:Scribbling"})()
    assert [o["about"] for o in tests.observations("inputs_kept") if not o["ok"]] == ["relu"]
    tests.test_inputs_are_not_changed()


def test_a_failure_fits_a_screen() -> None:
    wrong = [{"check": "error", "about": f"op{i}: {'x' * 500}", "expected": "a", "saw": "b"} for i in range(40)]
    lines = told(wrong, 50, 0).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 240
    assert lines[-1] == "… and 24 more"


def test_every_check_of_the_suite_is_a_promise_that_is_described_somewhere() -> None:
    checks = {o["check"] for o in interview("planted_adapters:Honest", "cpu", 600.0).seen}
    assert checks - {"absent"} <= set(PROMISES)


def failing(found: dict[str, str]) -> dict[str, str]:
    return {test: said for test, said in found.items() if said not in ("", "skipped")}


@pytest.mark.parametrize(("name", "how"), [("Crashing", "SIGABRT"), ("Quitting", "exit 0")])
def test_a_question_that_ends_the_process_breaks_its_promise_and_the_rest_is_asked(name: str, how: str) -> None:
    found = failing(results(suite(name)))
    assert list(found) == ["outputs_have_the_dtype_of_the_contract"]
    (line,) = found.popitem()[1].splitlines()[2:]
    assert re.fullmatch(
        rf"case [0-9a-f]{{16}} · dtype_kept · relu int8 plain: expected \['int8'\], saw the process ended: {how}", line
    )


def test_after_a_crash_all_questions_are_asked_but_those_of_the_same_call() -> None:
    right, crashing = (interview(f"planted_adapters:{name}", "cpu", 600.0).seen for name in ("OneOp", "Crashing"))
    labels = [[(o["check"], o["about"]) for o in seen] for seen in (right, crashing)]
    assert [label for label in labels[0] if label not in labels[1]] == [
        ("shape_kept", "relu int8 plain"),
        ("device", "relu int8 plain"),
    ]
    assert set(labels[1]) < set(labels[0])


def test_a_limit_without_which_the_process_would_end_is_real() -> None:
    assert failing(results(suite("Cautious"))) == {}
    seen = interview("planted_adapters:Cautious", "cpu", 600.0).seen
    assert [o["saw"] for o in seen if o["check"] == "limit_is_real"] == ["the process ended: SIGABRT"]


def test_a_batch_that_ends_the_process_is_asked_once() -> None:
    found = failing(results(suite("CrashingTogether")))
    assert list(found) == ["batches_answer_what_single_cases_answer"]
    assert found.popitem()[1].count("the process ended") == 1


def test_an_adapter_that_ends_its_process_too_often_is_not_asked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opassay.harness.contract.interview.ENDS", 1)
    problem = interview("planted_adapters:Crashing", "cpu", 599.0).problem
    assert problem.startswith("its process ended 1 times, at last while it was asked dtype_kept: relu int8 plain\n")


def test_an_adapter_that_is_not_there_is_told() -> None:
    assert "has no attribute 'Nobody'" in interview("planted_adapters:Nobody", "cpu", 60.0).problem


def test_a_module_that_is_not_installed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "unfit.py").write_text("import framework_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    head, why = interview("unfit:Unfit", "cpu", 60.0).problem.strip().splitlines()
    assert head == "its process ended with status 1"
    assert why.endswith("has no module 'framework_that_is_not_there', which the adapter imports")


def test_an_adapter_that_hangs_is_told() -> None:
    assert interview("planted_adapters:Fake", "cpu", 0.001).problem == "no answer for 0 s"


def test_the_shares_of_a_suite_are_together_all_of_it() -> None:
    asked = [set(Calls(EveryOp(), *sample).of("float32")) for sample in ((3, 0), (3, 1), (3, 2))]
    whole = set(Calls(EveryOp()).of("float32"))
    assert set.union(*asked) == whole
    assert set.intersection(*asked) == {op.name for op in Registry().ops() if not op.staged and not op.of_a_class}
    assert all(len(share) < len(whole) / 2 for share in asked)


def test_importing_the_suite_imports_no_framework() -> None:
    script = (
        "import sys; from opassay import AdapterContract; print({'torch', 'opassay.adapters.torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "op", "said"),
    [
        ("OneOp", "relu", []),
        ("Padding", "conv2d", ["shape"]),
        ("OneOp", "matmul", ["no case of matmul was judged"]),
        ("Validating", "matmul", ["fault: raised by the adapter"]),
    ],
)
def test_generated_cases_of_one_op_tell_what_is_new(name: str, op: str, said: list[str]) -> None:
    lines = new_differences(f"planted_adapters:{name}", op, cases=5)
    assert bool(lines) == bool(said)
    assert all(any(words in line for line in lines) for words in said), lines
