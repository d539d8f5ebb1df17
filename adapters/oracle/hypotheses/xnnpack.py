"""Mistakes of XNNPACK's kernels of float32: sines, sigmoids far out, and sums held within the finite numbers.

Measured on LiteRT 2.3, over a million numbers in each range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.formats import sizes
from opassay.adapters.oracle.bounded.real import constant
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, computed_by
from opassay.adapters.oracle.hypotheses.question import References, ask, surely
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question

Real = bounded.Real

SINE = 6 * 2.0**-24
"""The error of sin and cos up to 10⁴: at most 5.5 · 2**-24 was seen."""

TURNED = 2.0**-39
"""The share of the operand that is added to it by parts of 2π; at most 1.0 of it was seen, up to 10⁸."""

LOST = 2.0**27
"""From about here on the multiple of 2π is no whole number: any answer, such as 608423 for 10¹²."""

WRAPPED = 2.0**80
"""From about here on an exponent may wrap around: sigmoid is NaN of 10²⁷ and right of 10²⁶ and 3 · 10³⁸."""

PI = 4 * np.arctan(np.longdouble(1))


def _sine(function: Formula) -> Formula:
    def sine(x: Real) -> Real:
        y, size = function(x), sizes(x.value)
        more = np.where(size > LOST, np.inf, SINE + TURNED * size)
        return Real(y.value, (y,), lambda _, error: error + more)

    return sine


def _sinc(x: Real) -> Real:
    """The sine of the rounded π · x, divided by it."""
    angle = x * constant(PI, x)
    nothing = np.asarray(x.value == 0)
    return bounded.where(nothing, 1.0, _sine(bounded.sin)(angle) / bounded.where(nothing, 1.0, angle))


SINES: Mapping[str, Formula] = {"sin": _sine(bounded.sin), "cos": _sine(bounded.cos), "sinc": _sinc}


def _sines(question: Question) -> Iterator[References]:
    for (found,) in computed_by(SINES[question.op])(question):
        yield (replace(found, span=None),)


def _wrapped(question: Question) -> Iterator[References]:
    (found,) = ask(question)
    if not question.answers or question.answers[0] is None or question.answers[0].shape != found.exact.shape:
        return
    far = np.abs(dtypes.widen(question.inputs[0])) > WRAPPED
    lost = np.broadcast_to(far, found.exact.shape) & np.isnan(dtypes.widen(question.answers[0]))
    if lost.any():
        yield (replace(found, exact=np.where(lost, np.nan, found.exact)),)


def _held(question: Question) -> Iterator[References]:
    """What is infinite, or had a partial sum that is, becomes the largest number; NaN one end, or infinite there."""
    (found,) = ask(question)
    answer = question.answers[0] if question.answers else None
    if answer is None or answer.shape != found.exact.shape or not dtypes.is_float(found.dtype):
        return
    told, largest = dtypes.widen(answer), FORMATS[found.dtype].largest
    end = np.isinf(told) | (np.abs(told) == largest)
    beyond = (np.abs(found.exact) >= largest) & (told == np.copysign(largest, found.exact))
    if found.magnitude is not None:
        beyond |= (found.magnitude >= largest) & (np.abs(told) == largest)
    lost = beyond | (np.isnan(found.exact) & end)
    if lost.any():
        yield (surely(found, lost, told),)


HYPOTHESES = (
    Hypothesis(
        "sine_of_absolute_error",
        "sines have an absolute error, are beyond 1, and of numbers beyond 10⁸ anything",
        _sines,
        tuple(SINES),
        VALUE,
        looser=True,
        independent=True,
    ),
    Hypothesis(
        "exponent_wrapped",
        "NaN of numbers so large that the exponent of their exponential wraps around",
        _wrapped,
        ("sigmoid", "silu", "swiglu"),
        VALUE,
    ),
    Hypothesis(
        "held_within_ends",
        "infinite sums are the largest number, and NaN is one end or the other",
        _held,
        (
            *("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv2d_transpose", "conv_transpose3d"),
            *("biased_conv2d", "depthwise_conv2d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "logsumexp"),
        ),
        VALUE,
    ),
)
