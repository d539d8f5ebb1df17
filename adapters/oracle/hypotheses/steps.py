"""Gradients as their steps give them, each rounded to the operand's format.

Where no step over- or underflows, and none is of another function, that is the correct answer within its bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import LN2, ROOT_PI
from opassay.adapters.oracle.hypotheses.question import References, ask, summed_to
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference


class Stepped(NDArrayOperatorsMixin):
    """Values of a format. Every NumPy function of them is rounded to it; if it ``flushes``, subnormals are 0."""

    def __init__(self, values: np.ndarray, format: str, flushes: bool) -> None:
        self.format, self.flushes = format, flushes
        kept = dtypes.widen(dtypes.narrow(np.asarray(values, np.float64), format))
        small = flushes & (np.abs(kept) < FORMATS[format].smallest_normal)
        self.values = np.where(small, np.copysign(0.0, kept), kept)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any) -> Stepped:
        with np.errstate(all="ignore"):
            return self.alike(getattr(ufunc, method)(*(self.alike(x).values for x in operands)))

    def alike(self, values: Any) -> Stepped:
        return values if isinstance(values, Stepped) else Stepped(values, self.format, self.flushes)

    def by(self, function: Callable[[bounded.Real], bounded.Real]) -> Stepped:
        """A function of the oracle, rounded once."""
        return self.alike(function(bounded.Real(self.values)).value)


def _div(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    return g / b, -(g * (1 / (b * b)) * a)


def _reciprocal(g: Any, x: Any) -> tuple[Any, ...]:
    return (g * -(1 / (x * x)),)


def _pow(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    positive = a.alike(np.where(a.values == 0, 1, a.values))
    return g * (b * np.power(a, b - 1)), g * (np.log(positive) * np.power(a, b))


def _pow_of_positive(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    positive = a.alike(np.where(a.values > 0, a.values, 1))
    return g * b * np.power(a, b - 1), g * np.power(a, b) * np.log(positive)


def _of_normal(factor: float) -> Callable[[Any, Any], tuple[Any, ...]]:
    return lambda g, x: (factor * g * np.exp(-(x * x)),)


def _erfinv(g: Any, x: Any) -> tuple[Any, ...]:
    y = x.by(bounded.erfinv)
    return (ROOT_PI / 2 * g * np.exp(y * y),)


def _atanh(g: Any, x: Any) -> tuple[Any, ...]:
    return (1 / (1 + x) * g / (1 - x),)


def exp2(g: Any, x: Any) -> tuple[Any, ...]:
    """By exp, whose operand is rounded."""
    return (float(LN2) * g * np.exp(x * float(LN2)),)


def _fmod_of_sizes(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    sign = np.sign(a)
    return g * sign * sign, -(g * sign * np.floor(np.abs(a) / np.abs(b))) * np.sign(b)


def _halves(g: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The gradient of max(x, y) by products: of equal operands a half each."""
    to_x = np.where(x.values == y.values, 0.5, x.values > y.values)
    return g * to_x, g * (1 - to_x)


def _first(g: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The gradient of max(x, y) by selection: of equal operands the first one's."""
    to_x = x.values >= y.values
    return g.alike(np.where(to_x, g.values, 0)), g.alike(np.where(to_x, 0, g.values))


def _hypot(of_maximum: Callable[..., tuple[Any, Any]], by_square: bool, set_infinite: bool) -> Callable[..., Any]:
    """Of max · √(1 + (min / max)²)."""

    def formula(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
        x, y = np.abs(a), np.abs(b)
        high, low = np.maximum(x, y), np.minimum(x, y)
        length = a.alike(np.where(high.values == 0, 1, high.values))
        g = a.alike(np.where(set_infinite & np.isinf(high.values), 0, g.values))
        quotient = low / length
        root = np.sqrt(1 + quotient * quotient)
        of_quotient = g * high * (0.5 / root) * (2 * quotient)
        by_length = of_quotient * (1 / (length * length)) * low if by_square else of_quotient * (low / length / length)
        of_x, of_y = of_maximum(g * root - np.sign(high) * by_length, x, y)
        more_x, more_y = of_maximum(of_quotient / length, -x, -y)
        return (of_x + more_x, np.sign(a)), (of_y + more_y, np.sign(b))

    return formula


Formulas = Mapping[str, Sequence[Callable[..., tuple[Any, ...]]]]
STEPS: Formulas = {
    "div": (_div,),
    "reciprocal": (_reciprocal,),
    "pow": (_pow, _pow_of_positive),
    "hypot": (_hypot(_halves, True, True), _hypot(_first, False, False)),
    "erf": (_of_normal(float(2 / ROOT_PI)),),
    "erfc": (_of_normal(float(-2 / ROOT_PI)),),
    "erfinv": (_erfinv,),
    "atanh": (_atanh,),
}
"""By the cotangent and the operands. Sources: jax/_src/lax/lax.py and special.py of JAX, and _PowGrad of
tensorflow/python/ops/math_grad.py.
"""


def in_steps(formulas: Formulas, question: Question) -> Iterator[References]:
    """What each formula of the op gives, subnormals as they are and flushed."""
    (dy,), found = question.cotangents, ask(question)
    name = dtypes.dtype_name(question.inputs[0])
    if dy is None or not all(dtypes.dtype_name(x) == name and dtypes.is_float(name) for x in (dy, *question.inputs)):
        return
    for formula, flushes in product(formulas[question.op], (False, True)):
        g, *operands = (Stepped(dtypes.widen(x), name, flushes) for x in (dy, *question.inputs))
        terms = formula(g, *operands)
        yield tuple(_told(reference, term) for reference, term in zip(found, terms, strict=True))


def _told(reference: Reference, term: Stepped | tuple[Stepped, Stepped]) -> Reference:
    """The term, added up over the axes along which the operand was broadcast, times a factor of the operand's shape."""
    terms, factor = (x.values for x in (term if isinstance(term, tuple) else (term, term.alike(1))))
    return replace(reference, exact=summed_to(terms, reference.exact.shape) * factor)


def _by_steps(name: str, says: str, formulas: Formulas) -> Hypothesis:
    return Hypothesis(name, says, partial(in_steps, formulas), tuple(formulas), ("gradient",))


HYPOTHESES = (
    _by_steps(
        "gradient_in_steps",
        "the gradient comes of steps, each rounded, one of which over- or underflows or is of another function",
        STEPS,
    ),
    _by_steps(
        "remainder_of_sizes",
        "the remainder of absolute values is multiplied by the dividend's sign, whose square is the gradient: 0 at 0",
        {"fmod": (_fmod_of_sizes,)},
    ),
)
