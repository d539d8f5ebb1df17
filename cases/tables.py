"""The tables from which every case is drawn.

Why tables: Hypothesis decodes ``sampled_from`` over a short tuple identically in every release and Python version
tested, while ``integers()`` gave other values from one release to the next. A table also states in one line what is
tested, holds the edges where kernels change path, shows weights (an entry that occurs twice is drawn twice as often),
and shrinks towards its first entry. Nothing is drawn and then discarded: a value that does not fit is replaced by the
nearest that does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.draw import Draw, Row, Together
from opassay.harness.model.fills import INDEX_KINDS, Fill
from opassay.harness.model.memory import Memory

SPATIAL = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 7, 7, 7, 8, 8, 15, 16, 17, 31, 32, 33, 64, 65)
BATCH = (1, 1, 2, 3, 5)
CHANNELS = (1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 7, 7, 8, 8, 15, 16, 17, 31, 32, 33, 64, 65)
INNER = (1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65, 127, 128, 129, 256, 257)

STRIDES = tuple((i, j) for i in (1, 2, 3) for j in (1, 2, 3))
DILATIONS = ((1, 1),) * 6 + ((2, 2), (1, 2), (2, 1), (3, 3), (3, 1), (1, 3), (2, 3), (3, 2))
WINDOWS: tuple[tuple[int, int], ...] = (
    (1, 1),
    (2, 2),
    (2, 2),
    (3, 3),
    (3, 3),
    (1, 2),
    (2, 1),
    (3, 2),
    (1, 3),
    (2, 3),
    (4, 4),
    (5, 5),
)
WINDOWS += ((3, 5), (4, 1), (5, 2), (2, 4), (7, 7), (1, 7), (7, 3), (11, 11), (11, 2))
LAYOUTS = ("NHWC", "NCHW")

FULL, SPAN, FAR = 99, 100, 101
"""Pads that stand for the effective window less one, the most that pools allow; the window; and more than twice it."""

EXPLICIT = (
    ((0, 0), (0, 0)),
    ((1, 1), (1, 1)),
    ((0, 1), (1, 0)),
    ((1, 0), (0, 2)),
    ((2, 1), (0, 3)),
    ((0, 2), (3, 1)),
    ((1, 3), (2, 2)),
    ((FULL, 0), (0, FULL)),
    ((FULL, FULL), (FULL, FULL)),
    ((1, FULL), (2, 0)),
)
PADDINGS = ("VALID",) * 9 + ("SAME",) * 11 + EXPLICIT

WIDE = (
    ((SPAN, 0), (0, SPAN)),
    ((SPAN, SPAN), (SPAN, SPAN)),
    ((FAR, 1), (2, SPAN)),
    ((0, 5), (FAR, FAR)),
)
CONV_PADDINGS = (*PADDINGS, *WIDE)
"""Convolutions allow any amount, so whole windows may lie in the padding."""

FREE = (Together(),)
"""Nothing is drawn together."""

FAR_STEPS = (2**31 - 1, 2**31)
"""Strides and dilations at the limit of 32 bits: valid with a single window."""

NOT_EMPTY = ("",)


def often(empty: Sequence[str]) -> tuple[str, ...]:
    """The table ``empty`` with an empty extent in half of all draws: for shape inference."""
    named = tuple(name for name in empty if name)
    return ("",) * len(named) + named


AS_DRAWN = (0,)
SIZES = (0,) * 24 + (4097, 16385, 40001) * 2 + (-4097, -16411, -66049)
"""Elements to which the largest tensor is grown, as far as the budget allows; 0 leaves it as drawn.

