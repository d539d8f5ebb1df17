"""Rules by which frameworks find a window's maximum, and the predicates that say where they are wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opassay.adapters.known_relu import multiplied, selected
from opassay.adapters.known_windows import (
    first_maximum,
    gradient_failure,
    last_nan,
    not_less,
    only_larger,
    value_failure,
    windows,
    with_flushed,
)
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

NAN, INF, TINY = math.nan, math.inf, 2.0**-149


def pool(values: list[float], cotangent: list[float] | None = None, padding: object = "VALID", window: int = 3) -> Case:
    """One row, one window wide as it is high: windows of ``window`` elements."""
    attributes = {"window": (1, window), "stride": (1, 1), "dilation": (1, 1), "padding": padding, "layout": "NHWC"}
    x = _row(values)
    if cotangent is None:
        return Case("max_pool2d", (x,), attributes)
    return Case("max_pool2d", (x,), attributes, aspect="gradient", cotangents=(_row(cotangent),))


def _row(values: list[float]) -> Tensor:
    return Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=tuple(values)))


@pytest.mark.parametrize(
    ("values", "first", "last", "scan", "larger"),
    [
        ([1, 2, 2], 1, 1, 1, 1),
        ([1, NAN, NAN], 1, 2, 2, 0),
        ([NAN, 1, 2], 0, 0, 2, 0),
        ([2, NAN, 1], 1, 1, 2, 0),
        ([-INF, -INF, -INF], 0, 0, 0, 0),
    ],
)
def test_rules_choose_their_tap(values: list[float], first: int, last: int, scan: int, larger: int) -> None:
    seen = windows(pool(values))
    assert [int(rule(seen).item()) for rule in (first_maximum, last_nan, not_less, only_larger)] == [
        first,
        last,
        scan,
        larger,
    ]


def test_padding_is_no_maximum_but_for_the_rule_that_sees_it() -> None:
    seen = windows(pool([-INF], padding=((0, 0), (1, 1))))
    assert seen.places.ravel().tolist() == [-1, 0, -1]
    assert first_maximum(seen).item() == only_larger(seen).item() == 1
    assert not_less(seen).item() == 0


def test_a_subnormal_maximum_is_lost_to_an_earlier_zero() -> None:
    flushed = with_flushed(first_maximum, "float32")
    assert value_failure(pool([0, TINY, -1]), flushed) == "special"
    assert value_failure(pool([-1, TINY, 0]), flushed) == "pass"
    assert value_failure(pool([0, TINY, 1]), flushed) == "pass"


def test_the_gradient_of_another_maximum_is_numeric_or_special() -> None:
    assert gradient_failure(pool([NAN, NAN, 1], [5]), last_nan) == "numeric"
    assert gradient_failure(pool([NAN, NAN, 1], [INF]), last_nan) == "special"
    assert gradient_failure(pool([NAN, 1, 2], [5]), last_nan) == "pass"


def test_nothing_is_told_of_ordinary_fills_integers_and_nothing() -> None:
    attributes = pool([1.0, 2, 3]).attributes
    for tensor in (
        Tensor((1, 1, 3, 1), "float32", Fill("normal")),
        Tensor((1, 1, 3, 1), "int32", Fill("special")),
        Tensor((0, 1, 3, 1), "float32", Fill("special")),
        Tensor((1, 1, 2, 1), "float32", Fill("special")),
    ):
        assert value_failure(Case("max_pool2d", (tensor,), attributes), not_less) == "pass"


def relu(x: list[float], dy: list[float]) -> Case:
    return Case("relu", (_row(x),), {}, aspect="gradient", cotangents=(_row(dy),))


@pytest.mark.parametrize(
    ("x", "dy", "by_selection", "by_product"),
    [
        ([1, -1], [2, 3], "pass", "pass"),
        ([TINY], [1], "numeric", "numeric"),
        ([TINY], [INF], "special", "special"),
        ([TINY], [TINY], "special", "special"),
        ([-TINY], [1], "pass", "pass"),
        ([-1], [INF], "pass", "special"),
        ([1], [TINY], "pass", "special"),
        ([NAN], [INF], "pass", "pass"),
    ],
)
def test_relu_by_selection_and_by_product(x: list[float], dy: list[float], by_selection: str, by_product: str) -> None:
    case = relu(x, dy)
    assert (selected(case), multiplied(case)) == (by_selection, by_product)


def test_a_window_has_the_elements_of_its_padded_image() -> None:
    seen = windows(pool([1, 2], padding=((0, 0), (1, 0)), window=2))
    assert np.array_equal(seen.values[:, 0, 0, :, 0], [[-INF, 1], [1, 2]])
