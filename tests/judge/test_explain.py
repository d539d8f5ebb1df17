"""Every hypothesis names its own planted mistake, and no other one on the list fits it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from adapters.oracle.hypotheses import ALL, hypotheses_for
from harness.judge.explain import NO_FIT, VARIES, explain, fits
from harness.judge.verdict import judge
from harness.model import dtypes
from harness.model.case import Case
from harness.model.numeric_model import NumericModel
from harness.model.op import references
from harness.model.outcome import Crashed, Raised, Returned
from harness.registry import OPS, Registry
from harness.run import generate
from harness.run.plan import aspects

_PATH = Path(__file__).with_name("planted_mistakes.py")
_SPEC = importlib.util.spec_from_file_location("planted_mistakes", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
planted_mistakes = importlib.util.module_from_spec(_SPEC)
sys.modules["planted_mistakes"] = planted_mistakes
_SPEC.loader.exec_module(planted_mistakes)
PLANTED = planted_mistakes.PLANTED

ALSO = {
    # A float16 accumulator rounds by more than operands that are rounded first: its bound takes them in.
    "inputs_in_tf32": {"accumulated_in_lower_precision"},
    "inputs_in_bfloat16": {"accumulated_in_lower_precision"},
}
"""What fits besides, of necessity; the order of the list decides."""


def answered(name: str) -> tuple[Case, Returned]:
    case, mistake = PLANTED[name]
    return case, Returned(tuple(mistake(case)))


def test_every_hypothesis_has_a_planted_mistake() -> None:
    names = [hypothesis.name for hypothesis in ALL]
    assert len(set(names)) == len(names)
    assert set(names) == set(PLANTED)


@pytest.mark.parametrize("name", PLANTED)
def test_the_mistake_is_named(name: str) -> None:
    case, outcome = answered(name)
    op = Registry().op(case.op)
    assert explain(op, case, outcome, references(op, case)).partition(":")[0] == name


@pytest.mark.parametrize("name", PLANTED)
def test_no_other_hypothesisfits(name: str) -> None:
    case, outcome = answered(name)
    found = references(Registry().op(case.op), case)
    models = [NumericModel(accumulator=reference.dtype) for reference in found]
    assert judge(case, outcome, found, models).verdict not in ("pass", "undefined")
    fitting = {
        h.name
        for h in hypotheses_for(case.op)
        if h.concerns(case.op, case.aspect) and fits(h, case, outcome, found, models)
    }
    assert fitting - ALSO.get(name, set()) == {name}


def test_a_strange_answer_fits_nothing() -> None:
    case, outcome = answered("filter_flipped")
    op = Registry().op(case.op)
    strange = outcome.arrays[0].copy()
    strange[0, 0, 0, 0] += 1000
    assert explain(op, case, Returned((strange,)), references(op, case)) == NO_FIT


def test_right_answers_and_missing_ones_have_no_explanation() -> None:
    case, _ = answered("filter_flipped")
    op = Registry().op(case.op)
    found = references(op, case)
    right = Returned((found[0].exact.astype(np.float32),))
    for outcome in (right, Raised("ValueError", "no"), Crashed("SIGABRT")):
        assert explain(op, case, outcome, found) == ""


def test_answers_that_vary_are_said_to() -> None:
    case, outcome = answered("filter_flipped")
    op = Registry().op(case.op)
    other = Returned((outcome.arrays[0] + 1,))
    assert explain(op, case, outcome, references(op, case), again=[other]) == VARIES
    assert explain(op, case, outcome, references(op, case), again=[outcome]).startswith("filter_flipped:")


@pytest.mark.parametrize("name", [name for name in OPS if not name.endswith("_vjp")])
def test_any_answer_can_be_asked_about(name: str) -> None:
    op, explained = Registry().op(name), 0
    for aspect in {"value", "gradient"} & set(aspects(op)):
        for _, case in generate.cases(op, aspect, 3, 0, 6, 2):
            found = references(op, case)
            strange = [np.full(r.exact.shape, 77).astype(np.float64) for r in found]
            narrowed = [dtypes.narrow(v, r.dtype) for v, r in zip(strange, found, strict=True)]
            given = zip(narrowed, found, strict=True)
            outcome = Returned(tuple(None if r.policy == "unconnected" else v for v, r in given))
            explained += explain(op, case, outcome, found) != ""
    assert explained
