"""Mistakes of approximations: unrefined estimates, and polynomials outside their range."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import LN2
from opassay.adapters.oracle.bounded.formats import Formats, sizes, up
from opassay.adapters.oracle.bounded.powers import floor_below_trunc
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.bounded.sums import fit
from opassay.adapters.oracle.hypotheses.computed import by_formula
from opassay.harness.model.dtypes import FORMATS

Real = bounded.Real

ESTIMATE = 1.5 * 2.0**-12
"""The relative error of RCPPS, whose subnormal results are 0: Intel's Software Developer's Manual, volume 2, RCPPS."""

REFINED = 2.0
"""Error in ulps after one Newton step: Eigen, MathFunctionsImpl.h, generic_reciprocal_newton_step."""


def _estimated(x: Real) -> Real:
    """1 / x by an estimate and one Newton step, whose correction is flushed where it is subnormal."""
    y = 1 / x

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        form, size = FORMATS[formats.kept], sizes(y.value)
        new = error + REFINED * 2 * form.unit_roundoff * size + np.minimum(ESTIMATE * size, form.smallest_normal)
        return np.where(size * (1 - ESTIMATE) <= form.smallest_normal, np.maximum(new, up(size)), new)

    pulled = lambda g, this: -(g * (bounded.saved(this) * bounded.saved(this)))  # noqa: E731
    return with_gradient(Real(y.value, (y,), local), x, pulled)


def _by_reciprocal(a: Real, b: Real) -> Real:
    """a · (1/b), where 1/b is 0 if it is subnormal: |b| beyond 2**126 in float32."""
    reciprocal = _reciprocals(b, "float64" if b.value.dtype == np.longdouble else "float32")
    return bounded.where(np.isfinite(b.value) & (reciprocal == 0), a * Real(reciprocal), a / b)


def _reciprocals(b: Real, name: str) -> np.ndarray:
    """1/b, rounded to the format; except in float16 0 where it is subnormal."""
    with np.errstate(all="ignore"):
        found = np.asarray((1 / b.value).astype(name).astype(b.value.dtype))
        small = np.abs(found) < FORMATS[name].smallest_normal
        return found if name == "float16" else np.where(small, np.copysign(found.dtype.type(0), found), found)


def _of_half(b: Real) -> bool:
    """Whether all numbers are of float16."""
    with np.errstate(all="ignore"):
        return bool(np.array_equal(b.value.astype(np.float16).astype(b.value.dtype), b.value, equal_nan=True))


def _by_half_reciprocal(a: Real, b: Real) -> Real:
    """a · (1/b), where 1/b is rounded to float16: infinite from |b| = 2**-16 down."""
    return a * Real(_reciprocals(b, "float16")) if _of_half(b) else a / b


def _floored(name: str) -> Callable[[Real, Real], Real]:
    """(a - a mod b) · (1/b), as CPython's ``float_divmod`` with that product: three roundings to the format, and one to
    an integer."""

    def floored(a: Real, b: Real) -> Real:
        y = bounded.floor_quotient(a, b)
        if a.value.dtype == np.longdouble or (name == "float16" and not _of_half(b)):
            return y
        reciprocal = _reciprocals(b, name)
        with np.errstate(all="ignore"):
            far = (a.value - np.fmod(a.value, b.value)) * reciprocal - floor_below_trunc(a.value, b.value)
            lost = np.isfinite(b.value) & (b.value != 0) & (np.isinf(reciprocal) | (reciprocal == 0))
        steps = 3 * FORMATS[name].unit_roundoff * sizes(y.value) + 1
        return bounded.where(lost, Real(far), Real(y.value, (y,), lambda _, error: error + steps))

    return floored


def _remainder(name: str, floored: bool) -> Callable[[Real, Real], Real]:
    """A remainder whose gradient by b is trunc(a · (1/b)), product and 1/b rounded to the format; ``floored``: less 1
    where the floor is."""

    def made(a: Real, b: Real) -> Real:
        y = bounded.remainder(a, b) if floored else bounded.fmod(a, b)
        if a.value.dtype == np.longdouble or (name == "float16" and not (_of_half(a) and _of_half(b))):
            return y
        with np.errstate(all="ignore"):
            whole = np.trunc((a.value * _reciprocals(b, name)).astype(name)).astype(a.value.dtype)
            whole = Real(whole - floored * floor_below_trunc(a.value, b.value))
        pulled = lambda g, _: (None, fit(g, a.shape), fit(-(g * whole), b.shape))  # noqa: E731
        return Real(y.value, (y, a, b), lambda _, error, *of_operands: error, pulled)

    return made


def _rsqrt_estimated(x: Real) -> Real:
    """1 / √x by RSQRTPS, whose error is that of RCPPS, and one Newton step: an error e becomes 1.5 · e²."""
    y = bounded.rsqrt(x)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        return error + (1.5 * ESTIMATE**2 + REFINED * 2 * FORMATS[formats.kept].unit_roundoff) * sizes(y.value)

    def pull(g: Real, this: Real) -> Real:
        saved = bounded.saved(this)
        return -(0.5 * g * (saved * saved * saved))

    return with_gradient(Real(y.value, (y,), local), x, pull)


def _log_estimated(x: Real) -> Real:
    return with_gradient(bounded.log(x), x, lambda g, _: g * _estimated(bounded.saved(x)))


def _log1p_estimated(x: Real) -> Real:
    return with_gradient(bounded.log1p(x), x, lambda g, _: g * _estimated(1 + bounded.saved(x)))


def _tan_estimated(x: Real) -> Real:
    def pull(g: Real, _: Real) -> Real:
        secant = _estimated(bounded.cos(bounded.saved(x)))
        return g * (secant * secant)

    return with_gradient(bounded.tan(x), x, pull)


def _atan_estimated(x: Real) -> Real:
    return with_gradient(bounded.atan(x), x, lambda g, _: g * _estimated(1 + bounded.saved(x) * bounded.saved(x)))


LOG1P_TOP = (
    *("4.5270000862445199635215E-5", "4.9854102823193375972212E-1", "6.5787325942061044846969E0"),
    *("2.9911919328553073277375E1", "6.0949667980987787057556E1", "5.7112963590585538103336E1"),
    "2.0039553499201281259648E1",
)
LOG1P_BOTTOM = (
    *("1", "1.5062909083469192043167E1", "8.3047565967967209469434E1", "2.2176239823732856465394E2"),
    *("3.0909872225312059774938E2", "2.1642788614495947685003E2", "6.0118660497603843919306E1"),
)
"""S. L. Moshier's Cephes, log1p, for √½ - 1 < x < √2 - 1; XLA takes it for all |x| < √2 - 1."""


