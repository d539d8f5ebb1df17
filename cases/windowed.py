"""Windows as in layers of models: filters per channel, a bias, a truncated last window, bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opassay.adapters.oracle import windowed
from opassay.adapters.oracle.geometry import UNBATCHED
from opassay.adapters.oracle.windowed import LOWER
from opassay.cases import fillings, windowed_pins
from opassay.cases import windowed_rules as rules
from opassay.cases import windowed_shapes as shapes
from opassay.cases.signatures.attributes import flag, integer, integers
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.shaped_entry import composed
from opassay.cases.windows import Numbers

IMAGE = (1, 2, 3, 4, 5, 7, 8, 9, 14, 15, 16, 17, 28, 31, 33)
SIDES = (1, 1, 2, 2, 3, 3, 3, 4, 5, 7)
CHANNELS = (1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 15, 16, 17, 32, 33)
EACH = (1, 1, 2, 2, 3, 4, 5, 8, 9, 16, 17)
BATCH = (1, 1, 2, 3)
EMPTIES = ("",) * 39 + ("first",)
"""The batch is empty in one of forty."""

LAYOUTS = (*("NHWC", "NCHW") * 4, UNBATCHED)
EVEN = (((0, 0), (0, 0)), ((1, 1), (1, 1)), ((0, 0), (1, 1)), ((2, 2), (1, 1)), ((2, 2), (3, 3)))
"""Equal padding before and after, as in most frameworks."""


def _pair(says: str, values: Sequence[Numbers]) -> Attribute:
    return integers(f"{says}, a number for each axis", values)


STRIDE = _pair("steps of the window", ((1, 1), (1, 1), (2, 2), (1, 2), (3, 2), (2, 3)))
DILATION = _pair("distances between taps", ((1, 1), (1, 1), (1, 1), (2, 2), (1, 2), (3, 1)))
WHOLE = {
    "window": _pair("extents of the window", ()),
    "size": _pair("how many bins there are", ()),
    "groups": integer("how many independent groups of channels"),
    "layout": Attribute("the order of the axes", LAYOUTS, lambda given: given in LAYOUTS),
}
"""Attributes that follow from extents, or are drawn as the way."""


def _padding(values: Sequence[Any], words: Sequence[str]) -> Attribute:
    says = f"{', '.join(words)}{' or ' if words else ''}a pair (before, after) for each axis"
    return Attribute(says, values, lambda given: given in words if isinstance(given, str) else len(given) == 2)


BINS = (1, 1, 2, 3, 4, 5, 7, 8)
MORE = _pair("rows and columns that are added", ((0, 0), (1, 1), (1, 0), (0, 1), (2, 2)))
COUNTS = flag("whether padding counts in the divisor")
DIVISOR = Attribute(
    "a whole number, or False", (False, False, False, 1, 3, 4), lambda v: v is False or isinstance(v, int)
)
WORDS = ("VALID", "SAME", LOWER)
CONV_PADDING = _padding(("VALID", "SAME", LOWER, *EVEN, *EVEN), WORDS)
PADDING = _padding(("VALID", "SAME", *EVEN), WORDS[:2])
POOL_PADDING = _padding((*EVEN, "SAME", LOWER, LOWER), WORDS)
AROUND = _padding(EVEN, ())


def _windowed(name: str, define: Callable[..., Any], says: str, inputs: tuple[str, ...], **more: Any) -> Any:
    """An op on images whose layout is drawn as the way."""
    settled = {key: WHOLE[key] for key in (*more.pop("follow"), "layout")}
    how: dict[str, Any] = {"settled": settled, "pins": windowed_pins.PINS[name], "values": fillings.SUM_KINDS, **more}
    return composed(name, define, says, inputs, ways=LAYOUTS, named="layout", empties=EMPTIES, longer={}, **how)


CONVOLVES: Mapping[str, Any] = {
    "fits": shapes.of_filters,
    "said": "x is an image, the filter has four axes, of which the first two are its window, the bias one",
    "traits": ("convolves", "multiplies", "sums", "windowed"),
}
POOLS: Mapping[str, Any] = {"fits": shapes.of_image, "said": "x is an image"}
POOL_RULES = (rules.STRIDE, rules.NEGATIVE_PADDING, rules.WINDOW_FITS)

depthwise_conv2d = _windowed(
    "depthwise_conv2d",
    windowed.depthwise_conv,
    "The convolution of each channel by itself with filters of its own: answer c · multiplier + m is of channel c.",
    ("x", "weight"),
    shapes=shapes.depthwise_shapes,
    extents=(BATCH, IMAGE, IMAGE, SIDES, SIDES, CHANNELS, (1, 1, 1, 2, 3)),
    attributes={"stride": STRIDE, "padding": PADDING, "dilation": DILATION},
    settle=shapes.settled_conv,
    follow=(),
    answers=shapes.conv_answer,
    work=shapes.conv_work,
    longest=shapes.conv_longest,
    more=(rules.STRIDE, rules.DILATION, rules.channels(2)),
    # Facts about convolutions read their groups.
    **{**CONVOLVES, "traits": CONVOLVES["traits"][1:]},
)
biased_conv2d = _windowed(
    "biased_conv2d",
    windowed.biased_conv,
    "As conv2d, and a number added per channel; of SAME_LOWER, the odd row and column of padding come first.",
    ("x", "weight", "bias"),
    shapes=shapes.conv_shapes,
    extents=(BATCH, IMAGE, IMAGE, SIDES, SIDES, (1, 1, 1, 2, 3), EACH, EACH),
    attributes={"stride": STRIDE, "padding": CONV_PADDING, "dilation": DILATION},
    settle=shapes.settled_conv,
    follow=("groups",),
    answers=shapes.conv_answer,
    work=shapes.conv_work,
    longest=shapes.conv_longest,
    more=(rules.STRIDE, rules.DILATION, rules.GROUPS, rules.channels(2), rules.bias(3)),
    **CONVOLVES,
)
biased_conv_transpose2d = _windowed(
    "biased_conv_transpose2d",
    windowed.biased_conv_transpose,
    "The transpose of such a convolution: (n - 1) · stride + span - padding + output_padding rows, and a bias.",
    ("x", "weight", "bias"),
    shapes=shapes.transpose_shapes,
    extents=(BATCH, IMAGE, IMAGE, SIDES, SIDES, (1, 1, 1, 2, 3), EACH, EACH),
    attributes={"stride": STRIDE, "padding": AROUND, "output_padding": MORE, "dilation": DILATION},
    settle=shapes.settled_transpose,
    follow=("groups",),
    answers=shapes.transpose_answer,
    work=shapes.transpose_work,
    longest=shapes.transpose_longest,
    more=(rules.STRIDE, rules.DILATION, rules.GROUPS, rules.OUTPUT_PADDING, rules.channels(3), rules.bias(2)),
    **CONVOLVES,
)
ceil_max_pool2d = _windowed(
    "ceil_max_pool2d",
    windowed.ceil_max_pool,
    "As max_pool2d, with a last window that is cut short where elements are left, unless it begins behind the image.",
    ("x",),
    shapes=shapes.pool_shapes,
    extents=(BATCH, IMAGE, IMAGE, SIDES, SIDES, CHANNELS),
    attributes={"stride": STRIDE, "padding": POOL_PADDING, "dilation": DILATION},
    settle=shapes.settled_pool,
    follow=("window",),
    answers=shapes.pool_answer,
    work=shapes.pool_work,
    more=(*POOL_RULES, rules.DILATION),
    traits=("pools", "windowed", "selects_maximum"),
    **{**POOLS, "values": fillings.MOVE_KINDS},
)
ceil_avg_pool2d = _windowed(
    "ceil_avg_pool2d",
    windowed.ceil_avg_pool,
    "As avg_pool2d, with such a window: divided by its elements, with those of padding or without, or by the divisor.",
    ("x",),
    shapes=shapes.pool_shapes,
    extents=(BATCH, IMAGE, IMAGE, SIDES, SIDES, CHANNELS),
    attributes={"stride": STRIDE, "padding": POOL_PADDING, "count_padding": COUNTS, "divisor": DIVISOR},
    settle=shapes.settled_pool,
    follow=("window",),
    answers=shapes.pool_answer,
    work=shapes.pool_work,
    longest=shapes.pool_longest,
    more=(*POOL_RULES, rules.DIVISOR),
    traits=("pools", "windowed", "sums"),
    **POOLS,
)
adaptive_avg_pool2d = _windowed(
    "adaptive_avg_pool2d",
    windowed.adaptive_avg_pool,
    "Means of size bins: bin i is from ⌊i · n / size⌋ to ⌈(i + 1) · n / size⌉, so that two may share an element.",
    ("x",),
    shapes=shapes.pool_shapes,
    extents=(BATCH, IMAGE, IMAGE, BINS, BINS, CHANNELS),
    attributes={},
    settle=shapes.settled_bins,
    follow=("size",),
    answers=shapes.bins_answer,
    work=shapes.bins_work,
    longest=shapes.bins_longest,
    more=(rules.NO_IMAGE, rules.SIZE),
    traits=("sums",),
    **POOLS,
)
