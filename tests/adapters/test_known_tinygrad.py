"""What tinygrad's known differences say of a case. The framework is not needed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from opassay.adapters.tinygrad import known as of
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

ONE = Tensor((1, 1, 2, 1), "float32", Fill("ones"))
MATMUL = {"op": "matmul", "inputs": ["a", "a"], "outputs": ["y"]}


def holding(*values: float) -> Tensor:
    return Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=values))


def pooled(x: Tensor, dy: Tensor, window: tuple[int, int] = (1, 2)) -> Case:
    how = {"window": window, "stride": (1, 1), "dilation": (1, 1), "padding": "VALID", "layout": "NHWC"}
    return Case("max_pool2d", (x,), how, "gradient", cotangents=(dy,))


@pytest.mark.parametrize(
    ("case", "shows"),
    [
        (pooled(holding(1.0, math.nan, 2.0), ONE), True),
        (pooled(holding(1.0, 3.0, 2.0), holding(1.0, math.inf)), True),
        (pooled(holding(1.0, 3.0, 2.0), ONE), False),
        (pooled(holding(1.0, math.nan), ONE, window=(1, 1)), False),
        (pooled(Tensor((1, 0, 3, 1), "float32", Fill("special")), ONE), False),
    ],
)
def test_a_share_of_a_maximum_is_nan_of_what_is_not_finite(case: Case, shows: bool) -> None:
    assert of._several_with_nan(case) is shows


@pytest.mark.parametrize(
    ("rows", "before", "stride", "shows"),
    [(4, 0, 1, True), (0, 0, 1, False), (4, -4, 1, True), (4, -5, 1, False), (4, 0, 0, True), (0, 0, 0, False)],
)
def test_a_transpose_is_accepted_where_rows_are_left(rows: int, before: int, stride: int, shows: bool) -> None:
    how: dict[str, Any] = {"stride": (stride, 1), "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
    how |= {"padding": ((before, 0), (0, 0)), "output_shape": (1, rows, 2, 1)}
    case = Case("conv2d_transpose", (ONE, Tensor((1, 1, 1, 1), "float32", Fill("ones"))), how, "error", "PadNegative")
    assert of._rows_left(case) is shows


@pytest.mark.parametrize(("columns", "dilation", "shows"), [(1, -1, False), (3, -1, True), (1, 0, True), (1, 2, True)])
def test_a_negative_dilation_cuts_off_rows_of_a_transpose(columns: int, dilation: int, shows: bool) -> None:
    x, w = (Tensor(shape, "float32", Fill("ones")) for shape in ((1, 3, columns, 1), (1, 3, 1, 1)))
    how = {"stride": (1, 1), "dilation": (1, dilation), "padding": "VALID", "layout": "NHWC"}
    assert of._rows_before(Case("conv2d_transpose", (x, w), how, "error", "DilationNegative")) is shows
    assert of._rows_before(Case("conv2d", (x, w), how, "error", "DilationNegative"))


@pytest.mark.parametrize(
    ("stride", "padding", "more", "shows"), [(0, 2, 0, False), (0, 1, 0, True), (0, 2, 1, True), (1, 2, 0, True)]
)
def test_a_stride_of_zero_leaves_taps(stride: int, padding: int, more: int, shows: bool) -> None:
    w = Tensor((5, 3, 1, 1), "float32", Fill("ones"))
    how = {"stride": (stride, 1), "dilation": (1, 1), "padding": ((padding, padding), (1, 1))}
    case = Case("biased_conv_transpose2d", (ONE, w), how | {"output_padding": (more, 0)}, "error", "StrideZero")
    assert of._taps_left(case) is shows


@pytest.mark.parametrize(
    ("op", "shape", "more", "shows"),
    [
        ("avg_pool2d", (1, 0, 3, 1), {}, True),
        ("avg_pool2d", (0, 3, 3, 1), {}, False),
        ("conv2d_transpose", (1, 3, 3, 1), {"output_shape": (1, 0, 3, 1)}, True),
        ("conv2d_transpose", (0, 3, 3, 1), {"output_shape": (0, 3, 3, 1)}, False),
    ],
)
def test_an_image_without_pixels_has_no_rows_or_columns(op: str, shape: Any, more: Any, shows: bool) -> None:
    case = Case(op, (Tensor(shape, "float32", Fill("ones")),), {"layout": "NHWC", **more}, "shape")
    assert of._no_pixels(case) is shows


@pytest.mark.parametrize(("count", "kind", "shows"), [(2, "wide", True), (1, "wide", False), (2, "ints", False)])
def test_a_product_is_computed_again_where_another_takes_it(count: int, kind: str, shows: bool) -> None:
    x = Tensor((2, 2), "float32", Fill(kind))
    assert of._wide_and_shared(Case("shared_inputs", (x,), {"inputs": ["a"], "stages": [MATMUL] * count})) is shows
