"""A value of which a target may evaluate one of several forms, and differentiate it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real, either, left_open
from opassay.adapters.oracle.bounded.reverse import gradients


def any_form(forms: Sequence[Real], of: Sequence[Real]) -> Real:
    """One of ``forms``, each made of ``of`` and differentiated as it is written.

    Left open where the forms make other infinities or NaN of the same numbers, and what their gradients do of them.
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
    """Whether both are finite, or the same."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.isfinite(one) & np.isfinite(other)) | (one == other) | (np.isnan(one) & np.isnan(other)))
