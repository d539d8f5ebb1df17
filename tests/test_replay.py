"""``opassay replay``: what is known, allowed and free; several cases; scripts; and cases that are not of their op."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.doors.cli import run_cli
from opassay.harness.doors.told import figures
from opassay.harness.find.form import check_form
from opassay.harness.find.found import ops as found_ops
from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.plan import generate
from opassay.harness.plan.plan import aspects

OPS = found_ops()

HERE = Path(__file__).parent
FOLDERS = (HERE / "run", HERE / "thirdparty" / "opassay-tiny" / "src")
DOCUMENT = HERE.parent / "docs" / "cases.md"
TENSOR = {"shape": [2, 2], "dtype": "float32", "fill": {"kind": "normal", "key": 1}}
MATMUL = {"op": "matmul", "tensors": [TENSOR, TENSOR]}
NAN = {"op": "relu", "tensors": [{"shape": [1], "dtype": "float32", "fill": {"kind": "literal", "values": ["nan"]}}]}
TINY = ("--adapter", "opassay_tiny.adapter:TinyAdapter", "--target", "tiny")
HONEST = ("--adapter", "planted:Honest", "--target", "honest")
STAGE = {"op": "matmul", "inputs": ["a", "a"], "outputs": ["y"]}


def program(**changes):
    attributes = {"inputs": ["a"], "stages": [STAGE | changes]}
    return {"op": "shared_inputs", "tensors": [TENSOR], "attributes": attributes}


@pytest.fixture
def replay(tmp_path, monkeypatch, capsys):
    """Replay JSON objects with options, in this process, from an empty folder: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, FOLDERS)))

    def go(*cases, options=HONEST):
        files = [f"{number}.json" for number in range(len(cases))]
        for file, case in zip(files, cases, strict=True):
            Path(file).write_text(json.dumps(case), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["opassay", "replay", *files, *options])
        with pytest.raises(SystemExit) as left:
            run_cli()
        told = capsys.readouterr()
        return left.value.code, told.out, told.err

    return go


def test_a_known_difference_is_told_with_its_owner_and_reason(replay):
    status, told, _ = replay(NAN, options=TINY)
    assert status == 1
    assert "tiny: special" in told
    assert "known: tiny-relu-nan, owner: ours. tiny's relu answers 0 to NaN." in told


def test_a_difference_that_nobody_knows_is_told_as_new(replay):
    status, told, _ = replay(
        {**MATMUL, "tensors": [TENSOR | {"dtype": "int32", "fill": {"kind": "ints"}}] * 2},
        options=("--adapter", "planted:Rejects", "--target", "refuses"),
    )
    assert (status, "new: no known difference covers it" in told) == (1, True)


def test_what_was_allowed_is_told_on_a_pass_too(replay):
    status, told, _ = replay(MATMUL)
    assert status == 0
    assert re.search(r"largest error \S+, \S+ ulp; error ÷ allowed error 0\.\d+ at y\[\d,\d\]", told)
    assert re.search(r"y: allowed error \d\S+ to \d\S+, for sums in float32", told)
    exact = {"shape": [2, 2], "dtype": "float32", "fill": {"kind": "ints", "key": 1}}
    assert "y: no error allowed" in replay({**MATMUL, "tensors": [exact, exact]})[1]


def test_elements_that_nobody_judged_are_told_by_why(replay):
    """Two values for one place are the contract's business."""
    values = {"shape": [1, 1, 2, 1], "dtype": "float32", "fill": {"kind": "literal", "values": [1, 2]}}
    places = {"shape": [1, 1, 2, 1], "dtype": "int64", "fill": {"kind": "literal", "values": [0, 0]}}
    attributes = {"output_shape": [1, 1, 4, 1], "layout": "NHWC"}
    told = replay({"op": "max_unpool2d", "tensors": [values, places], "attributes": attributes})[1]
    assert "not judged: 1 of 4 elements; the contract leaves 1 free, for 0 there is no bound" in told
    (line,) = figures(Judgement("pass", elements=3000, free_elements=1500, free_by_bound=1200))
    assert line == "not judged: 1,500 of 3,000 elements; the contract leaves 300 free, for 1,200 there is no bound"


def test_several_cases_are_asked_of_the_same_workers(replay):
    status, told, _ = replay(NAN, MATMUL, options=TINY)
    assert status == 1
    assert re.findall(r"^case \w+: (\w+)", told, re.MULTILINE) == ["relu", "matmul"]
    assert re.findall(r"^tiny: (\w+)", told, re.MULTILINE) == ["special", "pass"]


