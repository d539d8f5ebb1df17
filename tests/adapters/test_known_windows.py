"""The windows of max pools that predicates look at, and which element is a window's maximum."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opassay.adapters.kernels.windows import first_maximum, last_nan, usable, windows
from opassay.adapters.onnxruntime.known_pools import none_below_zero
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

NAN, INF = math.nan, math.inf


def pool(values: list[float], padding: object = "VALID", window: int = 3) -> Case:
    """One row, one window wide as it is high: windows of ``window`` elements."""
    attributes = {"window": (1, window), "stride": (1, 1), "dilation": (1, 1), "padding": padding, "layout": "NHWC"}
    x = Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=tuple(values)))
    return Case("max_pool2d", (x,), attributes)


@pytest.mark.parametrize(
    ("values", "first", "last"),
    [
        ([1, 2, 2], 1, 1),
        ([1, NAN, NAN], 1, 2),
        ([NAN, 1, 2], 0, 0),
        ([2, NAN, 1], 1, 1),
        ([-INF, -INF, -INF], 0, 0),
    ],
)
def test_rules_choose_their_tap(values: list[float], first: int, last: int) -> None:
    seen = windows(pool(values))
    assert [int(rule(seen).item()) for rule in (first_maximum, last_nan)] == [first, last]


def test_padding_is_no_maximum() -> None:
    seen = windows(pool([-INF], padding=((0, 0), (1, 1))))
    assert seen.places.ravel().tolist() == [-1, 0, -1]
    assert first_maximum(seen).item() == 1


def test_nothing_is_told_of_ordinary_fills_integers_and_nothing() -> None:
    attributes = pool([1.0, 2, 3]).attributes
    for tensor in (
        Tensor((1, 1, 3, 1), "float32", Fill("normal")),
        Tensor((1, 1, 3, 1), "int32", Fill("special")),
        Tensor((0, 1, 3, 1), "float32", Fill("special")),
        Tensor((1, 1, 2, 1), "float32", Fill("special")),
    ):
        assert not usable(Case("max_pool2d", (tensor,), attributes))
    assert usable(pool([1.0, 2, 3]))


def test_a_window_has_the_elements_of_its_padded_image() -> None:
    seen = windows(pool([1, 2], padding=((0, 0), (1, 0)), window=2))
    assert np.array_equal(seen.values[:, 0, 0, :, 0], [[-INF, 1], [1, 2]])


@pytest.mark.parametrize(("rows", "window", "fits"), [(5, 6, True), (4, 6, False), (4, 4, True)])
def test_onnxruntime_refuses_a_window_for_which_fewer_than_no_rows_are_left(rows: int, window: int, fits: bool) -> None:
    how = {"window": (window, 1), "stride": (1, 1), "padding": "VALID", "count_padding": False, "layout": "NHWC"}
    case = Case("avg_pool2d", (Tensor((1, rows, 3, 1), "float32", Fill("ints")),), how, "error")
    assert none_below_zero(case) is fits
