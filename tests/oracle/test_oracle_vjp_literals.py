"""Gradients that frameworks computed, as literal numbers: TensorFlow 2.21.0, torch 2.13.0 and JAX 0.10.2, on a CPU."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS


def cycle(step, *shape):
    """Integers from -5 to 5, all different in any 11 that follow each other."""
    return (np.arange(math.prod(shape)) * step % 11 - 5).astype(np.float32).reshape(shape)


def check(op, inputs, answer_shape, expected, step=3, **attributes):
    """``expected``: the gradients for the cotangent ``cycle(step, *answer_shape)``, None where there is none."""
    y = getattr(oracle, op)(*inputs, **attributes)
    cotangents = (cycle(step, *answer_shape), None)
    assert (y[0] if isinstance(y, tuple) else y).shape == answer_shape
    found = OPS[op].vjp(attributes, inputs, cotangents if isinstance(y, tuple) else cotangents[:1])
    for ours, numbers in zip(found, expected, strict=True):
        assert ours.policy == "unconnected" if numbers is None else ours.exact.ravel().tolist() == numbers


COMMON = {"stride": (1, 1), "dilation": (1, 1), "layout": "NHWC"}
TIES = np.array([[1, 2, 2, 0], [2, 2, 1, 0], [0, 1, 1, 1], [0, 0, 0, 0]], np.float32)


def test_strided_same_conv_as_tensorflow():
    dx = [-15, 20, -6, 8, -5, -21, -20, -12, 3, -4, 12, -16, 20, 8, 5, 17, -12, 16, -3, 4]
    dw = [4, 4, 33, -49, 9, 17]
    inputs = (cycle(7, 1, 5, 4, 1), cycle(4, 3, 2, 1, 1))
    check("conv2d", inputs, (1, 3, 2, 1), [dx, dw], **COMMON | {"stride": (2, 2), "padding": "SAME", "groups": 1})


def test_strided_same_conv_transpose_as_tensorflow():
    dx = [9, 9, 27, 11, 12, -3, -68, 20]
    dw = [24, -10, 13, -11, 15, -19, 20, -20, -38, 3, 23, -17, -10, 25, -4, -11, -25, 10]
    attributes = COMMON | {"stride": (2, 2), "padding": "SAME", "groups": 1, "output_shape": (1, 4, 3, 1)}
    check("conv2d_transpose", (cycle(7, 1, 2, 2, 2), cycle(4, 3, 3, 1, 2)), (1, 4, 3, 1), [dx, dw], **attributes)


def test_grouped_conv_with_padding_on_both_sides_as_torch():
    dx = [-5, 18, -20, 18, 20, -15, 5, -15, -10, 18, -25, 18, -15, -15, 5, 20, 14, 11, -21, -9, -12, -18, 8, 17]
    dw = [-34, 19, 15, -35, 63, -26, -30, 42]
    attributes = {"stride": (1, 2), "dilation": (1, 1), "padding": ((1, 1), (0, 0)), "groups": 2, "layout": "NCHW"}
    check("conv2d", (cycle(7, 1, 2, 3, 4), cycle(4, 2, 2, 1, 2)), (1, 2, 4, 2), [dx, dw], **attributes)


def test_strided_conv_transpose_with_padding_and_a_rest_as_torch():
    dx = [-2, 36, 8, 36, -10, 6, -17, 0]
    dw = [-30, 15, 24, -15, 12, -6, 12, -3, 24, -3, -30, 24]
    attributes = {"stride": (2, 1), "dilation": (1, 1), "padding": ((0, 0), (1, 1)), "groups": 1, "layout": "NCHW"}
    inputs = (cycle(7, 1, 2, 2, 2), cycle(4, 2, 3, 1, 2))
    check("conv2d_transpose", inputs, (1, 1, 5, 2), [dx, dw], **attributes, output_shape=(1, 1, 5, 2))


def test_dilated_conv_with_asymmetric_padding_as_jax():
    dx = [20, -16, 3, 11, 5, -7, -10, 2, 3, -7, -25, 11, 0, -16, 12, -4, 0, -4, 0, 8, -6, 2, 0, 20]
    dw = [22, -30, 0, -14, -7, -18, -8, -28]
    attributes = {"stride": (1, 2), "dilation": (2, 1), "padding": ((2, 0), (0, 1)), "groups": 1, "layout": "NHWC"}
    check("conv2d", (cycle(7, 1, 4, 3, 2), cycle(4, 2, 2, 2, 1)), (1, 4, 2, 1), [dx, dw], **attributes)


@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
def test_same_max_pool_with_ties_as_tensorflow(op):
    dx = [0, -4, 2, 0, -4, 0, -1, 0, 0, 2, 5, 0, 0, 0, 0, 0]
    attributes = COMMON | {"window": (3, 3), "stride": (1, 2), "padding": "SAME"}
    check(op, (TIES.reshape(1, 4, 4, 1),), (1, 4, 2, 1), [dx], **attributes)


@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
@pytest.mark.parametrize(
    ("window", "stride", "pad", "answer", "dx"),
    [
        ((2, 2), (1, 1), 0, (1, 1, 3, 3), [0, -7, 1, 0, 4, -4, -1, 0, 0, 7, -3, 0, 0, 0, 0, 0]),
        ((3, 3), (2, 1), 1, (1, 1, 2, 4), [0, -6, 4, 0, -5, 2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_max_pool_with_ties_as_torch(op, window, stride, pad, answer, dx):
    attributes = {"dilation": (1, 1), "padding": ((pad, pad), (pad, pad)), "layout": "NCHW"}
    check(op, (TIES.reshape(1, 1, 4, 4),), answer, [dx], window=window, stride=stride, **attributes)


def test_same_average_pool_as_tensorflow():
    dx = [-1.25, -1.75, 0, -0.25, -1.75, -1.5, 2, 3.5, -2]
    attributes = {"window": (2, 2), "stride": (1, 1), "padding": "SAME", "count_padding": False, "layout": "NHWC"}
    check("avg_pool2d", (cycle(7, 1, 3, 3, 1),), (1, 3, 3, 1), [dx], **attributes)


def test_average_pool_that_counts_padding_as_torch():
    dx = [-1.75, -0.25, 1.25, -1.25, 0.25, 1.75, -1.25, 0.25, 1.75]
    attributes = {"window": (2, 2), "stride": (2, 1), "padding": ((1, 1), (1, 1)), "count_padding": True}
    check("avg_pool2d", (cycle(7, 1, 1, 3, 3),), (1, 1, 2, 4), [dx], **attributes, layout="NCHW")


def test_matmul_that_broadcasts_both_operands_as_torch():
    da = [38, -25, -11, -10, -13, -5, 22, -21, -9, -26, 57, 8]
    db = [27, 15, -12, 5, 4, 17, 34, 22, -10, 7, -10, 3]
    check("matmul", (cycle(7, 2, 1, 2, 3), cycle(4, 2, 3, 2)), (2, 2, 2, 2), [da, db])


def test_max_unpool_as_torch():
    indices = np.array([5, 2, 8, 15]).reshape(1, 1, 2, 2)
    attributes = {"output_shape": (1, 1, 4, 4), "layout": "NCHW"}
    check("max_unpool2d", (cycle(7, 1, 1, 2, 2), indices), (1, 1, 4, 4), [[-1, 1, -3, -4], None], **attributes)


def test_avg_unpool_as_torchs_nearest_neighbours():
    dx = [-1, -6, 0, 2, 8, -8]
    check("avg_unpool2d", (cycle(7, 1, 1, 2, 3),), (1, 1, 4, 3), [dx], window=(2, 1), layout="NCHW")


def test_scatter_with_a_repeated_index_as_tensorflow():
    indices = np.array([[2, 0], [0, 1], [2, 0]])
    check("scatter_nd", (indices, cycle(7, 3, 2)), (3, 2, 2), [None, [-3, 0, 1, 4, -3, 0]], shape=(3, 2, 2))


def test_relu_at_both_zeros_as_all_three():
    check("relu", (np.array([-1, -0.0, 0, 2], np.float32),), (4,), [[0, 0, 0, -4]], step=4)
