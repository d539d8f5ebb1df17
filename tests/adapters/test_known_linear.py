"""Where a flushed subnormal turns a sum of products NaN."""

from __future__ import annotations

import math
from typing import Any

import pytest

from opassay.adapters.kernels.linear import nan_by_flush
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

INF, NAN, TINY = math.inf, math.nan, 2.0**-149


def _tensor(shape: tuple[int, ...], values: list[float], dtype: str = "float32") -> Tensor:
    return Tensor(shape, dtype, Fill("literal", values=tuple(values)))


def _product(a: list[float], b: list[float], dtype: str = "float32") -> Case:
    return Case("matmul", (_tensor((1, len(a)), a, dtype), _tensor((len(b), 1), b, dtype)), {})


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([TINY, 1], [INF, 1], True),
        ([TINY, INF], [1, 1], False),
        ([TINY, NAN], [INF, 1], False),
        ([TINY, INF], [INF, -1], False),
        ([0, 1], [INF, 1], False),
        ([TINY, 3e38], [INF, 3e38], False),
    ],
)
def test_a_sum_turns_nan_by_a_subnormal_times_infinity_alone(a: list[float], b: list[float], expected: bool) -> None:
    assert nan_by_flush(_product(a, b)) is expected


def test_float16_integers_ordinary_fills_and_nothing_are_not_flushed() -> None:
    half = 2.0**-24
    assert not nan_by_flush(_product([half], [INF], "float16"))
    assert nan_by_flush(_product([2.0**-133], [INF], "bfloat16"))
    ordinary = Tensor((1, 1), "float32", Fill("normal"))
    assert not nan_by_flush(Case("matmul", (ordinary, ordinary), {}))
    empty = Tensor((1, 0), "float32", Fill("special"))
    assert not nan_by_flush(Case("matmul", (empty, Tensor((0, 1), "float32", Fill("special"))), {}))


def _conv(x: list[float], w: list[float], padding: Any = "VALID", dy: list[float] | None = None) -> Case:
    how = {"stride": (1, 1), "dilation": (1, 1), "groups": 1, "padding": padding, "layout": "NHWC"}
    tensors = (_tensor((1, 1, len(x), 1), x), _tensor((1, len(w), 1, 1), w))
    if dy is None:
        return Case("conv2d", tensors, how)
    return Case("conv2d", tensors, how, aspect="gradient", cotangents=(_tensor((1, 1, len(dy), 1), dy),))


def test_a_convolution_multiplies_only_what_meets_in_a_window() -> None:
    assert nan_by_flush(_conv([TINY, 1, 1], [INF, 1]))
    assert not nan_by_flush(_conv([1, 1, TINY], [INF, 1]))


def test_an_answer_that_may_be_nan_by_padding_is_left_open() -> None:
    assert not nan_by_flush(_conv([TINY], [INF, 1], padding=((0, 0), (1, 0))))
    assert nan_by_flush(_conv([TINY], [1, INF, 1], padding="SAME"))


def test_the_gradients_multiply_cotangents() -> None:
    assert nan_by_flush(_conv([1, 1], [INF, 1], dy=[TINY])) is True
    assert nan_by_flush(_conv([TINY, 1], [1, 1], dy=[INF])) is True
    assert nan_by_flush(_conv([TINY, 1], [1, 1], dy=[1])) is False


def test_a_transpose_multiplies_images_with_filters() -> None:
    how = {"stride": (1, 1), "dilation": (1, 1), "groups": 1, "padding": "VALID", "layout": "NHWC"}
    attributes = how | {"output_shape": (1, 1, 1, 1)}

    def case(x: float, w: float) -> Case:
        return Case("conv2d_transpose", (_tensor((1, 1, 1, 1), [x]), _tensor((1, 1, 1, 1), [w])), attributes)

    assert nan_by_flush(case(TINY, INF))
    assert not nan_by_flush(case(1, INF))
