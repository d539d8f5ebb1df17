"""The three-run rule: what it gives bounds the error of correct kernels, and float64 needs a wide longdouble."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.geometry import ALIKE
from opassay.adapters.oracle import OPS, linear
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import NotJudged
from opassay.harness.model.outcome import Returned
from opassay.harness.run.judging import Judging


def bound(reference, unit_roundoff):
    n = reference.terms + 1
    gamma = n * unit_roundoff / (1 - n * unit_roundoff)
    return gamma * reference.magnitude


@pytest.mark.parametrize("order", [1, -1])
def test_naive_float32_sums_in_either_order_stay_inside_the_bound_and_a_lost_term_does_not(order):
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(20, 50)).astype(np.float32), rng.normal(size=(50, 30)).astype(np.float32)
    (reference,) = OPS["matmul"].reference({}, (a, b))
    total = np.zeros((20, 30), np.float32)
    for k in range(50)[::order]:
        total += a[:, k, None] * b[k]
    allowed = bound(reference, dtypes.FORMATS["float32"].unit_roundoff)
    assert np.all(np.abs(total - reference.exact) <= allowed)
    assert np.any(total != reference.exact)
    assert np.all(np.abs(total - a[:, :1] * b[:1] - reference.exact) > allowed, where=np.abs(a[:, :1] * b[:1]) > 0.01)


def test_a_float64_kernel_stays_inside_the_bound_taken_from_longdouble():
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(16, 200)), rng.normal(size=(200, 16))
    (reference,) = OPS["matmul"].reference({}, (a, b))
    error = np.abs(np.matmul(a, b).astype(np.longdouble) - reference.exact)
    assert error.max() > 0
    assert np.all(error <= bound(reference, dtypes.FORMATS["float64"].unit_roundoff))


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose", "matmul", "scatter_nd", "avg_pool2d"])
def test_float64_is_refused_where_longdouble_is_no_wider(op, monkeypatch):
    monkeypatch.setattr(linear, "LONGDOUBLE_BITS", 53)
    x = np.ones((1, 1, 1, 1))
    conv = {"stride": (1, 1), "padding": "SAME", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
    pool = {"window": (1, 1), "stride": (1, 1), "padding": "SAME", "count_padding": False, "layout": "NHWC"}
    attributes, inputs = {
        "conv2d": (conv, (x, x)),
        "conv2d_transpose": (conv | {"output_shape": x.shape}, (x, x)),
        "matmul": ({}, (x, x)),
        "scatter_nd": ({"shape": (1,)}, (np.array([[0]]), np.ones(1))),
        "avg_pool2d": (pool, (x,)),
    }[op]
    with pytest.raises(NotJudged, match="at least 63 significand bits, and has 53"):
        OPS[op].reference(attributes, inputs)
    with pytest.raises(NotJudged, match="leave it out"):
        getattr(oracle, op)(*inputs, **attributes)
    single = [v.astype(np.float32) if v.dtype == np.float64 else v for v in inputs]
    assert OPS[op].reference(attributes, single)[0].exact.dtype == np.float64


def test_every_definition_is_that_of_an_op_and_has_its_contract_as_a_function():
    assert {*OPS} <= {op.name for op in Registry().ops()}
    # Over one and three axes an op is the definition of two, whose contract tells of all.
    assert all(callable(getattr(oracle, op)) for op in OPS if op not in ALIKE)


LANE = SimpleNamespace(label="x", rules=(), target=SimpleNamespace(adapter="x", mode="eager"))


@pytest.mark.parametrize(
    ("op", "dtype", "to", "verdict"),
    [
        ("exp", "float64", "", "undefined"),
        ("exp", "float32", "", "pass"),
        ("cast", "int64", "float32", "undefined"),
        ("cast", "int32", "float64", "pass"),
        ("cast", "int64", "int32", "pass"),
    ],
)
def test_where_longdouble_is_no_wider_what_needs_it_is_not_judged(op, dtype, to, verdict, monkeypatch):
    monkeypatch.setattr(linear, "LONGDOUBLE_BITS", 53)
    case = Case(op, (Tensor((3,), dtype, Fill("ones")),), {"to": to} if to else {})
    ones = np.ones(3, to or dtype)
    answer = Returned((np.exp(ones) if op == "exp" else ones,))
    found = Judging().judge(LANE, Registry().op(op), case, answer, 1)
    assert found.verdict == verdict
    assert ("on this machine" in found.message) == (verdict == "undefined")
