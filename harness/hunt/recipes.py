"""Recipes for values as plain NumPy: the same bits as ``opassay.harness.model.fills`` gives, without importing it.

``LIBRARY`` holds small functions; ``recipe`` an expression that uses them. A script contains only those it needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from opassay.harness.model import dtypes
from opassay.harness.model.fill_values import NARROW_IOTA, SPREAD, WIDE_EXPONENTS, shift
from opassay.harness.model.fills import WHOLE, Fill


def recipe(fill: Fill, dtype: str, shape: tuple[int, ...]) -> tuple[str, set[str]]:
    """An expression for the values, flat or shaped and before the cast to their dtype; and the functions of LIBRARY it
    calls."""
    if dtype == "bool" and fill.kind not in ("ones", "zeros"):
        return f"raw({fill.key}, {math.prod(shape)}) & np.uint64(1)", {"raw"}
    return _RECIPES[fill.kind](fill, dtype, shape)


Recipe = tuple[str, set[str]]


def _table(table: tuple[float, ...], fill: Fill, count: int) -> Recipe:
    return f"chosen({fill.key}, {count}, {list(table)})", {"chosen"}


def _ones(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"np.ones({shape})", set()


def _zeros(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"np.zeros({shape})", set()


def _iota(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    period = 61 if dtype in NARROW_IOTA else 251
    return f"(np.arange({math.prod(shape)}) + {fill.key % period}) % {period} + 1", set()


def _ints(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return _table((1, 2, 3) if dtype in dtypes.UNSIGNED else (1, 2, 3, -1, -2, -3), fill, math.prod(shape))


def _ties(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return _table((1, 2) if dtype in dtypes.UNSIGNED else (1, 2, -1), fill, math.prod(shape))


def _sparse(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    made = f"sparse({fill.key}, {math.prod(shape)}, {fill.limits[0] if fill.limits else WHOLE})"
    return (f"abs({made})" if dtype in dtypes.UNSIGNED else made), {"sparse"}


def _normal(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    if dtypes.is_float(dtype):
        return f"normal({fill.key}, {math.prod(shape)})", {"normal"}
    return _table(tuple(range(1, 17)) if dtype in dtypes.UNSIGNED else SPREAD, fill, math.prod(shape))


def _wide(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    if dtypes.is_float(dtype):
        low, high = WIDE_EXPONENTS[dtype]
        return f"wide({fill.key}, {math.prod(shape)}, {low}, {high})", {"wide"}
    return f"raw({fill.key}, {math.prod(shape)}).astype(np.uint64).view(np.int64)", {"raw"}


def _cancel(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    if dtypes.is_float(dtype):
        return f"cancelling({fill.key}, {math.prod(shape)}, {dtypes.FORMATS[dtype].precision})", {"cancelling"}
    return _ints(fill, dtype, shape)


def _special(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    if dtypes.is_float(dtype) and fill.limits:
        where, what = fill.limits
        return f"placed({fill.key}, {math.prod(shape)}, {where}, {('np.nan', '-0.0')[what]})", {"placed"}
    if dtypes.is_float(dtype):
        form = dtypes.FORMATS[dtype]
        return f"special({fill.key}, {math.prod(shape)}, {form.smallest_subnormal!r}, {form.largest!r})", {"special"}
    info = dtypes.storage(dtype)
    largest = int(_limit(info.name, "max"))
    bounds = (int(_limit(info.name, "min")), largest if largest < 2**63 else -1, 0, 1)
    return _table(bounds, fill, math.prod(shape))


def _shifted(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    made, used = _normal(fill, dtype, shape)
    return (f"{made} + {shift(dtype)}" if dtypes.is_float(dtype) else made), used


def _masked(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    if dtypes.is_float(dtype):
        return f"masked({fill.key}, {math.prod(shape)})", {"masked"}
    return _normal(fill, dtype, shape)


def _near(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    count = math.prod(shape)
    if dtypes.is_float(dtype):
        points = [float(p) for p in fill.values] or [0.0]
        return f"near({fill.key}, {count}, {points}, {dtypes.FORMATS[dtype].precision})", {"near"}
    bases = [int(p) % 2**64 for p in (*fill.values, 0, _limit(dtype, "min"), _limit(dtype, "max"))]
    return f"near_integers({fill.key}, {count}, {bases})", {"near_integers"}


def _patterns(words: str, dtype: str, used: set[str]) -> Recipe:
    if dtype == "bfloat16":
        return f"patterns_of_bfloat16({words})", {*used, "patterns_of_bfloat16"}
    return f"patterns({words}, np.{dtype})", {*used, "patterns"}


def _bits(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return _patterns(f"raw({fill.key}, {math.prod(shape)})", dtype, {"raw"})


def _every(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    words = f"np.arange({math.prod(shape)}, dtype=np.uint64) + np.uint64({fill.key % 2**64})"
    return _patterns(words, dtype, set())


def _limit(name: str, which: str) -> int:
    bits, signed = int(name.lstrip("uint")), not name.startswith("u")
    if which == "min":
        return -(2 ** (bits - 1)) if signed else 0
    return int(2 ** (bits - signed) - 1)


def _positions(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    bits = f"(raw({fill.key}, {math.prod(shape)}) >> np.uint64(32)).reshape({shape})"
    return f"{bits} % np.array({list(fill.limits)}, dtype=np.uint64)", {"raw"}


def _labels(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"labels({fill.key}, {math.prod(shape)}, {', '.join(map(str, fill.limits))})", {"labels"}


def _cells(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"cells({fill.key}, {shape}, {', '.join(map(str, fill.limits))})", {"cells"}


def _places(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"places({fill.key}, {shape}, {', '.join(map(str, fill.limits))})", {"places"}


def _counted(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"counted({fill.key}, {math.prod(shape)}, {fill.limits[0]})", {"counted"}


def _probabilities(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    return f"probabilities({fill.key}, {math.prod(shape)})", {"probabilities"}


def _picture(fill: Fill, dtype: str, shape: tuple[int, ...]) -> Recipe:
    steps = f"picture({fill.key}, {shape})"
    return (f"{steps} / 256" if dtypes.is_float(dtype) else steps), {"picture"}


_RECIPES: Mapping[str, Callable[[Fill, str, tuple[int, ...]], Recipe]] = {
    "ones": _ones,
    "zeros": _zeros,
    "iota": _iota,
    "ints": _ints,
    "ties": _ties,
    "sparse": _sparse,
    "normal": _normal,
    "wide": _wide,
    "cancel": _cancel,
    "special": _special,
    "positions": _positions,
    "labels": _labels,
    "cells": _cells,
    "places": _places,
    "counted": _counted,
    "probabilities": _probabilities,
    "picture": _picture,
    "shifted": _shifted,
    "masked": _masked,
    "near": _near,
    "bits": _bits,
    "every": _every,
}
