"""Answers judged together get the verdicts that each gets alone; one wrong answer among eight is not overlooked."""

from dataclasses import replace

import numpy as np
import pytest

from opassay.adapters.oracle.average import AVERAGES
from opassay.adapters.oracle.conv import CONVOLUTIONS, TRANSPOSES
from opassay.harness.find.registry import Registry
from opassay.harness.judge import several
from opassay.harness.judge.verdict import judge
from opassay.harness.model.dtypes import is_float, narrow, widen
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.op import references, stackable
from opassay.harness.model.outcome import Returned
from opassay.harness.plan.generate import fill_key, geometries

REGISTRY = Registry()
FILLS = 8


def groups(name, count=40):
    """The op, and the cases of each geometry that are judged together."""
    op = REGISTRY.op(name)
    for number, geometry in geometries(op, "value", 4, 0, count):
        key = fill_key(4, name, "value", number)
        cases = [case for case in (geometry.dress(i, key) for i in range(FILLS)) if stackable(op, case)]
        if len(cases) > 1:
            yield op, cases


def models_of(op, found):
    return [find_model((), op.name, r.name, r.dtype) for r in found]


def right(op, case):
    """A correct answer: rounded, with the error that a last bit makes where one is allowed."""
    found = references(op, case)
    arrays = []
    for reference, model in zip(found, models_of(op, found), strict=True):
        array = narrow(reference.exact, reference.dtype)
        if is_float(reference.dtype) and reference.policy == "linear" and not case.exact:
            allowed = several.measure_of(reference, model, case.exact).limit.allowed
            array = narrow(widen(array) + 0.4 * np.where(np.isfinite(allowed), allowed, 0), reference.dtype)
        arrays.append(array)
    return Returned(tuple(arrays))


def together(op, cases, outcomes):
    found = {}
    for part in several.parts(op, cases):
        mine = [cases[m] for m in part.members], [outcomes[m] for m in part.members]
        judged = several.judge_part(part, *mine, models_of(op, part.references))
        found.update(zip(part.members, judged, strict=True))
    return [found[position] for position in range(len(cases))]


def alone(op, cases, outcomes):
    found = [references(op, case) for case in cases]
    return [judge(c, o, f, models_of(op, f)) for c, o, f in zip(cases, outcomes, found, strict=True)]


OPS = [op.name for op in REGISTRY.ops() if op.stacked is not None]


@pytest.mark.parametrize("name", OPS)
@pytest.mark.share(2)
def test_right_answers_get_the_figures_that_each_gets_alone(name):
    figures = set()
    for op, cases in groups(name):
        outcomes = [right(op, case) for case in cases]
        judged = together(op, cases, outcomes)
        assert judged == alone(op, cases, outcomes)
        figures |= {(j.verdict, j.rho != 0) for j in judged}
    assert ("pass", False) in figures
    assert (("pass", True) in figures) == (name in (*CONVOLUTIONS, *TRANSPOSES, *AVERAGES))


def element(array, change):
    changed = array.copy()
    last = (-1,) * array.ndim
    changed[last] = narrow(np.asarray(change(widen(array[last].reshape(1)))), _name(array))[0]
    return changed


def far(values):
    # Of infinity it is NaN, which is far as well.
    with np.errstate(invalid="ignore"):
        return values - 1e12 * (1 + np.abs(values)) if values.dtype.kind == "f" else values + 1


def _name(array):
    return "bfloat16" if array.dtype.names else array.dtype.name


WRONG = {
    "far": lambda y: replace(y, arrays=(element(y.arrays[0], far),)),
    "not a number": lambda y: replace(y, arrays=(element(y.arrays[0], lambda v: v * np.nan),)),
    "infinite": lambda y: replace(y, arrays=(element(y.arrays[0], lambda v: v + np.inf),)),
    "shape": lambda y: replace(y, arrays=(y.arrays[0][np.newaxis],)),
    "broadcast": lambda y: replace(y, arrays=(y.arrays[0].ravel()[:1],)),
    "dtype": lambda y: replace(y, arrays=(y.arrays[0].astype(np.bool_),)),
    "no array": lambda y: replace(y, arrays=(None,)),
    "two": lambda y: replace(y, arrays=y.arrays * 2),
    "elsewhere": lambda y: replace(y, fallback="the answer lies on another device"),
    "unsteady": lambda y: replace(y, unsteady="output 0 has other bits"),
    "changed": lambda y: replace(y, changed="the call changed its input 0"),
}
FLOATS_ONLY = ("not a number", "infinite")


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["conv2d", "max_pool2d"])
@pytest.mark.share(2)
def test_one_wrong_answer_of_several_is_found_and_the_others_pass(name, wrong):
    found = 0
    for op, cases in groups(name, 16):
        outcomes = [right(op, case) for case in cases]
        if not outcomes[0].arrays[0].size or outcomes[0].arrays[0].dtype.names:
            continue
        if wrong in FLOATS_ONLY and outcomes[0].arrays[0].dtype.kind != "f":
            continue
        before = alone(op, cases, outcomes)
        bad = found % len(cases)
        outcomes[bad] = WRONG[wrong](outcomes[bad])
        judged = together(op, cases, outcomes)
        assert judged == alone(op, cases, outcomes)
        # Among huge values an infinity may be right.
        huge = wrong == "infinite" and cases[bad].tensors[0].fill.kind == "special"
        if before[bad].verdict == "pass" and before[bad].free_elements == 0 and not huge:
            assert judged[bad].verdict != "pass"
            found += 1
        assert [j for i, j in enumerate(judged) if i != bad] == [j for i, j in enumerate(before) if i != bad]
    assert found > 5


def test_the_pass_over_all_settles_what_is_right_without_asking_again(monkeypatch):
    asked = []
    monkeypatch.setattr(several, "judge", lambda case, *rest: asked.append(case) or judge(case, *rest))
    cases_seen = 0
    for op, cases in groups("conv2d"):
        together(op, cases, [right(op, case) for case in cases])
        cases_seen += len(cases)
    assert len(asked) < cases_seen / 4
