"""Every hypothesis names its own planted mistake, no other one on the list fits it, and no cause is without proof."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from opassay.adapters.oracle.hypotheses import ALL
from opassay.harness.find.registry import Registry
from opassay.harness.judge.explain import Answered, explain, explain_all, met_by
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.explanation import NO_FIT, UNTOLD, VARIES, cause_in, labelled
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Crashed, Raised, Returned
from opassay.harness.model.reference import Reference
from opassay.harness.plan import generate
from opassay.harness.plan.plan import aspects

OPS = [op.name for op in Registry().ops() if not op.of_a_class]

_PATH = Path(__file__).with_name("planted_mistakes.py")
_SPEC = importlib.util.spec_from_file_location("planted_mistakes", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
planted_mistakes = importlib.util.module_from_spec(_SPEC)
sys.modules["planted_mistakes"] = planted_mistakes
_SPEC.loader.exec_module(planted_mistakes)
PLANTED = planted_mistakes.PLANTED

LOOSER = {hypothesis.name for hypothesis in ALL if hypothesis.looser}

MODELS = {
    "beyond_its_page": NumericModel("float32", functions="jax-cpu"),
    "beyond_its_page: of tan": NumericModel("float32", functions="jax-cpu"),
    "cut_not_rounded": NumericModel("float32"),
    "reciprocal_estimated: log": NumericModel("float32", flushes=False),
}
"""How a target computes whose mistake the loosest assumption would take in."""


def models_of(planted: str, found: Sequence[Reference]) -> list[NumericModel]:
    return [MODELS.get(planted, NumericModel(reference.dtype)) for reference in found]


def mistake_of(planted: str) -> str:
    """Behind a colon, a planted mistake says which form of it it has."""
    return planted.partition(":")[0]


def answered(planted: str) -> tuple[Case, Returned]:
    case, mistake = PLANTED[planted]
    return case, Returned(tuple(mistake(case)))


def test_every_hypothesis_has_a_planted_mistake() -> None:
    names = [hypothesis.name for hypothesis in ALL]
    assert len(set(names)) == len(names)
    assert set(names) == set(map(mistake_of, PLANTED))


@pytest.mark.parametrize("planted", PLANTED)
def test_the_mistake_is_named(planted: str) -> None:
    name, (case, outcome) = mistake_of(planted), answered(planted)
    op = Registry().op(case.op)
    asked = references(op, case)
    found = explain(op, case, outcome, asked, models_of(planted, asked))
    if name in LOOSER:
        assert found.startswith(f"consistent with {name} (")
        assert labelled(found).startswith("Not proved: ")
    else:
        assert found.startswith(f"{name} reproduces the answer: ")
        assert labelled(found) == f"Cause: {found}"


@pytest.mark.parametrize("planted", PLANTED)
def test_no_other_hypothesis_fits(planted: str) -> None:
    name, (case, outcome) = mistake_of(planted), answered(planted)
    found = references(Registry().op(case.op), case)
    models = models_of(planted, found)
    assert judge(case, outcome, found, models).verdict not in ("pass", "undefined")
    asked = Answered(case, outcome, found, models)
    concerned = [h for h in Registry().op(case.op).hypotheses if h.concerns(case.op, case.aspect)]
    fitting = {h.name for h in concerned if met_by([h], asked) is not None}
    # A float16 accumulator rounds by more than operands that are rounded first: its bound takes them in. And whoever
    # loses the sign of some zeros, differs in signs of zeros alone.
    assert fitting - ((LOOSER | {"zeros_of_other_sign"}) - {name}) == {name}


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
    assert explain(op, case, outcome, references(op, case), again=[outcome]).startswith("filter_flipped ")


def told(case: Case, *arrays: np.ndarray | None) -> str:
    op = Registry().op(case.op)
    return explain(op, case, Returned(arrays), references(op, case))


def filled(shape: tuple[int, ...], kind: str = "normal", key: int = 1, dtype: str = "float32") -> Tensor:
    return Tensor(shape, dtype, Fill(kind, key))


def literal(*values: float) -> Tensor:
    return Tensor((len(values), 1), "float32", Fill("literal", values=values))


@pytest.mark.parametrize("size", [1, 8])
def test_a_kernel_off_by_a_small_factor_gets_no_cause(size: int) -> None:
    case = Case("matmul", (filled((size, 64)), filled((64, size), key=2)))
    a, b = case.inputs()
    found = told(case, (a.astype(np.float64) @ b.astype(np.float64) * 1.0001).astype(np.float32))
    assert found.startswith("consistent with accumulated_in_lower_precision (")
    assert cause_in(found) == ""


def stop_gradient(cotangent: Tensor) -> Case:
    return Case("stop_gradient", (filled(cotangent.shape),), {}, "gradient", cotangents=(cotangent,))


def test_a_cotangent_of_zeros_names_nothing() -> None:
    zeros, given = np.zeros((2, 1), np.float32), np.array([[2.0], [0.0]], np.float32)
    assert told(stop_gradient(literal(0.0, 0.0)), zeros) == UNTOLD
    assert cause_in(told(stop_gradient(literal(0.0, 0.0)), zeros)) == labelled(UNTOLD) == ""
    assert told(stop_gradient(literal(2.0, 0.0)), given).startswith("gradient_not_stopped reproduces the answer: ")
    assert told(stop_gradient(literal(2.0, 0.0)), zeros).startswith("zeros_for_no_gradient reproduces the answer: ")


def test_a_gradient_that_is_zero_anyway_names_nothing() -> None:
    # Zero times infinity is NaN; zeros come out whether the cotangent was ignored or everything was.
    case = Case("matmul", (literal(0.0), literal(0.0)), {}, "gradient", cotangents=(literal(math.inf),))
    zeros = np.zeros((1, 1), np.float32)
    assert told(case, zeros, zeros) == UNTOLD


def test_what_several_mistakes_give_is_consistent_with_each_until_another_answer_tells() -> None:
    op = Registry().op("max_pool2d")
    attributes = {"window": (1, 2), "stride": (1, 2), "dilation": (1, 1), "padding": "VALID", "layout": "NHWC"}

    def asked(*values: float) -> Answered:
        x = Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=values))
        case = Case("max_pool2d", (x,), attributes)
        pairs = np.asarray(values, np.float32).reshape(1, 1, -1, 2)
        # A NaN counts only where it comes first.
        answer = np.where(np.isnan(pairs[..., :1]), np.nan, np.fmax(pairs[..., :1], pairs[..., 1:]))
        return Answered(case, Returned((answer.astype(np.float32),)), references(op, case))

    several, one = asked(1.0, math.nan), asked(1.0, math.nan, math.nan, 2.0)
    found = explain_all(op, [several])
    assert found.startswith("consistent with nan_first_only (")
    assert ", or nan_dropped (" in found
    assert cause_in(found) == ""
    assert explain_all(op, [several, one]).startswith("nan_first_only reproduces the answer: ")


def test_a_named_mistake_must_give_one_answer_more() -> None:
    case, outcome = answered("filter_flipped")
    op = Registry().op(case.op)
    smallest = Answered(case, outcome, references(op, case))

    def answers(*more: Answered):
        yield from (smallest, *more)
        raise AssertionError("one answer more was enough")

    def other(name: str) -> Answered:
        case, outcome = answered(name)
        return Answered(case, outcome, references(op, case))

    assert explain_all(op, [smallest]).startswith("filter_flipped reproduces the answer: ")
    assert explain_all(op, answers(smallest)).startswith("filter_flipped reproduces the answer: ")
    told = explain_all(op, answers(other("stride_swapped")))
    assert told == "no hypothesis fits all answers: filter_flipped fits the smallest one alone"
    assert cause_in(told) == labelled(told) == ""


def test_a_general_mistake_is_no_cause_where_a_certain_one_fits_as_well() -> None:
    case, outcome = answered("filter_flipped")
    op = Registry().op(case.op)
    asked = Answered(case, outcome, references(op, case))
    (certain,) = [h for h in op.hypotheses if h.name == "filter_flipped"]
    general = replace(certain, name="something_flipped", general=True)
    assert explain_all(replace(op, hypotheses=(general, certain)), [asked]).startswith("filter_flipped reproduces ")
    alone = replace(op, hypotheses=(general,))
    assert explain_all(alone, [asked] * 3).startswith("something_flipped reproduces ")
    case, outcome = answered("stride_swapped")
    third = Answered(case, outcome, references(op, case))
    told = explain_all(alone, [asked, asked, third])
    assert told == "no hypothesis fits all answers: something_flipped fits the smallest one alone"


@pytest.mark.parametrize("name", [name for name in OPS if not name.endswith("_vjp")])
def test_any_answer_can_be_asked_about(name: str) -> None:
    op, explained = Registry().op(name), 0
    for aspect in {"value", "gradient"} & set(aspects(op)):
        for _, case in generate.cases(op, aspect, 3, 0, 1 if op.staged else 3, 1):
            found = references(op, case)
            strange = [np.full(r.exact.shape, 77).astype(np.float64) for r in found]
            narrowed = [dtypes.narrow(v, r.dtype) for v, r in zip(strange, found, strict=True)]
            given = zip(narrowed, found, strict=True)
            outcome = Returned(tuple(None if r.policy == "unconnected" else v for v, r in given))
            explained += explain(op, case, outcome, found) != ""
    assert explained
