"""Pins of windows over one axis and over three."""

from __future__ import annotations

from opassay.cases.pins import BY_HAND, literal, pin

LINE = literal((1, 5, 1), (1, 2, 3, 4, 5))
SIX = literal((1, 6, 1), (1, 2, 3, 4, 5, 6))
BOX = literal((1, 2, 2, 2, 1), (1, 2, 3, 4, 5, 6, 7, 8))
ONE = {"stride": (2,), "padding": ((1, 0),), "layout": "NWC"}
THREE = {"stride": (1, 1, 1), "padding": "VALID", "layout": "NDHWC"}
CONVOLVES = {"dilation": (1,), "groups": 1}
CONVOLVES3 = {"dilation": (1, 1, 1), "groups": 1}
HALF = {"stride": (1, 2, 1), "padding": "SAME", "layout": "NDHWC"}

CONV1D = (
    # 0·1 + 1·10, 2·1 + 3·10, 4·1 + 5·10.
    pin(
        "before_alone",
        "conv1d",
        (LINE, literal((2, 1, 1), (1, 10))),
        ([[[10], [32], [54]]],),
        BY_HAND,
        **ONE,
        **CONVOLVES,
    ),
)
CONV_TRANSPOSE1D = (
    # Each of 1, 2, 3 is spread over two places starting at 2 times its own, the first of which is cropped.
    pin(
        "before_alone",
        "conv_transpose1d",
        (literal((1, 3, 1), (1, 2, 3)), literal((2, 1, 1), (1, 10))),
        ([[[10], [2], [20], [3], [30]]],),
        BY_HAND,
        output_shape=(1, 5, 1),
        **ONE,
        **CONVOLVES,
    ),
)
CONV3D = (
    pin(
        "one_window",
        "conv3d",
        (BOX, literal((2, 2, 2, 1, 1), (1, 0, 0, 0, 0, 0, 0, 10))),
        ([[[[[81]]]]],),
        BY_HAND,
        **THREE,
        **CONVOLVES3,
    ),
)
CONV_TRANSPOSE3D = (
    pin(
        "one_window",
        "conv_transpose3d",
        (literal((1, 1, 1, 1, 1), (2,)), literal((2, 1, 2, 1, 1), (1, 2, 3, 4))),
        ([[[[[2], [4]]], [[[6], [8]]]]],),
        BY_HAND,
        output_shape=(1, 2, 1, 2, 1),
        **THREE,
        **CONVOLVES3,
    ),
)
MAX_POOL1D = (
    pin("before_alone", "max_pool1d", (LINE,), ([[[1], [3], [5]]],), BY_HAND, window=(2,), dilation=(1,), **ONE),
)
SAME = {"padding": "SAME", "layout": "NWC", "count_padding": False}
AVG_POOL1D = (
    pin(
        "before_alone",
        "avg_pool1d",
        (LINE,),
        ([[[1], [2.5], [4.5]]],),
        BY_HAND,
        window=(2,),
        count_padding=False,
        **ONE,
    ),
    # Of 1 to 3, and of 4 and 5: elements beyond the end do not count.
    pin("same_cut_short", "avg_pool1d", (LINE,), ([[[2], [4.5]]],), BY_HAND, window=(3,), stride=(3,), **SAME),
    # No padding and no cropping: the windows begin at the first element and at the fourth.
    pin("stride_beyond_window", "avg_pool1d", (SIX,), ([[[1], [4]]],), BY_HAND, window=(1,), stride=(3,), **SAME),
)
MAX_POOL3D = (
    # Along the width, the last window sees one element.
    pin(
        "same",
        "max_pool3d",
        (BOX,),
        ([[[[[8], [8]]], [[[8], [8]]]]],),
        BY_HAND,
        window=(2, 2, 2),
        dilation=(1, 1, 1),
        **HALF,
    ),
)
AVG_POOL3D = (
    # Of all eight, of the four on the right, and of the last four, of which two are on the right.
    pin(
        "same",
        "avg_pool3d",
        (BOX,),
        ([[[[[4.5], [5]]], [[[6.5], [7]]]]],),
        BY_HAND,
        window=(2, 2, 2),
        count_padding=False,
        **HALF,
    ),
)
