"""``check``: planted faults are found, unusual kernels are not accused, and what cannot be asked is said in a line."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.check.function import Claims, find
from opassay.harness.check.guards import GUARD, Guards
from opassay.harness.check.restrict import Restriction, restricted, stream
from opassay.harness.check.session import Budget
from opassay.harness.doors.check import CheckFailed, Wanted, check, checked
from opassay.harness.find.registry import Registry, UsageError

KERNELS = Path(__file__).with_name("planted_kernels.py")
sys.path.insert(0, str(KERNELS.parent))
import planted_kernels  # noqa: E402 - a module beside this file

pytestmark = pytest.mark.slow

SMALL = Budget(cases=8, asking=600.0, shrinking=600.0, sharpening=0.1, again=0)
FAULTS = {
    "softmax_tiles": ("softmax", "numeric"),
    "relu_tail": ("relu", "special"),
    "matmul_half": ("matmul", "numeric"),
    "matmul_transposed": ("matmul", "operand_transposed"),
    "gelu_second_call": ("gelu", "numeric"),
    "softmax_zeros": ("softmax", "all_zeros"),
    "add_stale": ("add", "numeric"),
    "cumsum_beyond": ("cumsum", "NaN appeared"),
    "var_one_pass": ("var", "numeric"),
    "softmax_mask": ("softmax", "NaN dropped"),
    "cumsum_causal": ("cumsum", "structural"),
    "gelu_tanh": ("gelu", "numeric"),
}
"""The op that each is to be, and a word of what is said of it."""


def asked(name, like, tmp_path, budget=SMALL, **more):
    function = find(f"{KERNELS}:{name}", "", more.pop("mapped", {}), False, Registry())
    to = Restriction(more.pop("where", {}), (more.pop("dtype", "float32"),), more.pop("shapes", ()))
    return checked(function, Wanted(like, to, budget=budget, seed=3, out=tmp_path, **more), Registry())


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.share(2)
def test_a_planted_fault_is_found_with_a_small_case_and_a_script(name, tmp_path):
    like, word = FAULTS[name]
    report = asked(name, like, tmp_path)
    assert report.status == 1
    assert report.smallest is not None
    alike = [one for one in report.failed if one.judgement.verdict == report.smallest.judgement.verdict]
    assert report.smallest.case.size <= min(one.case.size for one in alike)
    assert report.script is not None
    assert report.script.shows
    assert word in str(report)


@pytest.mark.parametrize("name", ["matmul_blocked", "sum_pairwise", "softmax_online", "conv2d_winograd"])
@pytest.mark.share(2)
def test_a_right_but_unusual_kernel_is_not_accused(name, tmp_path):
    report = asked(name, name.partition("_")[0], tmp_path, **planted_kernels.ASKED.get(name, {}))
    assert (report.status, len(report.judged) > 10) == (0, True), str(report)


def test_winograd_is_accused_where_it_is_not_declared(tmp_path):
    more = {**planted_kernels.ASKED["conv2d_winograd"], "algorithm": ""}
    assert asked("conv2d_winograd", "conv2d", tmp_path, **more).status == 1


def test_a_declared_format_is_the_bound(tmp_path):
    loose = asked(
        "matmul_half", "matmul", tmp_path, claims=Claims(acc="float16", math="tf32"), shapes=(((2, 3), (3, 2)),)
    )
    assert loose.claims == "sums of float32 in float16; operands rounded to tf32"
    assert len(loose.failed) < len(asked("matmul_half", "matmul", tmp_path, shapes=(((2, 3), (3, 2)),)).failed)


def test_a_check_says_how_sharp_it_was(tmp_path):
    report = asked("softmax_online", "softmax", tmp_path, replace(SMALL, sharpening=60.0), where={"axis": -1})
    told = json.loads(report.dumps())
    assert told["reward"] == 1.0
    assert 2 <= told["mistakes_caught"] < told["mistakes_tried"]
    assert f"find {told['mistakes_caught']} of {told['mistakes_tried']} planted mistakes; they miss" in str(report)
    assert {one.case.attributes["axis"] for one in report.asked} == {-1}


def test_a_stream_is_drawn_under_its_restriction():
    op = Registry().op("softmax")
    to = Restriction({"axis": -1}, ("float16",), multiple=8)
    drawn = [case for (_, case), _ in zip(stream(restricted(op, to), "value", to, 0, 1), range(30), strict=False)]
    assert len({case.tensors[0].shape for case in drawn}) > 15
    assert all(n <= 1 or n % 8 == 0 for case in drawn for n in case.tensors[0].shape)
    assert {(case.attributes["axis"], case.tensors[0].dtype) for case in drawn} == {(-1, "float16")}


def test_what_a_call_writes_beside_its_arrays_is_seen():
    guards = Guards()
    view = guards.guarded(np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2])
    assert (view.strides, view.tolist()) == ((16, 8), [[0, 2], [4, 6], [8, 10]])
    assert guards.damage() == ""
    view = guards.guarded(np.zeros(4, np.float32))
    np.lib.stride_tricks.as_strided(view, (GUARD // 4,))[4] = 1
    assert guards.damage() == "the call wrote 4 bytes beside its arrays"


SOURCE = """
import os

