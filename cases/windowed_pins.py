"""Pins of windows as in layers of models."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.cases.pins import BY_HAND, literal, pin, plane
from opassay.harness.model.op import Pin

ROWS = literal((1, 3, 3, 1), tuple(range(1, 10)))
SIDE = {"padding": ((0, 0), (0, 0)), "layout": "NHWC"}
ONE = {"dilation": (1, 1)}

PINS: Mapping[str, tuple[Pin, ...]] = {
    "depthwise_conv2d": (
        # Channel 0 by 1 and by 10, then channel 1 by 2 and by 20.
        pin(
            "two_filters_each",
            "depthwise_conv2d",
            (literal((1, 1, 1, 2), (3, 5)), literal((1, 1, 2, 2), (1, 10, 2, 20))),
            ([[[[3, 30, 10, 100]]]],),
            BY_HAND,
            **{"stride": (1, 1), **SIDE, **ONE},
        ),
    ),
    "biased_conv2d": (
        # Padding is above and on the left: the first window holds only the 1, at the last number of the filter.
        pin(
            "odd_pad_first",
            "biased_conv2d",
            (literal((1, 2, 2, 1), (1, 2, 3, 4)), literal((2, 2, 1, 1), (1, 2, 3, 4)), literal((1,), (100,))),
            (
                plane(
                    ((104, 111), (114, 130)),
                ),
            ),
            BY_HAND,
            **{"stride": (1, 1), "padding": "SAME_LOWER", "groups": 1, "layout": "NHWC", **ONE},
        ),
        pin(
            "no_batch",
            "biased_conv2d",
            (literal((1, 1, 2), (1, 2)), literal((1, 1, 1, 2), (1, 10)), literal((2,), (100, 200))),
            ([[[101, 102]], [[210, 220]]],),
            BY_HAND,
            **{"stride": (1, 1), "padding": "VALID", "groups": 1, "layout": "CHW", **ONE},
        ),
    ),
    "biased_conv_transpose2d": (
        # Rows 0 and 2 are the input's; row 3, of output padding, holds only the bias, as does column 1.
        pin(
            "bias_alone",
            "biased_conv_transpose2d",
            (literal((1, 2, 1, 1), (1, 2)), literal((1, 1, 1, 1), (10,)), literal((1,), (7,))),
            (plane(((17, 7), (7, 7), (27, 7), (7, 7))),),
            BY_HAND,
            **{"stride": (2, 2), "output_padding": (1, 1), "groups": 1, **SIDE, **ONE},
        ),
    ),
    "ceil_max_pool2d": (
        pin(
            "cut_short",
            "ceil_max_pool2d",
            (ROWS,),
            (plane(((5, 6), (8, 9))),),
            BY_HAND,
            **{"window": (2, 2), "stride": (2, 2), **SIDE, **ONE},
        ),
        # Windows begin at -1, 1 and 3, the last of which lies in the padding after the image.
        pin(
            "none_behind",
            "ceil_max_pool2d",
            (ROWS,),
            (plane(((1, 3), (7, 9))),),
            BY_HAND,
            **{"window": (2, 2), "stride": (2, 2), "padding": ((1, 1), (1, 1)), "layout": "NHWC", **ONE},
        ),
    ),
    "ceil_avg_pool2d": (
        pin(
            "cut_short",
            "ceil_avg_pool2d",
            (ROWS,),
            (plane(((3, 4.5), (7.5, 9))),),
            BY_HAND,
            **{"window": (2, 2), "stride": (2, 2), "count_padding": True, "divisor": False, **SIDE},
        ),
        pin(
            "by_two",
            "ceil_avg_pool2d",
            (ROWS,),
            (plane(((6, 4.5), (7.5, 4.5))),),
            BY_HAND,
            **{"window": (2, 2), "stride": (2, 2), "count_padding": False, "divisor": 2, **SIDE},
        ),
    ),
    "adaptive_avg_pool2d": (
        # Both rows of bins share the middle row of the image, both columns its middle column.
        pin("shared", "adaptive_avg_pool2d", (ROWS,), (plane(((3, 4), (6, 7))),), BY_HAND, size=(2, 2), layout="NHWC"),
    ),
}
