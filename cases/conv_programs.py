"""Programs of convolutions, pools and their inverses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from opassay.adapters.oracle import program_reference, program_vjp
from opassay.adapters.oracle.choices import PROGRAM_CHOICES
from opassay.adapters.oracle.hypotheses import PROGRAMS
from opassay.cases import program_pins, tables, windows
from opassay.cases.program_builder import Builder
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op

VALUE_DTYPES = ("float32",) * 6 + ("float64", "float16", "bfloat16")
GRADIENT_DTYPES = ("float32",) * 4 + ("float64",)
"""In a low precision a compiler may keep more digits than it returns, which changes the ties."""

KINDS = (
    ("ints", "normal", "ties", "wide"),
    ("ties", "cancel", "ints", "normal"),
    ("ones", "wide", "ints", "cancel"),
    ("ints", "wide", "ties", "normal"),
    ("iota", "normal", "ints", "cancel"),
)
"""No special values: each op is tested with them separately."""

CONVS = ((1, 1), (2, 2), (3, 3), (3, 3), (3, 2), (5, 5), (1, 3))
POOLS = ((2, 2), (2, 2), (3, 3), (2, 1), (1, 2), (3, 2))
EXTENTS = (4, 5, 6, 7, 8, 9, 11, 15, 16, 17, 24)
CHANNELS = (1, 2, 3, 4, 8, 16)


class Layer(NamedTuple):
    """One layer of a network: a convolution, then a pool without overlap."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: str
    groups: int
    channels: int
    window: tuple[int, int]
    pool_padding: str


class Network:
    """Builds a program of layers on images of one layout and dtype."""

    def __init__(self, probes: bool, layout: str, dtype: str) -> None:
        self.build = Builder(probes)
        self._layout, self._dtype = layout, dtype

    def image(self, name: str, batch: int, extents: tuple[int, int], channels: int, memory: Memory) -> str:
        shape = tables.image(batch, *extents, channels, self._layout)
        return self.build.input(name, tables.data(shape, self._dtype, memory))

    def filters(self, name: str, shape: Sequence[int]) -> str:
        return self.build.input(name, tables.data(tuple(shape), self._dtype, Memory()))

    def conv(self, x: str, w: str, y: str, layer: Layer) -> None:
        batch, height, width, _ = tables.extents_of(self.build.shapes[x], self._layout)
        rows, columns = windows.output_extents((height, width), layer.kernel, layer.stride, (1, 1), layer.padding)
        shape = tables.image(batch, rows, columns, self.build.shapes[w][3], self._layout)
        self.build.stage("conv2d", (x, w), (y,), (shape,), **self._conv_attributes(layer))

    def conv_back(self, y: str, w: str, x: str, like: str, layer: Layer) -> None:
        """The transposed convolution to the shape of the value ``like``."""
        shape = self.build.shapes[like]
        attributes = self._conv_attributes(layer)
        self.build.stage("conv2d_transpose", (y, w), (x,), (shape,), output_shape=shape, **attributes)

    def relu(self, x: str, y: str) -> None:
        self.build.stage("relu", (x,), (y,), (self.build.shapes[x],))

    def pool(self, x: str, y: str, layer: Layer, where: str = "") -> None:
        """A max pool; ``where`` names its indices, if needed."""
        batch, height, width, channels = tables.extents_of(self.build.shapes[x], self._layout)
        rows, columns = windows.output_extents((height, width), layer.window, layer.window, (1, 1), layer.pool_padding)
        shape = tables.image(batch, rows, columns, channels, self._layout)
        op = "max_pool2d_with_argmax" if where else "max_pool2d"
        made = (y, where) if where else (y,)
        self.build.stage(op, (x,), made, (shape,) * len(made), **pool_attributes(layer, self._layout))

    def unpool(self, x: str, where: str, y: str, like: str) -> None:
        """Back to the shape of the value ``like``."""
        shape = self.build.shapes[like]
        self.build.stage("max_unpool2d", (x, where), (y,), (shape,), output_shape=shape, layout=self._layout)

    def _conv_attributes(self, layer: Layer) -> dict[str, Any]:
        same: dict[str, Any] = {"stride": layer.stride, "padding": layer.padding, "groups": layer.groups}
        return {**same, "dilation": (1, 1), "layout": self._layout}


def pool_attributes(layer: Layer, layout: str) -> dict[str, Any]:
    same: dict[str, Any] = {"window": layer.window, "stride": layer.window, "padding": layer.pool_padding}
    return {**same, "dilation": (1, 1), "layout": layout}


def _fitted(layer: Layer, extents: tuple[int, int]) -> tuple[Layer, tuple[int, int]]:
    """``layer`` with windows that fit their input, and the extents after it."""
    kernel = (min(layer.kernel[0], extents[0]), min(layer.kernel[1], extents[1]))
    rows, columns = windows.output_extents(extents, kernel, layer.stride, (1, 1), layer.padding)
    window = (min(layer.window[0], rows), min(layer.window[1], columns))
    layer = layer._replace(kernel=kernel, window=window)
    rows, columns = windows.output_extents((rows, columns), window, window, (1, 1), layer.pool_padding)
    return layer, (rows, columns)


