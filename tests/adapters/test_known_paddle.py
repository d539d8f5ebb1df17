"""What Paddle's known differences say of a case. The framework is not needed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.paddle import known_ceils as ceils
from opassay.adapters.paddle import known_masks as masks
from opassay.adapters.paddle.known import KNOWN
from opassay.adapters.paddle.known_empty import products_of_nothing, updates_misplaced
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

NAN, INF, LOWEST = math.nan, math.inf, -3.4028234663852886e38


def row(values: list[float]) -> Tensor:
    return Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=tuple(values)))


def pool(op: str, values: list[float], window: int = 2, padding: object = "VALID", **more: object) -> Case:
    how = {"window": (1, window), "stride": (1, 1), "padding": padding, "layout": "NHWC", **more}
    return Case(op, (row(values),), how)


@pytest.mark.parametrize(
    ("extent", "window", "stride", "verdict"),
    [(3, 2, 1, "shape"), (4, 2, 2, ""), (2, 3, 2, ""), (1, 3, 1, "rejects"), (2, 3, 1, "shape")],
)
def test_what_becomes_of_same_where_positions_are_told(extent: int, window: int, stride: int, verdict: str) -> None:
    case = pool("max_pool2d_with_argmax", [1.0] * extent, window, "SAME", dilation=(1, 1), stride=(1, stride))
    assert masks.shrunk(case) == (verdict == "shape")
    assert masks.unpadded(case) == bool(verdict)
    assert masks.unpadded(replace(case, aspect="gradient", cotangents=(*case.tensors, None))) == (verdict == "rejects")


@pytest.mark.parametrize(
    ("values", "foretold"),
    [([1.0, NAN], False), ([NAN, NAN], True), ([NAN, -INF], True), ([-INF, LOWEST], False), ([LOWEST, NAN], False)],
)
def test_windows_without_a_number_have_no_position(values: list[float], foretold: bool) -> None:
    assert masks.nowhere(pool("max_pool2d_with_argmax", values, dilation=(1, 1))) == foretold


@pytest.mark.parametrize(
    ("indices", "updates", "shape", "foretold"),
    [
        ((0, 3, 3), (0, 3), (3, 2, 31), True),
        ((0, 1), (0,), (16,), True),
        ((0, 3, 1), (0, 3), (1,), True),
        ((0, 1, 3, 1), (0, 1, 3, 3, 2, 3), (1, 3, 2, 3), True),
        ((2, 1), (2,), (16,), False),
    ],
)
def test_scatters_without_indices_broadcast_their_updates(indices, updates, shape, foretold):
    tensors = (Tensor(indices, "int64", Fill("zeros")), Tensor(updates, "float32", Fill("ones")))
    case = Case("scatter_nd", tensors, {"shape": shape})
    assert updates_misplaced(case) == foretold


@pytest.mark.parametrize(
    ("a", "b", "refused"),
    [
        ((2, 0, 2), (2, 2, 2), True),
        ((1, 0, 2), (2, 2, 2), True),
        ((5, 0, 5), (1, 5, 5, 31), True),
        ((2, 2, 0, 3), (2, 3, 4), True),
        ((0, 3), (2, 3, 4), True),
        ((2, 1, 0, 3), (1, 2, 3, 4), False),
        ((2, 0, 3), (3, 4), False),
        ((2, 5, 3), (2, 3, 4), False),
    ],
)
def test_compiled_products_without_elements_are_refused_unless_both_operands_are_repeated(a, b, refused):
    several = np.broadcast_shapes(a[:-2], b[:-2])
    shapes = (a, b, (*several, a[-2], b[-1]))
    assert (
        products_of_nothing(Case("matmul_vjp", tuple(Tensor(s, "float32", Fill("ones")) for s in shapes), {}))
        is refused
    )
    assert [fact.flaky for fact in KNOWN if fact.when is products_of_nothing] == [""]


def averaged(extent: int, window: int, padding: tuple[int, int], counted: bool = True) -> Case:
    """An average with stride 2 and a divisor, along rows."""
    told = {
        "window": (window, 1),
        "stride": (2, 1),
        "padding": (padding, (0, 0)),
        "count_padding": counted,
        "divisor": 2,
    }
    return Case("ceil_avg_pool2d", (Tensor((1, extent, 1, 1), "float32", Fill("ones")),), {**told, "layout": "NHWC"})


@pytest.mark.parametrize(("extent", "padding", "shows"), [(3, (1, 1), True), (3, (0, 0), False), (4, (0, 0), False)])
def test_a_last_window_may_start_behind_the_image(extent: int, padding: tuple[int, int], shows: bool) -> None:
    assert ceils.starts_outside(averaged(extent, 2, padding)) is shows


@pytest.mark.parametrize(
    ("asked", "shows"),
    [((3, 2, (0, 0)), True), ((4, 2, (0, 0)), False), ((4, 3, (1, 1), False), True), ((5, 3, (1, 1)), False)],
)
def test_a_divisor_shrinks_where_a_window_is_cut_off(asked: tuple[Any, ...], shows: bool) -> None:
    assert ceils.divides_less(averaged(*asked)) is shows


def test_words_of_padding_and_invalid_windows_show_neither() -> None:
    case = averaged(3, 2, (0, 0))
    words = replace(case, attributes={**case.attributes, "padding": "VALID"})
    assert not ceils.starts_outside(words)
    assert not ceils.divides_less(words)
    assert not ceils.starts_outside(replace(averaged(3, 2, (1, 1)), rule="StrideZero", aspect="error"))
