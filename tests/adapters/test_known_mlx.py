"""What MLX's known differences say of a case. The framework is not needed."""

from __future__ import annotations

from typing import Any

import pytest

from opassay.adapters.mlx import known_predicates as of
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

BEYOND = 2**31


def convolution(stride: tuple[int, int], dilation: tuple[int, int]) -> Case:
    tensors = tuple(Tensor(shape, "float32", Fill("ones")) for shape in ((1, 4, 4, 1), (1, 1, 1, 1)))
    told = {"stride": stride, "dilation": dilation, "padding": "VALID", "groups": 1, "layout": "NHWC"}
    return Case("conv2d", tensors, told)


@pytest.mark.parametrize(
    ("stride", "dilation", "shows"),
    [((1, BEYOND), (1, 1), True), ((1, 1), (BEYOND, 1), True), ((1, BEYOND - 1), (1, BEYOND - 1), False)],
)
def test_strides_and_dilations_of_more_than_32_bits_are_wide(
    stride: tuple[int, int], dilation: tuple[int, int], shows: bool
) -> None:
    assert of.wide(convolution(stride, dilation)) is shows


@pytest.mark.parametrize(("stride", "shows"), [(BEYOND - 1, True), (BEYOND, False), (2, False)])
def test_the_widest_stride_is_the_last_of_32_bits(stride: int, shows: bool) -> None:
    assert of.widest(convolution((1, stride), (1, 2))) is shows


def test_a_convolution_without_dilation_takes_the_widest_stride() -> None:
    assert not of.widest(convolution((1, BEYOND - 1), (1, 1)))


def transposed(kernel: int, stride: int, padding: tuple[int, int], output: int) -> Case:
    """Of an image of three rows and one column."""
    shapes = ((1, 3, 1, 1), (kernel, 1, 1, 1))
    told = {"output_shape": (1, output, 1, 1), "stride": (stride, 1), "padding": (padding, (0, 0)), "dilation": (1, 1)}
    tensors = tuple(Tensor(shape, "float32", Fill("ones")) for shape in shapes)
    return Case("conv2d_transpose", tensors, {**told, "groups": 1, "layout": "NHWC"})


@pytest.mark.parametrize(
    ("asked", "shows"),
    [
        ((1, 3, (1, 1), 5), True),
        ((1, 3, (1, 1), 6), True),
        ((1, 3, (0, 1), 7), False),
        ((1, 1, (1, 1), 1), False),
        ((2, 3, (1, 1), 6), False),
    ],
)
def test_padding_beyond_the_window_is_cropped_where_a_stride_separates_rows(
    asked: tuple[Any, ...], shows: bool
) -> None:
    assert of.cropped(transposed(*asked)) is shows


@pytest.mark.parametrize(("padding", "output", "shows"), [((0, 0), 8, True), ((1, 0), 6, False), ((0, 1), 7, False)])
def test_rows_that_no_window_reaches_are_beyond_what_is_padded(
    padding: tuple[int, int], output: int, shows: bool
) -> None:
    assert of.beyond_windows(transposed(3, 2, padding, output)) is shows


@pytest.mark.parametrize(("window", "shows"), [(4, True), (5, True), (6, False)])
def test_a_window_one_step_larger_than_the_image_makes_nothing(window: int, shows: bool) -> None:
    told = {"window": (window, 1), "stride": (2, 1), "padding": "VALID", "layout": "NHWC"}
    assert of.window_of_nothing(Case("avg_pool2d", (Tensor((1, 3, 1, 1), "float32", Fill("ones")),), told)) is shows