def _layers(
    extents: tuple[int, int],
    channels: int,
    filters: Sequence[int],
    kernels: Sequence[tuple[int, int]],
    stride: tuple[int, int],
    padding: str,
    window: tuple[int, int],
    pool_padding: str,
    groups: int,
) -> list[Layer]:
    """Layers that fit in sequence; only the first has a stride or groups."""
    made = []
    for depth, (kernel, count) in enumerate(zip(kernels, filters, strict=True)):
        split = groups if depth == 0 and channels % groups == 0 and count % groups == 0 else 1
        layer = Layer(kernel, stride if depth == 0 else (1, 1), padding, split, count, window, pool_padding)
        layer, extents = _fitted(layer, extents)
        made.append(layer)
        channels = count
    return made


def _network(
    op: str,
    probes: bool,
    depths: Sequence[int],
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    dtype: str,
    layout: str,
    padding: str,
    stride: tuple[int, int],
    groups: int,
    kernel: tuple[int, int],
    next_kernel: tuple[int, int],
    window: tuple[int, int],
    pool_padding: str,
    batch: int,
    height: int,
    width: int,
    channels: int,
    filters: int,
    depth: int,
) -> Geometry:
    count = depths[depth % len(depths)]
    kernels, widths = (kernel, next_kernel, next_kernel)[:count], (filters, max(filters // 2, 1), filters)[:count]
    layers = _layers((height, width), channels, widths, kernels, stride, padding, window, pool_padding, groups)
    net = Network(probes, layout, dtype)
    net.image("x", batch, (height, width), channels, memory)
    for number, layer in enumerate(layers, 1):
        below = channels if number == 1 else layers[number - 2].channels
        net.filters(f"w{number}", (*layer.kernel, below // layer.groups, layer.channels))
    last = (_down_only if op == "conv_relu_pool" else _down_and_up)(net, layers)
    return Geometry(net.build.case(op, (last,) if probes else ()), kinds)


def _down_only(net: Network, layers: Sequence[Layer]) -> str:
    net.conv("x", "w1", "conv1", layers[0])
    net.relu("conv1", "act1")
    net.pool("act1", "pooled1", layers[0])
    return "pooled1"


def _down_and_up(net: Network, layers: Sequence[Layer]) -> str:
    """Through all layers, and back to the image by the recorded indices and the same filters."""
    below = "x"
    for number, layer in enumerate(layers, 1):
        net.conv(below, f"w{number}", f"conv{number}", layer)
        net.relu(f"conv{number}", f"act{number}")
        net.pool(f"act{number}", f"pooled{number}", layer, where=f"where{number}")
        below = f"pooled{number}"
    value = below
    for number in range(len(layers), 0, -1):
        net.unpool(value, f"where{number}", f"unpooled{number}", like=f"act{number}")
        net.relu(f"unpooled{number}", f"rectified{number}")
        value = "reconstruction" if number == 1 else f"back{number}"
        like = f"pooled{number - 1}" if number > 1 else "x"
        net.conv_back(f"rectified{number}", f"w{number}", value, like, layers[number - 1])
    return value


def network_geometries(op: str, probes: bool, depths: Sequence[int]) -> Draw:
    """Small networks with as many layers as ``depths`` lists."""
    return tables.drawn(
        partial(_network, op, probes, depths),
        kinds=KINDS,
        memory=tables.MEMORIES,
        dtype=GRADIENT_DTYPES if probes else VALUE_DTYPES,
        layout=tables.LAYOUTS,
        padding=("SAME", "VALID"),
        stride=((1, 1), (1, 1), (2, 2), (2, 1)),
        groups=(1, 1, 2),
        kernel=CONVS,
        next_kernel=CONVS,
        window=POOLS,
        pool_padding=("VALID", "SAME"),
        batch=(1, 1, 2, 3),
        height=EXTENTS,
        width=EXTENTS,
        channels=CHANNELS,
        filters=CHANNELS,
        depth=tuple(range(6)),
    )


def _op(name: str, depths: Sequence[int], pins: Sequence[Any] = ()) -> Op:
    return Op(
        name=name,
        inputs=("x", *(f"w{number}" for number in range(1, max(depths) + 1))),
        outputs=("every value made",),
        numerics="program",
        differentiable=("x", *(f"w{number}" for number in range(1, max(depths) + 1))),
        geometries=partial(network_geometries, name, False, depths),
        reference=program_reference,
        gradients=partial(network_geometries, name, True, depths),
        vjp=program_vjp,
        staged=True,
        hypotheses=PROGRAMS,
        choices=PROGRAM_CHOICES,
        pins=tuple(pins),
    )


conv_relu_pool = _op("conv_relu_pool", (1,))
conv_autoencoder_step = _op("conv_autoencoder_step", (1,))
deconvnet = _op("deconvnet", (1, 2, 2, 3), program_pins.DECONVNET)
