"""Which convolutions and products are left to what lies in memory: each condition alone makes the difference."""

from __future__ import annotations

from typing import Any

import pytest

from opassay.adapters.kernels.columns import single_column, single_column_by_amx
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Memory, Tensor
from opassay.harness.model.fact import Fact

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


def _bfloat16(image: tuple[int, ...] = (2, 4, 5, 3), kernel: tuple[int, int] = (3, 3), **how: Any) -> Case:
    channels = image[3] if how.get("layout") == "NHWC" else image[1]
    tensors = (Tensor(image, "bfloat16"), Tensor((*kernel, channels, 5), "bfloat16"))
    return Case("conv2d", tensors, {**HOW, **how})


def test_amx_leaves_one_column_of_several_rows_to_chance_in_either_layout() -> None:
    assert single_column_by_amx(_bfloat16())
    assert single_column_by_amx(_bfloat16(image=(2, 5, 3, 4), layout="NHWC"))


@pytest.mark.parametrize(
    "other",
    [
        _conv(image=(2, 4, 5, 3), inputs=4),
        _bfloat16(image=(2, 4, 5, 4)),
        _bfloat16(image=(2, 4, 4, 3)),
        _bfloat16(kernel=(3, 1)),
        _bfloat16(image=(2, 4, 5, 1), stride=(1, 1)),
        _bfloat16(image=(0, 4, 5, 3)),
    ],
    ids=["dtype", "columns", "rows", "filter", "stride", "nothing"],
)
def test_amx_does_the_others_rightly(other: Case) -> None:
    assert not single_column_by_amx(other)


def _fact(adapter: str, id: str) -> Fact:
    return next(fact for fact in Registry().known(adapter) if fact.id == id)


def test_what_is_repeated_in_memory_is_no_operand_of_int_mm() -> None:
    def product(kind: str, dtype: str = "int8") -> Case:
        return Case("matmul_widened", (Tensor((4, 8), dtype, memory=Memory(kind)), Tensor((8, 3), dtype)), {})

    covers = _fact("torch", "torch-int-mm-unwritten").covers
    found = [covers(product("broadcast")), covers(product("transposed")), covers(product("broadcast", "float16"))]
    assert found == [True, False, False]


def test_einsum_with_an_ellipsis_is_wrong_in_16_bits() -> None:
    def einsum(equation: str, dtype: str) -> Case:
        return Case("einsum", (Tensor((5, 3), dtype), Tensor((3, 3), dtype)), {"equation": equation})

    covers = _fact("tensorflow", "tensorflow-onednn-einsum").covers
    asked = [("...i,ij->...j", "float16"), ("...i,ij->...j", "float32"), ("bi,ij->bj", "float16")]
    assert [covers(einsum(*each)) for each in asked] == [True, False, False]
