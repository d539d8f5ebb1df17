"""Several runs in one call of the oracle: what is said of each is what is said of it alone, to the last bit."""

from dataclasses import fields

import numpy as np
import pytest

from opassay.adapters.oracle import OPS
from opassay.harness.find.registry import Registry
from opassay.harness.model.op import references, stackable, stacked_references
from opassay.harness.plan.generate import fill_key, geometries

SEED = 11
FILLS = 8


def groups(op, count):
    """The cases of each geometry that can be answered together."""
    for number, geometry in geometries(op, "value", SEED, 0, count):
        key = fill_key(SEED, op.name, "value", number)
        cases = [case for case in (geometry.dress(i, key) for i in range(FILLS)) if stackable(op, case)]
        if cases:
            yield cases


@pytest.mark.parametrize("name", [name for name, known in OPS.items() if known.stacks])
@pytest.mark.share(2)
def test_each_run_of_a_stack_is_that_run_alone(name):
    op = Registry().op(name)
    seen = set()
    for cases in groups(op, 60):
        together = stacked_references(op, cases)
        for position, case in enumerate(cases):
            for stacked, alone in zip(together, references(op, case), strict=True):
                assert_same(stacked.at(position), alone)
                seen.add(case.tensors[0].dtype)
    assert seen >= {"float32", "float64", "bfloat16", "int32"} - ({"int32"} if name.startswith("avg_pool") else set())


def assert_same(one, other):
    for field in (f.name for f in fields(one)):
        mine, theirs = getattr(one, field), getattr(other, field)
        if field == "signed_zeros":
            # Alone it is left out where no zero's sign counts; in a stack, where that is so in all runs.
            mine, theirs = (np.broadcast_to(False if x is None else x, one.exact.shape) for x in (mine, theirs))
        if isinstance(theirs, np.ndarray):
            assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape), field
            assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), field
            assert not np.any(np.signbit(mine) != np.signbit(theirs)) if mine.dtype.kind == "f" else True, field
        else:
            assert mine == theirs, field


def test_what_is_not_finite_or_subnormal_is_asked_alone():
    op = Registry().op("conv2d")
    found = [case for cases in groups(op, 60) for case in cases]
    kinds = {tensor.fill.kind for case in found for tensor in case.tensors}
    assert kinds <= {"ones", "iota", "ints", "ties", "sparse", "normal", "wide", "cancel"}
    for values in (values for case in found for values in case.inputs() if values.dtype.kind == "f"):
        assert np.isfinite(values).all()
        assert not np.any((values != 0) & (np.abs(values) < np.finfo(values.dtype).smallest_normal))
