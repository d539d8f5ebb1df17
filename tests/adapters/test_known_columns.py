"""Which convolutions to a single column are left to chance: each condition alone makes the difference."""

from __future__ import annotations

from typing import Any

import pytest

from opassay.adapters.kernels.columns import single_column
from opassay.harness.model.case import Case, Tensor

HOW = {"stride": (1, 3), "dilation": (1, 1), "groups": 1, "padding": "SAME", "layout": "NCHW"}


def _conv(image: tuple[int, ...] = (2, 1, 5, 3), dtype: str = "float32", inputs: int = 1, **how: Any) -> Case:
    return Case("conv2d", (Tensor(image, dtype), Tensor((3, 3, inputs, 5), dtype)), {**HOW, **how})


def test_one_channel_strided_to_one_column_is_covered() -> None:
    assert single_column(_conv())
    back = {**HOW, "output_shape": (2, 5, 3, 1), "layout": "NHWC"}
    tensors = (Tensor((2, 5, 1, 5), "float32"), Tensor((3, 3, 1, 5), "float32"))
    assert single_column(Case("conv2d_transpose", tensors, back, "gradient", cotangents=(None,)))
    assert not single_column(Case("conv2d_transpose", tensors, back))


@pytest.mark.parametrize(
    "other",
    [
        _conv(dtype="float64"),
        _conv(image=(2, 2, 5, 3), inputs=2),
        _conv(image=(2, 1, 5, 4)),
        _conv(image=(2, 1, 1, 3)),
        _conv(image=(0, 1, 5, 3)),
        _conv(image=(2, 1, 5, 1), stride=(1, 1)),
        _conv(image=(2, 5, 3, 1), layout="NHWC"),
    ],
    ids=["dtype", "channels", "columns", "row", "nothing", "stride", "layout"],
)
def test_each_condition_alone_leaves_a_case_uncovered(other: Case) -> None:
    assert not single_column(other)
