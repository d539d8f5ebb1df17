"""Valid cases of convolutions and their transposes, over one, two and three spatial axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from opassay.cases import fillings, fitting, tables, windows
from opassay.cases.spatial import SPATIAL
from opassay.cases.windows import Numbers, Padding
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.memory import Memory

Answer = Callable[[Case], Numbers]
"""The shape of a case's answer."""

DEPTHWISE = 0
GROUPS = (1,) * 6 + (2, 2, 3) + (DEPTHWISE,) * 2
CHANNELS_EMPTY = ("inputs", "outputs")


def _square(
    extent: int, inputs: int, outputs: int, groups: int, kernel: Numbers, stride: Numbers, **more: object
) -> Together:
    """The tables of a square image, except dtype, layout and memory."""
    image = {"batch": 1, "height": extent, "width": extent, "inputs": inputs, "outputs": outputs, "groups": groups}
    rest = {"dilation": (1, 1), "padding": "VALID", "size": 0, "empty": ""}
    return Together({**image, "kernel": kernel, "stride": stride, **rest, **more})


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
    """A square layer as in common models."""
    return _square(extent, inputs, outputs, groups, (kernel, kernel), (stride, stride), padding=padding, **more)


_COMMONEST = ((3, 1, 14, 16, 32), (3, 1, 7, 32, 32), (3, 1, 5, 64, 64), (1, 1, 14, 64, 64), (1, 1, 14, 32, 64))
COMMON = (
    *(_layer(*sizes) for sizes in _COMMONEST),
    *(_layer(*sizes, dtype="float32") for sizes in _COMMONEST),
    *(_layer(3, 1, 14, 16, 16), _layer(1, 1, 7, 64, 16, padding="VALID")),
    *(_layer(3, 2, 14, 32, 32), _layer(3, 2, 15, 16, 32), _layer(1, 2, 14, 32, 64), _layer(2, 2, 14, 16, 32)),
    *(_layer(7, 2, 28, 3, 16), _layer(3, 1, 14, 32, 1, DEPTHWISE), _layer(3, 2, 15, 64, 1, DEPTHWISE)),
    *(_layer(5, 1, 14, 16, 16), _layer(3, 1, 14, 16, 16, 2, "VALID")),
)
"""Layers as in convolutional networks: 16 to 64 channels, sides as large as the budget allows."""

FAR_DILATIONS = (
    Together({"dilation": (2**31 - 1, 1), "kernel": (1, 3), "empty": ""}),
    Together({"dilation": (1, 2**31), "kernel": (3, 1), "empty": ""}),
)
ALIKE = (
    _square(6, 3, 1, 2, (3, 3), (2, 3), batch=2),
    _square(4, 2, 1, 2, (3, 2), (3, 2), padding="SAME"),
    _square(7, 2, 3, 1, (3, 3), (2, 2), padding=((1, 0), (0, 1))),
    _square(7, 2, 3, 1, (2, 2), (3, 3), dilation=(2, 2)),
)
"""Exchanged strides, the other layout, no padding, no dilation: shapes stay equal, so only values differ."""

LARGE = (_square(1, 1, 1, 1, (1, 1), (1, 1), height=33, size=-66049),)
"""An answer of more than 65,535 elements."""

LAYERS: Mapping[int, tuple[Together, ...]] = {
    1: tables.FREE * 40 + SPATIAL[1].ends,
    2: tables.FREE * 72 + COMMON * 2 + ALIKE * 2 + LARGE + SPATIAL[2].ends + FAR_DILATIONS,
    3: tables.FREE * 40 + SPATIAL[3].ends,
}
"""For two axes, a third as in common models, and one in twenty-five at the ends of the range."""


def empties(axes: int) -> tuple[str, ...]:
    batch, *spatial = SPATIAL[axes].empty
    return ("",) * 95 + (batch, *CHANNELS_EMPTY, *spatial)


class Extents(NamedTuple):
    """Extents of a convolution; ``inputs`` and ``outputs`` are channels per group."""

    batch: int
    spatial: Numbers
    inputs: int
    outputs: int
    groups: int


