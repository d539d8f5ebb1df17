"""Losses of pairs of numbers: as the formulas that targets use, each differentiated as it is written."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.activations import log_sigmoid, softplus, xlogy
from opassay.adapters.oracle.bounded.elementary import exp, log, log1p, square
from opassay.adapters.oracle.bounded.forms import any_form, either
from opassay.adapters.oracle.bounded.logic import greater_equal, less_equal
from opassay.adapters.oracle.bounded.real import Real, left_open, unsigned
from opassay.adapters.oracle.bounded.selection import absolute, minimum, where


def squared_distance(target: Real, x: Real) -> Real:
    """(x - target)²."""
    return square(x - target)


def distance(target: Real, x: Real) -> Real:
    """|x - target|; at 0, its slope is anything from -1 to 1."""
    return absolute(x - target)


def huber(target: Real, x: Real, delta: float = 1.0) -> Real:
    """(x - target)² / 2 up to a distance of delta, from there on delta · (|x - target| - delta / 2).

    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    d = x - target
    size = absolute(d)
    near, low = less_equal(size, delta), 0.5 * square(d)
    inside = minimum(size, delta)
    cut = 0.5 * square(inside) + delta * (size - inside)
    # Both sides have the same slope where they meet, whichever form is differentiated.
    return either(
        where(near, low, delta * (size - 0.5 * delta)),
        where(near, low, delta * size - 0.5 * delta * delta),
        cut,
    )


def binary_cross_entropy(target: Real, x: Real) -> Real:
    """-target · log(sigmoid(x)) - (1 - target) · log(1 - sigmoid(x)).

    Where either term is 0 the other keeps its relative precision. Forms differ at infinite x, some of which are open.
    """
    above = greater_equal(x, 0.0)
    by_size = (where(above, x, 0.0) - x * target) + log1p(exp(where(above, -x, x)))
    return unsigned(any_form([by_size, _by_parts(target, x)], (target, x)))


def _by_parts(target: Real, x: Real) -> Real:
    return target * softplus(-x) + (1 - target) * softplus(x)


def binary_cross_entropy_by_difference(target: Real, x: Real) -> Real:
    """(1 - target) · x - log(sigmoid(x)): cancels where target is 0 and x is far below 0."""
    return unsigned((1 - target) * x - log_sigmoid(x))


def divergence(target: Real, x: Real) -> Real:
    """target · (log(target) - x), and 0 where target is 0; open where x is infinite then, as is that gradient."""
    nothing = np.asarray(target.value == 0)
    whole = xlogy(target, target) - target * x
    inside = where(nothing, 0.0, target * (log(where(nothing, 1.0, target)) - x))
    return left_open(unsigned(any_form([whole, inside], (target, x))), nothing & ~np.isfinite(x.value))