import numpy as np

def out_style(x, y, dim):
    y[...] = np.cumsum(x, axis=dim, dtype=x.dtype)

def beside(x, y, dim):
    out_style(x, y, dim)
    np.lib.stride_tricks.as_strided(y, (y.size + 1,), (y.itemsize,))[-1] = 7

def in_place(x):
    np.maximum(x, 0, out=x)

def spoils(x):
    y = np.maximum(x, 0)
    x[...] = 1
    return y

def nothing(x):
    pass

def listed(x):
    return [1.0]

def raises(x):
    raise TypeError("no")

def sleeps(x):
    import time
    time.sleep(60)

def more(x, block):
    return x

CALLS = []

def added(x, axes, turned):
    x = np.flip(x, axes) if turned else x
    y = np.zeros(np.sum(x, axes).shape, x.dtype)
    for row in np.moveaxis(x, axes[0], 0):
        y = y + (np.sum(row, tuple(a - 1 for a in axes[1:])) if axes[1:] else row)
    return y

def by_turns(x, axes):
    CALLS.append(1)
    return added(x, axes, len(CALLS) % 2)

def by_process(x, axes):
    return added(x, axes, os.environ["MALLOC_PERTURB_"] == "128")
"""
LAST = {"axes": (-1,), "keepdims": False}
SCAN = {"mapped": {"axis": "dim"}, "where": {"exclusive": False, "reverse": False}}


@pytest.fixture(name="own")
def _own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(SOURCE)

    def ask(name, like="relu", mapped=(), where=(), budget=SMALL):
        function = find(f"{file}:{name}", "", dict(mapped), False, Registry())
        to = Restriction(dict(where), ("float32",))
        return checked(function, Wanted(like, to, budget=budget, seed=0, out=tmp_path), Registry())

    return ask


def test_outputs_may_be_written_to_and_inputs_worked_on_in_place(own):
    assert own("out_style", "cumsum", {"y": "y", "axis": "dim"}, SCAN["where"]).status == 0
    assert own("in_place", mapped={"y": "x"}).status == 0


def test_writing_elsewhere_is_a_difference(own):
    beside = own("beside", "cumsum", {"y": "y", "axis": "dim"}, SCAN["where"])
    assert "beside its arrays" in str(beside)
    assert "changed its input 0" in str(own("spoils"))


@pytest.mark.parametrize(("name", "says"), [("by_turns", "the same call twice"), ("by_process", "a fresh process")])
def test_other_bits_within_the_bound_are_a_difference(name, says, own):
    report = own(name, "sum", where=LAST, budget=replace(SMALL, again=60.0))
    assert {one.judgement.verdict for one in report.failed} == {"nondeterministic"}
    assert says in str(report)


TORCH = """
import torch

def borrowed(x, axis):
    return torch.softmax(x, axis)

def composed(x, axis):
    e = torch.exp(x - x.amax(axis, keepdim=True))
    return e / e.sum(axis, keepdim=True)
