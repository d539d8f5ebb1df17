"""Every vector-Jacobian product against its own op: exactly, since the values are small integers.

A linear op L and its gradient satisfy <dy, L(v)> = <Lᵀ dy, v>; where an op is linear only nearby, or in one operand
at a time, a central difference is exact.
"""

from __future__ import annotations

import math
import runpy
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters.oracle import VJPS, pool_vjp
from opassay.harness.model import dtypes
from opassay.harness.registry import Registry
from opassay.harness.run.generate import geometries

checks = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("gradient_checks.py"))))
ints, laid_out, spaced = checks.ints, checks.laid_out, checks.spaced
adjoint_gap, difference_gap = checks.adjoint_gap, checks.difference_gap
LAYOUTS = ("NHWC", "NCHW")

MATMULS = [
    ((1, 1), (1, 1)), ((3, 4), (4, 2)), ((1, 5), (5, 1)), ((5, 1), (1, 5)), ((2, 3, 4), (2, 4, 5)),
    ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5)), ((2, 3, 4), (1, 4, 5)), ((1, 3, 4), (1, 4, 2)),
    ((2, 1, 3, 4), (3, 4, 2)), ((2, 1, 3, 4), (1, 3, 4, 2)), ((3, 4), (2, 2, 4, 3)), ((1, 1, 2, 3), (3, 2)),
    ((4, 1, 1, 2, 3), (5, 1, 3, 2)), ((2, 0), (0, 3)), ((0, 2), (2, 3)), ((2, 3), (3, 0)), ((0, 2, 3), (3, 4)),
    ((0, 2, 3), (1, 3, 4)),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), MATMULS)
def test_matmul_sums_its_gradients_over_the_axes_that_broadcast(a, b):
    inputs = (ints(8, a), ints(9, b))
    assert [adjoint_gap("matmul", {}, inputs, position) for position in (0, 1)] == [0, 0]
    assert [difference_gap("matmul", {}, inputs, position) for position in (0, 1)] == [0, 0]


def pool(extents, window, stride=(1, 1), padding="VALID", dilation=(1, 1), batch=2, channels=2):
    attributes = {"window": window, "stride": stride, "padding": padding, "dilation": dilation}
    return (batch, *extents, channels), attributes


