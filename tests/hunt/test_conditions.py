"""A finding's condition is what a person would say, and counts what new cases do."""

import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.conditions import conditions, likeliest, on_new_cases
from opassay.harness.model.case import Case
from opassay.harness.plan import generate


def cases(seed, count=120):
    return [case for _, case in generate.cases(Registry().op("conv2d"), "value", seed, 0, count, 2)]


WRONG = {
    "float16": lambda c: c.tensors[0].dtype == "float16",
    "groups beyond 1": lambda c: c.attributes["groups"] > 1,
    "groups beyond 1 and layout NCHW": lambda c: c.attributes["groups"] > 1 and c.attributes["layout"] == "NCHW",
    "a last axis beyond 16 that 16 does not divide": lambda c: (n := c.tensors[0].shape[-1]) > 16 and n % 16 > 0,
    "stride (1, 1) and filters of 3 x 3": lambda c: (
        (c.attributes["stride"], c.tensors[1].shape[:2]) == ((1, 1), (3, 3))
    ),
    "a batch of 2 or more": lambda c: c.tensors[0].shape[0] > 1,
    "a tensor in memory reversed": lambda c: "reversed" in [t.memory.kind for t in c.tensors],
}


@pytest.mark.parametrize("says", WRONG)
def test_what_is_wrong_is_said_and_new_cases_agree(says):
    fails, drawn = WRONG[says], cases(0)
    found = likeliest([c for c in drawn if fails(c)], [c for c in drawn if not fails(c)])
    assert found.says == says
    told = on_new_cases(found, cases(1), fails)
    assert (told.with_it, told.without) == ((8, 8), (0, 8))
    assert str(told) == f"{says}: 8 of 8 new cases that have it fail, 0 of 8 that have not"


def test_what_holds_of_all_that_pass_as_well_is_no_condition():
    drawn = cases(0)
    assert likeliest(drawn[:20], drawn[:20]) is None
    assert likeliest([], drawn) is None
    assert likeliest(drawn[:1], drawn[1:]) is None
    assert "groups beyond 1" not in [c.says for c in conditions(Case.loads(_plain().dumps()))]


def _plain():
    return next(c for c in cases(0) if c.attributes["groups"] == 1)


def test_a_guess_is_borne_out_where_only_cases_that_have_it_fail():
    drawn = cases(0)
    (guess,) = [c for c in conditions(drawn[0]) if c.says == drawn[0].tensors[0].dtype]
    assert on_new_cases(guess, cases(1), guess.holds).borne_out
    for fails in (lambda case: False, lambda case: True, lambda case: not guess.holds(case)):
        assert not on_new_cases(guess, cases(1), fails).borne_out