def _polynomial(x: Real, coefficients: tuple[str, ...]) -> Real:
    total = constant(np.longdouble(coefficients[0]), x)
    for coefficient in coefficients[1:]:
        total = total * x + constant(np.longdouble(coefficient), x)
    return total


def _log1p_rational(x: Real) -> Real:
    square = x * x
    whole = x + (-0.5 * square + x * square * (_polynomial(x, LOG1P_TOP) / _polynomial(x, LOG1P_BOTTOM)))
    inside = np.abs(x.value) < np.sqrt(np.longdouble(2)) - 1
    return bounded.where(inside, whole, bounded.log1p(x))


EXP = (
    *("1.9875691500E-4", "1.3981999507E-3", "8.3334519073E-3", "4.1665795894E-2", "1.6666665459E-1"),
    "5.0000001201E-1",
)
"""S. L. Moshier's Cephes, expf, for half of ln 2 to either side of 0."""


def _exp_clamped(x: Real) -> Real:
    """2ⁿ times a polynomial, where n is at most 127: above 127½ · ln 2, the polynomial is outside its range."""
    rest = x - constant(127 * LN2, x)
    whole = _polynomial(rest, EXP) * (rest * rest) + rest + 1
    above = np.asarray((x.value > 127.5 * LN2) & (x.value < 128 * LN2))
    scaled = whole * Real(np.where(above, 2.0**127, 0.0).astype(x.value.dtype))
    y = bounded.where(above, scaled, bounded.exp(x))
    return with_gradient(y, x, lambda g, this: g * bounded.saved(this))


