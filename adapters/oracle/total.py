"""Sums of the gradients of one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.reference import Reference, unconnected


def total(name: str, parts: Sequence[Reference], dtype: str) -> Reference:
    """The sum of ``parts`` as one reference called ``name``; unconnected if all parts are.

    Each part is rounded to ``dtype`` before it is added, and each sum once more.
    """
    constants = [part for part in parts if part.zeros_too]
    parts = [part for part in parts if part.policy != "unconnected"]
    if not parts:
        return _named(constants[0], name) if constants else unconnected(name, dtype)
    first = next((part for part in parts if part.policy == "linear"), parts[0])
    if len(parts) == 1:
        return _named(first, name)
    parts = [part if part.divisor is None else _undivided(part) for part in parts]
    with np.errstate(invalid="ignore", over="ignore"):
        exact = np.sum([part.exact for part in parts], axis=0)
        magnitude = np.sum([_magnitude(part) for part in parts], axis=0)
    roundings = (len(parts) + 1) * FORMATS[dtype].unit_roundoff
    stated = np.sum([_stated(part) for part in parts], axis=0)
    slack = roundings / (1 - roundings) * magnitude + _added(parts, "slack") + stated
    unit = _least([part.unit for part in parts], exact.shape)
    return Reference(
        name,
        dtype,
        exact,
        policy="linear",
        magnitude=magnitude,
        terms=np.max([_terms(part) for part in parts], axis=0),
        free=_any(parts, "free"),
        may_be_nan=_any(parts, "may_be_nan"),
        flush=_added(parts, "flush") + len(parts),
        unit=np.where(stated > 0, np.nan, 1.0 if unit is None else unit) if stated.any() else unit,
        roundings=max(part.roundings for part in parts),
        slack=slack,
        computes=first.computes,
        integral=all(part.integral for part in parts),
    )


def may_err(part: Reference) -> bool:
    """Whether a correct answer may differ from the oracle's, other than by flushed subnormals."""
    return bool(_stated(part, flushes=False).any())


def _named(part: Reference, name: str) -> Reference:
    return replace(part, name=name)


def _stated(part: Reference, flushes: bool = True) -> np.ndarray:
    """A part's error that does not follow from magnitude and terms, however its op computes it."""
    if part.allowed_by is None:
        return np.zeros(part.exact.shape)
    return part.allowed_by(replace(find_model((), "", "", part.dtype), flushes=flushes))


def _undivided(part: Reference) -> Reference:
    """An average as a sum of products with 1 / divisor: two more roundings, exact only for powers of two."""
    assert part.divisor is not None
    count = np.maximum(part.divisor, 1)
    unit = np.where(np.frexp(count)[0] == 0.5, 1.0 / count, np.nan)
    return replace(part, magnitude=_magnitude(part) / count, divisor=None, unit=unit, roundings=part.roundings + 2)


def _magnitude(part: Reference) -> np.ndarray:
    if part.magnitude is not None:
        return part.magnitude
    return np.where(np.isfinite(part.exact), np.abs(part.exact), 0)


def _terms(part: Reference) -> np.ndarray:
    return np.ones(part.exact.shape, dtype=np.int64) if part.terms is None else part.terms


def _added(parts: Sequence[Reference], field: str) -> np.ndarray:
    return np.asarray(sum(np.zeros(p.exact.shape) if getattr(p, field) is None else getattr(p, field) for p in parts))


def _any(parts: Sequence[Reference], field: str) -> np.ndarray | None:
    masks = [getattr(part, field) for part in parts if getattr(part, field) is not None]
    return np.logical_or.reduce(masks) if masks else None


def _least(units: Sequence[np.ndarray | None], shape: tuple[int, ...]) -> np.ndarray | None:
    if all(unit is None for unit in units):
        return None
    least = np.ones(shape)
    for unit in units:
        least = np.minimum(least, np.ones(shape) if unit is None else unit)
    return least
