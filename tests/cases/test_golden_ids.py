"""The ids of the stream stay what they are, whatever Hypothesis or Python is in use."""

import json
import runpy
from pathlib import Path

import pytest

from opassay.harness.model.case import ASPECTS

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden_ids.json").read_text())
NOW = runpy.run_path(str(HERE / "golden_ids.py"))


def test_every_op_has_golden_ids():
    assert set(GOLDEN) == {*NOW["OPS"], *NOW["CLASSES"]}


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("op", NOW["OPS"])
def test_the_first_ids_are_the_golden_ones(op, aspect):
    assert NOW["first_ids"](op, aspect) == GOLDEN[op][aspect]


@pytest.mark.parametrize("op", NOW["CLASSES"])
def test_the_first_cases_of_an_op_of_single_elements_are_the_golden_ones(op):
    assert NOW["digest"](op) == GOLDEN[op]
