"""Windows as in layers of models: the shapes of a case, from a few extents and the attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from opassay.adapters.oracle import windowed
from opassay.adapters.oracle.geometry import shape_in_layout, shape_nhwc
from opassay.adapters.oracle.windowed import LOWER, transposed_extents
from opassay.cases import fitting
from opassay.cases.signatures.shaped import Shape
from opassay.cases.windows import Numbers, output_extents, span


def _image(extents: Sequence[int], channels: int, layout: str) -> Shape:
    return shape_in_layout((*extents[:3], channels), layout)


def _spatial(shape: Shape, attributes: Mapping[str, Any]) -> tuple[int, Numbers, int]:
    """Batch, height and width, and channels."""
    batch, *image, channels = shape_nhwc(shape, attributes["layout"])
    return batch, tuple(image), channels


def _window(extents: Sequence[int]) -> Numbers:
    """The drawn window extents, limited to the image's."""
    return tuple(map(min, extents[1:3], extents[3:5]))


def _holes(dilation: Numbers, window: Numbers, extents: Sequence[int]) -> Numbers:
    """The dilation, except where a window would not fit the image."""
    sides = zip(dilation, window, extents[1:3], strict=True)
    return tuple(d if span(k, d) <= n else 1 for d, k, n in sides)


def conv_shapes(extents: Sequence[int], layout: str) -> list[Shape]:
    groups, inputs, outputs = extents[5:]
    x = _image(extents, groups * inputs, layout)
    return [x, (*_window(extents), inputs, groups * outputs), (groups * outputs,)]


def transpose_shapes(extents: Sequence[int], layout: str) -> list[Shape]:
    groups, inputs, outputs = extents[5:]
    x = _image(extents, groups * inputs, layout)
    return [x, (*_window(extents), outputs, groups * inputs), (groups * outputs,)]


def depthwise_shapes(extents: Sequence[int], layout: str) -> list[Shape]:
    channels, multiplier = extents[5:]
    return [_image(extents, channels, layout), (*_window(extents), channels, multiplier)]


def pool_shapes(extents: Sequence[int], layout: str) -> list[Shape]:
    return [_image(extents, extents[5], layout)]


def settled_conv(attributes: Mapping[str, Any], extents: Sequence[int]) -> dict[str, Any]:
    dilation = _holes(attributes["dilation"], _window(extents), extents)
    groups = {"groups": extents[5]} if len(extents) == 8 else {}
    return {**attributes, "dilation": dilation, **groups}


