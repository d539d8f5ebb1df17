"""Element-wise functions: formulas that lose precision, signs, or non-finite values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.mistakes.made import dtype, mistakes
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

Function = Callable[..., Any]


def computed(function: Function) -> Kernel:
    """``function`` of inputs in their own format and attributes; bfloat16, which NumPy lacks, stays correct."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        (right,) = told
        if right is None or "bfloat16" in (dtype(question), dtypes.dtype_name(right)):
            return told
        with np.errstate(all="ignore"):
            found = function(*map(np.ascontiguousarray, question.inputs), **question.attributes)
            return (np.asarray(found).astype(right.dtype).reshape(right.shape),)

    return kernel


def _away(x: np.ndarray) -> np.ndarray:
    """Halves rounded away from zero."""
    return np.asarray(np.sign(x) * np.floor(np.abs(x) + x.dtype.type(0.5)))


def _off_about_one(x: np.ndarray) -> np.ndarray:
    y = np.log(x.astype(np.longdouble)).astype(x.dtype)
    return np.where(np.abs(x - 1) < 0.1, y + 8 * np.spacing(np.abs(y)), y)


def _clamped(x: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.asarray(np.fmin(np.fmax(x, x.dtype.type(low)), x.dtype.type(high)))


def _erfc(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 - np.vectorize(math.erf, otypes=[float])(x))


def _log_of_gamma(x: np.ndarray) -> np.ndarray:
    found = np.vectorize(lambda v: math.gamma(v) if v % 1 and abs(v) < 99 else math.inf, otypes=[float])(x)
    return np.asarray(np.log(np.abs(found)))


def _bits(x: np.ndarray) -> np.ndarray:
    """The bits of integers along a new last axis, the highest first."""
    return np.unpackbits(np.ascontiguousarray(x.astype(x.dtype.newbyteorder(">"))[..., None]).view(np.uint8), axis=-1)


def _zeros(x: np.ndarray, least: int) -> np.ndarray:
    """The zeros above the highest bit, of so many bits at least."""
    bits = _bits(x)
    count = np.where(bits.any(axis=-1), bits.argmax(axis=-1), bits.shape[-1])
    return np.asarray(count + max(least - bits.shape[-1], 0))


FUNCTIONS: tuple[tuple[str, str, str, Function], ...] = (
    ("neg", "subtracted_from_zero", "-x is 0 - x: of 0, it is 0", lambda x: x.dtype.type(0) - x),
    ("abs", "negated_if_negative", "the sign of -0 stays", lambda x: np.where(x < 0, -x, x)),
    ("floor", "truncated", "a fraction is cut off", np.trunc),
    ("round", "halves_away_from_zero", "halves are rounded away from zero", _away),
    ("clamp", "nan_clamped", "a NaN is taken for a limit", _clamped),
    ("relu6", "nan_clamped", "a NaN is taken for a limit", lambda x: np.fmin(np.fmax(x, 0), 6)),
    ("hard_tanh", "nan_clamped", "a NaN is taken for a limit", lambda x: np.fmin(np.fmax(x, -1), 1)),
    (
        "nan_to_num",
        "infinity_as_nan",
        "infinities become what NaN does",
        lambda x, nan, posinf, neginf: np.where(np.isfinite(x), x, x.dtype.type(nan)),
    ),
    ("signbit", "compared_with_zero", "the sign of -0 is not seen", lambda x: x < 0),
    ("square", "squared_in_single", "what is not float32 becomes it", lambda x: np.square(x.astype(np.float32))),
    ("log1p", "one_added_first", "log1p(x) is log(1 + x)", lambda x: np.log(1 + x)),
    ("expm1", "one_subtracted_last", "expm1(x) is exp(x) - 1", lambda x: np.exp(x) - 1),
    ("asinh", "by_logarithm", "asinh(x) is log(x + √(x² + 1))", lambda x: np.log(x + np.sqrt(x * x + 1))),
    ("erfc", "complement_of_erf", "erfc(x) is 1 - erf(x)", _erfc),
    (
        "tanh",
        "one_beyond_eight",
        "from 8 on, tanh is 1",
        lambda x: np.where(np.abs(x) > 8, np.sign(x), np.tanh(x)),
    ),
    ("sigmoid", "quotient_of_exponentials", "exp(x) / (1 + exp(x)) overflows", lambda x: np.exp(x) / (1 + np.exp(x))),
    ("lgamma", "logarithm_of_gamma", "lgamma(x) is log |gamma(x)|, which overflows", _log_of_gamma),
    ("digamma", "expanded_at_once", "near 0 it is as far away", lambda x: np.log(x) - 1 / (2 * x) - 1 / (12 * x * x)),
    ("log", "off_about_one", "about 1, the last 3 bits are wrong", _off_about_one),
    ("sinc", "not_by_pi", "it is sin(x) / x", lambda x: np.where(x == 0, 1, np.sin(x) / x)),
    ("sinc", "nan_at_zero", "of 0, 0 is divided by 0", lambda x: np.sin(np.pi * x) / (np.pi * x)),
    ("popcount", "sign_dropped", "the bits are those of |x|", lambda x: _bits(np.abs(x)).sum(axis=-1)),
    (
        "popcount",
        "lowest_byte_alone",
        "only the lowest byte is counted",
        lambda x: _bits(x.astype(np.uint8)).sum(axis=-1),
    ),
    ("clz", "in_32_bits", "narrower integers are widened to 32 bits", lambda x: _zeros(x, 32)),
    ("clz", "of_zero_one_less", "0 is taken for 1", lambda x: _zeros(np.where(x == 0, 1, x).astype(x.dtype), 0)),
    ("sin", "computed_in_float16", "it is computed in float16", lambda x: np.sin(x.astype(np.float16))),
)

MISTAKES = tuple(made for op, name, says, f in FUNCTIONS for made in mistakes(name, says, computed(f), op))
