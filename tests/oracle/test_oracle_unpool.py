"""Unpooling: values at their indices, and whole windows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS
from opassay.harness.model import dtypes


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_unpooled_maxima_stand_where_they_stood_and_pool_back_to_themselves(layout):
    x = np.random.default_rng(1).permutation(2 * 6 * 6 * 3).astype(np.float32).reshape(2, 6, 6, 3) + 1
    x = x if layout == "NHWC" else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    pool = {"window": (2, 3), "stride": (2, 3), "padding": "VALID", "dilation": (1, 1), "layout": layout}
    values, indices = oracle.max_pool2d_with_argmax(x, **pool)
    y = oracle.max_unpool2d(values.astype(np.float32), indices, output_shape=x.shape, layout=layout)
    assert np.array_equal(y[y != 0], x[y != 0])
    assert np.count_nonzero(y) == values.size
    assert np.array_equal(oracle.max_pool2d(y, **pool), values)


def unpool_two(first, second, cells=(3, 3)):
    x = np.array([first, second], np.float32).reshape(1, 1, 2, 1)
    indices = np.array(cells).reshape(1, 1, 2, 1)
    (reference,) = OPS["max_unpool2d"].reference({"output_shape": (1, 2, 3, 1), "layout": "NHWC"}, (x, indices))
    return reference


@pytest.mark.parametrize("value", [2.0, math.nan, -math.inf])
def test_equal_values_at_one_index_are_written_once(value):
    reference = unpool_two(value, value)
    assert np.array_equal(reference.exact.ravel(), [0, 0, 0, value, 0, 0], equal_nan=True)
    assert reference.free is None


@pytest.mark.parametrize(("first", "second"), [(2.0, 3.0), (math.nan, 1.0), (1.0, math.nan), (0.0, 5.0)])
def test_unequal_values_at_one_index_leave_that_element_free(first, second):
    reference = unpool_two(first, second)
    assert reference.free.ravel().tolist() == [False, False, False, True, False, False]


def test_equal_indices_in_different_samples_do_not_meet():
    x = np.array([1, 2], np.float32).reshape(2, 1, 1, 1)
    (reference,) = OPS["max_unpool2d"].reference(
        {"output_shape": (2, 2, 2, 1), "layout": "NHWC"}, (x, np.full((2, 1, 1, 1), 3))
    )
    assert reference.exact.ravel().tolist() == [0, 0, 0, 1, 0, 0, 0, 2]
    assert reference.free is None


@pytest.mark.parametrize("dtype", dtypes.CORE)
def test_both_unpools_keep_every_dtypes_values_bit_for_bit(dtype):
    x = dtypes.narrow(np.array([3, 7, 11, 13]).reshape(1, 2, 2, 1), dtype)
    indices = np.array([15, 0, 5, 10], np.int32).reshape(1, 2, 2, 1)
    (placed,) = OPS["max_unpool2d"].reference({"output_shape": (1, 4, 4, 1), "layout": "NHWC"}, (x, indices))
    (copied,) = OPS["avg_unpool2d"].reference({"window": (1, 2), "layout": "NHWC"}, (x,))
    assert (placed.dtype, placed.policy, copied.dtype, copied.policy) == (dtype, "bitwise", dtype, "bitwise")
    assert placed.exact.ravel()[[15, 0, 5, 10]].tolist() == [3, 7, 11, 13]
    assert placed.exact.sum() == 34
    assert copied.exact.ravel().tolist() == [3, 3, 7, 7, 11, 11, 13, 13]


def test_avg_unpool_is_the_same_in_either_layout_for_uneven_windows():
    x = np.arange(2 * 3 * 2 * 4, dtype=np.int32).reshape(2, 3, 2, 4)
    last = oracle.avg_unpool2d(x, window=(3, 2), layout="NHWC")
    first = oracle.avg_unpool2d(x.transpose(0, 3, 1, 2), window=(3, 2), layout="NCHW")
    assert last.shape == (2, 9, 4, 4)
    assert np.array_equal(first, last.transpose(0, 3, 1, 2))
    assert np.array_equal(last[:, 4, 3], x[:, 1, 1])


@pytest.mark.parametrize(
    ("shape", "whole"), [((0, 2, 2, 3), (0, 4, 4, 3)), ((2, 2, 2, 0), (2, 4, 4, 0)), ((2, 0, 0, 3), (2, 2, 2, 3))]
)
def test_extents_of_zero_unpool_to_nothing_or_zeros(shape, whole):
    x, indices = np.ones(shape, np.float32), np.zeros(shape, np.int64)
    y = oracle.max_unpool2d(x, indices, output_shape=whole, layout="NHWC")
    assert y.shape == whole
    assert not y.any()
    assert oracle.avg_unpool2d(x, window=(2, 2), layout="NHWC").size == 0
