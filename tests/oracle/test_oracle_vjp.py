"""Every vector-Jacobian product against its own op: exactly, since the values are small integers.

A linear op L and its gradient satisfy <dy, L(v)> = <Lᵀ dy, v>; where an op is linear only nearby, or in one operand
at a time, a central difference is exact.
"""

from __future__ import annotations

import runpy
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters.oracle import OPS, average
from opassay.adapters.oracle.pool import MAXIMA
from opassay.adapters.oracle.stages import linear_in
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.plan.generate import geometries

checks = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("gradient_checks.py"))))
ints, spaced = checks.ints, checks.spaced
adjoint_gap, difference_gap = checks.adjoint_gap, checks.difference_gap


@pytest.mark.parametrize("shape", [(), (7,), (0, 3), (3, 4, 5)])
def test_relu_has_the_slope_of_a_central_difference_away_from_0(shape):
    x = 2 * ints(15, shape)
    assert difference_gap("relu", {}, (np.where(x == 0, 6, x),), 0) == 0


LINEAR = {op: found for op in OPS if (found := linear_in(op))} | {"max_unpool2d": (0,)}
LARGEST = [*MAXIMA, "max_pool2d_with_argmax"]


@cache
def streamed(op, count=60):
    """Small questions of the stream of gradients, with integer values in float64."""
    found = []
    for number, geometry in geometries(Registry().op(op), "gradient", 17, 0, count):
        tensors = geometry.case.tensors
        if dtypes.is_float(tensors[-1 if op == "scatter_nd" else 0].dtype):
            arrays = [
                ints(100 * number + i, t.shape) if dtypes.is_float(t.dtype) else t.materialize()
                for i, t in enumerate(tensors)
            ]
            found.append((dict(geometry.case.attributes), arrays))
    return found


@pytest.mark.parametrize("op", LINEAR)
@pytest.mark.share(2)
def test_the_geometries_of_the_stream_of_gradients_are_adjoint_too(op):
    questions = streamed(op)
    gaps = Counter(adjoint_gap(op, *question, position) for question in questions for position in LINEAR[op])
    assert gaps == {0: len(LINEAR[op]) * len(questions)}
    assert len(questions) >= 40


@pytest.mark.parametrize("op", LARGEST)
def test_max_pools_of_the_stream_have_the_slope_of_a_central_difference(op):
    gaps = Counter(difference_gap(op, attributes, (spaced(x.shape),), 0) for attributes, (x,) in streamed(op))
    assert set(gaps) <= {0, None}
    assert gaps[0] >= 35


def with_exact(change):
    """The gradients of an op after ``change`` of each value."""

    def plant(vjp):
        def planted(attributes, inputs, cotangents):
            found = vjp(attributes, inputs, cotangents)
            return tuple(r if r.policy == "unconnected" else replace(r, exact=change(r.exact)) for r in found)

        return planted

    return plant


def last_dropped(values):
    kept = values.copy()
    kept.ravel()[-1:] = 0
    return kept


MISTAKES = {
    "sign": with_exact(np.negative),
    "twice": with_exact(lambda values: 2 * values),
    "reversed": with_exact(lambda values: values.ravel()[::-1].reshape(values.shape)),
    "last element dropped": with_exact(last_dropped),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("op", [*LINEAR, *LARGEST, "relu"])
def test_the_checks_report_a_mistake_planted_in_any_gradient(op, mistake, monkeypatch):
    wrong = SimpleNamespace(values=OPS[op].values, vjp=MISTAKES[mistake](OPS[op].vjp))
    monkeypatch.setitem(OPS, op, wrong)
    questions = streamed(op, 20)
    for position in LINEAR.get(op, ()):
        assert any(adjoint_gap(op, *question, position) for question in questions)
    if op not in LINEAR:
        assert any(difference_gap(op, attributes, (spaced(x.shape),), 0) for attributes, (x,) in questions)


def test_the_adjoint_reports_a_divisor_that_counts_padding_where_it_should_not(monkeypatch):
    attributes = {"window": (2, 3), "stride": (2, 2), "padding": "SAME", "count_padding": False, "layout": "NHWC"}
    right = average.Average.backward
    counted = lambda self, g: right(replace(self, count=average.counts(self.windows, True)), g)  # noqa: E731
    monkeypatch.setattr(average.Average, "backward", counted)
    assert adjoint_gap("avg_pool2d", attributes, (ints(1, (2, 5, 6, 2)),), 0) != 0
