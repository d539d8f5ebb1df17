"""Pins at the limits of 32-bit integers, and of negative padding, which kernels may not handle."""

from __future__ import annotations

from typing import Any

from opassay.cases.pins import BY_HAND, literal, pin, plane, rejected
from opassay.harness.model.case import Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Pin

FAR = 2**31
XLA = (
    "https://github.com/openxla/xla/issues/48713, [XLA:CPU] Wrong results / out-of-bounds read in f32 convolution with"
    " negative low padding"
)
CUT = "an index cut to 32 bits is a valid one"

ODD = 2**53 + 1
"""An integer that float64 cannot hold."""
LARGEST = 2**63 - 1
ODDS = literal((1, 2, 2, 1), (ODD, -ODD, LARGEST, 3), "int64")

IMAGE = literal((1, 2, 2, 1), (1, 2, 3, 4))
FIRST: dict[str, Any] = {"stride": (FAR, FAR), "padding": "VALID", "layout": "NHWC"}
ONE: dict[str, Any] = {"stride": (1, 1), "padding": "VALID", "layout": "NHWC"}
CROPPED: dict[str, Any] = {"stride": (1, 1), "padding": ((-15, -4), (0, 0)), "dilation": (1, 1), "groups": 1}


def _cropped(op: str, **more: Any) -> Pin:
    tensors = (Tensor((1, 4, 4, 17), "float32", Fill("iota")), Tensor((1, 1, 17, 17), "float32", Fill("ints")))
    return rejected("padding_below_minus_extent", op, tensors, "PadNegative", XLA, layout="NHWC", **CROPPED, **more)


CONV2D = (
    pin(
        "stride_beyond_32_bits",
        "conv2d",
        (IMAGE, literal((1, 1, 1, 1), (2,))),
        (plane([[2]]),),
        BY_HAND,
        dilation=(1, 1),
        groups=1,
        **FIRST,
    ),
    pin(
        "no_float64",
        "conv2d",
        (ODDS, literal((1, 1, 1, 1), (1,), "int64")),
        (plane([[ODD, -ODD], [LARGEST, 3]]),),
        BY_HAND,
        dilation=(1, 1),
        groups=1,
        **ONE,
    ),
    _cropped("conv2d"),
)
CONV2D_TRANSPOSE = (_cropped("conv2d_transpose", output_shape=(1, 4, 4, 17)),)

MAX_POOL2D = (
    pin(
        "stride_beyond_32_bits",
        "max_pool2d",
        (IMAGE,),
        (plane([[1]]),),
        BY_HAND,
        window=(1, 1),
        dilation=(1, 1),
        **FIRST,
    ),
    pin(
        "no_float64",
        "max_pool2d",
        (literal((1, 2, 2, 1), (ODD - 1, ODD, -ODD, 1 - ODD), "int64"),),
        (plane([[ODD], [1 - ODD]]),),
        BY_HAND,
        window=(1, 2),
        dilation=(1, 1),
        **ONE,
    ),
)
AVG_POOL2D = (
    pin(
        "stride_beyond_32_bits",
        "avg_pool2d",
        (IMAGE,),
        (plane([[1]]),),
        BY_HAND,
        window=(1, 1),
        count_padding=False,
        **FIRST,
    ),
)
MAX_UNPOOL2D = (
    rejected(
        "index_beyond_32_bits",
        "max_unpool2d",
        (literal((1, 2, 2, 1), (1,)), literal((1, 2, 2, 1), (0, 1, 2, 2**32 + 3), "int64")),
        "IndexOutOfRange",
        CUT,
        output_shape=(1, 4, 4, 1),
        layout="NHWC",
    ),
)
SCATTER_ND = (
    rejected(
        "index_beyond_32_bits",
        "scatter_nd",
        (literal((2, 1), (0, 2**32 + 1), "int64"), literal((2,), (1, 2))),
        "IndexOutOfRange",
        CUT,
        shape=(3,),
    ),
)

MATMUL = (
    pin(
        "no_float64",
        "matmul",
        (literal((1, 2), (ODD, 1), "int64"), literal((2, 2), (1, -1, 0, 0), "int64")),
        ([[ODD, -ODD]],),
        BY_HAND,
    ),
)
RELU = (
    pin("no_float64", "relu", (literal((4,), (ODD, -ODD, LARGEST, 0), "int64"),), ([ODD, 0, LARGEST, 0],), BY_HAND),
)
