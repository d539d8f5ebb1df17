"""Cases of matmul."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from opassay.adapters.oracle.judged import judged
from opassay.cases import array_pins, array_rules, end_pins, fillings, fitting, gradient_pins, tables
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op

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


def _product(rows: int, columns: int, inner: int, batches: tuple[str, str] = ("", ""), p: int = 1) -> Together:
    """A product as in common models."""
    batch = {"batches": batches, "p": p, "q": 2}
    return Together({**batch, "rows": rows, "columns": columns, "inner": inner, "size": 0, "empty": ""})


COMMON = (
    *(_product(32, 32, 32), _product(64, 64, 64), _product(96, 96, 96), _product(88, 88, 128), _product(60, 60, 256)),
    *(_product(44, 44, 512), _product(1, 128, 512), _product(16, 64, 512), _product(128, 32, 64, ("p", ""), 3)),
    *(_product(32, 32, 64, ("pq", "pq"), 4), _product(32, 64, 32, ("pq", "pq"), 4)),
    _product(64, 16, 128, ("p", "p"), 5),
)
PRODUCTS = tables.FREE * 24 + COMMON

LONGEST_SUM = 512
"""Except where one axis alone is grown."""


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
    backward: bool = False,
) -> Geometry:
    """A valid product near the draws; ``backward``: its gradients are tested, too."""

    def shapes(found: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        named = {"1": 1, "p": found[0], "q": found[1]}
        left, right = (tuple(named[letter] for letter in axes) for axes in batches)
        batch = max((left, right), key=len) if len(left) != len(right) else tuple(map(max, left, right))
        m, n, k = found[2:]
        return (*left, m, k), (*right, k, n), (*batch, m, n)

    def cost(found: Sequence[int]) -> tuple[int, int]:
        made = shapes(found)
        summed = max(_summed(made)) if backward else found[4]
        return tables.elements(*made), math.prod(made[2]) * found[4] if summed <= longest else fitting.TOO_MUCH

    longest = fitting.MOST_MULTIPLY_ADDS if size < 0 else LONGEST_SUM
    budget = fitting.Budget(fitting.most_multiply_adds(dtype), wanted=size)
    found = fitting.fit((p, q, rows, columns, inner), (1,) * 5, cost, budget)
    terms = max(_summed(shapes(found))) if backward else found[4]
    if empty:
        found[("p", "q", "rows", "columns", "inner").index(empty)] = 0
    a, b, _ = shapes(found)
    tensors = (tables.data(a, dtype, a_memory), tables.data(b, dtype, b_memory))
    return fillings.summed(tables.geometry("matmul", tensors, kinds), kinds, terms)


def _summed(shapes: tuple[tuple[int, ...], ...]) -> tuple[int, int, int]:
    """The number of products per element of the answer, of a's and of b's gradient."""
    a, b, y = shapes
    return a[-1], math.prod(y) * a[-1] // math.prod(a), math.prod(y) * a[-1] // math.prod(b)


def matmul_gradients(dtypes: Sequence[str] = tables.GRADIENT_DTYPES) -> Draw:
    """Cases of the gradients of ``matmul``."""
    drawn = _draws(partial(_matmul, backward=True), BATCHES, tables.SIZES, EMPTY, dtypes)
    return tables.gradients(drawn, lambda case: (_answer(case),))


def _answer(case: Case) -> tuple[int, ...]:
    a, b = (tensor.shape for tensor in case.tensors)
    left, right = a[:-2], b[:-2]
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    return (*(m if n == 1 else n for m, n in pairs), a[-2], b[-1])


def matmul_geometries(
    batches: Sequence[tuple[str, str]] = BATCHES,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    products: Sequence[Together] = PRODUCTS,
) -> Draw:
    """Valid cases of ``matmul``."""
    return _draws(_matmul, batches, sizes, empty, tables.PRODUCT_DTYPES, products)


def _draws(
    build: Callable[..., Geometry],
    batches: Sequence[tuple[str, str]],
    sizes: Sequence[int],
    empty: Sequence[str],
    dtypes: Sequence[str],
    products: Sequence[Together] = PRODUCTS,
) -> Draw:
    return tables.drawn(
        build,
        kinds=fillings.SUM_KINDS,
        a_memory=tables.MEMORIES,
        b_memory=tables.MEMORIES,
        dtype=dtypes,
        product=products,
        batches=batches,
        p=(1, 2, 3, 5),
        q=(1, 2, 3, 5),
        rows=OUTER,
        columns=OUTER,
        inner=tables.INNER,
        size=sizes,
        empty=empty,
    )


BREACHES = array_rules.matmul_breaches(
    partial(matmul_geometries, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY, products=tables.FREE)
)

matmul = Op(
    "matmul",
    **judged("matmul"),
    numerics="linear",
    geometries=matmul_geometries,
    gradients=matmul_gradients,
    shapes=partial(matmul_geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
    rules=tuple(breach.rule for breach in BREACHES),
    pins=(*array_pins.MATMUL, *gradient_pins.MATMUL, *end_pins.MATMUL),
    traits=("multiplies", "sums"),
)
