"""The values that a fill describes, bit for bit the same on every machine.

Only raw Philox bits, integer arithmetic, ``+``, ``*`` and ``ldexp`` are used: ``log`` and friends
differ between NumPy releases and processors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from opassay.harness.model import domains, dtypes, philox, stored
from opassay.harness.model.fills import PLACES, WHOLE, Fill

NARROW_IOTA = ("float16", "bfloat16", "int8", "uint8")
"""Dtypes in which ``iota`` counts to 61 only, elsewhere to 251."""

RUN = 8
"""Neighbours that are masked together, so that whole rows are."""


def values(fill: Fill, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The contiguous array of ``shape`` and ``dtype`` that ``fill`` describes."""
    count = math.prod(shape)
    if fill.kind == "literal" and len(fill.values) != count:
        raise ValueError(f"a literal fill of {len(fill.values)} values cannot fill shape {shape} ({count} elements)")
    if dtype == "bool" and fill.kind not in ("literal", "ones", "zeros", "counted", "stored"):
        return domains.truths(_raw(fill, count)).reshape(shape)
    return _MAKERS[fill.kind](fill, dtype, count, shape).reshape(shape)


def _raw(fill: Fill, count: int) -> np.ndarray:
    return philox.raw(fill.key, count)


def _choose(fill: Fill, count: int, table: tuple[float, ...]) -> np.ndarray:
    picks: np.ndarray = (_raw(fill, count) >> np.uint64(32)) % np.uint64(len(table))
    return np.asarray(np.asarray(table)[picks])


