"""Dtypes by name, and arrays of them with NumPy alone (bfloat16 included).

bfloat16 has no NumPy dtype. Here it is a one-field structured dtype holding the 16 bits, so an
array's dtype still says what it is, and no extra package is needed in a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

FLOATS = ("float16", "bfloat16", "float32", "float64")
CORE_INTEGERS = ("int8", "uint8", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = (*CORE_INTEGERS, "int16", "uint16", "uint32", "uint64")
CORE = FLOATS + CORE_INTEGERS
"""What every framework has: the dtypes of ops that are no matter of single elements."""

DTYPES = (*FLOATS, *INTEGERS, "bool")

BFLOAT16 = np.dtype([("bfloat16", "<u2")])


@dataclass(frozen=True)
class FloatFormat:
    """A binary floating-point format.

    ``precision`` counts significand bits with the hidden one; ``min_exponent`` is the exponent of
    the smallest normal number, ``max_exponent`` that of the largest finite binade (IEEE 754-2019
    table 3.5; bfloat16 and TF32 as in their vendors' definitions).
    """

    name: str
    precision: int
    min_exponent: int
    max_exponent: int

    @property
    def unit_roundoff(self) -> float:
        """Largest relative error of rounding to nearest: 2**-precision."""
        return 2.0**-self.precision

    @property
    def smallest_normal(self) -> float:
        return 2.0**self.min_exponent

    @property
    def smallest_subnormal(self) -> float:
        return 2.0 ** (self.min_exponent - self.precision + 1)

    @property
    def largest(self) -> float:
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.max_exponent


FORMATS = {
    "float16": FloatFormat("float16", 11, -14, 15),
    "bfloat16": FloatFormat("bfloat16", 8, -126, 127),
    "tf32": FloatFormat("tf32", 11, -126, 127),
    "float32": FloatFormat("float32", 24, -126, 127),
    "float64": FloatFormat("float64", 53, -1022, 1023),
}


def storage(name: str) -> np.dtype:
    """The NumPy dtype that stores ``name``; ``ValueError`` for a name outside ``DTYPES``."""
    if name not in DTYPES:
        raise ValueError(f"unknown dtype {name!r}; known: {', '.join(DTYPES)}")
    return BFLOAT16 if name == "bfloat16" else np.dtype(name)


def dtype_name(array: np.ndarray) -> str:
    """The name of an array's dtype; understands ml_dtypes' bfloat16 without importing it."""
    return _name(array.dtype)


@cache
def _name(dtype: np.dtype) -> str:
    # NumPy builds the name anew each time.
    return "bfloat16" if dtype == BFLOAT16 else dtype.name


def is_float(name: str) -> bool:
    return name in FLOATS


def widen(array: np.ndarray) -> np.ndarray:
    """The same values in a format that holds them exactly and leaves room to compute.

    float16, bfloat16 and float32 become float64; float64 becomes longdouble; other dtypes are
    returned as they are.
    """
    name = dtype_name(array)
    values = _bfloat16_values(array) if name == "bfloat16" else array
    if name not in FLOATS:
        return array
    # A framework's signalling NaN must not cause a warning.
    with np.errstate(invalid="ignore"):
        return values.astype(np.longdouble if name == "float64" else np.float64)


def saturated(values: np.ndarray, name: str) -> np.ndarray:
    """Finite floats as integers of dtype ``name``: truncated, and clamped to its range."""
    info = np.iinfo(name)
    high, low = values >= float(info.max), values <= float(info.min)
    found = np.where(high | low, 0, values).astype(name)
    return np.where(high, info.max, np.where(low, info.min, found)).astype(name)


def narrow(values: np.ndarray, name: str) -> np.ndarray:
    """Round ``values`` (float64, longdouble or integers) to dtype ``name``, to nearest, ties to even.

    Integers wrap modulo 2**bits. Overflow gives infinity.
    """
    if name == "bfloat16":
        return _bfloat16_from(values)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(values).astype(storage(name))


def _bfloat16_values(array: np.ndarray) -> np.ndarray:
    bits = np.asarray(array).view(np.uint16).astype(np.uint32) << np.uint32(16)
    return bits.view(np.float32)


def _bfloat16_from(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        single = _round_to_odd_float32(np.asarray(values))
    bits = np.ascontiguousarray(single).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    quiet = np.where(np.isnan(single), np.uint32(0x7FC0), rounded)
    return quiet.astype(np.uint16).view(BFLOAT16).reshape(single.shape)


def _round_to_odd_float32(values: np.ndarray) -> np.ndarray:
    # Rounding twice (to float32, then to bfloat16) errs on ties unless the first step rounds to odd.
    single = values.astype(np.float32)
    if values.dtype == np.float32 or values.dtype == np.float16:
        return single
    inexact = np.isfinite(single) & (single.astype(values.dtype) != values)
    too_far = np.abs(single.astype(values.dtype)) > np.abs(values)
    bits = single.view(np.uint32) - (inexact & too_far).astype(np.uint32)
    return np.where(inexact, bits | np.uint32(1), single.view(np.uint32)).astype(np.uint32).view(np.float32)
