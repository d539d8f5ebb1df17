"""Products of stacked matrices, and of rows with a weight matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.choices_elements import FLOAT8_OVERFLOW
from opassay.cases import fillings, product_pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.shaped import EXTENTS, FEW, Shape
from opassay.cases.signatures.shaped_entry import composed

INNER = (*EXTENTS, 127, 128, 129, 256, 257)


def _bmm_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    p, m, k, n = extents
    return [(p, m, k), (p, k, n)]


def _bmm_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    (p, m, _), (_, _, n) = shapes
    return (p, m, n)


def _bmm_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    (_, m, k), (_, _, n) = shapes
    return max(m, k, n)


def _bmm_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    (p, m, k), (_, _, n) = shapes
    return p * m * k * n


def _stacked(shapes: Sequence[Shape]) -> bool:
    a, b = shapes
    return len(a) == len(b) == 3 and a[0] == b[0] and a[2] == b[1]


def _outer(a: Real, b: Real) -> Real:
    return bounded.reshaped(a, (*a.shape, 1)) * bounded.reshaped(b, (1, *b.shape))


FORTH, BACK = np.array((1, 2, 0)), np.array((2, 0, 1))


def _cross(a: Real, b: Real) -> Real:
    first = bounded.picked(a, FORTH) * bounded.picked(b, BACK)
    return first - bounded.picked(a, BACK) * bounded.picked(b, FORTH)


def _linear_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    """Shapes of x, of the weights per output, and of the bias."""
    outer, inner, *rows = extents
    return [(*rows, inner), (outer, inner), (outer,)]


def _linear_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    x, _, bias = shapes
    return (*x[:-1], *bias)


def _linear_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    x, (outer, inner), _ = shapes
    return max(math.prod(x[:-1]), inner + 1, outer)


def _linear_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    x, (outer, _), _ = shapes
    return math.prod(x) * outer


def _of_rows(shapes: Sequence[Shape]) -> bool:
    x, weight, bias = shapes
    return len(x) >= 2 and len(weight) == 2 and x[-1:] == weight[1:] and bias == weight[:1]


WIDENED: Mapping[str, str] = {"int8": "int32", "float16": "float32", "bfloat16": "float32"}
"""The dtype in which products of each dtype are accumulated and returned."""


def _widened(a: Real, b: Real) -> Real:
    return bounded.matmul(*(x if x.is_float else Real(x.value.astype(np.int32)) for x in (a, b)))


STORED = ("float8_e4m3fn", "float8_e5m2")
"""The two formats of OCP's "8-bit Floating Point Specification"."""
NEAR_8_BITS = (0.0, 1.0625, 240.0, 2.0**-6, 2.0**-10, 2.0**-17, 3 * 2.0**-11)
"""Ties of both formats, their smallest numbers, normal and subnormal, and one that is large in both."""

TO = Attribute("a format of 8 bits", STORED, lambda value: value in STORED)


def _stored(a: Real, b: Real, to: str) -> Real:
    return bounded.matmul(*(bounded.stored_in_float8(x, to) for x in (a, b)))


def _widened_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    m, k, n = extents
    return [(m, k), (k, n)]


def _widened_answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    (m, _), (_, n) = shapes
    return (m, n)


def _widened_work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    (m, k), (_, n) = shapes
    return m * k * n


def _widened_longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    (m, k), (_, n) = shapes
    return max(m, k, n)


def _matrices(shapes: Sequence[Shape]) -> bool:
    a, b = shapes
    return len(a) == len(b) == 2 and a[1] == b[0]


bmm = composed(
    "bmm",
    bounded.matmul,
    "The product of each matrix of a with the one of b at its place.",
    ("a", "b"),
    _bmm_shapes,
    (FEW, EXTENTS, INNER, EXTENTS),
    answers=_bmm_answer,
    work=_bmm_work,
    longest=_bmm_longest,
    fits=_stacked,
    said="a and b have as many matrices, and b's have as many rows as a's have columns",
    longer={"InnerExtent": (1, 1), "Matrices": (1, 0)},
    traits=("multiplies", "sums"),
    values=fillings.SUM_KINDS,
    pins=product_pins.BMM,
)
outer = composed(
    "outer",
    _outer,
    "Every product of an element of a with one of b.",
    ("a", "b"),
    lambda extents, way: [(extents[0],), (extents[1],)],
    (INNER, INNER),
    answers=lambda shapes, attributes: (*shapes[0], *shapes[1]),
    fits=lambda shapes: [len(shape) for shape in shapes] == [1, 1],
    said="both have one axis",
    longer={},
    dtypes=kinds.NUMBERS,
    longest=lambda shapes, attributes: max(shapes[0][0], shapes[1][0]),
    pins=product_pins.OUTER,
)
cross = composed(
    "cross",
    _cross,
    "The product of vectors of three along the last axis that is orthogonal to both.",
    ("a", "b"),
    lambda extents, way: [(*extents, 3)] * 2,
    (EXTENTS, FEW, FEW),
    ranks=(1, 1, 2, 3),
    empties=("",) * 39 + ("first",),
    fits=lambda shapes: shapes[0] == shapes[1] and shapes[0][-1:] == (3,),
    said="both have one shape, whose last extent is 3",
    longer={"NotThree": (0, -1)},
    pins=product_pins.CROSS,
)
MATRICES: dict[str, Any] = {
    "answers": _widened_answer,
    "work": _widened_work,
    "longest": _widened_longest,
    "fits": _matrices,
    "said": "b has as many rows as a has columns",
    "longer": {"InnerExtent": (1, 0)},
    "traits": ("multiplies", "sums"),
}
matmul_widened = composed(
    "matmul_widened",
    _widened,
    "The product of two matrices of 8 or 16 bits, added up and given in 32.",
    ("a", "b"),
    _widened_shapes,
    (EXTENTS, INNER, EXTENTS),
    **MATRICES,
    values=kinds.pairs(("ones", "iota", "ints", "ties"), ("bits", "normal", "wide", "special")),
    dtypes=("int8", "float16", "int8", "bfloat16"),
    widened=WIDENED,
    pins=product_pins.WIDENED,
)
matmul_float8 = composed(
    "matmul_float8",
    _stored,
    "The product of two matrices, each rounded to the format `to` of 8 bits; added up and given in their own dtype.",
    ("a", "b"),
    _widened_shapes,
    (EXTENTS, INNER, EXTENTS),
    **MATRICES,
    values=kinds.pairs(("ones", "iota", "ints", "ties"), ("normal", "near", "special")),
    near=NEAR_8_BITS,
    dtypes=("float32", "float32", "float16", "bfloat16"),
    attributes={"to": TO},
    choices=(FLOAT8_OVERFLOW,),
    differentiable=(),
    pins=product_pins.FLOAT8,
)
linear = composed(
    "linear",
    bounded.affine,
    "x · weightᵀ + bias, of x's last axis.",
    ("x", "weight", "bias"),
    _linear_shapes,
    (EXTENTS, INNER, EXTENTS, FEW),
    ranks=(3, 3, 4),
    answers=_linear_answer,
    work=_linear_work,
    longest=_linear_longest,
    fits=_of_rows,
    said="weight has a row per answer as long as x's last axis, and bias a number for each",
    longer={"WeightShape": (1, 1), "BiasShape": (2, 0)},
    traits=("multiplies", "sums"),
    values=fillings.SUM_KINDS,
    pins=product_pins.LINEAR,
)