def _literal(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    kind = np.float64 if dtypes.is_float(dtype) else np.int64
    return dtypes.narrow(np.asarray(fill.values, dtype=kind), dtype)


def _ones(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return dtypes.narrow(np.ones(count), dtype)


def _iota(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    # A prime period: equal values are never a power of two apart, so swapped positions show.
    period = 61 if dtype in NARROW_IOTA else 251
    return dtypes.narrow((np.arange(count) + fill.key % period) % period + 1, dtype)


def _ints(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    # Never zero: a dropped term of a sum always shows.
    table = (1, 2, 3) if dtype in dtypes.UNSIGNED else (1, 2, 3, -1, -2, -3)
    return dtypes.narrow(_choose(fill, count, table), dtype)


def _ties(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    table = (1, 2) if dtype in dtypes.UNSIGNED else (1, 2, -1)
    return dtypes.narrow(_choose(fill, count, table), dtype)


def _sparse(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    raw = _raw(fill, count)
    share = fill.limits[0] if fill.limits else WHOLE
    if not 0 < share <= WHOLE:
        raise ValueError(f"a sparse fill has its share of {WHOLE} as limits, got {fill.limits}")
    sign = 1 if dtype in dtypes.UNSIGNED else 1 - 2 * (raw >> np.uint64(63)).astype(np.int64)
    return dtypes.narrow(np.where(raw % np.uint64(WHOLE) < np.uint64(share), sign, 0), dtype)


def _normal(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    # Irwin-Hall: the centred sum of four uniforms, in (-2, 2), standard deviation 0.58.
    if not dtypes.is_float(dtype):
        return dtypes.narrow(_choose(fill, count, tuple(range(1, 17)) if dtype in dtypes.UNSIGNED else SPREAD), dtype)
    return dtypes.narrow(_bell(fill, count), dtype)


def _bell(fill: Fill, count: int) -> np.ndarray:
    parts = (_raw(fill, 4 * count) >> np.uint64(11)).reshape(4, count).sum(axis=0, dtype=np.uint64)
    return np.asarray(np.ldexp(parts.astype(np.int64) - np.int64(2**54), -53))


SPREAD = (-16, -11, -7, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 7, 11, 16)

WIDE_EXPONENTS = {"float16": (-6, 2), "bfloat16": (-20, 20), "float32": (-20, 20), "float64": (-60, 60)}


def _wide(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    raw = _raw(fill, count)
    if not dtypes.is_float(dtype):
        return raw.astype(np.uint64).view(np.int64).astype(dtypes.storage(dtype))
    low, high = WIDE_EXPONENTS[dtype]
    mantissa = np.ldexp((raw >> np.uint64(12)).astype(np.float64), -52) + 1.0
    exponent = ((raw >> np.uint64(1)) % np.uint64(high - low + 1)).astype(np.int64) + low
    sign = 1.0 - 2.0 * (raw & np.uint64(1)).astype(np.float64)
    return dtypes.narrow(sign * np.ldexp(mantissa, exponent), dtype)


def _cancel(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    # An even key gives pairs (m, -m) that differ in their last bits; an odd key values just above
    # one. Their products cancel pairwise, so what is left is the rounding.
    if not dtypes.is_float(dtype):
        return _ints(fill, dtype, count, shape)
    bits = dtypes.FORMATS[dtype].precision
    raw = _raw(fill, count)
    noise = 1.0 + np.ldexp((raw & np.uint64(7)).astype(np.float64), 1 - bits)
    if fill.key & 1:
        return dtypes.narrow(noise, dtype)
    pair = np.ldexp((_raw(fill, (count + 1) // 2) >> np.uint64(40)).astype(np.float64), -24) + 1.0
    signed = np.repeat(pair, 2)[:count] * (1.0 - 2.0 * (np.arange(count) % 2))
    return dtypes.narrow(signed * noise * 8.0, dtype)


def _special(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    if not dtypes.is_float(dtype):
        return _extremes(fill, dtype, count)
    if fill.limits:
        return _placed(fill, dtype, count)
    form = dtypes.FORMATS[dtype]
    tiny, huge = form.smallest_subnormal, form.largest
    table = (math.nan, math.inf, -math.inf, -0.0, 0.0, tiny, -3 * tiny, huge, -huge)
    ordinary = dtypes.widen(_normal(fill, dtype, count, shape))
    pick = _raw(Fill("special", fill.key ^ (1 << 63)), count)
    sprinkled = np.asarray(table)[(pick >> np.uint64(32)) % np.uint64(len(table))]
    return dtypes.narrow(np.where(pick % np.uint64(8) == 0, sprinkled, ordinary), dtype)


def _placed(fill: Fill, dtype: str, count: int) -> np.ndarray:
    if fill.limits not in PLACES:
        raise ValueError(f"a special fill has one of {PLACES} as limits, got {fill.limits}")
    where, what = fill.limits
    found = _normal(Fill("normal", fill.key), dtype, count, (count,))
    length = max(1, count // 8)
    start = (0, max(count - 1, 0), fill.key % max(1, count - length + 1))[where]
    found[start : start + (length if where == 2 else 1)] = dtypes.narrow(np.array((math.nan, -0.0)[what]), dtype)
    return found


def _extremes(fill: Fill, dtype: str, count: int) -> np.ndarray:
    info = np.iinfo(dtype)
    # Of uint64, the largest is too large for int64, whose -1 has the same bits.
    table = np.array([info.min, info.max if info.max < 2**63 else -1, 0, 1], dtype=np.int64)
    return np.asarray(table[(_raw(fill, count) >> np.uint64(32)) % np.uint64(4)].astype(dtype))


def _shifted(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    if not dtypes.is_float(dtype):
        return _normal(fill, dtype, count, shape)
    return dtypes.narrow(_bell(fill, count) + shift(dtype), dtype)


def shift(dtype: str) -> float:
    """The value about which ``shifted`` values lie."""
    return float(2 ** (dtypes.FORMATS[dtype].precision // 2))


def _masked(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    if not dtypes.is_float(dtype):
        return _normal(fill, dtype, count, shape)
    runs = _raw(Fill("masked", fill.key ^ (1 << 63)), count // RUN + 1) >> np.uint64(63)
    hidden = np.repeat(runs, RUN)[:count] == 1
    return dtypes.narrow(np.where(hidden, -math.inf, _bell(fill, count)), dtype)


def _positions(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    if len(fill.limits) != 1 and (not shape or shape[-1] != len(fill.limits)):
        raise ValueError(f"positions with limits {fill.limits} need a last axis of {len(fill.limits)}, got {shape}")
    if count and 0 in fill.limits:
        raise ValueError(f"no position exists within limits {fill.limits}")
    raw = (_raw(fill, count) >> np.uint64(32)).reshape(shape)
    return (raw % np.maximum(np.asarray(fill.limits, dtype=np.uint64), 1)).astype(dtype)


def _labels(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    if len(fill.limits) not in (2, 3) or (count and fill.limits[0] < 1):
        raise ValueError(f"labels have at least one class and what is ignored as limits, got {fill.limits}")
    classes, ignored, *first = fill.limits
    raw = _raw(fill, count)
    found = ((raw >> np.uint64(32)) % np.uint64(max(classes, 1))).astype(np.int64) + sum(first)
    return np.where(raw % np.uint64(4) == 0, ignored, found).astype(dtype)


def _places(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    extent, axis = fill.limits
    if not 0 <= axis < len(shape) or (count and extent < 1):
        raise ValueError(f"places with limits {fill.limits} need an axis {axis} and an extent, got shape {shape}")
    lines = tuple(1 if i == axis else n for i, n in enumerate(shape))
    shift = (_raw(fill, math.prod(lines)) >> np.uint64(32)).astype(np.int64).reshape(lines)
    steps = np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return np.asarray(((steps * _coprime(fill.key, extent) + shift) % max(extent, 1)).astype(dtype))


def _counted(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    if len(fill.limits) != 1 or not 0 <= fill.limits[0] <= count:
        raise ValueError(f"counted needs how many of {count} values are 1 as limits, got {fill.limits}")
    found = np.zeros(count)
    found[np.argsort(_raw(fill, count), kind="stable")[: fill.limits[0]]] = 1
    return dtypes.narrow(found, dtype)


def _probabilities(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    """Down to 2^-9, so that none is subnormal in float16."""
    raw = _raw(fill, count)
    mantissa = np.ldexp((raw >> np.uint64(12)).astype(np.float64), -53) + 0.5
    between = np.ldexp(mantissa, -((raw >> np.uint64(3)) % np.uint64(9)).astype(np.int64))
    kind = raw % np.uint64(8)
    return dtypes.narrow(np.where(kind < np.uint64(2), kind.astype(np.float64), between), dtype)


def _cells(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    cells, channels, axis, repeats, *own = fill.limits
    if len(shape) != 4 or shape[axis] != channels:
        raise ValueError(f"cells need rank 4 with {channels} channels on axis {axis}, got shape {shape}")
    rows, columns = (n for i, n in enumerate(shape) if i not in (0, axis))
    if -(-rows * columns // repeats) > cells:
        raise ValueError(f"{rows * columns} positions do not fit {cells} cells")
    step = _coprime(fill.key, cells)
    place = (np.arange(rows * columns) // repeats * step + fill.key % max(cells, 1)).reshape(1, rows, columns, 1)
    if any(own):
        shift = (_raw(fill, shape[0] * channels) >> np.uint64(32)) % np.uint64(max(cells, 1))
        place = place + shift.astype(np.int64).reshape(shape[0], 1, 1, channels)
    index = np.broadcast_to(place % max(cells, 1) * channels + np.arange(channels), (shape[0], rows, columns, channels))
    return np.ascontiguousarray(np.moveaxis(index, 3, axis)).astype(dtype)


def _coprime(key: int, modulus: int) -> int:
    step = key % max(modulus, 1) or 1
    while math.gcd(step, modulus) != 1:
        step += 1
    return step


def _zeros(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return dtypes.narrow(np.zeros(count), dtype)


def _picture(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    """Images [N, H, W, C] in 1/256 steps between 0 and 1; integers hold the 256 steps."""
    if len(shape) != 4:
        raise ValueError(f"a picture needs rank 4 [N, H, W, C], got shape {shape}")
    height, width, channels = shape[1:]
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    shade = (y * 160) // max(height, 1) + (x * 64) // max(width, 1)
    tones = np.repeat(shade[:, :, None], channels, axis=2) + 13 * np.arange(channels)
    raw = _raw(fill, 4 * 7).reshape(7, 4)
    for cy, cx, radius, tone in raw % np.array([height or 1, width or 1, 1 + height // 5, 256], dtype=np.uint64):
        inside = (y - int(cy)) ** 2 + (x - int(cx)) ** 2 <= int(radius) ** 2
        tones[inside] = (int(tone) + 71 * np.arange(channels)) % 256
    texture = ((y // 3 + x // 3) % 2 * 10)[:, :, None]
    steps = np.broadcast_to((tones + texture) % 256, shape)
    return dtypes.narrow(steps / 256 if dtypes.is_float(dtype) else steps, dtype)


def _near(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return domains.near(_raw(fill, count), fill.values, dtype)


def _bits(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return domains.patterns(_raw(fill, count), dtype)


def _every(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return domains.patterns(np.arange(count, dtype=np.uint64) + np.uint64(fill.key % 2**64), dtype)


def _stored(fill: Fill, dtype: str, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return stored.load(fill.key, dtype, shape)


_MAKERS: Mapping[str, Callable[[Fill, str, int, tuple[int, ...]], np.ndarray]] = {
    "literal": _literal,
    "ones": _ones,
    "iota": _iota,
    "ints": _ints,
    "ties": _ties,
    "sparse": _sparse,
    "normal": _normal,
    "wide": _wide,
    "cancel": _cancel,
    "special": _special,
    "cells": _cells,
    "positions": _positions,
    "labels": _labels,
    "places": _places,
    "counted": _counted,
    "probabilities": _probabilities,
    "zeros": _zeros,
    "picture": _picture,
    "shifted": _shifted,
    "masked": _masked,
    "near": _near,
    "bits": _bits,
    "every": _every,
    "stored": _stored,
}
