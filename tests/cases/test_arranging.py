"""Ops that move, pick and order elements: streams, rules, named mistakes, and answers by others."""

import math
import warnings

import pytest

from opassay.adapters.oracle.mistakes import movement, resizing, sized
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import KINDS as MEMORIES
from opassay.harness.model.op import references, refusal
from opassay.harness.plan import generate
from opassay.harness.plan.sharpness import judged, sought

OPS = {op.name: op for op in Registry().ops() if op.numerics == "arranging"}
every_op = pytest.mark.parametrize("name", OPS)


@every_op
def test_the_oracle_takes_every_case_and_refuses_what_breaks_a_rule(name):
    op = OPS[name]
    for _, case in generate.cases(op, "value", 0, 0, 8, 2):
        assert next(r.name for r in references(op, case)) in ("y", "ys0", "values")
    for _, case in generate.cases(op, "gradient", 0, 0, 5, 1):
        assert [r.name for r in references(op, case)] == [f"d{n}" for n in op.inputs_of(case)]
    for _, case in generate.cases(op, "error", 0, 0, 2 * len(op.rules), 1):
        assert refusal(op, case), case.rule
    inputs, attributes = op.example("int32") if op.example("int32") else op.example("float32")
    assert op.reference(attributes, inputs)


WHOLE = Fill("ints", 3)
MOVING = [name for name, op in OPS.items() if {"moves", "reads"} & set(op.traits)]


@pytest.mark.parametrize("name", MOVING)
def test_the_gradient_of_a_movement_is_its_transpose(name):
    """<g, A x> = <A' g, x>, exactly for small whole numbers."""
    for _, case in generate.cases(OPS[name], "gradient", 0, 0, 8, 1):
        if case.cotangents[0] is None or case.attributes.get("fill"):
            continue
        kept = generate.INDEX_KINDS
        given = case.with_fills([t.fill if t.fill.kind in kept else WHOLE for t in case.all_tensors])
        answer = OPS[name].reference(given.attributes, given.inputs())[0].exact
        pairs = zip(references(OPS[name], given), given.inputs(), strict=True)
        there = sum((r.exact * dtypes.widen(x)).sum() for r, x in pairs if r.policy != "unconnected")
        assert there == (answer * dtypes.widen(given.cotangent_values()[0])).sum()


@pytest.mark.parametrize("name", ["transpose", "concat", "gather", "sort"])
def test_every_dtype_memory_and_rank_occurs_and_some_cases_are_long_or_empty(name):
    found = [g.case for _, g in generate.geometries(OPS[name], "value", 0, 0, 300)]
    assert {case.tensors[-1].dtype for case in found} == {d for d in dtypes.DTYPES if OPS[name].example(d)}
    assert {case.tensors[-1].memory.kind for case in found} >= set(MEMORIES) - {"channels_last"}
    assert {len(case.tensors[-1].shape) for case in found} >= {1, 2, 3, 4}
    assert any(max(case.tensors[-1].shape, default=0) > 65_536 for case in found)
    assert 0.01 < sum(math.prod(case.tensors[-1].shape) == 0 for case in found) / len(found) < 0.3


MISTAKES = (*movement.MISTAKES, *resizing.MISTAKES, *sized.MISTAKES)


@pytest.mark.parametrize(("name", "aspect"), sorted({(m.op, m.aspect) for m in MISTAKES}))
def test_a_mistake_is_found_by_twenty_geometries(name, aspect):
    op, wanted = OPS[name], [m for m in MISTAKES if (m.op, m.aspect) == (name, aspect)]
    cases = [*((n, p.case) for n, p in generate.pins(op, aspect)), *generate.cases(op, aspect, 0, 0, 20, 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries = sought(op, wanted, cases, {"judge": judged})
    assert [e.mistake.id for e in entries if "judge" not in e.found] == []
