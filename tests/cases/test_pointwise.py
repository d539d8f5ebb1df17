"""What the streams of ops that treat each element alone cover, and that oracle and contract take them."""

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest

from opassay.cases.signatures import draws
from opassay.cases.signatures.special_table import TABLE
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.memory import KINDS as MEMORIES
from opassay.harness.model.op import ContractError, references, refusal
from opassay.harness.plan.generate import cases, geometries

OPS = {op.name: op for op in Registry().ops() if op.numerics == "pointwise"}
CASES = 250

SAMPLE = set(list(OPS)[::3])
"""Whose streams are looked at whole: what ops of a class share is drawn by the class."""

every_op = pytest.mark.parametrize("name", OPS)
some_ops = pytest.mark.parametrize("name", [name for name in OPS if name in SAMPLE])

SEVERAL = [name for name in OPS if name in SAMPLE and len(OPS[name].inputs) > 1]
DIFFERENTIABLE = [name for name in OPS if name in SAMPLE and OPS[name].gradients]


@cache
def stream(name, aspect="value", count=CASES):
    return tuple(geometry for _, geometry in geometries(OPS[name], aspect, 0, 0, count))


def test_the_registry_finds_ops_of_every_class():
    found = set().union(*(op.traits for op in OPS.values()))
    assert found >= {"pointwise", "unary", "exact", "test"}
    assert len(OPS) >= 13


@some_ops
def test_every_dtype_rank_and_memory_kind_occurs(name):
    found = [g.case for g in stream(name)]
    allowed = {d for d in dtypes.DTYPES if OPS[name].example(d)}
    assert {case.tensors[-1].dtype for case in found} == allowed
    assert {len(draws.broadcasts([t.shape for t in case.tensors])) for case in found} == set(range(6))
    for position in range(len(OPS[name].inputs)):
        assert {case.tensors[position].memory.kind for case in found} >= set(MEMORIES) - {"channels_last"}


def test_channels_last_which_needs_rank_four_occurs():
    kinds = [{t.memory.kind for g in stream(name) for t in g.case.tensors} for name in OPS if name in SAMPLE]
    assert sum("channels_last" in found for found in kinds) >= 20


@some_ops
def test_some_cases_are_empty_and_some_are_large(name):
    sizes = [max(t.size for t in g.case.tensors) for g in stream(name)]
    # One in twenty, give or take three standard deviations of 250 draws.
    assert 0.008 <= sum(any(0 in t.shape for t in g.case.tensors) for g in stream(name)) / CASES <= 0.1
    assert sum(size > 4096 for size in sizes) >= CASES // 40
    # One axis may be as long as a whole tensor, a little past it: the others are 1.
    assert max(sizes) < 2 * 65_536


@some_ops
def test_the_first_two_fills_are_a_plain_one_and_a_hard_one(name):
    floats = [g for g in stream(name) if dtypes.is_float(g.case.tensors[-1].dtype)]
    second = Counter(kind for g in floats for kind in g.kinds[:2])
    assert not floats or set(second) >= {"near", "normal", "special", "bits"}
    # A power's two may both be hard.
    assert all(len(set(g.kinds[1:])) == len(g.kinds) - 1 >= 3 for g in stream(name))


@pytest.mark.parametrize("name", SEVERAL)
def test_operands_broadcast_in_every_way(name):
    shapes = [tuple(t.shape for t in g.case.tensors) for g in stream(name)]
    apart = [found for found in shapes if len(set(found)) > 1]
    assert CASES // 4 <= len(apart) <= 3 * CASES // 4
    assert any(() in found for found in apart)
    assert any(len(set(map(len, found))) > 1 for found in apart)
    assert any(1 in found[0] and 1 in found[-1] for found in apart)


@every_op
def test_the_oracle_takes_every_generated_case(name):
    op = OPS[name]
    for _, case in cases(op, "value", 0, 0, 12, 2):
        (answer,) = references(op, case)
        assert answer.exact.shape == draws.broadcasts([t.shape for t in case.tensors])
    for _, case in cases(op, "gradient", 0, 0, 12, 2) if op.gradients else ():
        answers = references(op, case)
        assert [r.name for r in answers] == [f"d{n}" for n in op.inputs]


@every_op
def test_every_rule_makes_input_that_the_oracle_refuses(name):
    op = OPS[name]
    assert bool(op.rules) >= (len(op.inputs) > 1)
    for _, case in cases(op, "error", 0, 0, 10 * len(op.rules), 1):
        assert refusal(op, case)
        assert case.size


@every_op
def test_a_dtype_outside_the_contract_is_refused_by_name(name):
    op = OPS[name]
    outside = next((d for d in dtypes.DTYPES if op.example(d) is None), None)
    if outside is None:
        assert {case.tensors[-1].dtype for _, case in cases(op, "value", 0, 0, 5, 1)} <= set(dtypes.DTYPES)
        return
    inputs, attributes = op.example(next(d for d in dtypes.DTYPES if op.example(d)))
    with pytest.raises(ContractError, match=f"is {outside}; it must be one of"):
        op.reference(attributes, [*inputs[:-1], dtypes.narrow(np.ones((2, 3)), outside)])


@every_op
def test_a_small_call_is_valid(name):
    op = OPS[name]
    calls = [call for call in map(op.example, dtypes.DTYPES) if call is not None]
    assert calls
    for inputs, attributes in calls:
        (answer,) = op.reference(attributes, inputs)
        assert answer.exact.shape == (2, 3)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_cotangents_have_the_shape_of_the_answer_and_values_of_their_own(name):
    found = [g.case for g in stream(name, "gradient")]
    given = [c for case in found for c in case.cotangents if c is not None]
    assert {c.fill.kind for c in given} == {"ones", "ints", "normal", "wide"}
    for case in found:
        (cotangent,) = case.cotangents
        to = case.attributes.get("to")
        floating = dtypes.is_float(to if to in dtypes.DTYPES else case.tensors[-1].dtype)
        assert (cotangent is not None) == floating
        assert not floating or cotangent.shape == draws.broadcasts([t.shape for t in case.tensors])


def test_points_of_a_format_are_written_down_alike_everywhere():
    assert draws.points((0, lambda form: math.log(form.largest)), "float32") == (0.0, 88.72)
    assert draws.points((0, 7, lambda form: form.largest), "int8") == (0, 7)


def test_special_values_are_of_ops_that_there_are():
    assert set(TABLE) <= set(OPS)


@every_op
def test_special_values_have_the_sign_of_zero_that_the_standard_says(name):
    for pin in OPS[name].pins:
        if not pin.expected or not dtypes.is_float((answer := references(OPS[name], pin.case)[0]).dtype):
            continue
        expected = np.array(pin.expected[0], float)
        zeros = np.zeros(expected.shape, bool) if answer.signed_zeros is None else answer.signed_zeros
        assert (np.signbit(answer.exact) == np.signbit(expected))[zeros].all()
