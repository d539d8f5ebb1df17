"""The oracle's functions and their gradients against mpmath: off by a small part of what they allow at most."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.profiles import OPENCL
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))

SHARE = 1 / 30
"""The oracle may use up that much of the tightest bound; the rest is for what it judges."""

NOTHING = 2.0**-20
"""In smallest numbers of a format: too little to be judged, as is what differs in the hundredth bit only."""

LINE, POSITIVE, UNIT, INSIDE, ABOVE, BEYOND = "line", "positive", "unit", "inside", "above 1", "above -1"

UNARY: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "exp": (LINE, mp.exp),
    "exp2": (LINE, lambda x: mpf(2) ** x),
    "expm1": (LINE, mp.expm1),
    "log": (POSITIVE, mp.log),
    "log2": (POSITIVE, lambda x: mp.log(x) / mp.log(2)),
    "log10": (POSITIVE, mp.log10),
    "log1p": (BEYOND, mp.log1p),
    "sqrt": (POSITIVE, mp.sqrt),
    "rsqrt": (POSITIVE, lambda x: 1 / mp.sqrt(x)),
    "reciprocal": (POSITIVE, lambda x: 1 / x),
    "square": (LINE, lambda x: x * x),
    "cbrt": (LINE, lambda x: mp.sign(x) * mp.cbrt(abs(x))),
    "sin": (LINE, mp.sin),
    "cos": (LINE, mp.cos),
    "tan": (LINE, mp.tan),
    "sinc": (LINE, lambda x: mp.sincpi(x)),
    "asin": (UNIT, mp.asin),
    "acos": (UNIT, mp.acos),
    "atan": (LINE, mp.atan),
    "sinh": (LINE, mp.sinh),
    "cosh": (LINE, mp.cosh),
    "tanh": (LINE, mp.tanh),
    "asinh": (LINE, mp.asinh),
    "acosh": (ABOVE, mp.acosh),
    "atanh": (UNIT, mp.atanh),
    "erf": (LINE, mp.erf),
    "erfc": (LINE, mp.erfc),
    "erfinv": (UNIT, mp.erfinv),
    "lgamma": (LINE, lambda x: mp.loggamma(x).real),
    "digamma": (LINE, mp.digamma),
    "sigmoid": (LINE, lambda x: 1 / (1 + mp.exp(-x))),
    "silu": (LINE, lambda x: x / (1 + mp.exp(-x))),
    "softplus": (LINE, lambda x: mp.log1p(mp.exp(x))),
    "log_sigmoid": (LINE, lambda x: -mp.log1p(mp.exp(-x))),
    "mish": (LINE, lambda x: x * mp.tanh(mp.log1p(mp.exp(x)))),
    "gelu": (LINE, lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2),
    "gelu_tanh": (LINE, lambda x: x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3))) / 2),
    "elu": (LINE, lambda x: x if x > 0 else mp.expm1(x)),
    "celu": (LINE, lambda x: x if x > 0 else mp.expm1(x)),
    "selu": (LINE, lambda x: mpf("1.0507009873554804934193349852946") * (x if x > 0 else mpf(ALPHA) * mp.expm1(x))),
    "tanh_shrink": (LINE, lambda x: x - mp.tanh(x)),
    "softsign": (LINE, lambda x: x / (1 + abs(x))),
    "hard_sigmoid": (LINE, lambda x: min(max(x / 6 + mpf(1) / 2, 0), 1)),
    "hard_swish": (LINE, lambda x: x * min(max(x / 6 + mpf(1) / 2, 0), 1)),
    "logit": (INSIDE, lambda x: mp.log(x) - mp.log1p(-x)),
}

ALPHA = "1.6732632423543772848170429916717"

SLOPES = {
    "erf": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "erfc": lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
}
"""Where a difference of values that lie close to 1 says little; of all others the slope is such a difference."""

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "power": lambda x, y: abs(x) ** y,
    "atan2": mp.atan2,
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    "xlogy": lambda x, y: x * mp.log(abs(y)),
    "squared_distance": lambda t, x: (x - t) ** 2,
    "distance": lambda t, x: abs(x - t),
    "huber": lambda t, x: (x - t) ** 2 / 2 if abs(x - t) <= 1 else abs(x - t) - mpf(1) / 2,
    "binary_cross_entropy": lambda t, x: t * mp.log1p(mp.exp(-x)) + (1 - t) * mp.log1p(mp.exp(x)),
    "divergence": lambda t, x: t * (mp.log(abs(t)) - x),
}
POSITIVE_FIRST, POSITIVE_SECOND = ("power", "divergence"), ("xlogy",)


@pytest.fixture(autouse=True)
def bits() -> Any:
    with mpmath.workprec(200):
        yield


def points(domain: str, dtype: str) -> np.ndarray:
    """Ordinary values, tiny and large ones, and some next to where a function is singular."""
    draw = np.random.default_rng(7)
    close, signs = np.exp2(draw.uniform(-22, -2, 12)), draw.choice([-1.0, 1.0], 12)
    near, far, small = draw.standard_normal(24) * 2, draw.uniform(-60, 60, 12), draw.standard_normal(12) * close
    line = np.concatenate([near, far, small, 1 + signs * close])
    found = {
        LINE: line,
        POSITIVE: np.abs(line),
        UNIT: np.concatenate([np.tanh(near), signs * (1 - close), small / 4]),
        INSIDE: np.concatenate([np.abs(np.tanh(near)), 1 - close, close]),
        ABOVE: 1 + np.maximum(np.abs(line), 2.0**-22),
        BEYOND: np.concatenate([np.abs(near), small / 4, close - 1]),
    }[domain]
    return found.astype(dtype)


def precise(value: Any) -> Any:
    """A float of any width, all of it, as a number of mpmath."""
    mantissa, exponent = np.frexp(np.longdouble(value))
    head = float(mantissa)
    return mp.ldexp(mpf(head) + mpf(float(mantissa - np.longdouble(head))), int(exponent))


def used(reference: Reference, dtype: str, truth: list[Any]) -> float:
    """The largest part of its allowed error that the oracle uses up itself."""
    assert reference.allowed_by is not None
    allowed = reference.allowed_by(NumericModel(dtype, functions="libm"))
    parts = []
    for value, limit, right in zip(reference.exact, allowed, truth, strict=True):
        if np.isfinite(limit):
            off = abs(precise(value) - right)
            nothing = max(precise(FORMATS[dtype].smallest_subnormal) * NOTHING, abs(right) * mpf(2) ** -100)
            parts.append(float(off / precise(limit)) if off > nothing else 0.0)
    assert len(parts) > 0.6 * len(truth)
    return max(parts)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_a_function_and_its_gradient(name: str, dtype: str) -> None:
    domain, exactly = UNARY[name]
    x = points(domain, dtype)
    (y,) = bounded.references(lambda x: getattr(bounded, name)(x), (x,), dtype)
    assert used(y, dtype, [exactly(mpf(float(v))) for v in x]) < SHARE
    (dx,) = bounded.vjps(lambda x: getattr(bounded, name)(x), (x,), (np.ones_like(x),), ("x",))
    with mpmath.workprec(400):
        slope = SLOPES.get(name, lambda v: mp.diff(exactly, v, h=mpf(2) ** -150))
        assert used(dx, dtype, [slope(mpf(float(v))) for v in x]) < SHARE


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_operands_and_its_gradients(name: str, dtype: str) -> None:
    exactly, x, y = BINARY[name], points(LINE, dtype), points(LINE, dtype)[::-1].copy()
    x, y = np.abs(x) if name in POSITIVE_FIRST else x, np.abs(y) if name in POSITIVE_SECOND else y
    define = lambda x, y: getattr(bounded, name)(x, y)  # noqa: E731
    pairs = [(mpf(float(a)), mpf(float(b))) for a, b in zip(x, y, strict=True)]
    (value,) = bounded.references(define, (x, y), dtype)
    assert used(value, dtype, [exactly(a, b) for a, b in pairs]) < SHARE
    gradients = bounded.vjps(define, (x, y), (np.ones_like(x),), ("x", "y"))
    with mpmath.workprec(400):
        for place, found in enumerate(gradients):
            order = (1, 0) if place == 0 else (0, 1)
            truth = [mp.diff(exactly, pair, order, h=mpf(2) ** -150) for pair in pairs]
            assert used(found, dtype, truth) < SHARE


def test_every_function_of_a_profile_is_tested() -> None:
    assert set(OPENCL) - {"div", "pow"} <= set(UNARY) | set(BINARY)


def test_an_oracle_that_is_off_is_found() -> None:
    x = points(LINE, "float64")
    (y,) = bounded.references(lambda x: bounded.tanh(x), (x,), "float64")
    assert used(y, "float64", [mp.tanh(mpf(float(v))) * (1 + mpf(2) ** -56) for v in x]) > SHARE
