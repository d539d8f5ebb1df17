"""Observations: what was asked of an adapter, what was seen, and whether that is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.harness.model.adapter import Adapter, Unsupported, as_tuple

Observation = dict[str, Any]
Arrays = Sequence[np.ndarray]
Attributes = Mapping[str, Any]


def observe(check: str, about: str, question: Callable[[], Any], expected: Any = True) -> Observation:
    """One observation ``{"check", "about", "ok", "saw", "expected"}``; whatever is raised is what was seen."""
    try:
        saw = question()
    except Unsupported as reason:
        return limit(about, reason)
    except (Exception, SystemExit) as error:
        saw = f"{type(error).__name__}: {error}"
    texts = {"saw": str(saw)[:400], "expected": str(expected)[:400]}
    return {"check": check, "about": about, "ok": _same(saw, expected), **texts}


def limit(about: str, reason: Unsupported) -> Observation:
    """``Unsupported`` out of a call: right, with a reason, unless it hides what the framework raised."""
    hidden = reason.__context__
    if hidden is not None:
        saw = f"Unsupported in place of {type(hidden).__name__}: {hidden}"
        said = "Unsupported before the framework is called"
        return {"check": "limit_before_call", "about": about, "ok": False, "saw": saw[:400], "expected": said}
    return sentence(about, str(reason))


def sentence(about: str, reason: object) -> Observation:
    """A reason that a reader of the report can use."""
    ok = isinstance(reason, str) and len(reason.split()) > 3
    return {
        "check": "limit_is_a_sentence",
        "about": about,
        "ok": ok,
        "saw": str(reason)[:400],
        "expected": "a sentence",
    }


def _same(saw: Any, expected: Any) -> bool:
    if isinstance(expected, np.ndarray):
        return isinstance(saw, np.ndarray) and saw.shape == expected.shape and bool((saw == expected).all())
    return type(saw) is type(expected) and saw == expected


def plain(array: np.ndarray) -> bytes:
    """The bits of an array, row by row."""
    return np.ascontiguousarray(array).tobytes()


def call(adapter: Adapter, mode: str, op: str, arrays: Arrays, attributes: Attributes) -> tuple[Any, ...]:
    """The op's outputs through ``mode``, as the framework's arrays."""
    function = adapter.compile(lambda *tensors: getattr(adapter, op)(*tensors, **attributes), mode)
    return as_tuple(function(*(adapter.to_native(a) for a in arrays)))


def answers(adapter: Adapter, mode: str, op: str, arrays: Arrays, attributes: Attributes) -> tuple[np.ndarray, ...]:
    """The same as NumPy arrays."""
    return tuple(adapter.to_numpy(y) for y in call(adapter, mode, op, arrays, attributes))
