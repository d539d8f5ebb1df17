"""Pins of the pools and unpoolings."""

from __future__ import annotations

import math
from typing import Any

from opassay.cases.pins import BY_HAND, TUTORIAL, literal, pin, plane
from opassay.harness.model.case import Tensor
from opassay.harness.model.op import Pin

ROWS = literal((1, 4, 4, 2), [value for row in range(4) for _ in range(4) for value in (row, row + 4)])
ROWS_MAXIMA = [[[[1, 5], [1, 5]], [[3, 7], [3, 7]]]]
ROWS_INDICES = [[[[8, 9], [12, 13]], [[24, 25], [28, 29]]]]
TWO_BY_TWO: dict[str, Any] = {
    "window": (2, 2),
    "stride": (2, 2),
    "padding": "SAME",
    "dilation": (1, 1),
    "layout": "NHWC",
}
PAIRS: dict[str, Any] = {
    "window": (1, 2),
    "stride": (1, 1),
    "padding": ((0, 0), (1, 1)),
    "dilation": (1, 1),
    "layout": "NHWC",
}


EVERYWHERE = {"window": (1, 2), "stride": (1, 2), "padding": "VALID", "layout": "NHWC"}
SAME_WINDOW = (
    "by the contract; https://github.com/tensorflow/tensorflow/issues/125965 has such channels answer differently"
)
CHANNELS = 9
"""One more than the float64 lanes of an AVX-512 register: kernels handle the last one separately."""


def _everywhere(first: float, second: float) -> Tensor:
    """Two images of one window each, the same in every channel."""
    return literal((2, 1, 2, CHANNELS), ([first] * CHANNELS + [second] * CHANNELS) * 2, "float64")


def _row(values: list[float], dtype: str = "float32") -> Tensor:
    return literal((1, 1, len(values), 1), values, dtype)


def _both(
    name: str, x: Tensor, values: Any, indices: Any, attributes: dict[str, Any], source: str = BY_HAND
) -> tuple[Pin, Pin]:
    """The same pin for max_pool2d and for max_pool2d_with_argmax, whose values are those of the plain pool."""
    return (
        pin(name, "max_pool2d", (x,), (values,), source, **attributes),
        pin(name, "max_pool2d_with_argmax", (x,), (values, indices), source, **attributes),
    )


SUBNORMALS = [2.0**-149, 2.0**-148, 2.0**-148]

_PAIRS_OF_PINS = (
    _both("ties_in_rows", ROWS, ROWS_MAXIMA, ROWS_INDICES, TWO_BY_TWO, TUTORIAL.format(4)),
    _both(
        "first_nan_wins",
        _row([1, math.nan, 7, math.nan]),
        plane([[1, math.nan, math.nan, math.nan, math.nan]]),
        plane([[0, 1, 1, 3, 3]]),
        PAIRS,
    ),
    _both("all_minus_infinity", _row([-math.inf] * 2), plane([[-math.inf] * 3]), plane([[0, 0, 1]]), PAIRS),
    _both("padding_below_no_integer", _row([-128, -128], "int8"), plane([[-128] * 3]), plane([[0, 0, 1]]), PAIRS),
    _both(
        "same_window_everywhere",
        _everywhere(1, math.nan),
        [[[[math.nan] * CHANNELS]]] * 2,
        [[[[CHANNELS + channel for channel in range(CHANNELS)]]]] * 2,
        {**EVERYWHERE, "dilation": (1, 1)},
        SAME_WINDOW,
    ),
    _both("subnormals_compared", _row([2.0**-149, 2.0**-148]), plane([SUBNORMALS]), plane([[0, 1, 1]]), PAIRS),
    _both("padding_below_no_negative", _row([-3, -5]), plane([[-3, -3, -5]]), plane([[0, 0, 1]]), PAIRS),
)
MAX_POOL2D = tuple(plain for plain, _ in _PAIRS_OF_PINS)
MAX_POOL2D_WITH_ARGMAX = tuple(indexed for _, indexed in _PAIRS_OF_PINS)


def _average(name: str, count_padding: bool, rows: list[list[float]]) -> Pin:
    attributes = {"window": (2, 2), "stride": (2, 2), "padding": "SAME", "layout": "NHWC"}
    x = literal((1, 3, 3, 1), tuple(range(1, 10)))
    return pin(name, "avg_pool2d", (x,), (plane(rows),), BY_HAND, count_padding=count_padding, **attributes)


AVG_POOL2D = (
    _average("border_by_real_elements", False, [[3, 4.5], [7.5, 9]]),
    _average("border_by_whole_window", True, [[3, 2.25], [3.75, 2.25]]),
    pin(
        "same_window_everywhere",
        "avg_pool2d",
        (_everywhere(math.inf, 1),),
        ([[[[math.inf] * CHANNELS]]] * 2,),
        SAME_WINDOW,
        count_padding=False,
        **EVERYWHERE,
    ),
)

MAX_UNPOOL2D = (
    pin(
        "back_to_first_ties",
        "max_unpool2d",
        (
            literal((1, 2, 2, 2), (1, 5, 1, 5, 3, 7, 3, 7)),
            literal((1, 2, 2, 2), (8, 9, 12, 13, 24, 25, 28, 29), "int64"),
        ),
        (
            [
                [
                    [[0, 0]] * 4,
                    [[1, 5], [0, 0], [1, 5], [0, 0]],
                    [[0, 0]] * 4,
                    [[3, 7], [0, 0], [3, 7], [0, 0]],
                ]
            ],
        ),
        TUTORIAL.format(5),
        output_shape=(1, 4, 4, 2),
        layout="NHWC",
    ),
    pin(
        "equal_values_written_once",
        "max_unpool2d",
        (_row([5, 5]), literal((1, 1, 2, 1), (1, 1), "int64")),
        (plane([[0, 5, 0]]),),
        BY_HAND,
        output_shape=(1, 1, 3, 1),
        layout="NHWC",
    ),
)

AVG_UNPOOL2D = (
    pin(
        "fills_each_window",
        "avg_unpool2d",
        (literal((1, 2, 2, 1), (1, 2, 3, 4)),),
        (plane([[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]),),
        TUTORIAL.format(6),
        window=(2, 2),
        layout="NHWC",
    ),
)
