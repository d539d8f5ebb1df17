"""What rests on one element, or on none: a sum of one zero, a query from which every key is hidden."""

import math

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned


def verdict(case, answer):
    truth = references(Registry().op(case.op), case)
    models = [NumericModel("float32", flushes=False)]
    return judge(case, Returned((np.full(truth[0].exact.shape, answer, np.float32),)), truth, models).verdict


def tensor(shape, *values):
    return Tensor(shape, "float32", Fill("literal", values=values))


@pytest.mark.parametrize("op", ["sum", "mean"])
def test_the_sum_of_one_negative_zero_is_either_zero(op):
    case = Case(op, (tensor((1,), -0.0),), {"axes": (0,), "keepdims": False})
    assert [verdict(case, answer) for answer in (-0.0, 0.0, 1.0)] == ["pass", "pass", "structural"]
    minus = Case(op, (tensor((2,), -1.0, 1.0),), {"axes": (0,), "keepdims": False})
    assert verdict(minus, -0.0) == "pass"


@pytest.mark.parametrize(("reduction", "end"), [("min", math.inf), ("max", -math.inf)])
def test_what_no_update_meets_shares_its_gradient_with_none(reduction, end):
    """Rows of unequal length are filled up with what is no smaller, which is equal to it here."""
    indices = Tensor((2, 2), "int64", Fill("literal", values=(0, 0, 0, 0)))
    x, updates = tensor((2, 2), 1.0, end, 1.0, end), tensor((2, 2), 1.0, 1.0, end, end)
    case = Case(
        "scatter_reduce",
        (indices, x, updates),
        {"axis": 1, "reduction": reduction},
        "gradient",
        cotangents=(tensor((2, 2), 3.0, 3.0, 3.0, 3.0),),
    )
    (_, dx, du) = references(Registry().op("scatter_reduce"), case)
    assert dx.exact.tolist() == [[1.0, 3.0], [3.0, 3.0]]
    assert du.exact.tolist() == [[1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(("large", "nan"), [(1e30, "undefined"), (1.0, "special")])
def test_a_query_that_sees_no_key_is_open_where_a_score_overflows(large, nan):
    """Minus infinity, added to a score that overflowed, is NaN."""
    one, bias = tensor((1, 1, 1, 1), large), tensor((1, 1), -math.inf)
    case = Case("biased_attention", (bias, one, one, tensor((1, 1, 1, 1), 3.0)), {"scale": False})
    assert verdict(case, math.nan) == nan
    assert verdict(case, 0.0) in ("pass", nan)
