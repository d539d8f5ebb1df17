"""conv2d and its transpose: what to try."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from opassay.adapters.oracle.judged import judged
from opassay.cases import alike_pins, conv_pins, conv_rules, end_pins, gradient_pins, tables, windows
from opassay.cases.windows import Padding
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op

DEPTHWISE = 0
GROUPS = (1,) * 6 + (2, 2, 3) + (DEPTHWISE,) * 2
EMPTY = ("",) * 95 + ("batch", "inputs", "outputs", "height", "width")


def _layer(
    kernel: int,
    stride: int,
    extent: int,
    inputs: int,
    outputs: int,
    groups: int = 1,
    padding: str = "SAME",
    **more: str,
) -> Together:
    """A square layer as models have it."""
    pairs = {name: (n, n) for name, n in (("kernel", kernel), ("stride", stride), ("dilation", 1))}
    image = {"batch": 1, "height": extent, "width": extent, "inputs": inputs, "outputs": outputs, "groups": groups}
    return Together({**pairs, **image, "padding": padding, "size": 0, "empty": "", **more})


_COMMONEST = ((3, 1, 14, 16, 32), (3, 1, 7, 32, 32), (3, 1, 5, 64, 64), (1, 1, 14, 64, 64), (1, 1, 14, 32, 64))
COMMON = (
    *(_layer(*sizes) for sizes in _COMMONEST),
    *(_layer(*sizes, dtype="float32") for sizes in _COMMONEST),
    *(_layer(3, 1, 14, 16, 16), _layer(1, 1, 7, 64, 16, padding="VALID")),
    *(_layer(3, 2, 14, 32, 32), _layer(3, 2, 15, 16, 32), _layer(1, 2, 14, 32, 64), _layer(2, 2, 14, 16, 32)),
    *(_layer(7, 2, 28, 3, 16), _layer(3, 1, 14, 32, 1, DEPTHWISE), _layer(3, 2, 15, 64, 1, DEPTHWISE)),
    *(_layer(5, 1, 14, 16, 16), _layer(3, 1, 14, 16, 16, 2, "VALID")),
)
"""What convolutional networks are made of: widths of 16 to 64, sides as the budget has them."""

ENDS = tuple(Together({"stride": pair, "empty": ""}) for far in tables.FAR_STEPS for pair in ((far, 1), (1, far)))
ENDS += (
    Together({"dilation": (2**31 - 1, 1), "kernel": (1, 3), "empty": ""}),
    Together({"dilation": (1, 2**31), "kernel": (3, 1), "empty": ""}),
)
LAYERS = tables.FREE * 80 + COMMON * 2 + ENDS
"""A third as models have them, one in twenty-five at the ends of the range."""


class Extents(NamedTuple):
    """Extents of a convolution; ``inputs`` and ``outputs`` are channels per group."""

    batch: int
    height: int
    width: int
    inputs: int
    outputs: int
    groups: int


@dataclass(frozen=True)
class Forward:
    """A convolution that is valid: the geometry of conv2d, and read backwards that of its transpose."""

    extents: Extents
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Padding
    layout: str

    @property
    def x(self) -> tuple[int, ...]:
        batch, height, width, inputs, _, groups = self.extents
        return tables.image(batch, height, width, groups * inputs, self.layout)

    @property
    def w(self) -> tuple[int, ...]:
        return (*self.kernel, self.extents.inputs, self.extents.groups * self.extents.outputs)

    @property
    def y(self) -> tuple[int, ...]:
        batch, *spatial, _, outputs, groups = self.extents
        found = (spatial[0], spatial[1])
        height, width = windows.output_extents(found, self.kernel, self.stride, self.dilation, self.padding)
        return tables.image(batch, height, width, groups * outputs, self.layout)

    def terms(self, summed: str) -> int:
        """The most products that one element of the answer, or for ``"all"`` of a gradient, sums."""
        batch, *_, inputs, outputs, _ = self.extents
        _, rows, columns, _ = tables.extents_of(self.y, self.layout)
        area = math.prod(self.kernel)
        by_channels = {"inputs": area * inputs, "outputs": area * outputs}
        return by_channels.get(summed, max(*by_channels.values(), batch * rows * columns))

    @property
    def attributes(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.extents.groups,
            "layout": self.layout,
        }


def _forward(
    *,
    dtype: str,
    summed: str,
    layout: str,
    padding: Padding,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
    kernel: tuple[int, int],
    batch: int,
    height: int,
    width: int,
    inputs: int,
    outputs: int,
    size: int,
    empty: str,
) -> Forward:
    """A valid convolution near the draws; ``summed`` names the channels that one output sums over.

    ``"all"`` are those of both gradients.
    """
    budget, area = tables.most_multiply_adds(dtype), math.prod(kernel)
    padding = windows.stated_padding(padding, kernel, dilation)
    if groups == DEPTHWISE:
        groups, inputs, outputs = inputs, 1, min(outputs, 2)
    most = max(1, (budget // abs(size) if size else tables.MOST_MULTIPLY_ADDS) // area)
    if summed != "outputs":
        inputs = min(inputs, tables.at_most(most))
    if summed != "inputs":
        outputs = min(outputs, tables.at_most(most))

    def cost(found: Sequence[int]) -> tuple[int, int]:
        n, h, w, i, o, g = found
        rows, columns = windows.output_extents((h, w), kernel, stride, dilation, padding)
        outputs_made = n * rows * columns * g * o
        longest = {"inputs": i, "outputs": o, "all": max(i, o)}[summed]
        too_many = g > groups or longest > most
        work = tables.TOO_MUCH if too_many else outputs_made * i * area
        return max(n * h * w * g * i, area * i * g * o, outputs_made), work

    least = (1, *windows.least_extents(padding, kernel, dilation), 1, 1, 1)
    extents = tables.fit(
        (batch, height, width, inputs, outputs, groups), least, cost, tables.Budget(budget, wanted=size)
    )
    return _emptied(Forward(Extents(*extents), kernel, stride, dilation, padding, layout), empty)


def _emptied(conv: Forward, empty: str) -> Forward:
    """``conv`` with one extent set to 0; the batch, where the named extent cannot be."""
    if not empty:
        return conv
    if empty in ("height", "width"):
        axis = ("height", "width").index(empty)
        empty = empty if windows.fits_nothing(conv.padding, axis, conv.kernel, conv.dilation) else "batch"
    extents = conv.extents._replace(**{empty: 0})
    return replace(conv, extents=extents._replace(groups=1) if empty in ("inputs", "outputs") else extents)


def _draws(
    build: Callable[..., Geometry],
    paddings: Sequence[Padding],
    sizes: Sequence[int],
    empty: Sequence[str],
    dtypes: Sequence[str],
    layouts: Sequence[str] = tables.LAYOUTS,
    layers: Sequence[Together] = LAYERS,
) -> Draw:
    return tables.drawn(
        build,
        kinds=tables.SUM_KINDS,
        x_memory=tables.MEMORIES,
        w_memory=tables.MEMORIES,
        layer=layers,
        dtype=dtypes,
        layout=layouts,
        padding=paddings,
        stride=tables.STRIDES,
        dilation=tables.DILATIONS,
        groups=GROUPS,
        kernel=tables.WINDOWS,
        batch=tables.BATCH,
        height=tables.SPATIAL,
        width=tables.SPATIAL,
        inputs=tables.CHANNELS,
        outputs=tables.CHANNELS,
        size=sizes,
        empty=empty,
    )


def _conv2d(
    *, kinds: tuple[str, ...], x_memory: Memory, w_memory: Memory, dtype: str, summed: str = "inputs", **draws: Any
) -> Geometry:
    conv = _forward(dtype=dtype, summed=summed, **draws)
    tensors = (tables.data(conv.x, dtype, x_memory), tables.data(conv.w, dtype, w_memory))
    return tables.summed(tables.geometry("conv2d", tensors, kinds, **conv.attributes), kinds, conv.terms(summed))


def _transpose(
    *, kinds: tuple[str, ...], x_memory: Memory, w_memory: Memory, dtype: str, summed: str = "outputs", **draws: Any
) -> Geometry:
    conv = _forward(dtype=dtype, summed=summed, **draws)
    tensors = (tables.data(conv.y, dtype, x_memory), tables.data(conv.w, dtype, w_memory))
    geometry = tables.geometry("conv2d_transpose", tensors, kinds, output_shape=conv.x, **conv.attributes)
    return tables.summed(geometry, kinds, conv.terms(summed))


def conv2d_geometries(
    paddings: Sequence[Padding] = tables.CONV_PADDINGS,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    dtypes: Sequence[str] = tables.PRODUCT_DTYPES,
    layouts: Sequence[str] = tables.LAYOUTS,
    layers: Sequence[Together] = LAYERS,
) -> Draw:
    """Valid cases of ``conv2d``."""
    return _draws(_conv2d, paddings, sizes, empty, dtypes, layouts, layers)


def transpose_geometries(
    paddings: Sequence[Padding] = tables.CONV_PADDINGS,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    layers: Sequence[Together] = LAYERS,
) -> Draw:
    """Valid cases of ``conv2d_transpose``: a convolution drawn as for ``conv2d``, read backwards."""
    return _draws(_transpose, paddings, sizes, empty, tables.PRODUCT_DTYPES, layers=layers)


def conv2d_gradients(dtypes: Sequence[str] = tables.GRADIENT_DTYPES) -> Draw:
    """Cases of the gradients of ``conv2d``."""
    build = partial(_conv2d, summed="all")
    drawn = _draws(build, tables.CONV_PADDINGS, tables.SIZES, EMPTY, dtypes)
    return tables.gradients(drawn, lambda case: (windows.conv_answer(case),))


def transpose_gradients(dtypes: Sequence[str] = tables.GRADIENT_DTYPES) -> Draw:
    """Cases of the gradients of ``conv2d_transpose``."""
    build = partial(_transpose, summed="all")
    drawn = _draws(build, tables.CONV_PADDINGS, tables.SIZES, EMPTY, dtypes)
    return tables.gradients(drawn, lambda case: (case.attributes["output_shape"],))


def _small(geometries: Any) -> Any:
    return partial(geometries, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY, layers=tables.FREE)


CONV2D_BREACHES = conv_rules.conv2d_breaches(_small(conv2d_geometries))
TRANSPOSE_BREACHES = conv_rules.transpose_breaches(_small(transpose_geometries))
ATTRIBUTES = {
    "stride": "(height, width) steps of the window",
    "padding": "SAME, VALID or ((top, bottom), (left, right))",
    "dilation": "(height, width) distances between taps",
    "groups": "how many independent groups of channels",
    "layout": "NHWC or NCHW",
}

TRAITS = ("convolves", "multiplies", "sums", "windowed")

conv2d = Op(
    "conv2d",
    **judged("conv2d"),
    numerics="linear",
    geometries=conv2d_geometries,
    gradients=conv2d_gradients,
    shapes=partial(conv2d_geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
    rules=tuple(breach.rule for breach in CONV2D_BREACHES),
    pins=(*conv_pins.CONV2D, *gradient_pins.CONV2D, *alike_pins.CONV2D, *end_pins.CONV2D),
    attributes=ATTRIBUTES,
    traits=TRAITS,
)

conv2d_transpose = Op(
    "conv2d_transpose",
    **judged("conv2d_transpose"),
    numerics="linear",
    geometries=transpose_geometries,
    gradients=transpose_gradients,
    shapes=partial(transpose_geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
    rules=tuple(breach.rule for breach in TRANSPOSE_BREACHES),
    pins=(
        *conv_pins.CONV2D_TRANSPOSE,
        *gradient_pins.CONV2D_TRANSPOSE,
        *alike_pins.CONV2D_TRANSPOSE,
        *end_pins.CONV2D_TRANSPOSE,
    ),
    attributes={"output_shape": "the whole shape of the output in layout", **ATTRIBUTES},
    traits=TRAITS,
)
