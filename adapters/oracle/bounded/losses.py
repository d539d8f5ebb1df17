"""Losses of pairs of numbers: as the formulas that targets use, each differentiated as it is written."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.activations import log_sigmoid, sigmoid, softplus, xlogy
from opassay.adapters.oracle.bounded.elementary import exp, log, log1p, square
from opassay.adapters.oracle.bounded.forms import any_form, either
from opassay.adapters.oracle.bounded.logic import greater_equal, less_equal
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.real import Real, for_finite, left_open, saved, unsigned, with_gradient
from opassay.adapters.oracle.bounded.reductions import reduce_mean, reduce_sum
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.bounded.selection import absolute, minimum, where


def reduced(losses: Real, reduction: str | bool) -> Real:
    """Their ``sum`` or ``mean`` over all axes, or the losses themselves if that is False."""
    if not reduction:
        return losses
    return (reduce_sum if reduction == "sum" else reduce_mean)(losses, range(len(losses.shape)))


def squared_distance(target: Real, x: Real) -> Real:
    """(x - target)²."""
    d = x - target

    def pull(g: Real, _: Real) -> Real:
        a = saved(d)
        return either(g * (2 * a), 2 * (g * a), g * a + g * a, (2 * g) * a)

    return with_gradient(square(d), d, pull)


def distance(target: Real, x: Real) -> Real:
    """|x - target|; at 0, its slope is anything from -1 to 1."""
    return absolute(x - target)


def huber(target: Real, x: Real, delta: float = 1.0) -> Real:
    """(x - target)² / 2 up to a distance of delta, from there on delta · (|x - target| - delta / 2).

    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    d = x - target
    size = absolute(d)
    near, low, inside = less_equal(size, delta), 0.5 * square(d), minimum(size, delta)
    y = either(
        where(near, low, delta * (size - 0.5 * delta)),
        where(near, low, delta * size - 0.5 * delta * delta),
        0.5 * square(inside) + delta * (size - inside),
    )

    def pull(g: Real, _: Real) -> Real:
        a, far = saved(d), g * delta
        beyond = where(greater_equal(d, 0.0), far, -far)
        return where(near, either(g * a, 2 * ((0.5 * g) * a)), beyond)

    return with_gradient(y, d, pull)


def binary_cross_entropy(target: Real, x: Real) -> Real:
    """-target · log(sigmoid(x)) - (1 - target) · log(1 - sigmoid(x)).

    Where either term is 0 the other keeps its relative precision. Forms differ at infinite x, some of which are open,
    as are all gradients there.
    """
    above = greater_equal(x, 0.0)
    by_size = (where(above, x, 0.0) - x * target) + log1p(exp(where(above, -x, x)))
    by_parts = target * softplus(-x) + (1 - target) * softplus(x)
    whole = any_form([by_size, by_parts], (target, x))

    def pull(g: Real, _: Real) -> list[Real | None]:
        of_target, *of_x = (form for form in gradients([whole], [g], [target, x]) if form is not None)
        forms = of_target, either(*of_x, g * (sigmoid(saved(x)) - saved(target)))
        return [None, *(left_open(form, np.isinf(x.value)) for form in forms)]

    return for_finite(unsigned(Real(whole.value, (whole, target, x), lambda _, error, *of: error, pull)))


def binary_cross_entropy_by_difference(target: Real, x: Real) -> Real:
    """(1 - target) · x - log(sigmoid(x)): cancels where target is 0 and x is far below 0."""
    return unsigned((1 - target) * x - log_sigmoid(x))


def divergence(target: Real, x: Real) -> Real:
    """target · (log(target) - x), and 0 where target is 0; open where x is infinite then, as is that gradient."""
    nothing = np.asarray(target.value == 0)
    some = where(nothing, 1.0, target)
    whole = xlogy(target, target) - target * x
    value = either(whole, where(nothing, 0.0, target * (log(some) - x)))
    open_ = nothing & ~np.isfinite(x.value)

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        a, b = saved(some), saved(x)
        one, other, last = g * log(a), monomial((g, 1), (a, 1), (a, -1)), -(g * b)
        sums = (one + other) + last, (one + last) + other, one + (other + last), g * (log(a) - b) + other
        return None, left_open(either(*sums), nothing), left_open(-(g * saved(target)), open_)

    found = Real(value.value, (value, target, x), lambda _, error, *of: error, pull)
    return for_finite(left_open(unsigned(found), open_))
