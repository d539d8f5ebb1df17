"""Pins of the aspect ``gradient``: the tutorial's gradients, and the kinks for which the contract fixes a gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from opassay.cases.pins import BY_HAND, TUTORIAL, literal, plane
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.op import Pin

STEPS_OF_TWO: dict[str, Any] = {"stride": (2, 2), "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
TWO_BY_TWO: dict[str, Any] = {"window": (2, 2), "stride": (2, 2), "padding": "SAME", "layout": "NHWC"}
PAIRS: dict[str, Any] = {"window": (1, 2), "stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "layout": "NHWC"}
KERNEL = literal((2, 2, 1, 1), (1, 0, -1, -2))


def _pin(
    name: str,
    op: str,
    tensors: Sequence[Tensor],
    cotangents: Sequence[Tensor | None],
    gradients: Sequence[Any],
    source: str = BY_HAND,
    **attributes: Any,
) -> Pin:
    """A pin whose ``gradients`` go by input; None for one that is ``Unconnected``."""
    case = Case(op, tuple(tensors), attributes, "gradient", cotangents=tuple(cotangents))
    return Pin(name, case, tuple(gradients), source)


def _image(rows: Sequence[Sequence[float]], dtype: str = "float32") -> Tensor:
    return literal((1, len(rows), len(rows[0]), 1), [v for row in rows for v in row], dtype)


def _row(values: Sequence[float]) -> Tensor:
    return _image([values])


BACK = [[-2, 0, -2, 0], [2, 4, 2, 4], [-2, 0, -2, 0], [2, 4, 2, 4]]
"""Worked example 1's answer as its own cotangent: the transposed convolution of it."""

_FILTER = [[[[-8]], [[-8]]], [[[-8]], [[-8]]]]

CONV2D = tuple(
    _pin(
        f"back_to_the_image_{padding.lower()}",
        "conv2d",
        (literal((1, 4, 4, 1), (1,)), KERNEL),
        (literal((1, 2, 2, 1), (-2,)),),
        (plane(BACK), _FILTER),
        TUTORIAL.format(1),
        padding=padding,
        **STEPS_OF_TWO,
    )
    for padding in ("VALID", "SAME")
)

CONV2D_TRANSPOSE = (
    _pin(
        "forward_again",
        "conv2d_transpose",
        (literal((1, 2, 2, 1), (-2,)), KERNEL),
        (literal((1, 4, 4, 1), (1,)),),
        (plane([[-2, -2], [-2, -2]]), _FILTER),
        TUTORIAL.format(1),
        output_shape=(1, 4, 4, 1),
        padding="SAME",
        **STEPS_OF_TWO,
    ),
)


def _maxima(name: str, x: Tensor, dy: Tensor, dx: Any, attributes: Mapping[str, Any]) -> Mapping[str, Pin]:
    """The same gradient for both max pools; the indices have no cotangent."""
    return {
        "max_pool2d": _pin(name, "max_pool2d", (x,), (dy,), (dx,), **attributes),
        "max_pool2d_with_argmax": _pin(name, "max_pool2d_with_argmax", (x,), (dy, None), (dx,), **attributes),
    }


_MAXIMA = (
    _maxima(
        "first_of_ties",
        _image([[5, 5, 2, 7], [5, 5, 7, 7]]),
        _image([[1, 10]]),
        plane([[1, 0, 0, 10], [0, 0, 0, 0]]),
        {**TWO_BY_TWO, "dilation": (1, 1)},
    ),
    _maxima("overlapping_windows_add", _row([1, 9, 3, 4]), _row([1, 10, 100]), plane([[0, 11, 0, 100]]), PAIRS),
    _maxima("first_nan", _row([1, math.nan, math.nan]), _row([1, 10]), plane([[0, 11, 0]]), PAIRS),
    _maxima("all_minus_infinity", _row([-math.inf] * 3), _row([1, 10]), plane([[1, 10, 0]]), PAIRS),
)
MAX_POOL2D = tuple(pins["max_pool2d"] for pins in _MAXIMA)
MAX_POOL2D_WITH_ARGMAX = tuple(pins["max_pool2d_with_argmax"] for pins in _MAXIMA)

AVG_POOL2D = tuple(
    _pin(
        f"border_by_{words}",
        "avg_pool2d",
        (_image([[1, 2, 3], [4, 5, 6], [7, 8, 9]]),),
        (_image([[4, 8], [16, 32]]),),
        (plane(rows),),
        count_padding=count,
        **TWO_BY_TWO,
    )
    for words, count, rows in (
        ("real_elements", False, [[1, 1, 4], [1, 1, 4], [8, 8, 32]]),
        ("whole_window", True, [[1, 1, 2], [1, 1, 2], [4, 4, 8]]),
    )
)

MAX_UNPOOL2D = (
    _pin(
        "taken_at_the_index",
        "max_unpool2d",
        (_row([5, 7]), literal((1, 1, 2, 1), (3, 0), "int64")),
        (_row([1, 2, 4, 8]),),
        (plane([[8, 1]]), None),
        output_shape=(1, 1, 4, 1),
        layout="NHWC",
    ),
)

AVG_UNPOOL2D = (
    _pin(
        "sums_of_windows",
        "avg_unpool2d",
        (_image([[1, 2]]),),
        (_image([[1, 2, 4, 8], [16, 32, 64, 128]]),),
        (plane([[51, 204]]),),
        window=(2, 2),
        layout="NHWC",
    ),
)

MATMUL = (
    _pin(
        "row_by_column",
        "matmul",
        (literal((1, 2), (1, 2)), literal((2, 1), (9, 10))),
        (literal((1, 1), (1,)),),
        ([[9, 10]], [[1], [2]]),
        TUTORIAL.format(7),
    ),
    _pin(
        "integers_have_no_gradient",
        "matmul",
        (literal((1, 2), (1, 2), "int32"), literal((2, 1), (9, 10), "int32")),
        (None,),
        (None, None),
        TUTORIAL.format(7),
    ),
    _pin(
        "broadcast_axes_are_summed",
        "matmul",
        (literal((1, 2), (1, 2)), literal((3, 2, 1), (1, 2, 3, 4, 5, 6))),
        (literal((3, 1, 1), (1, 10, 100)),),
        ([[531, 642]], [[[1], [2]], [[10], [20]], [[100], [200]]]),
    ),
)

SCATTER_ND = (
    _pin(
        "repeated_indices_share",
        "scatter_nd",
        (literal((3, 1), (1, 1, 0), "int32"), literal((3,), (1, 2, 4))),
        (literal((3,), (10, 20, 30)),),
        (None, [20, 20, 10]),
        shape=(3,),
    ),
)

RELU = (
    _pin(
        "zero_at_zero",
        "relu",
        (literal((5,), (-1.5, 0, -0.0, 2.5, math.inf)),),
        (literal((5,), (1, 2, 4, 8, 16)),),
        ([0, 0, 0, 8, 16],),
    ),
)

STOP_GRADIENT = (
    _pin("nothing_comes_back", "stop_gradient", (literal((2,), (1, 2)),), (literal((2,), (3, 4)),), (None,)),
)
