"""A case that a stranger wrote is data: it is refused in one line, in little memory, and nothing of it runs."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opassay.harness.doors.cli import run_cli
from opassay.harness.model.case import Case

TENSOR = {"shape": [2, 2], "dtype": "float32", "fill": {"kind": "ones"}, "memory": {"kind": "contiguous"}}
CASE = {"op": "relu", "aspect": "value", "tensors": [TENSOR], "attributes": {}}
MATMUL = CASE | {"op": "matmul", "tensors": [TENSOR, TENSOR]}


def tensor(**changes):
    return json.dumps(CASE | {"tensors": [TENSOR | changes]}).encode()


def fill(**changes):
    return tensor(fill={"kind": "ones"} | changes)


def memory(**changes):
    return tensor(memory={"kind": "sliced"} | changes)


SCATTER = {
    "op": "scatter_nd",
    "tensors": [TENSOR | {"shape": [1, 1], "dtype": "int32", "fill": {"kind": "positions", "limits": [1]}}] * 2,
}
MADE = {
    "unknown op": json.dumps(CASE | {"op": "system"}).encode(),
    "a dunder for an op": json.dumps(CASE | {"op": "__class__"}).encode(),
    "a method for an op": json.dumps(CASE | {"op": "compile"}).encode(),
    "unknown fill": fill(kind="exec"),
    "unknown memory": memory(kind="mmap"),
    "unknown dtype": tensor(dtype="object"),
    "unknown aspect": json.dumps(CASE | {"aspect": "gossip"}).encode(),
    "gigantic shape": tensor(shape=[10**6, 10**6]),
    "gigantic extent": tensor(shape=[10**30]),
    "gigantic empty shape": tensor(shape=[0, 2**62, 2**62]),
    "negative extent": tensor(shape=[-1]),
    "text for a shape": tensor(shape="34"),
    "text for an extent": tensor(shape=["3"]),
    "truth for an extent": tensor(shape=[True]),
    "fraction for an extent": tensor(shape=[1.5]),
    "a hundred axes": tensor(shape=[1] * 100),
    "gigantic step": memory(step=10**12),
    "a million values": fill(kind="literal", values=[1] * 300_000),
    "values as text": fill(kind="literal", values="1111"),
    "a value as code": fill(kind="literal", values=["__import__('os')"] * 4),
    "a nested value": fill(kind="literal", values=[[1]] * 4),
    "a gigantic value": fill(kind="literal", values=[10**30] * 4),
    "a gigantic key": fill(key=10**50),
    "text for a key": fill(key="1"),
    "gigantic limits": fill(kind="positions", limits=[10**30]),
    "negative limits": tensor(shape=[2, 1], fill={"kind": "positions", "limits": [-1]}),
    "limits that lack": fill(kind="cells", limits=[1]),
    "no repeats": tensor(shape=[1, 1, 1, 1], fill={"kind": "cells", "limits": [1, 1, 3, 0]}),
    "an axis that is not there": tensor(shape=[1, 1, 1, 1], fill={"kind": "cells", "limits": [1, 1, 9, 1]}),
    "NaN": b'{"op":"relu","attributes":{"x":NaN}}',
    "deep": b'{"op":' + b"[" * 10**5,
    "deep, but for Python": json.dumps(CASE)
    .replace('"attributes": {}', '"attributes": ' + '{"a":' * 200 + "0" + "}" * 200)
    .encode(),
    "one key twice": b'{"op":"relu","op":"matmul"}',
    "NUL": b"\0" * 40,
    "not UTF-8": b'{"op":"\xff"}',
    "too long": b" " * 2**21,
    "a million digits": b'{"op":' + b"9" * 10**6 + b"}",
    "tensors as an object": json.dumps(CASE | {"tensors": TENSOR}).encode(),
    "attributes as text": json.dumps(CASE | {"attributes": "ab"}).encode(),
    "a class": b'{"__class__":"os.system","op":"relu"}',
    "too few inputs": json.dumps(MATMUL | {"tensors": [TENSOR]}).encode(),
    "attributes of nobody": json.dumps(MATMUL | {"attributes": {"__class__": "x"}}).encode(),
    "a gigantic answer": json.dumps(SCATTER | {"attributes": {"shape": [10**12]}}).encode(),
    "an answer beyond the room": json.dumps(
        MATMUL | {"tensors": [TENSOR | {"shape": [4_000_000, 1]}, TENSOR | {"shape": [1, 4_000_000]}]}
    ).encode(),
    "a rule that it does not break": json.dumps(CASE | {"aspect": "error", "rule": "NoSuchRule"}).encode(),
    "a stage that is no op": json.dumps(
        {
            "op": "unused_input",
            "tensors": [TENSOR],
            "attributes": {"inputs": ["x"], "stages": [{"op": "__class__", "inputs": ["x"], "outputs": ["y"]}]},
        }
    ).encode(),
}


@pytest.fixture
def replay(tmp_path, monkeypatch, capsys):
    """Run ``opassay replay`` on a file or an id, in this process; its status, its stderr, how much it grew."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "run"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "run"))

    def go(what):
        options = ["--adapter", "planted:Honest", "--target", "honest"]
        monkeypatch.setattr(sys, "argv", ["opassay", "replay", what, *options])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(SystemExit) as left:
            run_cli()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        return left.value.code, capsys.readouterr().err, grown

    return go


@pytest.mark.parametrize("kind", MADE)
def test_a_hostile_case_is_refused_in_one_line_and_in_little_memory(replay, tmp_path, kind):
    (tmp_path / "case.json").write_bytes(MADE[kind])
    status, told, grown = replay("case.json")
    assert (status, len(told.splitlines())) == (2, 1), told
    assert told.startswith("opassay: ")
    assert len(told) < 800
    assert grown < 600


def test_valid_input_breaks_no_rule(replay, tmp_path):
    (tmp_path / "case.json").write_bytes(MADE["a rule that it does not break"])
    assert "does not break 'NoSuchRule'" in replay("case.json")[1]


@pytest.mark.parametrize("what", ["folder.json", "endless.json", "x" * 5000, json.dumps(CASE) * 9])
def test_what_is_no_file_is_refused_in_one_line(replay, tmp_path, what):
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    status, told, _ = replay(what)
    assert (status, len(told.splitlines())) == (2, 1), told
    assert len(told) < 500


def test_the_case_that_is_varied_is_answered(replay, tmp_path):
    (tmp_path / "case.json").write_text(json.dumps(MATMUL))
    assert replay("case.json")[:2] == (0, "")


HUGE = 10**30
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, HUGE, -HUGE, 1e308, 0.5, "", "nan", "1", "__class__", "literal", "cells"])
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "shape", "key", "values", "limits", "step", "__class__"]), inner)
    ),
    max_leaves=8,
)
NAMES = ("op", "aspect", "tensors", "attributes", "rule", "cotangents")
TENSORS = st.lists(st.dictionaries(st.sampled_from(sorted(TENSOR)), VALUES).map(lambda d: TENSOR | d), max_size=2)


@settings(database=None, deadline=None, max_examples=400)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES), TENSORS)
@example({}, [TENSOR])
def test_anything_is_a_case_or_a_value_error(fields, tensors):
    text = json.dumps(CASE | {"tensors": tensors} | fields)
    try:
        case = Case.loads(text)
    except ValueError:
        return
    assert Case.loads(case.dumps()) == case
