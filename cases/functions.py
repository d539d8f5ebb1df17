"""Rounded functions of one tensor."""

from __future__ import annotations

import math

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import function, kinds
from opassay.harness.model.dtypes import FloatFormat


def largest(form: FloatFormat) -> float:
    """Where exp overflows."""
    return math.log(form.largest)


def least(form: FloatFormat) -> float:
    """Where exp becomes subnormal."""
    return math.log(form.smallest_normal)


def saturated(form: FloatFormat) -> float:
    """Where 1 - tanh is half an ulp of 1."""
    return (form.precision + 1) * math.log(2) / 2


def tail(form: FloatFormat) -> float:
    """Where erfc becomes subnormal."""
    return math.sqrt(-least(form))


def settled(form: FloatFormat) -> float:
    """Where erf is about half an ulp from 1."""
    return math.sqrt(form.precision * math.log(2))


POWERS = (lambda form: form.max_exponent + 1, lambda form: form.min_exponent)
"""Where exp2 overflows, and where it becomes subnormal."""

ROOT_OF_DIGAMMA = 1.4616321449683622
"""NIST Digital Library of Mathematical Functions, 5.4.19, https://dlmf.nist.gov/5.4.E19."""

QUARTERS = (0.0, math.pi / 2, math.pi, 3 * math.pi / 2, -math.pi, 1e4)
UNIT = (0.0, 0.5, 1.0, -1.0)

sqrt = function("sqrt", bounded.sqrt, "The root of x.", near=(0, 1, 4), values=kinds.INSIDE)
rsqrt = function("rsqrt", bounded.rsqrt, "1 / √x.", near=(0, 1, 4), values=kinds.INSIDE)
reciprocal = function("reciprocal", bounded.reciprocal, "1 / x.", near=(0, 1, -3))
exp = function("exp", bounded.exp, "e to the power of x.", near=(0, 1, largest, least))
exp2 = function("exp2", bounded.exp2, "2 to the power of x.", near=(0, 1, *POWERS))
expm1 = function("expm1", bounded.expm1, "exp(x) - 1.", near=(0, largest, -1))
log = function("log", bounded.log, "The natural logarithm.", near=(0, 1, math.e), values=kinds.INSIDE)
log2 = function("log2", bounded.log2, "The logarithm to base 2.", near=(0, 1, 2), values=kinds.INSIDE)
log10 = function("log10", bounded.log10, "The logarithm to base 10.", near=(0, 1, 10), values=kinds.INSIDE)
log1p = function("log1p", bounded.log1p, "log(1 + x).", near=(0, 0, -1, 1), values=kinds.INSIDE)
sin = function("sin", bounded.sin, "The sine.", near=QUARTERS)
cos = function("cos", bounded.cos, "The cosine.", near=QUARTERS)
sinc = function("sinc", bounded.sinc, "sin(πx) / (πx); 1 of 0.", near=(0, 0.5, 1, -2, 1e3))
tan = function("tan", bounded.tan, "The tangent.", near=QUARTERS)
asin = function("asin", bounded.asin, "The angle in [-π/2, π/2] of this sine.", near=UNIT, values=kinds.INSIDE)
acos = function("acos", bounded.acos, "The angle in [0, π] of this cosine.", near=UNIT, values=kinds.INSIDE)
atan = function("atan", bounded.atan, "The angle in [-π/2, π/2] of this tangent.", near=UNIT)
sinh = function("sinh", bounded.sinh, "The hyperbolic sine.", near=(0, 1, largest))
cosh = function("cosh", bounded.cosh, "The hyperbolic cosine.", near=(0, 1, largest))
tanh = function("tanh", bounded.tanh, "The hyperbolic tangent.", near=(0, 1, saturated))
asinh = function("asinh", bounded.asinh, "The number of this hyperbolic sine.", near=(0, 1, -1))
acosh = function(
    "acosh", bounded.acosh, "The number of this hyperbolic cosine, not negative.", near=(1, 1, 2), values=kinds.INSIDE
)
atanh = function("atanh", bounded.atanh, "The number of this hyperbolic tangent.", near=UNIT, values=kinds.INSIDE)
erf = function("erf", bounded.erf, "2/√π · ∫ exp(-t²) from 0 to x.", near=(0, 1, -2, settled))
erfc = function("erfc", bounded.erfc, "1 - erf(x).", near=(0, 1, -2, tail))
erfinv = function("erfinv", bounded.erfinv, "The number of this erf.", near=UNIT, values=kinds.INSIDE)
lgamma = function("lgamma", bounded.lgamma, "log |Γ(x)|.", near=(0, 1, 2, -1, -2.5, 12))
digamma = function("digamma", bounded.digamma, "Γ'(x) / Γ(x).", near=(0, 1, ROOT_OF_DIGAMMA, -1, -0.5, 12))
sigmoid = function("sigmoid", bounded.sigmoid, "1 / (1 + exp(-x)).", near=(0, 1, largest, least))
