"""An exponential of float32 with ends at -88 and 88, whatever the format, and the functions made of it.

As ``mlx/backend/cpu/simd/math.h`` and ``mlx/nn/layers/activations.py`` of MLX 0.32 have them.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import ROOT_PI
from opassay.adapters.oracle.bounded.formats import Formats, sizes
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.bounded.sums import fit
from opassay.adapters.oracle.hypotheses.computed import Formula, by_formula
from opassay.harness.model.dtypes import FORMATS

Real = bounded.Real

END = 88.0
UNIT = FORMATS["float32"].unit_roundoff
EXPONENT = 3.0
"""Roundings of the exponent x · log2(e): of x to float32, of 1.442695 (a quarter of one), and of the product."""

POLYNOMIAL = 2.0
"""Roundings of a polynomial of degree 6 in |f| <= 1/2, of which all but the last are at least halved; it fits 2ᶠ to
0.27 of one."""

SELU = 1.0507, 1.67326


def _filled(x: Real, value: float) -> Real:
    return Real(np.full(x.shape, value).astype(x.value.dtype))


def _exp(x: Real) -> Real:
    y = bounded.exp(x)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return np.asarray(error + (EXPONENT * sizes(x.value) + POLYNOMIAL) * UNIT * sizes(y.value))

    near = Real(y.value, (y,), local)
    held = bounded.where(x.value > END, _filled(x, np.inf), bounded.where(x.value < -END, 0.0, near))
    return with_gradient(held, x, lambda g, this: g * bounded.saved(this))


def _sigmoid(x: Real) -> Real:
    """Of s = 1 / (1 + exp(|x|)): s below 0, and what 1 leaves above it."""
    share = 1 / (1 + _exp(bounded.absolute(x)))
    y = bounded.where(bounded.less(x, 0.0), share, 1 - share)
    return with_gradient(y, x, lambda g, this: g * (bounded.saved(this) * (1 - bounded.saved(this))))


def _logaddexp(x: Real, y: Real) -> Real:
    """Its gradient by y is what that by x leaves of 1."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    high, low = bounded.maximum(x, y), bounded.minimum(x, y)
    with np.errstate(invalid="ignore"):
        infinite = np.isneginf(low.value) | np.isposinf(high.value)
    apart = bounded.where(infinite, 0.0, low - high)
    whole = bounded.where(infinite, high, high + bounded.log1p(_exp(apart)))

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        a, b = bounded.saved(x), bounded.saved(y)
        share = _sigmoid(a - b)
        return None, fit(g * share, x.shape), fit(g * (1 - share), y.shape)

    assert whole.shape == shape
    return Real(whole.value, (whole, x, y), lambda _, error, *of: error, pull)


def _softplus(x: Real) -> Real:
    return _logaddexp(x, _filled(x, 0.0))


def _log_sigmoid(x: Real) -> Real:
    return bounded.unsigned(-_softplus(-x))


def _silu(x: Real) -> Real:
    return bounded.unsigned(x * _sigmoid(x))


def _swiglu(a: Real, b: Real) -> Real:
    return bounded.unsigned(_silu(a) * b)


def _mish(x: Real) -> Real:
    return bounded.unsigned(x * bounded.tanh(_softplus(x)))


def _cross_entropy(target: Real, x: Real, reduction: str | bool) -> Real:
    return bounded.reduced(_logaddexp(_filled(x, 0.0), x) - x * target, reduction)


def _erf(x: Real) -> Real:
    """Its gradient is g · 2/√π · exp(-x²)."""

    def pull(g: Real, _: Real) -> Real:
        return g * constant(2 / ROOT_PI, x) * _exp(-bounded.square(bounded.saved(x)))

    return with_gradient(bounded.erf(x), x, pull)


def _selected(x: Real, alpha: object, name: str) -> Real:
    """x above 0, else alpha · (exp(x) - 1). Gradients of both are added, the other one times 0, which leaves NaN of
    an exponential that is infinite in the format ``name``."""
    e, high = _exp(x), np.asarray(x.value > 0)
    e = bounded.where(e.value > FORMATS[name].largest, _filled(x, np.inf), e)
    y = bounded.where(high, x, alpha * (e - 1))  # type: ignore[operator]

    def pull(g: Real, _: Real) -> Real:
        low = bounded.where(high, 0.0, g) * constant(alpha, x) * bounded.saved(e)
        return bounded.where(high, g, 0.0) + low

    return with_gradient(y, x, pull)


def _elu(x: Real, alpha: float, name: str = "float32") -> Real:
    return bounded.unsigned(_selected(x, alpha, name))


def _selu(x: Real, name: str = "float32") -> Real:
    scale, alpha = SELU
    return bounded.unsigned(_selected(x, alpha, name) * scale)


def _overflowing(y: Real) -> Real:
    form = FORMATS["float64" if y.value.dtype == np.longdouble else "float32"]
    return bounded.where(sizes(y.value) > form.largest, Real(np.copysign(np.inf, y.value)), y)


def _celu(x: Real, alpha: float) -> Real:
    """At 0 neither side has a gradient."""
    e = _exp(bounded.minimum(x, 0.0) / alpha)
    y = bounded.maximum(x, 0.0) + alpha * (e - 1)

    def pull(g: Real, _: Real) -> Real:
        whole = _overflowing(g * constant(alpha, x)) * bounded.saved(e) / alpha
        return bounded.where(x.value > 0, g + whole * 0.0, bounded.where(x.value < 0, whole, 0.0))

    return bounded.unsigned(with_gradient(y, x, pull))


FORMULAS: dict[str, tuple[Formula, ...]] = {
    "exp": (_exp,),
    "logaddexp": (_logaddexp,),
    "softplus": (_softplus,),
    "log_sigmoid": (_log_sigmoid,),
    "sigmoid": (_sigmoid,),
    "silu": (_silu,),
    "swiglu": (_swiglu,),
    "mish": (_mish,),
    "binary_cross_entropy_with_logits": (_cross_entropy,),
    "erf": (_erf,),
    "elu": (_elu, partial(_elu, name="float16")),
    "celu": (_celu,),
    "selu": (_selu, partial(_selu, name="float16")),
}

HYPOTHESES = (
    by_formula(
        "exp_within_88",
        "exp is one of float32, 0 below -88 and infinite above 88, and what is made of it cancels",
        FORMULAS,
        looser=True,
    ),
)
