"""What MLX's known differences say of a case. The framework is not needed."""

from __future__ import annotations

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
    assert of.widest(convolution((1, stride), (1, 1))) is shows
