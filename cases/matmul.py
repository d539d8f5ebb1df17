"""matmul: what to try."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from hypothesis import strategies as st

from adapters.oracle import REFERENCES
from cases import array_pins, array_rules, tables
from harness.model.case import Geometry
from harness.model.memory import Memory
from harness.model.op import Op

BATCHES = (
    ("", ""),
    ("", ""),
    ("p", "p"),
    ("p", ""),
    ("", "p"),
    ("p", "1"),
    ("1", "p"),
    ("pq", "pq"),
    ("pq", "1q"),
    ("p1", "1q"),
    ("q", "pq"),
    ("pq", ""),
)
"""Batch axes of a and b: extents p and q, or 1."""

OUTER = (1, 2, 2, 3, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65)
EMPTY = ("",) * 92 + ("inner", "inner", "rows", "columns", "p")


def _matmul(
    *,
    kinds: tuple[str, ...],
    a_memory: Memory,
    b_memory: Memory,
    dtype: str,
    batches: tuple[str, str],
    p: int,
    q: int,
    rows: int,
    columns: int,
    inner: int,
    size: int,
    empty: str,
) -> Geometry:
    """A valid product near the draws."""
    most = tables.at_most(tables.most_terms(dtype))

    def shapes(found: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        named = {"1": 1, "p": found[0], "q": found[1]}
        left, right = (tuple(named[letter] for letter in axes) for axes in batches)
        batch = max((left, right), key=len) if len(left) != len(right) else tuple(map(max, left, right))
        m, n, k = found[2:]
        return (*left, m, k), (*right, k, n), (*batch, m, n)

    def cost(found: Sequence[int]) -> tuple[int, int]:
        made = shapes(found)
        return tables.elements(*made), math.prod(made[2]) * found[4] if found[4] <= most else tables.TOO_MUCH

    budget = tables.Budget(tables.most_multiply_adds(dtype), wanted=size)
    found = tables.fit((p, q, rows, columns, min(inner, most)), (1,) * 5, cost, budget)
    if empty:
        found[("p", "q", "rows", "columns", "inner").index(empty)] = 0
    a, b, _ = shapes(found)
    tensors = (tables.data(a, dtype, a_memory), tables.data(b, dtype, b_memory))
    return tables.geometry("matmul", tensors, tables.kinds_for(kinds, dtype))


def matmul_geometries(
    batches: Sequence[tuple[str, str]] = BATCHES,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
) -> st.SearchStrategy[Geometry]:
    """Valid cases of ``matmul``."""
    return tables.drawn(
        _matmul,
        kinds=tables.SUM_KINDS,
        a_memory=tables.MEMORIES,
        b_memory=tables.MEMORIES,
        dtype=tables.PRODUCT_DTYPES,
        batches=batches,
        p=(1, 2, 3, 5),
        q=(1, 2, 3, 5),
        rows=OUTER,
        columns=OUTER,
        inner=tables.INNER,
        size=sizes,
        empty=empty,
    )


BREACHES = array_rules.matmul_breaches(partial(matmul_geometries, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY))

matmul = Op(
    name="matmul",
    inputs=("a", "b"),
    outputs=("y",),
    numerics="linear",
    differentiable=("a", "b"),
    geometries=matmul_geometries,
    reference=REFERENCES["matmul"],
    rules=tuple(breach.rule for breach in BREACHES),
    pins=array_pins.MATMUL,
)
