"""Small NumPy functions that make values in scripts, as source text; ``recipes`` names those that a fill needs."""

from __future__ import annotations

from collections.abc import Mapping

LIBRARY: Mapping[str, str] = {
    "raw": '''\
def raw(key, count):
    """Random 64-bit integers: raw Philox bits, the same on every machine."""
    return np.random.Philox(key=key).random_raw(count)''',
    "chosen": """\
def chosen(key, count, table):
    return np.array(table)[(raw(key, count) >> np.uint64(32)) % np.uint64(len(table))]""",
    "sparse": '''\
def sparse(key, count, share):
    """1 or -1 in about share of 256 places, 0 in the others."""
    bits = raw(key, count)
    return np.where(bits % np.uint64(256) < np.uint64(share), 1 - 2 * (bits >> np.uint64(63)).astype(np.int64), 0)''',
    "normal": '''\
def normal(key, count):
    """A sum of four uniforms, in (-2, 2)."""
    parts = (raw(key, 4 * count) >> np.uint64(11)).reshape(4, count).sum(axis=0, dtype=np.uint64)
    return np.ldexp(parts.astype(np.int64) - np.int64(2**54), -53)''',
    "wide": '''\
def wide(key, count, low, high):
    """Exponents from low to high."""
    bits = raw(key, count)
    mantissa = np.ldexp((bits >> np.uint64(12)).astype(np.float64), -52) + 1.0
    exponent = ((bits >> np.uint64(1)) % np.uint64(high - low + 1)).astype(np.int64) + low
    return (1.0 - 2.0 * (bits & np.uint64(1)).astype(np.float64)) * np.ldexp(mantissa, exponent)''',
    "cancelling": '''\
def cancelling(key, count, precision):
    """Pairs that differ in their last bits (an even key), or values just above 1."""
    noise = 1.0 + np.ldexp((raw(key, count) & np.uint64(7)).astype(np.float64), 1 - precision)
    if key & 1:
        return noise
    pair = np.ldexp((raw(key, (count + 1) // 2) >> np.uint64(40)).astype(np.float64), -24) + 1.0
    return np.repeat(pair, 2)[:count] * (1.0 - 2.0 * (np.arange(count) % 2)) * noise * 8.0''',
    "special": '''\
def special(key, count, tiny, huge):
    """Every eighth value is NaN, an infinity, a zero, subnormal, or the largest."""
    table = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, tiny, -3 * tiny, huge, -huge])
    pick = raw(key ^ (1 << 63), count)
    return np.where(pick % np.uint64(8) == 0, table[(pick >> np.uint64(32)) % np.uint64(9)], normal(key, count))''',
    "masked": '''\
def masked(key, count):
    """Half of all runs of 8 are -infinity."""
    runs = raw(key ^ (1 << 63), count // 8 + 1) >> np.uint64(63)
    return np.where(np.repeat(runs, 8)[:count] == 1, -np.inf, normal(key, count))''',
    "near": '''\
def near(key, count, points, precision):
    """Each on one of the points or beside it, at all distances."""
    bits, points = raw(key, count), np.array(points, dtype=np.float64)
    at = points[(bits >> np.uint64(40)) % np.uint64(len(points))]
    sign = 1.0 - 2.0 * (bits & np.uint64(1)).astype(np.float64)
    depth = np.where(at == 0, 2 * precision + 8, precision + 2).astype(np.uint64)
    exponent = np.frexp(at)[1] - ((bits >> np.uint64(1)) % np.uint64(2**19) % depth).astype(np.int64)
    mantissa = 1.0 + np.ldexp(((bits >> np.uint64(20)) % np.uint64(2**20)).astype(np.float64), -20)
    there = (bits >> np.uint64(56)) % np.uint64(8) == 0
    return np.where(there, np.where(at == 0, sign * 0.0, at), at + sign * np.ldexp(mantissa, exponent))''',
    "near_integers": '''\
def near_integers(key, count, bases):
    """Each at most 2 from one of the bases, modulo 2**64."""
    bits = raw(key, count)
    offset = (bits >> np.uint64(20)) % np.uint64(5) - np.uint64(2)
    return np.array(bases, dtype=np.uint64)[(bits >> np.uint64(40)) % np.uint64(len(bases))] + offset''',
    "patterns": '''\
def patterns(words, kind):
    """Values by their bits; every NaN is the plain one."""
    values = words.astype(f"u{np.dtype(kind).itemsize}").view(kind)
    return np.where(np.isnan(values), np.array(np.nan, kind), values) if np.dtype(kind).kind == "f" else values''',
    "patterns_of_bfloat16": """\
def patterns_of_bfloat16(words):
    bits = words.astype(np.uint16).astype(np.uint32)
    return np.where((bits & 0x7FFF) > 0x7F80, np.uint32(0x7FC00000), bits << np.uint32(16)).view(np.float32)""",
    "placed": '''\
def placed(key, count, where, value):
    """Ordinary numbers, and value as the first (0), the last (1) or in a run of an eighth of all (2)."""
    found, length = normal(key, count), max(1, count // 8)
    start = (0, max(count - 1, 0), key % max(1, count - length + 1))[where]
    found[start : start + (length if where == 2 else 1)] = value
    return found''',
    "cells": """\
def cells(key, shape, count, channels, axis, repeats, own=0):
    rows, columns = (n for i, n in enumerate(shape) if i not in (0, axis))
    step = key % max(count, 1) or 1
    while np.gcd(step, count) != 1:
        step += 1
    place = (np.arange(rows * columns) // repeats * step + key % max(count, 1)).reshape(1, rows, columns, 1)
    if own:
        shift = (raw(key, shape[0] * channels) >> np.uint64(32)) % np.uint64(max(count, 1))
        place = place + shift.astype(np.int64).reshape(shape[0], 1, 1, channels)
    index = place % max(count, 1) * channels + np.arange(channels)
    return np.ascontiguousarray(np.moveaxis(np.broadcast_to(index, (shape[0], rows, columns, channels)), 3, axis))""",
    "labels": '''\
def labels(key, count, classes, ignored, first=0):
    """Classes, a quarter of them ignored."""
    bits = raw(key, count)
    found = ((bits >> np.uint64(32)) % np.uint64(max(classes, 1))).astype(np.int64) + first
    return np.where(bits % np.uint64(4) == 0, ignored, found)''',
    "places": """\
def places(key, shape, extent, axis):
    step = key % max(extent, 1) or 1
    while np.gcd(step, extent) != 1:
        step += 1
    lines = [1 if i == axis else n for i, n in enumerate(shape)]
    shift = (raw(key, int(np.prod(lines))) >> np.uint64(32)).astype(np.int64).reshape(lines)
    steps = np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return (steps * step + shift) % max(extent, 1)""",
    "counted": """\
def counted(key, count, ones):
    found = np.zeros(count)
    found[np.argsort(raw(key, count), kind="stable")[:ones]] = 1
    return found""",
    "probabilities": """\
def probabilities(key, count):
    bits = raw(key, count)
    mantissa = np.ldexp((bits >> np.uint64(12)).astype(np.float64), -53) + 0.5
    between = np.ldexp(mantissa, -((bits >> np.uint64(3)) % np.uint64(9)).astype(np.int64))
    kind = bits % np.uint64(8)
    return np.where(kind < np.uint64(2), kind.astype(np.float64), between)""",
    "picture": """\
def picture(key, shape):
    height, width, channels = shape[1:]
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    shade = (y * 160) // height + (x * 64) // width
    tones = np.repeat(shade[:, :, None], channels, axis=2) + 13 * np.arange(channels)
    limits = np.array([height, width, 1 + height // 5, 256], dtype=np.uint64)
    for cy, cx, radius, tone in raw(key, 28).reshape(7, 4) % limits:
        inside = (y - int(cy)) ** 2 + (x - int(cx)) ** 2 <= int(radius) ** 2
        tones[inside] = (int(tone) + 71 * np.arange(channels)) % 256
    return np.broadcast_to((tones + ((y // 3 + x // 3) % 2 * 10)[:, :, None]) % 256, shape)""",
    "bfloat16_bits": '''\
def bfloat16_bits(values):
    """The nearest bfloat16, ties to even, as its 16 bits: NumPy has no such dtype."""
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        single = values.astype(np.float32)
        inexact = np.isfinite(single) & (single.astype(np.float64) != values)
        too_far = np.abs(single.astype(np.float64)) > np.abs(values)
    bits = np.where(inexact, (single.view(np.uint32) - (inexact & too_far)) | 1, single.view(np.uint32))
    bits = bits.astype(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(single), np.uint32(0x7FC0), rounded).astype(np.uint16)''',
}

NEEDS: Mapping[str, tuple[str, ...]] = {
    "chosen": ("raw",),
    "sparse": ("raw",),
    "normal": ("raw",),
    "wide": ("raw",),
    "cancelling": ("raw",),
    "special": ("raw", "normal"),
    "placed": ("raw", "normal"),
    "cells": ("raw",),
    "labels": ("raw",),
    "places": ("raw",),
    "counted": ("raw",),
    "probabilities": ("raw",),
    "picture": ("raw",),
    "masked": ("raw", "normal"),
    "near": ("raw",),
    "near_integers": ("raw",),
}


def library(used: set[str]) -> str:
    """The named functions and those that they call, each before its callers."""
    wanted = used | {inner for name in used for inner in NEEDS.get(name, ())}
    return "\n\n\n".join(text for name, text in LIBRARY.items() if name in wanted)
