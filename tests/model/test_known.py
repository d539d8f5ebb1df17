"""What a known difference needs of a target, and of a case's dtype there."""

import pytest

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill


def case_of(dtype: str) -> Case:
    return Case("relu", (Tensor((2,), dtype, Fill("ints")),))


def entry(*needs: str) -> Fact:
    return Fact("k", "upstream", "why", verdicts=("special",), when=lambda case: True, versions="1.0", needs=needs)


HALF = {"kernels": "bfloat16,float16,float32"}
SINGLE = {"kernels": "bfloat16,float32"}
NONE = {"kernels": "none"}


@pytest.mark.parametrize(
    ("need", "settings", "covered"),
    [
        ("kernels={dtype}", HALF, {"float32", "float16"}),
        ("kernels={dtype}", SINGLE, {"float32"}),
        ("kernels!={dtype}", HALF, {"float64"}),
        ("kernels!={dtype}", SINGLE, {"float16", "float64"}),
        ("kernels!={dtype}", NONE, {"float32", "float16", "float64"}),
        ("kernels=bfloat16", SINGLE, {"float32", "float16", "float64"}),
        ("kernels!=bfloat16", NONE, {"float32", "float16", "float64"}),
    ],
)
def test_an_entry_holds_for_the_dtypes_that_have_what_it_needs(need, settings, covered):
    here = entry(need).on(settings)
    assert here is not None
    assert {d for d in ("float32", "float16", "float64") if here.covers(case_of(d))} == covered


@pytest.mark.parametrize(
    ("need", "settings"),
    [("kernels={dtype}", NONE), ("kernels=bfloat16", NONE), ("kernels!=bfloat16", SINGLE), ("kernels={dtype}", {})],
)
def test_an_entry_whose_need_no_dtype_meets_is_no_concern_of_the_target(need, settings):
    assert entry(need).on(settings) is None


def test_every_need_must_be_met():
    both = entry("kernels={dtype}", "parallel=yes")
    assert both.on({**SINGLE, "parallel": "no"}) is None
    assert both.on({**SINGLE, "parallel": "yes"}) is not None


def test_an_entry_without_needs_stays_as_it_is():
    plain = entry()
    assert plain.on(NONE) is plain


def test_what_the_predicate_says_still_counts():
    plain = Fact("k", "upstream", "why", verdicts=("special",), when=lambda case: False, needs=("a={dtype}",))
    here = plain.on({"a": "float32"})
    assert here is not None
    assert not here.covers(case_of("float32"))