@dataclass(frozen=True)
class Forward:
    """A valid convolution: the geometry of its op, and reversed that of its transpose."""

    extents: Extents
    kernel: Numbers
    stride: Numbers
    dilation: Numbers
    padding: Padding
    layout: str

    @property
    def x(self) -> Numbers:
        batch, spatial, inputs, _, groups = self.extents
        return tables.laid_out((batch, *spatial, groups * inputs), self.layout)

    @property
    def w(self) -> Numbers:
        return (*self.kernel, self.extents.inputs, self.extents.groups * self.extents.outputs)

    @property
    def made(self) -> Numbers:
        """The spatial extents of the answer."""
        return windows.output_extents(self.extents.spatial, self.kernel, self.stride, self.dilation, self.padding)

    @property
    def y(self) -> Numbers:
        batch, _, _, outputs, groups = self.extents
        return tables.laid_out((batch, *self.made, groups * outputs), self.layout)

    def terms(self, summed: str) -> int:
        """The number of products in the longest sum of the answer, or for ``"all"`` also of the gradients."""
        batch, _, inputs, outputs, _ = self.extents
        area = math.prod(self.kernel)
        by_channels = {"inputs": area * inputs, "outputs": area * outputs}
        return by_channels.get(summed, max(*by_channels.values(), batch * math.prod(self.made)))

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
    stride: Numbers,
    dilation: Numbers,
    groups: int,
    kernel: Numbers,
    batch: int,
    inputs: int,
    outputs: int,
    size: int,
    empty: str,
    **spatial: int,
) -> Forward:
    """A valid convolution near the draws; ``summed``: the channels that one output sums over.

    ``"all"``: those of both gradients. ``spatial``: extents by the names of their axes.
    """
    budget, area = fitting.most_multiply_adds(dtype), math.prod(kernel)
    padding = windows.stated_padding(padding, kernel, dilation)
    if groups == DEPTHWISE:
        groups, inputs, outputs = inputs, 1, min(outputs, 2)
    most = max(1, (budget // abs(size) if size else fitting.MOST_MULTIPLY_ADDS) // area)
    if summed != "outputs":
        inputs = min(inputs, fitting.at_most(most))
    if summed != "inputs":
        outputs = min(outputs, fitting.at_most(most))

    def cost(found: Sequence[int]) -> tuple[int, int]:
        n, *image, i, o, g = found
        made = math.prod(windows.output_extents(image, kernel, stride, dilation, padding))
        outputs_made = n * made * g * o
        longest = {"inputs": i, "outputs": o, "all": max(i, o)}[summed]
        too_many = g > groups or longest > most
        work = fitting.TOO_MUCH if too_many else outputs_made * i * area
        return max(n * math.prod(image) * g * i, area * i * g * o, outputs_made), work

    least = (1, *windows.least_extents(padding, kernel, dilation), 1, 1, 1)
    wanted = (batch, *spatial.values(), inputs, outputs, groups)
    n, *image, i, o, g = fitting.fit(wanted, least, cost, fitting.Budget(budget, wanted=size))
    return _emptied(Forward(Extents(n, tuple(image), i, o, g), kernel, stride, dilation, padding, layout), empty)


def _emptied(conv: Forward, empty: str) -> Forward:
    """``conv`` with one extent set to 0: the batch, if the named one cannot be 0."""
    names = SPATIAL[len(conv.kernel)].names
    if empty in names:
        axis = names.index(empty)
        if windows.fits_nothing(conv.padding, axis, conv.kernel, conv.dilation):
            image = tuple(0 if i == axis else n for i, n in enumerate(conv.extents.spatial))
            return replace(conv, extents=conv.extents._replace(spatial=image))
        empty = "batch"
    if not empty:
        return conv
    none: dict[str, Any] = {empty: 0}
    extents = conv.extents._replace(**none)
    return replace(conv, extents=extents._replace(groups=1) if empty in CHANNELS_EMPTY else extents)


def drawn(
    axes: int,
    build: Callable[..., Geometry],
    paddings: Sequence[Padding] | None = None,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] | None = None,
    dtypes: Sequence[str] = tables.PRODUCT_DTYPES,
    layouts: Sequence[str] | None = None,
    layers: Sequence[Together] | None = None,
) -> Draw:
    """A draw over so many spatial axes, by the tables of ``SPATIAL`` by default."""
    spatial = SPATIAL[axes]
    return tables.drawn(
        build,
        kinds=fillings.SUM_KINDS,
        x_memory=tables.MEMORIES,
        w_memory=tables.MEMORIES,
        layer=LAYERS[axes] if layers is None else layers,
        dtype=dtypes,
        layout=layouts or spatial.layouts,
        padding=paddings or (*spatial.paddings, *spatial.wide),
        stride=spatial.strides,
        dilation=spatial.dilations,
        groups=GROUPS,
        kernel=spatial.windows,
        batch=tables.BATCH,
        **dict.fromkeys(spatial.names, spatial.extents),
        inputs=tables.CHANNELS,
        outputs=tables.CHANNELS,
        size=sizes,
        empty=empties(axes) if empty is None else empty,
    )


def convolution(
    op: str,
    summed: str,
    *,
    kinds: tuple[str, ...],
    x_memory: Memory,
    w_memory: Memory,
    dtype: str,
    **draws: Any,
) -> Geometry:
    """A convolution whose longest sum runs over ``summed``."""
    conv = _forward(dtype=dtype, summed=summed, **draws)
    tensors = (tables.data(conv.x, dtype, x_memory), tables.data(conv.w, dtype, w_memory))
    return fillings.summed(tables.geometry(op, tensors, kinds, **conv.attributes), kinds, conv.terms(summed))


def transpose(
    op: str,
    summed: str,
    *,
    kinds: tuple[str, ...],
    x_memory: Memory,
    w_memory: Memory,
    dtype: str,
    **draws: Any,
) -> Geometry:
    """A convolution drawn as usual, reversed."""
    conv = _forward(dtype=dtype, summed=summed, **draws)
    tensors = (tables.data(conv.y, dtype, x_memory), tables.data(conv.w, dtype, w_memory))
    geometry = tables.geometry(op, tensors, kinds, output_shape=conv.x, **conv.attributes)
    return fillings.summed(geometry, kinds, conv.terms(summed))


def gradients(
    axes: int, build: Callable[..., Geometry], answer: Answer, dtypes: Sequence[str] = tables.GRADIENT_DTYPES
) -> Draw:
    """Cases of gradients, whose sums run over all channels and the batch."""
    return tables.gradients(drawn(axes, build, dtypes=dtypes), lambda case: (answer(case),))
