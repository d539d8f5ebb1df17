"""Pools against plain loops, with NaN, infinities, ties, integers and windows between the elements."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS
from opassay.harness.model import dtypes

EXTENTS = (8, 7)
COMBINATIONS = list(
    product(
        ((1, 1), (2, 3), (3, 2)),
        ((1, 1), (2, 3)),
        ((1, 1), (2, 1), (3, 2)),
        ("SAME", "VALID", ((1, 0), (0, 1))),
        ("NHWC", "NCHW"),
    )
)


def members(window, stride, dilation, padding):
    """For each output position the input positions of its window, in row-major order."""
    per_axis = []
    for axis, n in enumerate(EXTENTS):
        e = (window[axis] - 1) * dilation[axis] + 1
        if padding == "SAME":
            out = -(-n // stride[axis])
            low = max(0, (out - 1) * stride[axis] + e - n) // 2
        else:
            low, high = (0, 0) if padding == "VALID" else padding[axis]
            out = (n + low + high - e) // stride[axis] + 1
        starts = [o * stride[axis] - low for o in range(out)]
        per_axis.append([[s + i * dilation[axis] for i in range(window[axis])] for s in starts])
    for (p, rows), (q, columns) in product(enumerate(per_axis[0]), enumerate(per_axis[1])):
        yield p, q, [(y, x) for y, x in product(rows, columns) if 0 <= y < EXTENTS[0] and 0 <= x < EXTENTS[1]]


def first_maximum(entries):
    """(value, index) as the contract says: the first NaN, else the first of the largest."""
    for value, index in entries:
        if math.isnan(value):
            return value, index
    best = max(value for value, _ in entries)
    return next(entry for entry in entries if entry[0] == best)


def valid(window, dilation, padding):
    """The padding, with no side as large as its effective window."""
    if isinstance(padding, str):
        return padding
    return tuple(
        tuple(min(side, (k - 1) * d) for side in sides) for k, d, sides in zip(window, dilation, padding, strict=True)
    )


FILLS = {
    "float32 specials": lambda rng, shape: rng.choice(
        np.array([math.nan, math.inf, -math.inf, -math.inf, -0.0, 0.0, 1, -2], np.float32), shape
    ),
    "float64 ties": lambda rng, shape: rng.choice([-1.0, -2.0, 3.0], shape),
    "float32 all -inf": lambda rng, shape: np.full(shape, -math.inf, np.float32),
    "int8": lambda rng, shape: rng.integers(-128, 0, shape).astype(np.int8),
    "uint8": lambda rng, shape: rng.integers(0, 256, shape).astype(np.uint8),
    "int64": lambda rng, shape: rng.integers(-(2**63), 2**63 - 1, shape),
}


@pytest.mark.parametrize("fill", FILLS)
def test_max_pool_and_argmax_equal_plain_loops_for_every_combination_of_attributes(fill):
    rng = np.random.default_rng(11)
    for window, stride, dilation, given, layout in COMBINATIONS:
        padding = valid(window, dilation, given)
        x = FILLS[fill](rng, (2, *EXTENTS, 3))
        attributes = {
            "window": window, "stride": stride, "dilation": dilation, "padding": padding, "layout": layout
        }  # fmt: skip
        given_x = x if layout == "NHWC" else x.transpose(0, 3, 1, 2)
        values, indices = OPS["max_pool2d_with_argmax"].reference(attributes, (given_x,))
        got = [r if layout == "NHWC" else r.transpose(0, 2, 3, 1) for r in (values.exact, indices.exact)]
        for n, c in product(range(2), range(3)):
            for p, q, where in members(window, stride, dilation, padding):
                entries = [(x[n, y, z, c].item(), (y * EXTENTS[1] + z) * 3 + c) for y, z in where]
                value, index = first_maximum(entries)
                assert np.array_equal(got[0][n, p, q, c], value, equal_nan=True), attributes
                assert got[1][n, p, q, c] == index, attributes
        (plain,) = OPS["max_pool2d"].reference(attributes, (given_x,))
        assert np.array_equal(plain.exact, values.exact, equal_nan=values.dtype.startswith("float"))
        assert plain.free is None


@pytest.mark.parametrize("count_padding", [False, True])
def test_avg_pool_equals_plain_loops_for_every_combination_of_attributes(count_padding):
    rng = np.random.default_rng(12)
    for window, stride, _, given, layout in COMBINATIONS:
        padding = valid(window, (1, 1), given)
        x = rng.integers(-9, 10, (2, *EXTENTS, 3)).astype(np.float32)
        attributes = {
            "window": window, "stride": stride, "padding": padding, "count_padding": count_padding, "layout": layout
        }  # fmt: skip
        (reference,) = OPS["avg_pool2d"].reference(attributes, (x if layout == "NHWC" else x.transpose(0, 3, 1, 2),))
        fields = [reference.exact, reference.magnitude, reference.terms, reference.divisor]
        exact, magnitude, terms, divisor = (f if layout == "NHWC" else f.transpose(0, 2, 3, 1) for f in fields)
        for p, q, where in members(window, stride, (1, 1), padding):
            entries = np.array([x[:, y, z] for y, z in where])
            count = window[0] * window[1] if count_padding else len(where)
            assert np.array_equal(exact[:, p, q], entries.sum(axis=0, dtype=float) / count), attributes
            assert np.array_equal(magnitude[:, p, q], np.abs(entries).sum(axis=0, dtype=float))
            assert np.all(terms[:, p, q] == len(where))
            assert np.all(divisor[:, p, q] == count)
        assert reference.policy == "linear"
        assert reference.free is None


POOL = {"window": (2, 2), "stride": (1, 1), "dilation": (1, 1), "padding": "SAME", "layout": "NHWC"}


def test_the_first_nan_wins_over_infinity_before_and_nan_after():
    x = np.array([math.inf, math.nan, math.nan, 1], np.float32).reshape(1, 2, 2, 1)
    values, indices = oracle.max_pool2d_with_argmax(x, **POOL | {"padding": "VALID"})
    assert math.isnan(values.item())
    assert indices.item() == 1


@pytest.mark.parametrize("signs", [(0.0, -0.0), (-0.0, 0.0)])
def test_zeros_of_either_sign_tie_and_the_first_wins(signs):
    x = np.array([-1, *signs, -1], np.float32).reshape(1, 2, 2, 1)
    values, indices = oracle.max_pool2d_with_argmax(x, **POOL | {"padding": "VALID"})
    assert values.item() == 0
    assert indices.item() == 1


def test_negative_integers_win_over_padding():
    x = np.full((1, 3, 3, 1), -128, np.int8)
    values, indices = oracle.max_pool2d_with_argmax(x, **POOL)
    assert values.dtype == np.int8
    assert np.all(values == -128)
    assert np.array_equal(indices.ravel(), np.arange(9))


def test_a_dilated_window_that_falls_between_the_elements_is_free():
    x = np.full((1, 1, 3, 1), 5, np.float32)
    attributes = POOL | {"window": (2, 1), "dilation": (2, 1)}
    (plain,) = OPS["max_pool2d"].reference(attributes, (x,))
    values, indices = OPS["max_pool2d_with_argmax"].reference(attributes, (x,))
    for reference in (plain, values, indices):
        assert reference.free.shape == (1, 1, 3, 1)
        assert reference.free.all()


def test_only_the_windows_without_elements_are_free():
    x = np.ones((2, 2, 2, 3), np.int32)
    attributes = POOL | {"window": (2, 2), "dilation": (3, 3), "padding": ((1, 3), (1, 3)), "layout": "NCHW"}
    (reference,) = OPS["max_pool2d"].reference(attributes, (x.transpose(0, 3, 1, 2),))
    rows = np.array([[-1, 2], [0, 3], [1, 4]])
    real = ((rows >= 0) & (rows < 2)).any(axis=1)
    assert np.array_equal(reference.free, np.broadcast_to(~np.outer(real, real), reference.exact.shape))


@pytest.mark.parametrize("count_padding", [False, True])
def test_an_average_over_padding_alone_is_free(count_padding):
    attributes = {
        "window": (2, 1), "stride": (1, 1), "padding": ((1, 1), (0, 0)), "count_padding": count_padding,
        "layout": "NHWC",
    }  # fmt: skip
    (reference,) = OPS["avg_pool2d"].reference(attributes, (np.ones((1, 0, 2, 1), np.float32),))
    assert reference.free.tolist() == [[[[True], [True]]]]


@pytest.mark.parametrize("dtype", dtypes.CORE)
def test_max_pool_keeps_every_dtypes_values_and_names_it(dtype):
    x = dtypes.narrow(np.arange(1, 10).reshape(1, 3, 3, 1), dtype)
    values, indices = OPS["max_pool2d_with_argmax"].reference(POOL, (x,))
    assert (values.name, values.dtype, values.policy) == ("values", dtype, "bitwise")
    assert (indices.name, indices.dtype, indices.policy) == ("indices", "int64", "index")
    assert values.exact.ravel().tolist() == [5, 6, 6, 8, 9, 9, 8, 9, 9]
    assert indices.exact.dtype == np.int64
    assert indices.exact.ravel().tolist() == [4, 5, 5, 7, 8, 8, 7, 8, 8]


@pytest.mark.parametrize("shape", [(0, 3, 3, 2), (2, 3, 3, 0), (2, 0, 3, 2)])
def test_empty_images_give_empty_pools(shape):
    x = np.ones(shape, np.float32)
    values, indices = oracle.max_pool2d_with_argmax(x, **POOL)
    average = oracle.avg_pool2d(x, window=(2, 2), stride=(1, 1), padding="SAME", count_padding=False, layout="NHWC")
    assert values.shape == indices.shape == average.shape == shape
    assert oracle.max_pool2d(x, **POOL).shape == shape
