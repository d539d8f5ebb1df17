"""``bisect``: of two recordings of a model, the first layer that differs for a reason of its own is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import opassay
from opassay.harness.doors.bisect import bisect_command, matched
from opassay.harness.find.registry import UsageError
from opassay.harness.model.layers import Layer, read, write

RNG = np.random.default_rng(3)
X = RNG.standard_normal((4, 6)).astype("f4")
W = RNG.standard_normal((6, 5)).astype("f4")
BIAS = RNG.standard_normal(5).astype("f4")


def layers(negative=0.01, claimed=0.01, off=0.0):
    """A product with a bias, something that the catalogue does not know, and an activation."""
    y = X @ W + BIAS
    z = y * np.float32(1 + off)
    a = np.where(z > 0, z, z * np.float32(negative))
    return [
        Layer("fc", "Linear", "matmul", [X, W], y, {}, BIAS),
        Layer("mix", "Mixer", "", [y], z),
        Layer("act", "LeakyReLU", "leaky_relu", [z], a, {"slope": claimed}),
    ]


def told(tmp_path, capsys, a, b):
    write(tmp_path / "a", a)
    write(tmp_path / "b", b)
    status = bisect_command(tmp_path / "a", tmp_path / "b")
    return status, capsys.readouterr().out


def test_recordings_come_back_as_they_were(tmp_path):
    write(tmp_path, [replace(layers()[0], attributes={"padding": ((0, 1), (1, 0))})])
    (found,) = read(tmp_path)
    assert found.attributes == {"padding": ((0, 1), (1, 0))}
    assert np.array_equal(found.output, layers()[0].output)
    assert np.array_equal(found.bias, BIAS)


def test_equal_recordings_differ_in_nothing(tmp_path, capsys):
    status, text = told(tmp_path, capsys, layers(), layers())
    assert status == 0
    assert "not in the catalogue, compared only (heuristic)" in text


def test_a_layer_is_judged_by_its_own_input(tmp_path, capsys):
    status, text = told(tmp_path, capsys, layers(), layers(off=0.5))
    assert (status, "no layer that the catalogue knows differs" in text) == (0, True)


def test_another_convention_is_named_with_what_the_two_have(tmp_path, capsys):
    status, text = told(tmp_path, capsys, layers(), layers(0.2, 0.2))
    assert status == 1
    assert "the first that differs: act (leaky_relu)" in text
    assert "B is not what A would make of B's input" in text
    assert "slope=0.01 and 0.2" in text


def test_a_layer_that_is_not_what_it_says_is_told(tmp_path, capsys):
    status, text = told(tmp_path, capsys, layers(), layers(0.2, 0.01))
    assert (status, "B does not compute what it says" in text) == (1, True)


def test_a_forgotten_bias_is_seen(tmp_path, capsys):
    wrong = layers()
    wrong[0] = replace(wrong[0], output=X @ W)
    status, text = told(tmp_path, capsys, layers(), wrong)
    assert (status, "the first that differs: fc (matmul)" in text) == (1, True)


def test_layers_that_one_side_lacks_are_left_out():
    a, b = layers(), layers()
    assert [one.name for one, _ in matched(a, [b[0], b[2]])] == ["fc", "act"]


def test_what_is_no_recording_is_said_in_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"layers\.json"):
        bisect_command(tmp_path, tmp_path)
    (tmp_path / "layers.json").write_text("[{}]")
    with pytest.raises(UsageError, match="is no recording"):
        bisect_command(tmp_path, tmp_path)
    with pytest.raises(ValueError, match="a int is no model"):
        opassay.record(3, X, tmp_path)


def test_functions_by_name_are_recorded_one_after_the_other(tmp_path):
    opassay.record({"double": lambda x: x * 2, "sum": lambda x: x.sum(0)}, X, tmp_path)
    first, second = read(tmp_path)
    assert np.array_equal(first.output, second.inputs[0])
    assert np.array_equal(second.output, (X * 2).sum(0))


def test_a_torch_port_with_padding_on_both_sides_is_found(tmp_path, capsys):
    torch = pytest.importorskip("torch")
    conv = torch.nn.Conv2d(2, 3, 3, stride=2, padding=1)
    x = torch.from_numpy(RNG.standard_normal((1, 2, 8, 8)).astype("f4"))
    opassay.record(torch.nn.Sequential(conv, torch.nn.GELU()), x, tmp_path / "b")
    a = read(tmp_path / "b")
    a[0] = replace(a[0], attributes={**a[0].attributes, "padding": "SAME"}, output=_same(conv, x))
    status, text = told(tmp_path, capsys, a, read(tmp_path / "b"))
    assert status == 1
    assert "A by itself pass, B by itself pass, B as A numeric" in text
    assert "same_pads_first reproduces the answer" in text


def _same(conv, x):
    """What TensorFlow means by SAME."""
    import torch.nn.functional as F

    return F.conv2d(F.pad(x, (0, 1, 0, 1)), conv.weight, conv.bias, 2).detach().numpy()
