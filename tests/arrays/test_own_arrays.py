"""Arrays of one's own: read from files, asked as a case, and answers to them judged."""

from __future__ import annotations

import json
import os
import struct

import numpy as np
import pytest

from opassay.harness.arrays.answers import judged, told
from opassay.harness.arrays.asked import Own, question
from opassay.harness.arrays.files import read
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model import dtypes, stored
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill


@pytest.fixture(name="files")
def _files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(7)
    x, w = rng.standard_normal((1, 8, 8, 3)).astype("f4"), rng.standard_normal((3, 3, 3, 2)).astype("f4")
    np.save("x.npy", x)
    np.savez("w.npz", w=w)
    np.save("last.npy", conv(x, w, (0, 1)))
    np.save("first.npy", conv(x, w, (1, 0)))
    return x, w


def conv(x, w, pads):
    """SAME with a stride of 2, the odd row and column of zeros at one end."""
    x = np.pad(x, ((0, 0), pads, pads, (0, 0)))
    rows = [[np.tensordot(x[:, i : i + 3, j : j + 3], w, 3) for j in range(0, 7, 2)] for i in range(0, 7, 2)]
    return np.stack([np.stack(row, 1) for row in rows], 1).astype("f4")


OWN = Own("conv2d", ("x=x.npy", "w=w.npz"), ("stride=2,2", "padding=SAME"), ("here=last.npy", "there=first.npy"))


def test_answers_are_judged_and_the_one_that_is_off_is_named_with_its_cause(files):
    op = Registry().op("conv2d")
    with question(op, OWN) as asked:
        verdicts = judged(op, asked.case, asked.answers)
        text = "\n".join(told(op, asked.case, asked.answers, verdicts))
    assert [verdict.verdict for verdict in verdicts.values()] == ["pass", "numeric"]
    assert asked.assumed == {"dilation": (1, 1), "groups": 1, "layout": "NHWC"}
    assert "same_pads_first reproduces the answer" in text
    assert text.endswith("off: there; within the bound: here")


def test_a_case_of_files_is_read_in_other_processes_and_nowhere_else(files):
    x, _ = files
    with question(Registry().op("conv2d"), OWN) as asked:
        again = Case.loads(asked.case.dumps())
        assert np.array_equal(again.inputs()[0], x)
    assert stored.VARIABLE not in os.environ
    with pytest.raises(ValueError, match="give the arrays again by --tensor"):
        again.inputs()


def test_a_stored_array_that_was_changed_is_refused(tmp_path, monkeypatch):
    key = stored.keep(np.arange(3, dtype=np.float32), tmp_path)
    monkeypatch.setenv(stored.VARIABLE, str(tmp_path))
    tensor = Tensor((3,), "float32", Fill("stored", key))
    assert tensor.materialize().tolist() == [0, 1, 2]
    np.save(next(tmp_path.glob("*.npy")), np.arange(1, 4, dtype=np.float32))
    with pytest.raises(ValueError, match="none of float32"):
        tensor.materialize()


def test_every_format_is_read(tmp_path):
    bits = np.array([0x3F80, 0xC000], np.uint16)
    header = {"a.b": {"dtype": "BF16", "shape": [2], "data_offsets": [4, 8]}, "__metadata__": {}}
    text = json.dumps(header).encode()
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * 4 + bits.tobytes())
    found = read(f"{tmp_path}/m.safetensors:a.b", "x")
    assert dtypes.widen(found).tolist() == [1, -2]
    np.save(tmp_path / "v.npy", bits.view("V2"))
    assert dtypes.widen(read(f"{tmp_path}/v.npy", "x")).tolist() == [1, -2]
    np.save(tmp_path / "big.npy", np.array([1.5], ">f4"))
    assert read(f"{tmp_path}/big.npy", "x").tolist() == [1.5]


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (Own("conv2d", ("x=x.npy",)), "give --tensor w=FILE"),
        (Own("conv2d", ("x=x.npy", "w=gone.npy")), "cannot read 'gone.npy': No such file"),
        (Own("conv2d", ("x=x.npy", "w=w.npz:v")), "unknown entry 'v'"),
        (Own("conv2d", ("x=x.npy", "w=x.npy")), "do not fit the contract of conv2d"),
        (Own("conv2d", ("x=x.npy", "w=w.npz", "v=x.npy")), "unknown input of conv2d 'v'"),
        (Own("conv2d", ("x=x.npy", "w=w.npz"), ("strid=1,1",)), "did you mean 'stride'"),
        (Own("conv2d", ("x",)), "--tensor expects NAME=VALUE"),
        (Own("relu", ("x=text.npy",)), "holds no array that can be read"),
    ],
)
def test_what_is_no_question_is_said_in_one_line(own, says, files, tmp_path):
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(UsageError) as error, question(Registry().op(own.op), own):
        pass
    assert says in str(error.value)
    assert "\n" not in str(error.value)