def settled_transpose(attributes: Mapping[str, Any], extents: Sequence[int]) -> dict[str, Any]:
    """Padding that leaves at least one row, and output padding that the strides allow."""
    found = settled_conv(attributes, extents)
    steps = zip(found["output_padding"], found["stride"], found["dilation"], strict=True)
    sides = zip(extents[1:3], found["stride"], found["dilation"], _window(extents), found["padding"], strict=True)
    pads = tuple(min(low, ((n - 1) * s + span(k, d) - 1) // 2) for n, s, d, k, (low, _) in sides)
    more = tuple(min(n, max(s, d) - 1) for n, s, d in steps)
    return {**found, "padding": tuple((n, n) for n in pads), "output_padding": more}


def settled_pool(attributes: Mapping[str, Any], extents: Sequence[int]) -> dict[str, Any]:
    """Padding by at most half the window; no dilation with SAME padding."""
    window, padding = _window(extents), attributes["padding"]
    if not isinstance(padding, str):
        padding = tuple((min(low, k // 2),) * 2 for (low, _), k in zip(padding, window, strict=True))
    found = {**attributes, "window": window, "padding": padding}
    if "dilation" in found:
        found["dilation"] = (1, 1) if isinstance(padding, str) else _holes(found["dilation"], window, extents)
    return found


def settled_bins(attributes: Mapping[str, Any], extents: Sequence[int]) -> dict[str, Any]:
    return {**attributes, "size": tuple(extents[3:5])}


def _made(x: Shape, window: Sequence[int], attributes: Mapping[str, Any]) -> Numbers:
    """The number of windows along each axis."""
    padding = "SAME" if attributes["padding"] == LOWER else attributes["padding"]
    image, dilation = _spatial(x, attributes)[1], attributes.get("dilation", (1, 1))
    return output_extents(image, tuple(window), attributes["stride"], dilation, padding)


def conv_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    x, weight = shapes[:2]
    channels = weight[-1] if "groups" in attributes else weight[-1] * weight[-2]
    return _image((_spatial(x, attributes)[0], *_made(x, weight[:2], attributes)), channels, attributes["layout"])


def transpose_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    x, weight, bias = shapes
    batch, image, _ = _spatial(x, attributes)
    how = [attributes[name] for name in ("stride", "padding", "output_padding", "dilation")]
    made = transposed_extents(image, weight[:2], *how)
    return _image((batch, *made), bias[0], attributes["layout"])


def pool_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    batch, image, channels = _spatial(shapes[0], attributes)
    how = {name: attributes[name] for name in ("window", "stride", "padding")}
    found = windowed.ceiled("", image, **how, dilation=attributes.get("dilation", (1, 1)))
    return _image((batch, *found.outputs), channels, attributes["layout"])


def bins_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    batch, _, channels = _spatial(shapes[0], attributes)
    return _image((batch, *attributes["size"]), channels, attributes["layout"])


MOST_GROUPS = 64
"""XLA's gradient of grouped filters needs memory quadratic in the groups: 35 GB for 66,063."""


def conv_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    if attributes.get("groups", shapes[1][-2]) > MOST_GROUPS:
        return fitting.TOO_MUCH
    return math.prod(conv_answer(shapes, attributes)) * math.prod(shapes[1][:-1]) // _channels(shapes, attributes)


def _channels(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """The filter's channels that are not summed; for filters per channel, all."""
    return 1 if "groups" in attributes else max(shapes[1][-2], 1)


def conv_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """For the answer, the gradient of x, and that of filters and bias."""
    x, weight = shapes[:2]
    area, groups = math.prod(weight[:2]), attributes.get("groups", weight[-2])
    batch, made = _spatial(x, attributes)[0], _made(x, weight[:2], attributes)
    outputs = weight[-1] // groups if "groups" in attributes else weight[-1]
    return max(area * weight[-2] // _channels(shapes, attributes) + 1, area * outputs, batch * math.prod(made))


def transpose_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    x, weight, _ = shapes
    made = math.prod(transpose_answer(shapes, attributes))
    return math.prod(x) * math.prod(weight[:-1]) + made


def transpose_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    weight = shapes[1]
    whole = _spatial(transpose_answer(shapes, attributes), attributes)
    area = math.prod(weight[:2])
    return max(area * weight[-1] + 1, area * weight[-2], whole[0] * math.prod(whole[1]))


def pool_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    return math.prod(pool_answer(shapes, attributes)) * pool_longest(shapes, attributes)


def pool_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    window: Numbers = attributes["window"]
    return math.prod(window)


def bins_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    return math.prod(bins_answer(shapes, attributes)) * bins_longest(shapes, attributes)


def bins_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """Elements per bin, or bins per element."""
    sides = zip(_spatial(shapes[0], attributes)[1], attributes["size"], strict=True)
    return math.prod(max(-(-n // out), -(-out // max(n, 1))) + 1 for n, out in sides)


def of_filters(shapes: Sequence[Shape]) -> bool:
    x, weight, *bias = shapes
    return len(x) in (3, 4) and len(weight) == 4 and min(weight[:2]) > 0 and all(len(b) == 1 for b in bias)


def of_image(shapes: Sequence[Shape]) -> bool:
    return len(shapes[0]) in (3, 4)