LANCZOS = (
    *(
        "0.99999999999980993227684700473478",
        "676.520368121885098567009190444019",
        "-1259.13921672240287047156078755283",
    ),
    *("771.3234287776530788486528258894", "-176.61502916214059906584551354", "12.507343278686904814458936853"),
    *("-0.13857109526572011689554707", "9.984369578019570859563e-6", "1.50563273514931155834e-7"),
)
"""C. Lanczos, A Precision Approximation of the Gamma Function, 1964, with 9 terms and its g = 7, as XLA has them."""


def _series(z: Real) -> list[Real]:
    """The terms of the Lanczos sum."""
    first, *others = (constant(np.longdouble(coefficient), z) for coefficient in LANCZOS)
    return [first, *(coefficient / (z + k) for k, coefficient in enumerate(others, 1))]


def _from_half(x: Real) -> Real:
    return bounded.where(x.value < 0.5, -x, x - 1)


def _log_of_sum(z: Real) -> Real:
    return bounded.log1p(z / 7.5) + constant(np.log(np.longdouble(7.5)), z)


def _lgamma(x: Real) -> Real:
    """The Lanczos sum has the error of its terms, however small it is; below 1/2 it is that of 1 - x."""
    z = _from_half(x)
    whole = (z + 0.5) * _log_of_sum(z) - (z + 7.5) + constant(np.log(8 * np.arctan(np.longdouble(1))) / 2, x)
    y = _as_far_off(bounded.lgamma(x), whole + bounded.log(reduce(bounded.add, _series(z))))
    return with_gradient(y, x, lambda g, _: g * _digamma(bounded.saved(x)))


def _digamma(x: Real) -> Real:
    """The derivative of the logarithm of the Lanczos sum and of the other factors."""
    z = _from_half(x)
    first, *others = _series(z)
    squares = [term / (z + k) for k, term in enumerate(others, 1)]
    whole = _log_of_sum(z) - reduce(bounded.add, squares) / reduce(bounded.add, others, first) - 7 / (z + 7.5)
    return _as_far_off(bounded.digamma(x), whole)


def _as_far_off(y: Real, whole: Real) -> Real:
    """``y``, with the error of the steps of ``whole`` added."""
    return Real(y.value, (y, whole), lambda _, of_y, of_whole: of_y + of_whole, lambda g, _: (g, None))


HYPOTHESES = (
    by_formula(
        "lgamma_by_lanczos",
        "lgamma, and its derivative, are sums of numbers that are larger than they are about 1 and 2",
        {"lgamma": (_lgamma,), "digamma": (_digamma,)},
    ),
    by_formula(
        "divided_by_reciprocal",
        "a quotient is a product with the divisor's reciprocal, which may be subnormal or overflow",
        {
            "div": (_by_reciprocal, _by_half_reciprocal),
            "floor_divide": (_floored("float16"), _floored("float32")),
            "fmod": (_remainder("float16", floored=False), _remainder("float32", floored=False)),
            "remainder": (_remainder("float16", floored=True), _remainder("float32", floored=True)),
        },
    ),
    by_formula(
        "reciprocal_estimated",
        "a reciprocal, or that of a root, is an estimate and one step of Newton's",
        {
            "reciprocal": (_estimated,),
            "rsqrt": (_rsqrt_estimated,),
            "log": (_log_estimated,),
            "log1p": (_log1p_estimated,),
            "atan": (_atan_estimated,),
            "tan": (_tan_estimated,),
        },
    ),
    by_formula(
        "beyond_its_range",
        "a polynomial is asked beyond the range that it is for",
        {"log1p": (_log1p_rational,), "exp": (_exp_clamped,)},
    ),
)
