"""Lists of failures of other suites: whose op and dtype a test is about, and what becomes a baseline."""

import json

import pytest

from opassay.harness.doors.import_xfails import accepts, by_op, import_xfails_command
from opassay.harness.doors.their_tests import read_names
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.baseline import Line
from opassay.harness.model.case import Case, Tensor

LISTS = {
    "onnx": (
        '{ // "^test_sinh_cpu" is a remark\n "failing": ["^test_adagrad", "^test_averagepool_2d_default",\n'
        '  "test_reduce_l2_keepdims_cpu", "test_layer_normalization_2d_axis0", ["^test_hardswish*", "since x"]] }',
        ["", "avg_pool2d", "norm_l2", "layer_norm", "hard_swish"],
    ),
    "torch-mlir": (
        'SET = {\n "ElementwiseSigmoidModule_basic",  # "CeilFloatModule_basic"\n "QuantizedMLP_basic",\n'
        ' "ElementwiseAtenLogicalOrOpModule_basic", "ReduceSumDtypeFloatModule_basic", "ElementwiseLog2Module_basic",\n'
        ' "MaxPool2dModule_basic"}',
        ["sigmoid", "", "logical_or", "sum", "log2", "max_pool2d"],
    ),
    "array-api": (
        "# array_api_tests/test_x.py::test_exp\narray_api_tests/test_signatures.py::test_func_signature[sin]\n"
        "array_api_tests/test_special_cases.py::test_unary[sign((x_i is -0 or x_i == +0)) -> 0]\n"
        "array_api_tests/test_special_cases.py::test_iop[__iadd__(x1_i is -0 and x2_i is -0) -> -0]\n"
        "array_api_tests/test_statistical_functions.py::test_sum\narray_api_tests/test_linalg.py::test_trace\n",
        ["sign", "add", "sum", ""],
    ),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_test_is_about_an_op(kind):
    text, ops = LISTS[kind]
    assert [name.op for name in read_names(kind, text, Registry().names)] == ops


def test_a_test_may_name_a_dtype():
    text = '["test_cast_FLOAT16", "test_relu_float16_cpu", "test_tanh_bfloat16", "test_tanh"]'
    listed = by_op(read_names("onnx", text, Registry().names))
    assert listed["relu"] == {"float16"}
    assert listed["tanh"] == frozenset(), "one of its tests is about any dtype"


def _line(op, dtype):
    case = Case(op, (Tensor((2,), dtype),))
    return Line("honest", op, "value", "numeric", case, {"eager": 1}, message="differs")


def test_a_line_is_accepted_by_op_and_dtype():
    listed = {"relu": frozenset({"float16"}), "tanh": frozenset()}
    accepted = [accepts(listed, _line(op, dtype)) for op, dtype in (("relu", "float16"), ("relu", "float32"))]
    assert accepted == [True, False]
    assert accepts(listed, _line("tanh", "float32"))
    assert not accepts(listed, _line("exp", "float32"))


def test_what_the_list_names_and_the_run_shows_is_the_baseline(tmp_path, capsys, monkeypatch):
    lines = [_line("relu", "float16"), _line("exp", "float32")]
    monkeypatch.setattr("opassay.harness.doors.import_xfails._lines", lambda folder, listed: lines)
    (tmp_path / "list.json").write_text('["test_relu", "test_sinh", "test_adagrad"]', encoding="utf-8")
    import_xfails_command("onnx", tmp_path / "list.json", tmp_path, tmp_path / "baseline.jsonl", ())
    told = capsys.readouterr().out
    written = (tmp_path / "baseline.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["op"] for line in written[1:]] == ["relu"]
    assert "2 of 3 tests are about 2 ops" in told
    assert "about none: test_adagrad" in told
    assert "of these the run shows no such difference: sinh" in told
    assert "not in the list, and still red: 1 differences of exp" in told


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("tosa", "", "unknown kind of list 'tosa'"),
        ("onnx", '["test_adagrad"]', "names no test of kind onnx about an op that opassay asks"),
        ("onnx", '["test_relu"]', "first: opassay run --target … --op relu"),
    ],
)
def test_what_cannot_be_imported_is_one_line(tmp_path, kind, text, says):
    (tmp_path / "list").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says) as refused:
        import_xfails_command(kind, tmp_path / "list", tmp_path / "none", tmp_path / "baseline.jsonl", ())
    assert "\n" not in str(refused.value)
