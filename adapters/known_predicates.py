"""Predicates over cases, and pins from a file, for the adapters' lists of known differences. No framework here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from harness.model import dtypes
from harness.model.case import Case
from harness.model.known import Known, input_values

Predicate = Callable[[Case], bool]


def read_pins(folder: str) -> Mapping[str, Case]:
    """The pinned cases beside an adapter's ``known.py``, by the id of the known difference."""
    text = (Path(folder) / "known_pins.json").read_text(encoding="utf-8")
    return {name: Case.from_json(data) for name, data in json.loads(text).items()}


def known(pins: Mapping[str, Case], name: str, verdict: str, covers: Predicate, **more: str) -> Known:
    """A Known whose op and aspect are those of its pin. ``more``: owner, reason, versions, url, title."""
    return Known(name, pins[name].op, verdict, covers, pin=pins[name], aspect=pins[name].aspect, **more)  # type: ignore[arg-type]


def breaks(*rules: str) -> Predicate:
    """Cases of the aspect ``error`` that break one of these rules."""
    return lambda case: case.rule in rules


def empty(position: int, *axes: int) -> Predicate:
    """Cases whose input at ``position`` has no extent along one of ``axes`` (any axis when none is named)."""

    def covers(case: Case) -> bool:
        shape = case.tensors[position].shape
        return any(shape[axis] == 0 for axis in (axes or range(len(shape))))

    return covers


def holds_subnormal(case: Case) -> bool:
    """Some float input holds a subnormal number (float16 is nowhere flushed)."""
    return any(_has(case, i, _subnormal) for i in range(len(case.tensors)))


def holds_nan(case: Case) -> bool:
    """The first input holds a NaN."""
    tensor = case.tensors[0]
    if tensor.fill.kind not in ("special", "literal") or not dtypes.is_float(tensor.dtype):
        return False
    return bool(np.isnan(dtypes.widen(input_values(case, 0))).any())


def subnormal_meets_infinity(case: Case) -> bool:
    """One input holds a subnormal number, the other an infinity: flushed, their product is NaN."""
    first, second = range(2)
    return any(_has(case, i, _subnormal) and _has(case, j, _infinite) for i, j in ((first, second), (second, first)))


def _has(case: Case, position: int, what: Callable[[np.ndarray, str], np.ndarray]) -> bool:
    tensor = case.tensors[position]
    if tensor.fill.kind not in ("special", "literal") or tensor.dtype in ("float16", *dtypes.INTEGERS):
        return False
    return bool(what(dtypes.widen(input_values(case, position)), tensor.dtype).any())


def _subnormal(values: np.ndarray, dtype: str) -> np.ndarray:
    return np.asarray((values != 0) & (np.abs(values) < dtypes.FORMATS[dtype].smallest_normal))


def _infinite(values: np.ndarray, dtype: str) -> np.ndarray:
    return np.isinf(values)
