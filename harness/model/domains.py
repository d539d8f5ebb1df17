"""Values where functions are hard: at and near critical points, and bit pattern by bit pattern.

As in ``fills``: integer arithmetic, ``+``, ``*`` and ``ldexp`` only, so that every machine makes the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.harness.model import dtypes

ZERO_DEPTH = 8
"""Binades below those of the format's squared precision in which values about 0 lie: where 1 + x² is 1, too."""

AROUND = 2
"""Integers on each side of a point."""


def near(raw: np.ndarray, points: Sequence[float], dtype: str) -> np.ndarray:
    """One value per word of ``raw``: a point in one of eight cases, else beside one, from below an ulp to its double.

    Of integers the ends of the range are points besides; what lies beyond an end wraps.
    """
    if not dtypes.is_float(dtype):
        return _integers(raw, points, dtype)
    precision = dtypes.FORMATS[dtype].precision
    at = np.asarray(points or (0.0,), np.float64)[(raw >> np.uint64(40)) % np.uint64(max(len(points), 1))]
    sign = 1.0 - 2.0 * (raw & np.uint64(1)).astype(np.float64)
    depth = np.where(at == 0, 2 * precision + ZERO_DEPTH, precision + 2).astype(np.uint64)
    exponent = np.frexp(at)[1] - ((raw >> np.uint64(1)) % np.uint64(2**19) % depth).astype(np.int64)
    mantissa = 1.0 + np.ldexp(((raw >> np.uint64(20)) % np.uint64(2**20)).astype(np.float64), -20)
    there = (raw >> np.uint64(56)) % np.uint64(8) == 0
    beside = at + sign * np.ldexp(mantissa, exponent)
    return dtypes.narrow(np.where(there, np.where(at == 0, sign * 0.0, at), beside), dtype)


def _integers(raw: np.ndarray, points: Sequence[float], dtype: str) -> np.ndarray:
    info = np.iinfo(dtype)
    bases = np.array([int(p) % 2**64 for p in (*points, 0, info.min, info.max)], np.uint64)
    offset = (raw >> np.uint64(20)) % np.uint64(2 * AROUND + 1) - np.uint64(AROUND)
    found = bases[(raw >> np.uint64(40)) % np.uint64(len(bases))] + offset
    return np.asarray(found.astype(dtypes.storage(dtype)))


def patterns(words: np.ndarray, dtype: str) -> np.ndarray:
    """The values whose bits are the lowest of each word; every NaN is the quiet one without a payload."""
    stored = dtypes.storage(dtype)
    bits = words.astype(f"u{stored.itemsize}")
    if dtype == "bfloat16":
        nan = (bits & np.uint16(0x7FFF)) > np.uint16(0x7F80)
        return np.asarray(np.where(nan, np.uint16(0x7FC0), bits).view(stored))
    values = bits.view(stored)
    return np.where(np.isnan(values), np.array(np.nan, stored), values) if dtypes.is_float(dtype) else values


def truths(raw: np.ndarray) -> np.ndarray:
    """The lowest bit of each word."""
    return np.asarray((raw & np.uint64(1)).astype(bool))
