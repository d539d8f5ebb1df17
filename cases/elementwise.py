"""relu and stop_gradient. Any input is valid, so there is no rule to break."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.adapters.oracle.judged import judged
from opassay.cases import array_pins, end_pins, fillings, fitting, gradient_pins, tables
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op, Pin

RANKS = (1, 1, 2, 2, 3, 4, 4, 4, 0)
EXTENTS = (1, 2, 3, 3, 4, 5, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65)
EMPTY = ("",) * 38 + ("first", "last")


def _elementwise(
    op: str,
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    dtype: str,
    rank: int,
    extents: Sequence[int],
    size: int,
    empty: str,
) -> Geometry:
    def cost(shape: Sequence[int]) -> tuple[int, int]:
        return tables.elements(shape), tables.elements(shape)

    shape = fitting.fit(extents[:rank], (1,) * rank, cost, fitting.Budget(wanted=size))
    if empty and rank:
        shape[0 if empty == "first" else -1] = 0
    return tables.geometry(op, (tables.data(shape, dtype, memory),), fillings.kinds_for(kinds, dtype))


def elementwise_geometries(
    op: str,
    dtypes: Sequence[str] = tables.ALL_DTYPES,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
) -> Draw:
    """Valid cases of an op on one tensor of any shape."""
    return tables.drawn(
        lambda a, b, c, d, **draws: _elementwise(op, extents=(a, b, c, d), **draws),
        kinds=fillings.MOVE_KINDS,
        memory=tables.MEMORIES,
        dtype=dtypes,
        rank=RANKS,
        a=EXTENTS,
        b=EXTENTS,
        c=EXTENTS,
        d=EXTENTS,
        size=sizes,
        empty=empty,
    )


def elementwise_gradients(op: str) -> Draw:
    """Cases of the gradient of an op whose answer has its input's shape."""
    return tables.gradients(elementwise_geometries(op, tables.GRADIENT_DTYPES), lambda case: (case.tensors[0].shape,))


def _op(name: str, pins: tuple[Pin, ...]) -> Op:
    return Op(
        name,
        **judged(name),
        numerics="movement",
        geometries=lambda: elementwise_geometries(name),
        gradients=lambda: elementwise_gradients(name),
        shapes=lambda: elementwise_geometries(name, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
        pins=pins,
        traits=("pointwise", "unary"),
    )


relu = _op("relu", (*array_pins.RELU, *gradient_pins.RELU, *end_pins.RELU))
stop_gradient = _op("stop_gradient", (*array_pins.STOP_GRADIENT, *gradient_pins.STOP_GRADIENT))
