"""Bounds that know of other ways to the same answer: a choice among subnormals, a gradient of two products."""

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.dtypes import narrow
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned


def of(op, *columns, dtype="bfloat16", dy=()):
    tensors = [Tensor((len(c),), dtype, Fill("literal", values=c)) for c in columns]
    cotangents = tuple(Tensor((len(dy),), dtype, Fill("literal", values=dy)) for _ in range(bool(dy)))
    return Case(op, tuple(tensors), {}, "gradient" if dy else "value", cotangents=cotangents)


def verdict(case, *answers, flushes=True):
    told = references(Registry().op(case.op), case)
    arrays = tuple(narrow(np.array(answer), case.tensors[0].dtype) for answer in answers)
    model = NumericModel(case.tensors[0].dtype, flushes=flushes)
    return judge(case, Returned(arrays), told, [model] * len(told)).verdict


@pytest.mark.parametrize(("op", "operands"), [("fmin", ((1e-39,), (4e-39,))), ("maximum", ((-4e-39,), (-1e-39,)))])
def test_of_two_subnormals_that_are_flushed_either_is_the_smaller(op, operands):
    case, other = of(op, *operands), max(operands, key=lambda column: abs(column[0]))
    assert verdict(case, other) == "pass"
    assert verdict(case, other, flushes=False) == "numeric"
    assert verdict(case, (1e-30,)) == "numeric"


def test_a_subnormal_below_0_may_stay_in_a_clamp_that_flushes():
    case = of("relu6", (-2.7e-40,))
    assert verdict(case, (-2.7e-40,)) == "pass"
    assert verdict(case, (-2.7e-40,), flushes=False) == "numeric"


def test_the_gradient_of_a_remainder_may_be_rounded_as_two_products():
    """6 · g is 6.28125, which bfloat16 has; 5 · g, rounded, plus g is 6.3125, as JAX 0.10.2 answered."""
    g = 1.046875
    case = of("remainder", (-5.5,), (1.0,), dy=(g,))
    assert verdict(case, (g,), (6.28125,)) == verdict(case, (g,), (6.3125,)) == "pass"
    assert verdict(case, (g,), (6.5,)) == "numeric"