POOLS = {
    "whole": pool((3, 2), (3, 2)),
    "tiles": pool((4, 6), (2, 3), (2, 3)),
    "tiles with a rest": pool((5, 7), (2, 3), (2, 3)),
    "overlapping": pool((5, 6), (3, 2)),
    "gaps": pool((7, 8), (2, 1), (3, 4)),
    "same overlapping": pool((4, 5), (3, 2), padding="SAME"),
    "same strided": pool((5, 6), (2, 3), (2, 2), "SAME"),
    "same window larger than image": pool((2, 3), (5, 4), (2, 1), "SAME"),
    "asymmetric": pool((4, 5), (3, 3), (1, 2), ((2, 0), (0, 1))),
    "asymmetric at the end": pool((5, 4), (3, 4), (2, 3), ((0, 1), (1, 3))),
    "wide": pool((1, 9), (1, 7), (1, 2), "SAME"),
    "identity": pool((3, 3), (1, 1)),
    "subsampled": pool((5, 5), (1, 1), (2, 3), "SAME"),
    "no samples": pool((4, 4), (2, 2), batch=0),
    "no channels": pool((4, 4), (2, 2), channels=0),
    "dilated": pool((7, 6), (3, 2), (1, 2), "VALID", (2, 3)),
    "dilated same": pool((5, 6), (2, 3), (2, 1), "SAME", (2, 2)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("name", [name for name in POOLS if "dilated" not in name])
def test_an_average_pool_spreads_each_cotangent_over_its_window(name, counted, layout):
    shape, attributes = POOLS[name]
    attributes = {k: v for k, v in attributes.items() if k != "dilation"} | {"count_padding": counted, "layout": layout}
    assert adjoint_gap("avg_pool2d", attributes, (laid_out(ints(1, shape), layout),), 0) == 0


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
def test_a_max_pool_has_the_slope_of_a_central_difference_where_no_values_tie(op, name, layout):
    shape, attributes = POOLS[name]
    assert difference_gap(op, attributes | {"layout": layout}, (laid_out(spaced(shape), layout),), 0) == 0


UNPOOLS = [
    ((1, 1), (1, 1)), ((2, 3), (2, 2)), ((3, 2), (1, 4)), ((1, 4), (5, 1)), ((4, 3), (3, 2)), ((3, 3), (1, 1)),
    ((0, 2), (2, 2)), ((2, 0), (3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("extents", "window"), UNPOOLS)
def test_both_unpoolings_gather_each_cotangent_from_where_its_value_went(extents, window, layout):
    x = laid_out(ints(11, (2, *extents, 3)), layout)
    assert adjoint_gap("avg_unpool2d", {"window": window, "layout": layout}, (x,), 0) == 0
    height, width = (n * k for n, k in zip(extents, window, strict=True))
    rng = np.random.default_rng(12)
    cells = [rng.permutation(height * width)[: math.prod(extents)] for _ in range(6)]
    indices = 3 * np.reshape(cells, (2, 3, *extents)).transpose(0, 2, 3, 1) + np.arange(3)
    whole = laid_out(np.empty((2, height, width, 3)), layout).shape
    assert (
        adjoint_gap("max_unpool2d", {"output_shape": whole, "layout": layout}, (x, laid_out(indices, layout)), 0) == 0
    )


SCATTERS = [
    ((4,), (6, 1)), ((4,), (2, 3, 1)), ((3, 2), (5, 1)), ((3, 2), (5, 2)), ((3, 2, 4), (4, 1)), ((3, 2, 4), (4, 2)),
    ((3, 2, 4), (9, 3)), ((1, 1), (3, 2)), ((3, 2, 2, 2), (2, 2, 2)), ((5,), (1,)), ((5, 2), (1,)), ((5, 2), (2,)),
    ((4,), (0, 1)), ((0, 2), (0, 1)), ((3, 0), (2, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "rows"), SCATTERS)
def test_scatter_gives_every_update_the_cotangent_at_its_place_repeated_or_not(shape, rows):
    rng, depth = np.random.default_rng(13), rows[-1]
    indices = np.stack([rng.integers(0, max(n, 1), rows[:-1]) for n in shape[:depth]], axis=-1)
    updates = ints(14, (*rows[:-1], *shape[depth:]))
    assert adjoint_gap("scatter_nd", {"shape": shape}, (indices, updates), 1) == 0


@pytest.mark.parametrize("shape", [(), (7,), (0, 3), (3, 4, 5)])
def test_relu_has_the_slope_of_a_central_difference_away_from_0(shape):
    x = 2 * ints(15, shape)
    assert difference_gap("relu", {}, (np.where(x == 0, 6, x),), 0) == 0


LINEAR = {
    "conv2d": (0, 1), "conv2d_transpose": (0, 1), "matmul": (0, 1), "avg_pool2d": (0,), "avg_unpool2d": (0,),
    "max_unpool2d": (0,), "scatter_nd": (1,),
}  # fmt: skip


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
def test_the_geometries_of_the_stream_of_gradients_are_adjoint_too(op):
    questions = streamed(op)
    gaps = Counter(adjoint_gap(op, *question, position) for question in questions for position in LINEAR[op])
    assert gaps == {0: len(LINEAR[op]) * len(questions)}
    assert len(questions) >= 40


@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
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
@pytest.mark.parametrize("op", [*LINEAR, "max_pool2d", "max_pool2d_with_argmax", "relu"])
def test_the_checks_report_a_mistake_planted_in_any_gradient(op, mistake, monkeypatch):
    monkeypatch.setitem(VJPS, op, MISTAKES[mistake](VJPS[op]))
    questions = streamed(op, 20)
    for position in LINEAR.get(op, ()):
        assert any(adjoint_gap(op, *question, position) for question in questions)
    if op not in LINEAR:
        assert any(difference_gap(op, attributes, (spaced(x.shape),), 0) for attributes, (x,) in questions)


def test_the_adjoint_reports_a_divisor_that_counts_padding_where_it_should_not(monkeypatch):
    shape, attributes = POOLS["same strided"]
    attributes = {k: v for k, v in attributes.items() if k != "dilation"} | {"count_padding": False, "layout": "NHWC"}
    right = pool_vjp.divisors
    monkeypatch.setattr(pool_vjp, "divisors", lambda windows, counted, *rest: right(windows, True, *rest))
    assert adjoint_gap("avg_pool2d", attributes, (ints(1, shape),), 0) != 0
