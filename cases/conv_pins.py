"""Pins of conv2d and its transpose."""

from __future__ import annotations

from typing import Any

from opassay.cases.pins import BY_HAND, TUTORIAL, literal, pin, plane, rejected
from opassay.harness.model.case import Tensor
from opassay.harness.model.op import Pin

KERNEL = literal((2, 2, 1, 1), (1, 0, -1, -2))
STEPS_OF_TWO: dict[str, Any] = {"stride": (2, 2), "dilation": (1, 1), "groups": 1, "layout": "NHWC"}


def _image(rows: list[list[int]]) -> Tensor:
    return literal((1, len(rows), len(rows[0]), 1), [value for row in rows for value in row])


def _forward(name: str, x: Tensor, rows: list[list[int]], padding: Any, source: str) -> Pin:
    return pin(name, "conv2d", (x, KERNEL), (plane(rows),), source, padding=padding, **STEPS_OF_TWO)


def _back(name: str, rows: list[list[int]], answer: list[list[int]], padding: Any, source: str) -> Pin:
    shape = (1, len(answer), len(answer[0]), 1)
    tensors = (_image(rows), KERNEL)
    return pin(
        name, "conv2d_transpose", tensors, (plane(answer),), source, output_shape=shape, padding=padding, **STEPS_OF_TWO
    )


ONES = literal((1, 4, 4, 1), (1,))
COUNTING = literal((1, 5, 5, 1), tuple(range(25)))
FIRST = [[-2, -2], [-2, -2]]
FIRST_BACK = [[-2, 0, -2, 0], [2, 4, 2, 4], [-2, 0, -2, 0], [2, 4, 2, 4]]
SAME = [[-17, -21, -5], [-37, -41, -5], [20, 22, 24]]
SAME_BACK = [
    [-17, 0, -21, 0, -5],
    [17, 34, 21, 42, 5],
    [-37, 0, -41, 0, -5],
    [37, 74, 41, 82, 5],
    [20, 0, 22, 0, 24],
]
VALID = [[-17, -21], [-37, -41]]
VALID_BACK = [[-17, 0, -21, 0, 0], [17, 34, 21, 42, 0], [-37, 0, -41, 0, 0], [37, 74, 41, 82, 0], [0, 0, 0, 0, 0]]
FOUR = [[1, 2], [3, 4]]
FOUR_BACK = [[1, 0, 2, 0], [-1, -2, -2, -4], [3, 0, 4, 0], [-3, -6, -4, -8]]

CONV2D = (
    _forward("ones_valid", ONES, FIRST, "VALID", TUTORIAL.format(1)),
    _forward("ones_same", ONES, FIRST, "SAME", TUTORIAL.format(1)),
    _forward("counting_same", COUNTING, SAME, "SAME", TUTORIAL.format(2)),
    _forward("counting_valid", COUNTING, VALID, "VALID", TUTORIAL.format(2)),
    pin(
        "even_kernel_pads_after",
        "conv2d",
        (literal((1, 3, 3, 1), tuple(range(1, 10))), literal((2, 2, 1, 1), (1, 2, 3, 4))),
        (plane([[37, 47, 21], [67, 77, 33], [23, 26, 9]]),),
        BY_HAND,
        padding="SAME",
        **{**STEPS_OF_TWO, "stride": (1, 1)},
    ),
    pin(
        "input_all_padding",
        "conv2d",
        (literal((1, 0, 1, 1), ()), literal((2, 1, 1, 1), (1, 2))),
        (plane([[0]]),),
        BY_HAND,
        padding=((1, 1), (0, 0)),
        **STEPS_OF_TWO,
    ),
)

HEIGHTS = {"VALID": (4, 5), "SAME": (3, 4)}
"""Output heights for which stride 2 and kernel 2 give a height of 2 (worked example 3)."""


def _height_pin(padding: str, height: int) -> Pin:
    source = TUTORIAL.format(3)
    if height in HEIGHTS[padding]:
        rows = [*FOUR_BACK, [0, 0, 0, 0]][:height]
        return _back(f"height_{height}_{padding.lower()}", FOUR, rows, padding, source)
    rule = "OutputNegative" if height < 0 else "OutputTooSmall" if height < HEIGHTS[padding][0] else "OutputTooLarge"
    name = f"height_{height}_{padding.lower()}".replace("-", "minus_")
    tensors = (_image(FOUR), KERNEL)
    shape = (1, height, 4, 1)
    return rejected(
        name, "conv2d_transpose", tensors, rule, source, output_shape=shape, padding=padding, **STEPS_OF_TWO
    )


CONV2D_TRANSPOSE = (
    _back("ones_valid", FIRST, FIRST_BACK, "VALID", TUTORIAL.format(1)),
    _back("ones_same", FIRST, FIRST_BACK, "SAME", TUTORIAL.format(1)),
    _back("counting_same", SAME, SAME_BACK, "SAME", TUTORIAL.format(2)),
    _back("counting_valid", VALID, VALID_BACK, "VALID", TUTORIAL.format(2)),
    *(_height_pin(padding, height) for padding in ("VALID", "SAME") for height in range(-1, 8)),
)
