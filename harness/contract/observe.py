"""Questions to an adapter, and observations: what was asked, what was seen, and whether that is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opassay.harness.model.adapter import Adapter, Unsupported, as_tuple
from opassay.harness.model.case import Case

Observation = dict[str, Any]
"""``{"check", "about", "ok", "saw", "expected"}``, and ``case``, ``case_id``, ``mode`` of what may be known."""
Arrays = Sequence[np.ndarray]
Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One thing to ask of an adapter, and the answer that is as promised.

    ``group``: questions that stand side by side and that one call answers: if it ends the process, the others are left
    out. ``mode``, ``case``: the call as a case, where what was seen may be a known difference.
    """

    check: str
    about: str
    ask: Callable[[], Any]
    expected: Any = True
    group: str = ""
    mode: str = ""
    case: Case | None = None

    def answered(self) -> Observation:
        """Asks. Whatever is raised is what was seen."""
        try:
            saw = self.ask()
        except Unsupported as reason:
            return limit(self.about, reason)
        except (Exception, SystemExit) as error:
            saw = f"{type(error).__name__}: {error}"
        return self._told(_same(saw, self.expected), saw)

    def unanswered(self) -> Observation:
        """What holds if the framework ends the process meanwhile. A limit of which the process ends is a real one."""
        return self._told(self.check == "limit_is_real", "the process ended")

    def _told(self, ok: bool, saw: Any) -> Observation:
        texts = {"saw": str(saw)[:400], "expected": str(self.expected)[:400]}
        told = {"check": self.check, "about": self.about, "ok": ok, **texts}
        if ok or self.case is None:
            return told
        return told | {"case": self.case.to_json(), "case_id": self.case.id, "mode": self.mode}


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