"""


def test_with_own_an_op_of_the_framework_is_no_answer_and_a_composition_is(tmp_path):
    (tmp_path / "mine.py").write_text(TORCH)
    to = Restriction({"axis": -1}, ("float32",), shapes=(((3, 5),),))

    def verdicts(name):
        function = find(f"{tmp_path / 'mine.py'}:{name}", "", {}, True, Registry())
        report = checked(function, Wanted("softmax", to, budget=SMALL, seed=1, out=tmp_path), Registry())
        return report.status, {one.judgement.verdict for one in report.asked}

    assert verdicts("borrowed") == (2, {"fallback"})
    assert verdicts("composed") == (0, {"pass"})


@pytest.mark.parametrize(
    ("name", "like", "says"),
    [
        ("gone", "relu", "has no function 'gone'"),
        ("nothing", "relu", "returned None: name the parameter that it writes to, --map y="),
        ("listed", "relu", "returned a builtins.float"),
        ("raises", "relu", "answers the simplest case in no dtype; in float32: TypeError: no"),
        ("sleeps", "relu", "no answer within 0.3 s"),
        ("more", "relu", "nothing for the parameter block. Say --map NAME=block, or a default for block"),
        ("in_place", "softmax", "no parameter for the attribute axis. Say --map axis=PARAMETER, or --where axis=VALUE"),
        ("more", "softmax", "the attribute axis, nothing for the parameter block. Say --map axis=block, or --where"),
        (
            "more",
            "layer_norm",
            "the op is layer_norm(x, weight, bias, *, eps): no parameter for the inputs",
        ),
        ("in_place", "sofmax", "did you mean 'softmax'"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(name, like, says, own):
    with pytest.raises(UsageError) as error:
        own(name, like, budget=replace(SMALL, timeout=0.3 if name == "sleeps" else 60.0))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_raises_is_said_in_one_line(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    function = find(f"{tmp_path / 'broken.py'}:f", "", {}, False, Registry())
    with pytest.raises(UsageError, match=r"broken.py cannot be imported: ZeroDivisionError"):
        checked(function, Wanted("relu"), Registry())


def test_values_that_the_contract_does_not_allow_are_refused(own):
    with pytest.raises(UsageError, match=r"clamp does not allow low='x'"):
        own("in_place", "clamp", where={"low": "x", "high": 1})
    with pytest.raises(UsageError, match=r"unknown attribute of relu 'axis'"):
        own("in_place", where={"axis": 1})


def module_relu(x):
    return np.maximum(x, 0)


def test_a_function_object_is_checked_by_its_file(tmp_path):
    report = check(module_relu, "relu", dtype="float32", cases=5, out=tmp_path, framework="numpy")
    assert report.status == 0
    with pytest.raises(CheckFailed, match="as neg DIFFERS"):
        check(module_relu, "neg", dtype="float32", cases=5, out=tmp_path, framework="numpy")
    with pytest.raises(ValueError, match="must stand at the top of a module"):
        check(lambda x: x, "relu")


def test_the_command_ends_with_a_status_and_one_line_for_programs(tmp_path):
    words = ["check", f"{KERNELS}:softmax_zeros", "--like", "softmax", "--dtype", "float32", "--cases", "3", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "opassay", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["script_shows"]) == (1, 1, True)


def row_norm(x, w):
    return (np.sqrt((x * x).sum(axis=1)) * w).astype(x.dtype)


def row_norm_in_half(x, w):
    return row_norm(x.astype(np.float16), w.astype(np.float16)).astype(x.dtype)


def bounded_reference(x, w):
    return np.sqrt(np.sum(np.square(x), axis=1)) * w


def opaque_reference(x, w):
    return np.sqrt(np.einsum("nk,nk->n", x, x)) * w


@pytest.mark.parametrize(("reference", "heuristic"), [(bounded_reference, False), (opaque_reference, True)])
def test_an_op_that_the_catalogue_lacks_is_checked_by_a_reference(reference, heuristic, tmp_path):
    more = {"reference": reference, "inputs": {"x": "n k", "w": "n"}, "dtype": "float32", "cases": 12, "seed": 4}
    report = check(row_norm, framework="numpy", out=tmp_path, **more)
    assert (report.status, "HEURISTIC" in str(report)) == (0, heuristic)
    with pytest.raises(CheckFailed, match="numeric"):
        check(row_norm_in_half, framework="numpy", out=tmp_path, **more)
