"""NaN, infinity, subnormals and the largest finite value in linear ops."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS
from opassay.harness.model import dtypes
from opassay.harness.model.fill_values import values
from opassay.harness.model.fills import Fill

SPECIALS = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5, -2.0, 3.0], np.float32)


def loops(x, w, outputs, pads, stride, dilation, zeros):
    """One channel; with ``zeros`` the padding is multiplied, as a kernel does that pads first."""
    y = np.zeros(outputs)
    for p, q, i, j in product(*map(range, outputs), *map(range, w.shape)):
        row, column = p * stride + i * dilation - pads, q * stride + j * dilation - pads
        if 0 <= row < x.shape[0] and 0 <= column < x.shape[1]:
            y[p, q] += float(x[row, column]) * float(w[i, j])
        elif zeros:
            y[p, q] += 0.0 * float(w[i, j])
    return y


def loops_back(y, w, extents, pads, stride, dilation, zeros):
    """The transpose of one channel; with ``zeros`` it correlates a zero-stuffed input."""
    x = np.zeros(extents)
    for row, column, i, j in product(*map(range, extents), *map(range, w.shape)):
        p, q = row + pads - i * dilation, column + pads - j * dilation
        inside = 0 <= p < y.shape[0] * stride and 0 <= q < y.shape[1] * stride
        if inside and p % stride == 0 and q % stride == 0:
            x[row, column] += float(y[p // stride, q // stride]) * float(w[i, j])
        elif zeros:
            x[row, column] += 0.0 * float(w[i, j])
    return x


def stuff(w, dilation):
    out = np.zeros([(k - 1) * dilation + 1 for k in w.shape], np.float32)
    out[::dilation, ::dilation] = w
    return out


def sample(rng):
    kernel, stride, dilation = (int(rng.integers(1, 4)) for _ in range(3))
    span = (kernel - 1) * dilation + 1
    pads = int(rng.integers(0, span))
    extents = tuple(int(span + rng.integers(0, 5)) for _ in range(2))
    outputs = tuple((n + 2 * pads - span) // stride + 1 for n in extents)
    explicit = ((pads, pads), (pads, pads))
    attributes = {
        "stride": (stride, stride), "dilation": (dilation, dilation), "padding": explicit, "groups": 1, "layout": "NHWC"
    }  # fmt: skip
    few = rng.choice(SPECIALS, (kernel, kernel), p=[0.06, 0.06, 0.06, 0.06, 0.06, 0.3, 0.2, 0.2])
    return few, extents, outputs, (pads, stride, dilation), attributes


def check(run, reference, operand, w, size, geometry):
    pads, stride, dilation = geometry
    exact = run(operand, w, size, pads, stride, dilation, zeros=False)
    padded = run(operand, w, size, pads, stride, dilation, zeros=True)
    stuffed = run(operand, stuff(w, dilation), size, pads, stride, 1, zeros=False)
    may = np.zeros(size, bool) if reference.may_be_nan is None else reference.may_be_nan[0, :, :, 0]
    assert np.array_equal(reference.exact[0, :, :, 0], exact, equal_nan=True)
    assert np.array_equal(may | np.isnan(exact), np.isnan(padded) | np.isnan(stuffed))
    return int((may & ~np.isnan(exact)).sum())


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_nan_is_also_right_exactly_where_multiplied_padding_or_stuffing_gives_it(op):
    rng = np.random.default_rng(5)
    accepted = 0
    with np.errstate(all="ignore"):
        for _ in range(250):
            w, extents, outputs, geometry, attributes = sample(rng)
            size, run = (outputs, loops) if op == "conv2d" else (extents, loops_back)
            shape = extents if op == "conv2d" else outputs
            operand = rng.choice(SPECIALS, shape, p=[0.02, 0.02, 0.02, 0.04, 0.05, 0.35, 0.25, 0.25])
            extra = {} if op == "conv2d" else {"output_shape": (1, *extents, 1)}
            (reference,) = OPS[op].reference(attributes | extra, (operand[None, :, :, None], w[:, :, None, None]))
            accepted += check(run, reference, operand, w, size, geometry)
    assert accepted > 100


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_one_bad_filter_excuses_nan_only_in_its_own_group_and_channel(op):
    w = np.ones((3, 3, 2, 4), np.float32)
    x = np.ones((1, 3, 3, 4), np.float32)
    # conv2d: channel 3 of group 1. Transpose: [kh, kw, out / groups, in], so output 0 of group 1.
    w[0, 0, 0, 3] = math.inf
    attributes = {"stride": (1, 1), "dilation": (1, 1), "padding": "SAME", "groups": 2, "layout": "NCHW"}
    extra = {} if op == "conv2d" else {"output_shape": (1, 4, 3, 3)}
    (reference,) = OPS[op].reference(attributes | extra, (x.transpose(0, 3, 1, 2), w))
    channel = 3 if op == "conv2d" else 2
    corner = np.array([[True, True, True], [True, False, False], [True, False, False]])
    expected = np.zeros((1, 4, 3, 3), bool)
    expected[0, channel] = corner if op == "conv2d" else corner[::-1, ::-1]
    assert np.array_equal(reference.may_be_nan, expected)


def test_finite_inputs_excuse_no_nan():
    (reference,) = OPS["conv2d"].reference(
        {"stride": (1, 1), "dilation": (2, 2), "padding": "SAME", "groups": 1, "layout": "NHWC"},
        (np.ones((1, 3, 3, 1), np.float32), np.ones((2, 2, 1, 1), np.float32)),
    )
    assert reference.may_be_nan is None
    assert reference.free is None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_sums_of_the_largest_finite_values_stay_finite_in_the_oracle(dtype):
    largest = dtypes.narrow(np.full((3, 40), dtypes.FORMATS[dtype].largest), dtype)
    (reference,) = OPS["matmul"].reference({}, (largest, largest.T))
    assert np.isfinite(reference.exact).all()
    assert np.isfinite(reference.magnitude).all()
    assert np.all(reference.exact > reference.exact.dtype.type(dtypes.FORMATS[dtype].largest))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("op", ["conv2d", "matmul", "avg_pool2d", "scatter_nd"])
def test_special_fills_pass_through_every_linear_op_without_warnings(op, dtype):
    x = values(Fill("special", 3), dtype, (2, 6, 6, 8))
    w = values(Fill("normal", 4), dtype, (2, 2, 8, 4))
    common = {"stride": (2, 2), "padding": "SAME", "layout": "NHWC"}
    attributes, inputs = {
        "conv2d": (common | {"dilation": (1, 1), "groups": 1}, (x, w)),
        "matmul": ({}, (x, w[0, 0])),
        "avg_pool2d": (common | {"window": (3, 3), "count_padding": True}, (x,)),
        "scatter_nd": ({"shape": (3, 6, 6, 8)}, (np.array([[1], [1]]), x)),
    }[op]
    (reference,) = OPS[op].reference(attributes, inputs)
    assert np.isnan(reference.exact).any()
    assert np.isfinite(reference.exact).any()
    assert np.isfinite(reference.magnitude).all()
    assert np.isfinite(reference.flush).all()


def test_magnitude_sums_the_products_of_finite_operands_only():
    a = np.array([[math.nan, 2, -3], [math.inf, 1, 1], [1, -1, 1]], np.float32)
    b = np.array([[5], [-7], [math.inf]], np.float32)
    (reference,) = OPS["matmul"].reference({}, (a, b))
    assert reference.magnitude.ravel().tolist() == [14, 7, 12]
    assert reference.terms.ravel().tolist() == [3, 3, 3]


def test_zero_times_infinity_is_nan_and_infinities_of_one_sign_add_up():
    a = np.array([[0, 1], [2, 1], [2, -1]], np.float32)
    b = np.array([[math.inf], [math.inf]], np.float32)
    y = oracle.matmul(a, b).ravel()
    assert math.isnan(y[0])
    assert y[1] == math.inf
    assert math.isnan(y[2])


def test_flush_is_given_only_where_an_input_is_subnormal():
    tiny = np.float32(dtypes.FORMATS["float32"].smallest_subnormal)
    a, b = np.array([[2, -3]], np.float32), np.array([[5], [7]], np.float32)
    (ordinary,) = OPS["matmul"].reference({}, (a, b))
    (subnormal,) = OPS["matmul"].reference({}, (np.array([[tiny, -3]], np.float32), b))
    assert ordinary.flush is None
    assert subnormal.flush.item() == (float(tiny) + 3) + (5 + 7)


def test_flush_of_a_sum_counts_its_terms():
    x = np.array([1e-40, 1, 2, 3], np.float32).reshape(1, 2, 2, 1)
    attributes = {"window": (2, 2), "stride": (1, 1), "padding": "SAME", "count_padding": False, "layout": "NHWC"}
    (reference,) = OPS["avg_pool2d"].reference(attributes, (x,))
    assert reference.flush[0, :, :, 0].tolist() == [[4, 2], [2, 1]]
