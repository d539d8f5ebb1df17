"""Ops along axes: what their streams cover, that oracle and contract take them, and that mistakes are found."""

import math
from collections import Counter

import numpy as np
import pytest

from opassay.adapters.oracle.mistakes import along, reductions, scans
from opassay.cases import fitting
from opassay.cases.signatures import axes
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.memory import KINDS as MEMORIES
from opassay.harness.model.op import ContractError, references, refusal
from opassay.harness.plan import generate
from opassay.harness.plan.plan import geometries as planned
from opassay.harness.plan.sharpness import judged, sought

OPS = {op.name: op for op in Registry().ops() if {"reduces", "scan", "shares"} & set(op.traits)}
CASES = 200
MISTAKES = (*reductions.MISTAKES, *scans.MISTAKES, *along.MISTAKES)
MISTAKEN = sorted({m.op for m in MISTAKES})
SEEDS = range(2)

every_op = pytest.mark.parametrize("name", OPS)


def stream(name, count=CASES):
    return [geometry.case for _, geometry in generate.geometries(OPS[name], "value", 0, 0, count)]


def over(case):
    given = case.attributes.get("axes", (case.attributes.get("axis"),))
    return [axis % len(case.tensors[0].shape) for axis in given]


@pytest.mark.parametrize("name", ["sum", "argmax", "cumsum", "any"])
def test_every_axis_length_rank_dtype_and_memory_occurs(name):
    found = stream(name)
    assert {case.tensors[0].dtype for case in found} == {d for d in dtypes.DTYPES if OPS[name].example(d)}
    assert {case.tensors[0].memory.kind for case in found} >= set(MEMORIES) - {"channels_last"}
    assert {len(case.tensors[0].shape) for case in found} >= {1, 2, 3, 4, 5}
    lengths = {case.tensors[0].shape[axis] for case in found for axis in over(case)}
    assert lengths >= {1, 2, 16, 17, 257, 1023, 1025, 4097}
    assert axes.LONG[-1] <= max(math.prod(case.tensors[0].shape) for case in found) < 2 * fitting.LARGEST_TENSOR
    inner = Counter(len(case.tensors[0].shape) - 1 in over(case) for case in found)
    assert inner[False] > CASES // 8
    given = [axis for case in found for axis in case.attributes.get("axes", (case.attributes.get("axis"),))]
    assert any(axis < 0 for axis in given)


@every_op
def test_the_oracle_takes_every_case_and_refuses_what_breaks_a_rule(name):
    op = OPS[name]
    for _, case in generate.cases(op, "value", 0, 0, 20, 2):
        (answer,) = references(op, case)
        x = np.broadcast_to(0, case.tensors[0].shape)
        kept = case.attributes.get("keepdims")
        assert answer.exact.shape == (x.shape if kept is None else x.sum(axis=tuple(over(case)), keepdims=kept).shape)
    for _, case in generate.cases(op, "gradient", 0, 0, 10, 2) if op.gradients else ():
        assert [r.name for r in references(op, case)] == ["dx"]
    for _, case in generate.cases(op, "error", 0, 0, 4 * len(op.rules), 1):
        assert refusal(op, case)
    with pytest.raises(ContractError, match="it must be one of"):
        op.reference({}, [dtypes.narrow(np.ones(2), "float32" if "truth" in op.traits else "bool")])


def default(op):
    """Geometries per aspect of a default run."""
    return planned(op, "value", sum(o.numerics == "reduction" for o in Registry().ops()))


def missed(name, count):
    """Each planted mistake, with seed and aspect, and whether so many geometries and the pins miss it."""
    op = OPS[name]
    for aspect in ("value", "gradient"):
        wanted = [m for m in MISTAKES if (m.op, m.aspect) == (name, aspect)]
        for seed in SEEDS if wanted else ():
            pins = [(number, pin.case) for number, pin in generate.pins(op, aspect)]
            cases = (*pins, *generate.cases(op, aspect, seed, 0, count, 2))
            for entry in sought(op, wanted, cases, {"judge": judged}):
                yield (seed, aspect, entry.mistake.id), "judge" not in entry.found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nine_of_ten_mistakes_are_found_by_a_default_run():
    told = [lost for name in MISTAKEN for _, lost in missed(name, default(OPS[name]))]
    assert sum(told) <= 0.1 * len(told)


@pytest.mark.parametrize("name", MISTAKEN)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mistake_is_found_by_twice_the_geometries_of_a_default_run(name):
    assert [which for which, lost in missed(name, 2 * default(OPS[name])) if lost] == []


def test_a_choice_is_about_a_rule_of_the_op():
    for op in OPS.values():
        assert {rule for choice in op.choices for rule in choice.rules} <= {rule.name for rule in op.rules}
    (no_axes, nothing) = OPS["max"].choices
    assert {no_axes.name, nothing.name} == {"no_axes", "nothing_reduced"}