A negative number grows the longest axis only: planes, rows and sums whose length changes a kernel's path.
"""

ALL_DTYPES: tuple[str, ...] = ("float32",) * 8 + ("float16", "bfloat16", "float64") * 2
ALL_DTYPES += ("int32", "int32", "int8", "int8", "uint8", "int64")
FLOAT_DTYPES = ("float32",) * 4 + ("float16", "bfloat16", "float64") * 2
PRODUCT_DTYPES = ("float32",) * 8 + ("float16", "bfloat16", "float64") * 3 + ("int32", "int32", "int64")

GRADIENT_DTYPES: tuple[str, ...] = ("float32",) * 8 + ("float16", "bfloat16", "float64") * 3 + ("int32",)
"""Integers have no gradient, for which a few cases suffice."""

_ODD = (
    Memory("transposed"),
    Memory("transposed"),
    Memory("offset"),
    Memory("sliced", 1, 2),
    Memory("sliced", 3, 3),
    Memory("sliced", 0, 2),
    Memory("reversed", 1),
    Memory("reversed", 2),
    Memory("reversed", 3),
    Memory("broadcast", 1),
    Memory("broadcast", 3),
    Memory("channels_last"),
    Memory("channels_last"),
)
MEMORIES = (Memory(),) * len(_ODD) + _ODD


def distinct(memory: Memory) -> Memory:
    """``memory`` in which values differ along every axis."""
    return Memory("reversed", memory.axis) if memory.kind == "broadcast" else memory


def image(batch: int, height: int, width: int, channels: int, layout: str) -> tuple[int, ...]:
    """The shape of a batch of images in ``layout``."""
    return laid_out((batch, height, width, channels), layout)


def laid_out(extents: Sequence[int], layout: str) -> tuple[int, ...]:
    """The shape in ``layout`` of a batch, its spatial extents and its channels."""
    batch, *spatial, channels = extents
    return (batch, *spatial, channels) if layout.endswith("C") else (batch, channels, *spatial)


def extents_of(shape: Sequence[int], layout: str) -> tuple[int, ...]:
    """The batch, the spatial extents and the channels of a shape in ``layout``."""
    batch, *rest = shape
    return (batch, *rest) if layout.endswith("C") else (batch, *rest[1:], rest[0])


def data(shape: Sequence[int], dtype: str, memory: Memory) -> Tensor:
    """A tensor whose values depend on the fill number."""
    return Tensor(tuple(shape), dtype, Fill("ones"), _sensible(memory, len(shape)))


def index(shape: Sequence[int], dtype: str, fill: Fill, memory: Memory) -> Tensor:
    """A tensor of indices: never broadcast, since its values must differ along every axis."""
    return Tensor(tuple(shape), dtype, fill, _sensible(distinct(memory), len(shape)))


def _sensible(memory: Memory, rank: int) -> Memory:
    """What ``memory`` means at this rank, so that the results table names the actual layout."""
    if rank == 0:
        return Memory()
    if memory.kind == "channels_last" and rank != 4:
        return Memory("transposed")
    return Memory(memory.kind, memory.axis % rank, memory.step)


def drawn(build: Callable[..., Any], **tables: Sequence[Any]) -> Draw:
    """The results of ``build`` for one entry of each table, drawn in the order given.

    A ``Together`` entry is not passed to ``build``: its contents replace the entries of later tables.
    """
    names = tuple(tables)

    def made(row: Row) -> Any:
        found = dict(zip(names, row, strict=True))
        for name in [name for name, entry in found.items() if isinstance(entry, Together)]:
            found |= found.pop(name).values
        return build(**found)

    return Draw(tuple(tables.values()), made, names)


def geometry(op: str, tensors: Sequence[Tensor], kinds: tuple[str, ...], **attributes: Any) -> Geometry:
    """A geometry of the aspect ``value``; the stream sets another aspect where requested."""
    return Geometry(Case(op, tuple(tensors), attributes), kinds)


def gradients(geometries: Draw, answers: Callable[[Case], Sequence[Sequence[int] | None]]) -> Draw:
    """The same geometries for the aspect ``gradient``.

    ``answers`` gives the shape of each output, None for one without a cotangent.
    """

    def with_cotangents(drawn: tuple[Geometry, Memory]) -> Geometry:
        geometry, memory = drawn
        case = geometry.case
        dtype = data_dtype(case)
        memory = distinct(memory) if "sparse" in geometry.kinds else memory
        cotangents = tuple(
            None if shape is None or not dtypes.is_float(dtype) else data(shape, dtype, memory)
            for shape in answers(case)
        )
        return replace(geometry, case=replace(case, aspect="gradient", cotangents=cotangents))

    return geometries.beside(MEMORIES).map(with_cotangents)


def data_dtype(case: Case) -> str:
    """The dtype of the inputs that are not indices."""
    return next(t.dtype for t in case.tensors if t.fill.kind not in INDEX_KINDS)


def elements(*shapes: Sequence[int]) -> int:
    """The number of elements of the largest of ``shapes``."""
    return max(math.prod(shape) for shape in shapes)
