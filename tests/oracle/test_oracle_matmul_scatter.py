"""matmul, scatter_nd and the elementwise ops."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS
from opassay.harness.model import dtypes

RNG = np.random.default_rng(2)


@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((1, 2, 3), (5, 3, 1)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 0), (0, 3))],
)
def test_matmul_equals_plain_loops_with_broadcast_batches(a_shape, b_shape):
    a, b = RNG.integers(-9, 9, a_shape).astype(np.float32), RNG.integers(-9, 9, b_shape).astype(np.float32)
    batch = np.broadcast_shapes(a_shape[:-2], b_shape[:-2])
    a_full, b_full = np.broadcast_to(a, batch + a_shape[-2:]), np.broadcast_to(b, batch + b_shape[-2:])
    expected = np.zeros((*batch, a_shape[-2], b_shape[-1]))
    for *at, m, n in product(*map(range, expected.shape)):
        expected[(*at, m, n)] = sum(a_full[(*at, m, k)] * b_full[(*at, k, n)] for k in range(a_shape[-1]))
    (reference,) = OPS["matmul"].reference({}, (a, b))
    assert np.array_equal(reference.exact, expected)
    assert reference.exact.shape == expected.shape
    assert np.array_equal(oracle.matmul(a, b), expected)
    assert np.all(reference.terms == a_shape[-1])
    assert np.array_equal(reference.magnitude, np.matmul(np.abs(a), np.abs(b)))


def test_float64_products_keep_the_bits_that_float64_would_lose():
    a = np.array([[1.0, 2.0**-30]])
    (reference,) = OPS["matmul"].reference({}, (a, np.array([[1.0], [2.0**-30]])))
    assert reference.exact.dtype == np.longdouble
    assert reference.exact.item() - np.longdouble(1) == np.longdouble(2) ** -60


def test_integer_matmul_never_goes_through_floats():
    a = np.array([[2**62 + 1, 2]], np.int64)
    y = oracle.matmul(a, np.array([[3], [1]], np.int64))
    assert y.tolist() == [[(3 * (2**62 + 1) + 2 + 2**63) % 2**64 - 2**63]]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_scatter_equals_plain_loops_with_repeated_indices(depth):
    shape = (3, 2, 4)
    indices = np.stack([RNG.integers(0, n, (5, 2)) for n in shape[:depth]], axis=-1).astype(np.int32)
    updates = RNG.integers(-9, 9, (5, 2, *shape[depth:])).astype(np.float32)
    expected, count = np.zeros(shape), np.zeros(shape, int)
    for i, j in product(range(5), range(2)):
        expected[tuple(indices[i, j])] += updates[i, j]
        count[tuple(indices[i, j])] += 1
    (reference,) = OPS["scatter_nd"].reference({"shape": shape}, (indices, updates))
    assert reference.policy == "linear"
    assert np.array_equal(reference.exact, expected)
    assert np.array_equal(oracle.scatter_nd(indices, updates, shape=shape), expected)
    assert np.array_equal(reference.terms, count)
    assert count.max() > 1


def test_scatter_magnitude_does_not_cancel():
    (reference,) = OPS["scatter_nd"].reference(
        {"shape": (2,)}, (np.array([[1], [1]]), np.array([2.5, -2.5], np.float32))
    )
    assert reference.exact.tolist() == [0, 0]
    assert reference.magnitude.tolist() == [0, 5]


@pytest.mark.parametrize("dtype", dtypes.CORE_INTEGERS)
def test_integer_scatter_wraps_modulo_two_to_the_bits(dtype):
    largest = np.iinfo(dtype).max
    y = oracle.scatter_nd(np.array([[0], [0]]), np.array([largest, 1], dtype), shape=(1,))
    assert y.dtype == dtype
    assert y.tolist() == [np.iinfo(dtype).min]


@pytest.mark.parametrize(
    ("indices", "updates", "shape"),
    [((0, 1), (0, 3), (2, 3)), ((0, 2), (0,), (0, 0)), ((2, 1), (2, 0), (3, 0)), ((4, 0, 1), (4, 0), (5,))],
)
def test_empty_scatters_give_zeros_of_the_shape(indices, updates, shape):
    y = oracle.scatter_nd(np.zeros(indices, np.int64), np.ones(updates, np.float32), shape=shape)
    assert y.shape == shape
    assert not y.any()


def test_a_single_index_row_scatters_a_slice():
    y = oracle.scatter_nd(np.array([1]), np.array([4, 5], np.float32), shape=(3, 2))
    assert y.tolist() == [[0, 0], [4, 5], [0, 0]]


def test_relu_keeps_nan_and_positive_values_and_zeroes_the_rest():
    x = np.array([math.nan, math.inf, -math.inf, -0.0, 0.0, 1e-45, -1e-45, 2], np.float32)
    expected = np.array([math.nan, math.inf, 0, 0, 0, np.float32(1e-45), 0, 2])
    assert np.array_equal(oracle.relu(x), expected, equal_nan=True)


@pytest.mark.parametrize("dtype", dtypes.CORE)
def test_elementwise_ops_keep_every_dtypes_values(dtype):
    x = dtypes.narrow(np.array([[0, 1], [2, 100]]), dtype)
    for op in ("relu", "stop_gradient"):
        (reference,) = OPS[op].reference({}, (x,))
        assert reference.exact.tolist() == [[0, 1], [2, 100]]
        assert (reference.name, reference.dtype, reference.policy) == ("y", dtype, "bitwise")


def test_stop_gradient_returns_a_copy_of_negative_values_too():
    x = np.array([-3, 4], np.int8)
    y = oracle.stop_gradient(x)
    assert y.tolist() == [-3, 4]
    assert not np.shares_memory(x, y)
