"""Mistakes of roots: by an estimate of their reciprocal, and of a sum of squares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.formats import Formats, sizes
from opassay.adapters.oracle.bounded.real import with_gradient
from opassay.adapters.oracle.bounded.sums import fit
from opassay.adapters.oracle.hypotheses.approximations import ESTIMATE, REFINED
from opassay.adapters.oracle.hypotheses.computed import Formula, computed_by
from opassay.adapters.oracle.hypotheses.question import References
from opassay.adapters.oracle.hypotheses.steps import Stepped
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question

Real = bounded.Real
PACKET = 8
"""Floats of an AVX register; Eigen computes what is left behind whole registers element by element."""


def _in_packets(x: Real) -> Real:
    """The root of float32 as Eigen's psqrt for AVX has it: x · RSQRTPS(x) and one Newton step.

    RSQRTPS takes subnormal numbers for 0: the root is NaN of infinity, 0 of small numbers, infinite of those below 0.
    """
    packed = np.arange(x.value.size).reshape(x.shape) < x.value.size // PACKET * PACKET
    endless, small = np.isposinf(x.value), np.abs(x.value) < FORMATS["float32"].smallest_normal
    below = np.where(x.value < 0, np.inf, 0.0).astype(x.value.dtype)
    root = bounded.sqrt(x)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        off = 1.5 * ESTIMATE**2 + REFINED * 2 * FORMATS[formats.kept].unit_roundoff
        return error + np.where(packed & ~endless, off * sizes(root.value), 0.0)

    estimated = Real(root.value, (root,), local)
    return bounded.where(packed & endless, np.nan, bounded.where(packed & small, Real(below), estimated))


def _root(x: Real) -> Real:
    y = _in_packets(x)

    def pull(g: Real, this: Real) -> tuple[None, Real]:
        return None, bounded.where(np.isnan(this.value), np.nan, 0.5 * g / bounded.saved(this))

    return Real(y.value, (y, x), lambda _, error, of_x: error, pull)


def _area(function: Formula, constant: float) -> Formula:
    """Of the gradient g / √(x² + c), whose square may overflow."""

    def area(x: Real) -> Real:
        def pull(g: Real, _: Real) -> Real:
            square = bounded.square(bounded.saved(x)) + constant
            endless = np.asarray(sizes(square.value) > FORMATS["float32"].largest)
            infinite = Real(np.full(x.shape, np.inf).astype(x.value.dtype))
            return g / _in_packets(bounded.where(endless, infinite, square))

        return with_gradient(function(x), x, pull)

    return area


ESTIMATED: Mapping[str, Formula] = {
    "sqrt": _root,
    "asinh": _area(bounded.asinh, 1.0),
    "acosh": _area(bounded.acosh, -1.0),
}


def _root_estimated(question: Question) -> Iterator[References]:
    if dtypes.dtype_name(question.inputs[0]) == "float32":
        yield from computed_by(ESTIMATED[question.op])(question)


def _share(slope: Real, x: Real, lost: np.ndarray) -> Real:
    """The gradient by ``x``: a sum with what is lost is NaN, whatever else overflows in it."""
    nowhere = fit(Real(lost.astype(x.value.dtype)), x.shape).value > 0
    return bounded.where(nowhere, np.nan, fit(slope * (2 * bounded.saved(x)), x.shape))


def _length(a: Real, b: Real, root: Real) -> Real:
    lost = np.isnan(root.value)

    def pull(g: Real, this: Real) -> tuple[Real | None, ...]:
        slope = 0.5 * g / bounded.saved(this)
        return None, _share(slope, a, lost), _share(slope, b, lost)

    return Real(root.value, (root, a, b), lambda _, error, *of: error, pull)


def _root_of_squares(question: Question) -> Iterator[References]:
    """Of float32, the root may be estimated as well."""
    name = dtypes.dtype_name(question.inputs[0])
    x, y = (Stepped(dtypes.widen(operand), name, flushes=False) for operand in question.inputs)
    squares = Real((x * x + y * y).values)
    for root in (bounded.sqrt, *((_in_packets,) if name == "float32" else ())):
        yield from computed_by(partial(_length, root=root(squares)))(question)


HYPOTHESES = (
    Hypothesis(
        "root_estimated",
        "roots are made of an estimate of their reciprocal: NaN of infinity, 0 of subnormal numbers",
        _root_estimated,
        tuple(ESTIMATED),
        independent=True,
    ),
    Hypothesis(
        "root_of_squares",
        "√(a² + b²), whose squares overflow and underflow, and whose gradients divide by it",
        _root_of_squares,
        ("hypot",),
        independent=True,
    ),
)