def test_where_no_target_answers_nothing_is_said_of_a_difference(replay):
    status, _, said = replay(MATMUL, options=("--target", "torch", "--python", "torch=/bin/false"))
    assert status == 2
    assert len(said.splitlines()) == 1
    assert "no target answered" in said
    assert "torch could not start" in said
    # Not supported is no answer, either.
    status, _, said = replay({**MATMUL, "tensors": [TENSOR | {"dtype": "float64"}] * 2}, options=TINY)
    assert (status, "no target answered" in said) == (2, True)


@pytest.mark.parametrize(("case", "status"), [(NAN, 1), (MATMUL, 0)])
def test_any_case_has_a_script_that_says_what_replay_says(replay, case, status):
    found, told, _ = replay(case, options=(*TINY, "--script", "my scripts"))
    (line,) = [line.strip() for line in told.splitlines() if "# exit status" in line]
    assert (found, f"# exit status {status}: shows {'the' if status else 'no'} difference" in line) == (status, True)
    command = shlex.split(line, comments=True)
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, check=False)
    assert done.returncode == status, done.stdout


WRONG = {
    "a field of a case": (MATMUL | {"opp": "relu"}, "a case has no field 'opp'; did you mean 'op'?"),
    "a field of a tensor": (MATMUL | {"tensors": [TENSOR | {"type": 1}] * 2}, "a tensor has no field 'type'"),
    "a field of a fill": (MATMUL | {"tensors": [TENSOR | {"fill": {"kind": "ones", "keys": 1}}] * 2}, "'keys'; did"),
    "a field of memory": (MATMUL | {"tensors": [TENSOR | {"memory": {"kind": "offset", "at": 1}}]}, "no field 'at'"),
    "a field of a stage": (program(name="x"), "a stage has no field 'name'"),
    "no tensors": ({"op": "matmul"}, "a case lacks 'tensors'"),
    "an attribute that lacks": (MATMUL | {"op": "conv2d"}, "conv2d lacks the attribute 'stride'; it has: stride, pad"),
    "an attribute too many": (MATMUL | {"attributes": {"axis": 1}}, "matmul has no attribute 'axis'"),
    "an attribute of a stage": (program(attributes={"axis": 1}), "matmul has no attribute 'axis'"),
    "an input too few": (MATMUL | {"tensors": [TENSOR]}, "matmul takes 2 inputs, got 1"),
    "an input of a stage too few": (program(inputs=["a"]), "matmul takes 2 inputs, got 1"),
    "an op that there is not": (MATMUL | {"op": "soft"}, "unknown op 'soft'"),
    "a stage that is no op": (program(op="soft"), "unknown op 'soft'"),
    "a stage that is a program": (program(op="deconvnet"), "'deconvnet' is a program"),
    "names that are none": (program(inputs=5), "a stage's inputs: expected a list of names, got 5"),
    "a cotangent too many": (MATMUL | {"aspect": "gradient", "cotangents": [TENSOR] * 2}, "takes 1 cotangents, got 2"),
    "an attribute of another kind": (
        {"op": "scatter_nd", "tensors": [TENSOR | {"dtype": "int32"}, TENSOR], "attributes": {"shape": "3"}},
        "scatter_nd: shape must be",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_case_that_is_not_one_of_its_op_is_refused_in_words_of_its_json(replay, kind):
    case, words = WRONG[kind]
    status, _, told = replay(case)
    assert (status, len(told.splitlines())) == (2, 1), told
    assert words in told
    assert not re.search(r"\w+Error\b|\(\)|NoneType", told)


@pytest.mark.parametrize("name", OPS)
def test_every_generated_case_has_the_form_of_its_op(name):
    registry = Registry()
    op = registry.op(name)
    for aspect in aspects(op):
        for _, case in generate.cases(op, aspect, 0, 0, 8 if op.of_a_class else 40, 1):
            check_form(op, case, registry.op)
    for pin in op.pins:
        check_form(op, pin.case, registry.op)


def test_the_examples_of_the_documentation_are_cases_that_agree(replay):
    texts = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert [Case.loads(text).aspect for text in texts] == ["value", "gradient", "error"]
    status, told, said = replay(*map(json.loads, texts), options=("--target", "torch"))
    assert (status, re.findall(r"^torch: (\w+)", told, re.MULTILINE)) == (0, ["pass"] * 3), said
