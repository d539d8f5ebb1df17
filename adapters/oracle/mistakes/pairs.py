"""Functions of two elements, comparisons and conversions: wrong signs, formats or axes."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.mistakes.elements import Function, computed
from opassay.adapters.oracle.mistakes.made import mistakes
from opassay.harness.model.mistake import Source


def _by_wrong_axis(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The operand of lower rank is broadcast from the first axis."""
    if 0 < b.ndim < a.ndim and b.shape == a.shape[: b.ndim]:
        return np.asarray(a + b.reshape(b.shape + (1,) * (a.ndim - b.ndim)))
    return np.asarray(a + b[::-1] if b.ndim == a.ndim > 0 else a + b)


def _saturating(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(a < b, 0, a - b) if a.dtype.kind == "u" else a - b


def _in_float(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(a * 1.0 * b if a.dtype.kind in "iu" else a * b)


def _in_single(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(a.astype(np.float32) == b.astype(np.float32))


def _as_signed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a.view(f"i{a.itemsize}") < b.view(f"i{b.itemsize}") if a.dtype.kind == "u" else a < b


def _logical(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(a.view(f"u{a.itemsize}") >> b.view(f"u{b.itemsize}"))


def _by_products(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return c * a + ~c * b if a.dtype.kind == "f" else np.where(c, a, b)


def _rounded(x: np.ndarray, to: str) -> np.ndarray:
    return np.rint(x) if x.dtype.kind == "f" and to.startswith("int") else x


def _cut_at_zero(x: np.ndarray, to: str) -> np.ndarray:
    return np.maximum(x, 0) if to.startswith("u") else x


def _in_double(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.nextafter(a.astype(np.float64), b.astype(np.float64))


FUNCTIONS: tuple[tuple[str, str, str, Function], ...] = (
    ("add", "broadcast_from_the_left", "an operand of lower rank is broadcast from the first axis", _by_wrong_axis),
    ("sub", "unsigned_saturates", "a difference of unsigned integers stops at 0", _saturating),
    ("maximum", "compared_by_larger", "a NaN of the first operand is lost", lambda a, b: np.where(a > b, a, b)),
    ("fmax", "nan_kept", "a NaN is the larger", np.maximum),
    ("fmin", "nan_kept", "a NaN is the smaller", np.minimum),
    ("copysign", "compared_with_zero", "the sign of -0 is not seen", lambda a, b: np.where(b < 0, -abs(a), abs(a))),
    ("heaviside", "half_at_zero", "at 0 it is a half", lambda a, b: (np.sign(a) + 1) / 2),
    ("nextafter", "of_float64", "the next number of float64 is rounded back", _in_double),
    ("hypot", "squares_overflow", "√(a² + b²) overflows", lambda a, b: np.sqrt(a * a + b * b)),
    ("xlogy", "zero_times_infinity", "0·log(0) is NaN", lambda a, b: a * np.log(b)),
    ("mul", "integers_by_float", "integers are multiplied in float64", _in_float),
    ("remainder", "sign_of_dividend", "the remainder has the sign of the dividend", np.fmod),
    ("div", "zero_for_none", "what is divided by 0 is 0", lambda a, b: np.where(b == 0, 0, a / b)),
    ("trunc_divide", "floored", "a quotient is floored, not cut", lambda a, b: np.floor_divide(a, np.where(b, b, 1))),
    ("floor_divide", "truncated", "a quotient is cut, not floored", lambda a, b: np.trunc(a / b)),
    ("pow", "by_logarithm", "a power is exp(b · log(a))", lambda a, b: np.exp(b * np.log(a))),
    ("atan2", "sign_of_zero_lost", "the sign of zeros is not looked at", lambda a, b: np.arctan2(a + 0.0, b + 0.0)),
    ("equal", "compared_in_single", "what is not float32 becomes it", _in_single),
    ("not_equal", "nan_is_equal", "a NaN is not different", lambda a, b: (a < b) | (a > b)),
    ("less", "unsigned_as_signed", "unsigned integers are compared as signed ones", _as_signed),
    ("shift_right", "zeros_shifted_in", "of a negative integer, zeros are shifted in", _logical),
    ("shift_left", "by_float", "a shift is a product with a power of two, in float64", lambda a, b: a * 2.0**b),
    ("where", "by_products", "a choice is a sum of products with 0 and 1", _by_products),
    ("cast", "rounded", "to integers, a fraction is rounded and not cut", _rounded),
    ("cast", "cut_at_zero", "to unsigned integers, negative numbers become 0", _cut_at_zero),
)

MISTAKES = (
    *(made for op, name, says, f in FUNCTIONS for made in mistakes(name, says, computed(f), op)),
    *mistakes(
        "zero_of_either_sign",
        "of zeros of either sign, the first one is the larger",
        computed(lambda a, b: np.where(b > a, b, np.where(np.isnan(b), b, a))),
        "maximum",
        source=Source(
            "https://github.com/apache/commons-lang/pull/1733",
            "Fix NumberUtils min/max varargs dropping the sign of zero",
        ),
    ),
)
