"""The literal questions of the adapter contract: worked examples with their answers, and calls that must be refused.

Imported by the worker process, so it uses NumPy and no Hypothesis.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def image(rows: str, dtype: str = "float32") -> np.ndarray:
    """``"1 2 / 3 4"`` as ``[1, 2, 2, 1]``."""
    return np.array([[float(v) for v in row.split()] for row in rows.split("/")], dtype=dtype)[None, :, :, None]


KERNEL = image("1 0 / -1 -2")[0].reshape(2, 2, 1, 1)
STRIDED = {"stride": (2, 2), "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
POOL = {"window": (2, 2), "stride": (2, 2), "padding": "SAME", "dilation": (1, 1), "layout": "NHWC"}
AVERAGE = {"window": (2, 3), "stride": (1, 1), "padding": "SAME", "count_padding": False, "layout": "NHWC"}
SQUARE = np.array([[1, 2], [3, 4]], dtype=np.float32)
RAMP = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
ROWS = np.broadcast_to(np.stack([np.arange(4.0), np.arange(4.0) + 4], -1)[None, :, None], (1, 4, 4, 2)).astype("f4")
MAXIMA = np.array([[[1, 5], [1, 5]], [[3, 7], [3, 7]]], dtype=np.float32)[None]
WHERE = np.array([[[8, 9], [12, 13]], [[24, 25], [28, 29]]], dtype=np.int64)[None]
UNPOOLED = np.zeros((1, 4, 4, 2), dtype=np.float32)
UNPOOLED[:, 1::2, 0::2] = MAXIMA

SMALL = image("-2 0 -2 0 / 2 4 2 4 / -2 0 -2 0 / 2 4 2 4")
SAME_BACK = image("-17 0 -21 0 -5 / 17 34 21 42 5 / -37 0 -41 0 -5 / 37 74 41 82 5 / 20 0 22 0 24")
VALID_BACK = image("-17 0 -21 0 0 / 17 34 21 42 0 / -37 0 -41 0 0 / 37 74 41 82 0 / 0 0 0 0 0")
SAME_RAMP, VALID_RAMP = image("-17 -21 -5 / -37 -41 -5 / 20 22 24"), image("-17 -21 / -37 -41")
MINUS_TWO = np.full((1, 2, 2, 1), -2, dtype=np.float32)


def _back(extent: int, padding: str) -> dict[str, Any]:
    return {**STRIDED, "padding": padding, "output_shape": (1, extent, extent, 1)}


def _both_paddings() -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    ones = np.ones((1, 4, 4, 1), dtype=np.float32)
    for padding in ("VALID", "SAME"):
        forward = {**STRIDED, "padding": padding}
        found.append((f"1 conv2d {padding}", "conv2d", (ones, KERNEL), forward, (MINUS_TWO,)))
        there = (f"1 transpose {padding}", "conv2d_transpose", (MINUS_TWO, KERNEL), _back(4, padding), (SMALL,))
        found.append(there)
    for padding, middle, back in (("SAME", SAME_RAMP, SAME_BACK), ("VALID", VALID_RAMP, VALID_BACK)):
        found.append((f"2 conv2d {padding}", "conv2d", (RAMP, KERNEL), {**STRIDED, "padding": padding}, (middle,)))
        found.append((f"2 transpose {padding}", "conv2d_transpose", (middle, KERNEL), _back(5, padding), (back,)))
    return found


def _accepted_heights() -> list[tuple[Any, ...]]:
    ones = np.ones((1, 2, 2, 1), dtype=np.float32)
    unit = np.ones((2, 2, 1, 1), dtype=np.float32)
    found: list[tuple[Any, ...]] = []
    for padding, height, covered in (("VALID", 4, 4), ("VALID", 5, 4), ("SAME", 3, 3), ("SAME", 4, 4)):
        expected = np.zeros((1, height, height, 1), dtype=np.float32)
        expected[:, :covered, :covered] = 1
        call = ("conv2d_transpose", (ones, unit), _back(height, padding), (expected,))
        found.append((f"3 {padding} height {height}", *call))
    return found


def _refused_heights() -> list[tuple[Any, ...]]:
    ones = np.ones((1, 2, 2, 1), dtype=np.float32)
    unit = np.ones((2, 2, 1, 1), dtype=np.float32)
    rules = {
        "OutputTooSmall": [("VALID", 1), ("VALID", 2), ("VALID", 3), ("SAME", 1), ("SAME", 2)],
        "OutputTooLarge": [("VALID", 6), ("VALID", 7), ("SAME", 5), ("SAME", 6)],
    }
    return [
        (f"3 {padding} height {n}", "conv2d_transpose", (ones, unit), _back(n, padding), rule)
        for rule, wrong in rules.items()
        for padding, n in wrong
    ]


VALUES: list[tuple[Any, ...]] = [
    *_both_paddings(),
    *_accepted_heights(),
    ("4 argmax", "max_pool2d_with_argmax", (ROWS,), POOL, (MAXIMA, WHERE)),
    ("4 max_pool2d", "max_pool2d", (ROWS,), POOL, (MAXIMA,)),
    ("5 unpool", "max_unpool2d", (MAXIMA, WHERE), {"output_shape": (1, 4, 4, 2), "layout": "NHWC"}, (UNPOOLED,)),
    (
        "6 avg_unpool2d",
        "avg_unpool2d",
        (image("1 2 / 3 4"),),
        {"window": (2, 2), "layout": "NHWC"},
        (image("1 1 2 2 / 1 1 2 2 / 3 3 4 4 / 3 3 4 4"),),
    ),
    ("relu", "relu", (image("-2 0 / 0.5 3"),), {}, (image("0 0 / 0.5 3"),)),
    ("stop_gradient", "stop_gradient", (image("-2 0 / 0.5 3"),), {}, (image("-2 0 / 0.5 3"),)),
    ("matmul", "matmul", (SQUARE, SQUARE.T), {}, (np.array([[5, 11], [11, 25]], dtype=np.float32),)),
    ("avg_pool2d", "avg_pool2d", (image("1 2 / 4 5"),), {**AVERAGE, "window": (2, 2)}, (image("3 3.5 / 4.5 5"),)),
    (
        "scatter_nd",
        "scatter_nd",
        (np.array([[1], [1], [0]], dtype=np.int32), np.array([1, 2, 4], dtype=np.float32)),
        {"shape": (3,)},
        (np.array([4, 3, 0], dtype=np.float32),),
    ),
]
"""name, op, inputs, attributes, expected outputs."""

REFUSED: list[tuple[Any, ...]] = [
    *_refused_heights(),
    ("channels do not fit", "conv2d", (ROWS, KERNEL), {**STRIDED, "padding": "VALID"}, "ChannelMismatch"),
    ("extents do not fit", "matmul", (np.ones((2, 3), dtype=np.float32),) * 2, {}, "InnerMismatch"),
]
"""name, op, inputs, attributes of calls that the contract forbids, and the rule of the op that each breaks."""


MATMUL = ("matmul",)


def _single(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def gradients(adapter: Any) -> list[tuple[Any, ...]]:
    """name, needed ops, program, inputs, cotangents, expected gradients (worked examples 7 and 8, a pool's, relu's)."""
    column, row = _single(9, 10).reshape(2, 1), _single(1, 2).reshape(1, 2)
    one = np.ones((1, 1), dtype=np.float32)
    product = lambda w, x: (adapter.matmul(w, x),)  # noqa: E731
    apart = lambda w, x, v: (adapter.matmul(w, x),)  # noqa: E731
    sums = lambda a, b, c, d: (a + b + c, c + d)  # noqa: E731
    ones = [_single(1, 1)] * 4
    whole = [column.astype(np.int32), row.T.astype(np.int32)]
    pooled = lambda x: (adapter.max_pool2d(x, **POOL), adapter.stop_gradient(x))  # noqa: E731
    hits = np.zeros((1, 4, 4, 2), dtype=np.float32)
    hits[:, 1::2, 1::2] = 1
    rising = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
    return [
        ("7 product", MATMUL, product, [row, column], [one], (column.T, row.T)),
        ("7 unconnected", MATMUL, apart, [row, column, one], [one], (column.T, row.T, "Unconnected")),
        ("7 integers", MATMUL, product, [whole[1].T, whole[0]], [one.astype(np.int32)], ("Unconnected", "Unconnected")),
        ("8 both", (), sums, ones, [_single(1, 2), _single(3, 4)], tuple(map(_single, (1, 1, 4, 3), (2, 2, 6, 4)))),
        ("8 second only", (), sums, ones, [None, _single(3, 4)], ("Unconnected",) * 2 + (_single(3, 4),) * 2),
        (
            "pool and stop",
            ("max_pool2d", "stop_gradient"),
            pooled,
            [rising],
            [np.ones_like(MAXIMA), np.ones_like(ROWS)],
            (hits,),
        ),
        ("relu", ("relu",), lambda x: (adapter.relu(x),), [_single(-1, 2)], [_single(3, 4)], (_single(0, 4),)),
    ]
