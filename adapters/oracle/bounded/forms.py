"""Values that a target may compute and differentiate by one of several forms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.bounded.axes import lost, units
from opassay.adapters.oracle.bounded.formats import Formats, kept, sizes, unless_nan
from opassay.adapters.oracle.bounded.real import Real, left_open, saved
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.bounded.sums import fit
from opassay.harness.model.dtypes import FORMATS


def either(*forms: Real) -> Real:
    """One value, by any of these forms."""

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum.reduce(np.broadcast_arrays(*errors)))

    return Real(forms[0].value, forms, local, lambda g, _: (g, *(None for _ in forms[1:])))


def least(*ways: Real) -> Real:
    """One value with several valid bounds: the smallest counts."""

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum.reduce(np.broadcast_arrays(*errors)))

    return Real(ways[0].value, ways, local, lambda g, _: (g, *(None for _ in ways[1:])))


def either_known(*forms: Real) -> Real:
    """The same, but a form without a bound does not count: where one of its steps overflows, no target uses it."""

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        first, *others = np.broadcast_arrays(*errors)
        return np.asarray(np.maximum.reduce([first, *(np.where(np.isfinite(e), e, first) for e in others)]))

    return Real(forms[0].value, forms, local, lambda g, _: (g, *(None for _ in forms[1:])))


def any_form(forms: Sequence[Real], of: Sequence[Real]) -> Real:
    """One of ``forms``, each a function of ``of`` and differentiated as written.

    Open where the forms give different infinities or NaN for the same numbers, likewise for their gradients.
    """
    values = [form.value for form in forms]
    apart = ~np.logical_and.reduce([_same(values[0], value) for value in values[1:]])

    def local(_: Formats, *errors: np.ndarray) -> np.ndarray:
        most = np.maximum.reduce(np.broadcast_arrays(*errors[: len(forms)]))
        return np.where(apart, np.inf, most)

    def pull(g: Real, _: Real) -> list[Real | None]:
        found = [gradients([form], [g], of) for form in forms]
        return [None] * len(forms) + [_any(each) for each in zip(*found, strict=True)]

    return Real(values[0], (*forms, *of), local, pull)


def _any(found: Sequence[Real | None]) -> Real | None:
    known = [each for each in found if each is not None]
    if not known:
        return None
    apart = ~np.logical_and.reduce([_same(known[0].value, each.value) for each in known[1:]] or [np.asarray(True)])
    return left_open(either(*known), apart) if apart.any() else either(*known)


def _same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether both are finite, or equal."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.isfinite(one) & np.isfinite(other)) | (one == other) | (np.isnan(one) & np.isnan(other)))


def moved(x: Real, centre: Real, factor: Real, bias: Real) -> Real:
    """x · factor + (bias - centre · factor): the error of the factor is multiplied by the distance from the centre.

    Composed of its products, it would be multiplied by each operand of the difference.
    """
    with np.errstate(all="ignore"):
        value = x.value * factor.value + (bias.value - centre.value * factor.value)
        parts = sizes(x.value * factor.value), sizes(centre.value * factor.value)
        far = sizes(x.value - centre.value)

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        of_x, of_centre, of_factor, of_bias = errors
        given = (far + of_x + of_centre) * of_factor + sizes(factor.value) * (of_x + of_centre) + of_bias
        pairs = zip((x.value, centre.value, factor.value, bias.value), errors, strict=True)
        nothing = unless_nan(formats, np.broadcast_to(np.inf, value.shape), *pairs) == 0
        steps = 2 * (parts[0] + parts[1]) + sizes(bias.value) + lost(formats)
        beyond = (parts[0] > FORMATS[formats.kept].largest) | (parts[1] > FORMATS[formats.kept].largest)
        each = units(formats)[1] * (1 + units(formats)[1])
        new = np.where(beyond, np.inf, given + 4 * lost(formats) + each * (steps + given))
        return kept(formats, value, np.where(nothing, 0.0, new))

    def pull(g: Real, _: Real) -> tuple[Real, ...]:
        a, c, f = saved(x), saved(centre), saved(factor)
        scaled = g * f
        by_factor = fit(g * a, factor.shape) - fit(g * c, factor.shape)
        return fit(scaled, x.shape), fit(-scaled, centre.shape), by_factor, fit(g, bias.shape)

    return Real(value, (x, centre, factor, bias), local, pull)
