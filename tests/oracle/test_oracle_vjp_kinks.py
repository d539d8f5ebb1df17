"""Gradients where the contract has to choose (kinks, ties, free elements), and what bounds their errors."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters.oracle import OPS
from opassay.harness.find.registry import Registry
from opassay.harness.plan.generate import geometries

INF, NAN = math.inf, math.nan


def rows(values):
    """A float32 image of one sample and channel."""
    array = np.array(values, np.float32)
    return array.reshape(1, *array.shape, 1)


def pooled_back(x, dy, op="max_pool2d", **attributes):
    common = {"window": (1, 2), "stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "layout": "NHWC"}
    cotangents = (rows(dy),) if op == "max_pool2d" else (rows(dy), None)
    return OPS[op].vjp(common | attributes, (rows(x),), cotangents)[0]


def test_relu_passes_the_cotangent_above_0_only_and_leaves_nan_free():
    x = np.array([-INF, -2, -1e-45, -0.0, 0.0, 1e-45, 3, INF, NAN], np.float32)
    (dx,) = OPS["relu"].vjp({}, (x,), (np.arange(-4, 5, dtype=np.float32),))
    assert dx.exact.tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 0]
    assert dx.free.tolist() == [False] * 8 + [True]
    assert (dx.name, dx.dtype, dx.policy) == ("dx", "float32", "bitwise")


def test_relu_passes_strange_cotangents_bit_for_bit_and_stops_them_below_0():
    (dx,) = OPS["relu"].vjp(
        {}, (np.array([1, 1, 1, -1, -1], np.float32),), (np.array([NAN, INF, -0.0, NAN, INF], "f4"),)
    )
    assert np.array_equal(dx.exact, [NAN, INF, 0, 0, 0], equal_nan=True)
    assert np.signbit(dx.exact[2])
    assert dx.free is None


@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
@pytest.mark.parametrize(
    ("x", "dx"),
    [
        ([[5, 5, 5]], [[1, 2, 0]]),
        ([[1, 5, 1]], [[0, 3, 0]]),
        ([[0.0, -0.0, 0.0]], [[1, 2, 0]]),
        ([[-0.0, 0.0, -1]], [[1, 2, 0]]),
        ([[NAN, 7, INF]], [[1, 0, 2]]),
        ([[7, NAN, INF]], [[0, 3, 0]]),
        ([[NAN, NAN, NAN]], [[1, 2, 0]]),
        ([[-INF, -INF, -INF]], [[1, 2, 0]]),
        ([[INF, INF, 1]], [[1, 2, 0]]),
    ],
)
def test_the_first_maximum_or_the_first_nan_of_each_window_gets_its_whole_cotangent(op, x, dx):
    reference = pooled_back(x, [[1, 2]], op)
    assert reference.exact[0, :, :, 0].tolist() == dx
    assert (reference.free, reference.policy) == (None, "linear")


def first_takes_all():
    dx = pooled_back([[3, 3], [3, 3]], [[5]], window=(2, 2)).exact[0, :, :, 0]
    return dx.tolist() == [[5, 0], [0, 0]]


def test_of_four_equal_values_the_first_in_row_major_order_takes_all_and_a_share_for_each_is_noticed(monkeypatch):
    assert first_takes_all()
    right = OPS["max_pool2d"].vjp

    def every_maximum(attributes, inputs, cotangents):
        (reference,) = right(attributes, inputs, cotangents)
        reference.exact[inputs[0] == inputs[0].max()] = cotangents[0].item()
        return (reference,)

    monkeypatch.setitem(OPS, "max_pool2d", SimpleNamespace(vjp=every_maximum))
    assert not first_takes_all()


def test_a_window_of_minus_infinities_sends_its_cotangent_to_its_first_real_element_not_to_padding():
    padding = ((1, 0), (1, 0))
    dx = pooled_back([[-INF, -INF], [-INF, -INF]], [[1, 2], [3, 4]], window=(2, 2), padding=padding)
    assert dx.exact[0, :, :, 0].tolist() == [[10, 0], [0, 0]]
    assert dx.free is None


def test_what_overlapping_windows_send_to_one_element_adds_up_and_is_counted():
    x = [[0, 1, 0], [1, 9, 1], [0, 1, 0]]
    dx = pooled_back(x, [[1, -2], [4, -8]], window=(2, 2))
    assert dx.exact[0, 1, 1, 0] == -5
    assert dx.magnitude[0, 1, 1, 0] == 15
    assert dx.terms[0, :, :, 0].tolist() == [[0, 0, 0], [0, 4, 0], [0, 0, 0]]


@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
def test_a_window_without_any_real_element_leaves_the_whole_gradient_free(op):
    dx = pooled_back([[3]], [[1, 2]], op, dilation=(1, 3), padding=((0, 0), (2, 2)))
    assert dx.free.all()
    assert dx.exact.shape == dx.free.shape == (1, 1, 1, 1)
    assert pooled_back([[3]], [[1, 2]], op, dilation=(1, 1), padding=((0, 0), (1, 1))).free is None


@pytest.mark.parametrize("values", [(1, 2, 3, 4), (1, 1, 1, 1)])
def test_a_repeated_index_leaves_its_values_free_and_no_other(values):
    x = np.array(values, np.float32).reshape(2, 1, 2, 1)
    indices = np.array([3, 3, 3, 0]).reshape(x.shape)
    dy = np.arange(8, dtype=np.float32).reshape(2, 2, 2, 1)
    dx, dindices = OPS["max_unpool2d"].vjp({"output_shape": dy.shape, "layout": "NHWC"}, (x, indices), (dy,))
    assert dx.free.ravel().tolist() == [True, True, False, False]
    assert dx.exact.ravel().tolist()[2:] == [7, 4]
    assert (dindices.name, dindices.dtype, dindices.policy) == ("dindices", "int64", "unconnected")


def test_gradients_that_only_move_values_keep_strange_cotangents_and_signs_of_zero():
    dy = np.array([NAN, -0.0, INF, 1e-45], np.float32)
    _, updates = OPS["scatter_nd"].vjp({"shape": (4,)}, (np.array([[0], [1], [1], [2]]), np.ones(4, np.float32)), (dy,))
    x, indices = np.ones((1, 2, 2, 1), np.float32), np.arange(4).reshape(1, 2, 2, 1)
    attributes = {"output_shape": (1, 2, 2, 1), "layout": "NHWC"}
    dx, _ = OPS["max_unpool2d"].vjp(attributes, (x, indices), (dy.reshape(x.shape),))
    assert np.array_equal(updates.exact, dy[[0, 1, 1, 2]], equal_nan=True)
    assert np.array_equal(dx.exact.ravel(), dy, equal_nan=True)
    assert np.signbit(updates.exact[1:3]).all()
    assert np.signbit(dx.exact.ravel()[1])
    assert {updates.policy, dx.policy} == {"bitwise"}


def averaged_back(window, x, dy, counted=False, **attributes):
    common = {"stride": (1, 1), "padding": "SAME", "count_padding": counted, "layout": "NHWC"}
    (dx,) = OPS["avg_pool2d"].vjp(common | attributes | {"window": window}, (rows(x),), (rows(dy),))
    return dx


def test_an_averages_gradient_counts_windows_and_weighs_their_cotangents():
    dx = averaged_back((1, 2), [[1, 1, 1]], [[2, -4, 8]])
    assert dx.exact.ravel().tolist() == [1, -1, 6]
    assert dx.magnitude.ravel().tolist() == [1, 3, 10]
    assert dx.terms.ravel().tolist() == [1, 2, 2]
    assert dx.unit.ravel().tolist() == [0.5, 0.5, 0.5]
    assert (dx.roundings, dx.policy, dx.divisor, dx.free) == (2, "linear", None, None)


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_every_term_of_a_2x2_average_is_a_multiple_of_a_quarter(layout):
    x = np.ones((2, 3, 3, 2), np.float32)
    x = x if layout == "NHWC" else x.transpose(0, 3, 1, 2)
    attributes = {"window": (2, 2), "stride": (1, 1), "padding": "SAME", "count_padding": False, "layout": layout}
    (dx,) = OPS["avg_pool2d"].vjp(attributes, (x,), (x,))
    assert np.array_equal(dx.unit, np.full(x.shape, 0.25))


@pytest.mark.parametrize(
    ("width", "stride", "counted", "unit"),
    [
        (5, 3, False, [NAN, NAN, NAN, 0.5, 0.5]),
        (4, 1, False, [NAN, NAN, NAN, NAN]),
        (5, 3, True, [NAN] * 5),
        (2, 1, False, [0.5, 0.5]),
        (1, 1, False, [1.0]),
    ],
)
def test_terms_that_a_window_of_3_divides_have_no_unit(width, stride, counted, unit):
    dx = averaged_back((1, 3), [[1] * width], [[1] * -(-width // stride)], counted, stride=(1, stride))
    assert np.array_equal(dx.unit.ravel(), unit, equal_nan=True)


def test_an_element_that_no_window_holds_has_no_term_and_any_unit():
    dx = averaged_back((1, 1), [[1, 1, 1]], [[5, 5]], stride=(1, 2))
    assert [dx.exact.ravel().tolist(), dx.terms.ravel().tolist(), dx.unit.ravel().tolist()] == [
        [5, 0, 5], [1, 0, 1], [1, 1, 1]
    ]  # fmt: skip


LINEAR = ("conv2d", "conv2d_transpose", "matmul", "avg_pool2d", "avg_unpool2d", "max_pool2d")


@pytest.mark.parametrize("op", LINEAR)
def test_the_magnitude_covers_the_gradient_for_every_fill_and_dtype_of_the_stream(op):
    seen = set()
    for number, geometry in geometries(Registry().op(op), "gradient", 19, 0, 16):
        for fill in range(len(geometry.kinds)):
            case = geometry.dress(fill, number)
            for dx in OPS[op].vjp(case.attributes, case.inputs(), case.cotangent_values()):
                if dx.policy != "unconnected" and dx.magnitude is not None:
                    seen.add(dx.dtype)
                    finite = np.isfinite(dx.exact)
                    assert np.isfinite(dx.magnitude).all()
                    assert np.all(np.abs(dx.exact[finite]) <= dx.magnitude[finite] * (1 + 1e-12))
                    assert not dx.magnitude[dx.terms == 0].any()
    assert len(seen) >= 3
