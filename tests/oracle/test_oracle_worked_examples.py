"""The worked examples the project began from, as literal numbers (computed with TensorFlow 2.21)."""

from __future__ import annotations

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.harness.model.op import ContractError

KERNEL = np.array([1, 0, -1, -2], np.float32).reshape(2, 2, 1, 1)
STRIDED = {"stride": (2, 2), "dilation": (1, 1), "groups": 1, "layout": "NHWC"}


def rows(text: str) -> np.ndarray:
    return np.array([[float(v) for v in row.split()] for row in text.split("/")])


def picture(array: np.ndarray) -> np.ndarray:
    return array[0, :, :, 0]


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_conv_of_ones_and_back_agrees_with_example_1_for_either_padding(padding):
    y = oracle.conv2d(np.ones((1, 4, 4, 1), np.float32), KERNEL, padding=padding, **STRIDED)
    assert np.array_equal(y, np.full((1, 2, 2, 1), -2.0))
    back = oracle.conv2d_transpose(y.astype(np.float32), KERNEL, output_shape=(1, 4, 4, 1), padding=padding, **STRIDED)
    assert np.array_equal(picture(back), rows("-2 0 -2 0 / 2 4 2 4 / -2 0 -2 0 / 2 4 2 4"))


@pytest.mark.parametrize(
    ("padding", "forward", "backward"),
    [
        (
            "SAME",
            "-17 -21 -5 / -37 -41 -5 / 20 22 24",
            "-17 0 -21 0 -5 / 17 34 21 42 5 / -37 0 -41 0 -5 / 37 74 41 82 5 / 20 0 22 0 24",
        ),
        (
            "VALID",
            "-17 -21 / -37 -41",
            "-17 0 -21 0 0 / 17 34 21 42 0 / -37 0 -41 0 0 / 37 74 41 82 0 / 0 0 0 0 0",
        ),
    ],
)
def test_conv_of_25_numbers_and_back_agrees_with_example_2(padding, forward, backward):
    x = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
    y = oracle.conv2d(x, KERNEL, padding=padding, **STRIDED)
    assert np.array_equal(picture(y), rows(forward))
    back = oracle.conv2d_transpose(y.astype(np.float32), KERNEL, output_shape=x.shape, padding=padding, **STRIDED)
    assert np.array_equal(picture(back), rows(backward))


@pytest.mark.parametrize(("padding", "accepted"), [("VALID", {4, 5}), ("SAME", {3, 4})])
def test_transpose_accepts_exactly_the_output_heights_of_example_3(padding, accepted):
    x = np.ones((1, 2, 2, 1), np.float32)

    def accepts(height: int) -> bool:
        try:
            y = oracle.conv2d_transpose(x, KERNEL, output_shape=(1, height, 4, 1), padding=padding, **STRIDED)
        except ContractError:
            return False
        return y.shape == (1, height, 4, 1)

    assert {height for height in range(8) if accepts(height)} == accepted


def pooled() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.zeros((1, 4, 4, 2), np.float32)
    x[0] = np.stack([np.arange(4), np.arange(4) + 4], axis=-1)[:, None, :]
    attributes = {"window": (2, 2), "stride": (2, 2), "padding": "SAME", "dilation": (1, 1), "layout": "NHWC"}
    values, indices = oracle.max_pool2d_with_argmax(x, **attributes)
    return oracle.max_pool2d(x, **attributes), values, indices


def test_argmax_pool_gives_the_values_and_first_indices_of_example_4():
    plain, values, indices = pooled()
    assert values[0].tolist() == [[[1, 5], [1, 5]], [[3, 7], [3, 7]]]
    assert indices[0].tolist() == [[[8, 9], [12, 13]], [[24, 25], [28, 29]]]
    assert np.array_equal(plain, values)


def test_max_unpool_puts_the_pooled_values_back_as_in_example_5():
    _, values, indices = pooled()
    y = oracle.max_unpool2d(values.astype(np.float32), indices, output_shape=(1, 4, 4, 2), layout="NHWC")
    expected = np.zeros((1, 4, 4, 2))
    expected[0, 1, [0, 2]] = (1, 5)
    expected[0, 3, [0, 2]] = (3, 7)
    assert np.array_equal(y, expected)


def test_avg_unpool_fills_whole_windows_as_in_example_6():
    x = np.array([1, 2, 3, 4], np.float32).reshape(1, 2, 2, 1)
    y = oracle.avg_unpool2d(x, window=(2, 2), layout="NHWC")
    assert np.array_equal(picture(y), rows("1 1 2 2 / 1 1 2 2 / 3 3 4 4 / 3 3 4 4"))
