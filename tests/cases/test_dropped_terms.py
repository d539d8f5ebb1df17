"""A kernel that leaves out or changes one term of a sum is found, however long the sum and whatever its dtype."""

import runpy
from pathlib import Path

import pytest

from opassay.cases import fillings

SCRIPT = runpy.run_path(str(Path(__file__).with_name("dropped_terms.py")))
TRIALS = 40


@pytest.mark.parametrize("make", SCRIPT["SUMS"])
@pytest.mark.parametrize("length", [8, 64, 128, 256, 257, 4096])
@pytest.mark.parametrize("dtype", [*fillings.NARROW, "float32"])
def test_a_term_left_out_or_changed_in_all_outputs_is_found(make, length, dtype):
    assert SCRIPT["rate"](make, dtype, length, TRIALS, True) >= 0.95


@pytest.mark.parametrize("dtype", fillings.NARROW)
def test_a_term_of_one_output_is_found_up_to_so_many_as_may_be_exact(dtype):
    assert SCRIPT["rate"](SCRIPT["product"], dtype, fillings.exact_terms(dtype), TRIALS, False) >= 0.95


def test_an_answer_that_is_right_is_not_found(monkeypatch):
    monkeypatch.setitem(SCRIPT["trial"].__globals__, "CHANGES", (0.0,))
    assert SCRIPT["rate"](SCRIPT["product"], "bfloat16", 1024, 10, True) == 0
