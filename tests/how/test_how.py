"""``how``: code of two frameworks that has been run, and the defaults in which they differ."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from opassay.harness.doors.how import example, how_command, lines
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.how.code import Code
from opassay.harness.how.defaults import Taken, differing, read_defaults


def test_the_example_has_the_attributes_that_were_asked_for_and_a_window():
    case = example(Registry().op("conv2d"), {"padding": "SAME", "stride": (2, 2)})
    assert (case.attributes["padding"], case.attributes["stride"]) == ("SAME", (2, 2))
    assert max(case.tensors[1].shape[:2]) > 1
    with pytest.raises(UsageError, match=r"does not allow .*stride=\(0, 0\)"):
        example(Registry().op("conv2d"), {"stride": (0, 0)})


def test_defaults_are_compared_by_what_they_mean():
    mine = {"approximate": Taken("approximate", "a.gelu", "approximate", "'none'", "False")}
    same = {"approximate": Taken("approximate", "b.gelu", "approximate", "False", "False")}
    other = {"approximate": Taken("approximate", "b.gelu", "approximate", "True", "True")}
    assert differing(mine, same) == []
    assert differing(mine, other) == [
        "approximate: a.gelu takes approximate='none', which is False, b.gelu takes approximate=True"
    ]


def test_code_that_is_wrong_is_said_to_be():
    op = Registry().op("relu")
    codes = [Code("a", "1", "def call(x): ...", right, "the difference is there", None) for right in (True, False)]
    text = "\n".join(lines(op, example(op, {}), codes, [{}, {}]))
    assert "# a 1, which was run and gave the right answer" in text
    assert "which was run and did NOT give the right answer: the difference is there" in text


def test_gelu_of_torch_and_jax_was_run_and_differs_in_its_default(capsys):
    assert how_command("gelu", ["jax", "torch"], {"approximate": False}) == 0
    text = capsys.readouterr().out
    assert text.count("which was run and gave the right answer") == 2
    assert "F.gelu(x" in text
    assert "default differs: approximate: jax.nn.gelu takes approximate=True" in text


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_every_default_that_is_written_down_can_be_read(framework):
    told = import_module(f"opassay.adapters.{framework}.defaults").DEFAULTS.values()
    values = read_defaults(sys.executable, [(one.function, one.parameter) for group in told for one in group])
    assert len(values) > 5
    assert "<class 'inspect._empty'>" not in values
