"""Shrinking ends at the smallest case, never at one that passes, and within its number of verdicts."""

import math

import pytest
from hypothesis import HealthCheck, given, settings

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.asking import Asking
from opassay.harness.hunt.draws import encoded, strategy
from opassay.harness.hunt.shrink import LIMIT, shrink
from opassay.harness.hunt.values import fewest_values
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import refusal
from opassay.harness.plan import generate


def failing(op, aspect, fails, count=200, fills=2):
    """The first case of the stream for which ``fails``, with its number."""
    found = Registry().op(op)
    drawn = generate.cases(found, aspect, 0, 0, count, fills)
    return found, *next((number, case) for number, case in drawn if fails(case))


def stride_of_two(case):
    return case.attributes["stride"][0] > 1 and case.attributes["padding"] == "SAME"


def wide_kernel(case):
    return case.tensors[1].shape[1] >= 3


def half_precision(case):
    return case.tensors[0].dtype == "float16" and case.tensors[0].memory.kind == "transposed"


@pytest.mark.parametrize("fails", [stride_of_two, wide_kernel, half_precision])
def test_what_matters_stays_and_all_else_becomes_simple(fails):
    op, number, case = failing("conv2d", "value", fails)
    found = shrink(op, case, 0, number, fails)
    assert fails(found.case)
    assert 0 < found.asked <= LIMIT
    small = found.case
    assert small.tensors[0].size <= 9
    assert small.attributes["dilation"] == (1, 1)
    assert small.attributes["groups"] == 1
    assert small.attributes["layout"] == "NHWC"
    assert [t.fill for t in small.tensors] == [Fill("literal", values=(0,) * t.size) for t in small.tensors]
    if fails is not half_precision:
        assert {t.dtype for t in small.tensors} == {"float32"}
        assert {t.memory for t in small.tensors} == {Memory()}
    if fails is not wide_kernel:
        assert small.tensors[1].shape == (1, 1, 1, 1)


def test_values_stay_where_zeros_would_leave_several_mistakes_possible():
    op, number, case = failing("conv2d", "value", stride_of_two)

    def tells(smaller):
        zeros = all(not any(t.fill.values) for t in smaller.tensors if t.fill.kind == "literal")
        return frozenset({"one", "other"} if zeros and smaller.tensors[1].fill.kind == "literal" else {"one"})

    found = shrink(op, case, 0, number, stride_of_two, tells=tells)
    assert tells(found.case) == {"one"}
    assert sorted(v for t in found.case.tensors for v in t.fill.values)[-1] == 1
    # Where several are possible before, nothing is to be kept.
    assert not any(shrink(op, case, 0, number, stride_of_two, tells=lambda c: frozenset("ab")).case.inputs()[0].ravel())


def test_the_same_minimum_from_many_starts():
    """A stride near 2**31 comes from another deck, and stays."""
    op = Registry().op("conv2d")
    drawn = [(n, case) for n, case in generate.cases(op, "value", 0, 0, 40, 1) if stride_of_two(case)]
    starts = [(n, case) for n, case in drawn if max(case.attributes["stride"]) < 2**30]
    assert len(starts) > 3
    assert len({shrink(op, case, 0, number, stride_of_two).case.id for number, case in starts}) == 1


def test_the_number_of_verdicts_is_bounded_and_no_case_is_asked_twice():
    asked = []

    def fails(case):
        asked.append(case.id)
        return wide_kernel(case)

    op, number, case = failing("conv2d", "value", wide_kernel)
    found = shrink(op, case, 0, number, fails, limit=12)
    assert len(asked) <= 12
    assert wide_kernel(found.case)
    asked.clear()
    shrink(op, case, 0, number, fails)
    drawn = [name for name in asked if asked.count(name) > 2]
    assert not drawn


def test_a_case_that_cannot_be_made_smaller_stays_what_it_is():
    op, number, case = failing("conv2d", "value", wide_kernel)
    assert shrink(op, case, 0, number, lambda c: c == case).case == case


@pytest.mark.parametrize(("name", "aspect"), [("conv2d", "gradient"), ("scatter_nd", "error"), ("clamp", "value")])
def test_hypothesis_makes_of_a_row_s_bytes_what_the_stream_makes_of_the_row(name, aspect):
    source = generate.source(Registry().op(name), aspect)
    for number in range(20):
        draw, row = source.at(0, aspect, number)
        assert decoded(draw, encoded(draw, row)) == draw.made(row).case


def decoded(draw, drawn):
    found = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy(draw))
    def check(geometry):
        found.append(geometry.case)

    check.hypothesis.fuzz_one_input(drawn)
    return found[0]


def test_a_rule_stays_broken():
    op, number, case = failing("matmul", "error", lambda case: True, fills=1)
    found = shrink(op, case, 0, number, lambda c: c.rule == case.rule)
    assert found.case.rule == case.rule
    assert found.case.size <= case.size


def test_a_gradient_keeps_its_cotangents():
    op, number, case = failing("conv2d", "gradient", stride_of_two)
    found = shrink(op, case, 0, number, stride_of_two)
    assert len(found.case.cotangents) == len(case.cotangents)
    assert found.case.size < case.size


def test_a_pin_keeps_its_geometry_and_loses_values():
    op = Registry().op("conv2d")
    number, pin = next(generate.pins(op, "value"))

    def fails(case):
        return case.tensors[0].materialize().ravel()[1] != 0

    found = shrink(op, pin.case, 0, number, fails)
    assert [t.shape for t in found.case.tensors] == [t.shape for t in pin.case.tensors]
    assert sum(v != 0 for v in found.case.tensors[0].fill.values) == 1


def literal(*values, dtype="float32"):
    return Case("relu", (Tensor((len(values),), dtype, Fill("literal", values=values)),))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.0, 0.5])
def test_the_one_value_that_matters_is_left(bad):
    def fails(case):
        return any(str(v) == str(bad) for v in case.tensors[0].materialize().astype(float).tolist())

    case = literal(3.0, bad, 2.0, 7.0, -1.0)
    found = fewest_values(case, Asking(fails, 100))
    assert fails(found)
    assert [str(v) for v in found.tensors[0].fill.values if str(v) not in ("0",)] == [str(bad)]
    assert Case.loads(found.dumps()) == found


def test_more_values_than_a_literal_holds_stay_generated():
    case = Case("relu", (Tensor((65,), "float32", Fill("normal", 3)),))
    assert fewest_values(case, Asking(lambda case: True, 100)) == case


def test_shrinking_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    op, number, case = failing("conv2d", "value", stride_of_two)
    shrink(op, case, 0, number, stride_of_two)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["scatter_nd", "max_unpool2d", "matmul"])
def test_what_breaks_a_rule_goes_on_breaking_it(name):
    """A framework that accepts everything would accept valid input, too: only the oracle knows which that is."""
    op = Registry().op(name)
    for number, case in generate.cases(op, "error", 0, 0, len(op.rules), 1):
        found = shrink(op, case, 0, number, lambda smaller: True)
        told = refusal(op, found.case)
        assert told
        assert ("got [-" in told) == (case.rule == "IndexNegative"), told
        assert words(told) == words(refusal(op, case))


def words(told):
    return [word for word in told.partition(", got ")[0].split() if word.isalpha() and len(word) > 2]
