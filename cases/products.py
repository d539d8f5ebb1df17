"""Products of matrices that are stacked, and of rows with a matrix of weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from opassay.adapters.oracle import bounded
from opassay.cases import product_pins, tables
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


def _linear_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    """Of x, of the weights of each answer, and of what is added to it."""
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
    values=tables.SUM_KINDS,
    pins=product_pins.BMM,
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
    values=tables.SUM_KINDS,
    pins=product_pins.LINEAR,
)
