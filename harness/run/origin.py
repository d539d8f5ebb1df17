"""Whose code raised an exception: the framework's, the adapter's, or ours.

An adapter must not validate on the framework's behalf, so a refusal counts only when it comes from
the framework. Compiled functions leave no frame; for those the profiler's ``c_exception`` event
names the function that raised.
"""

from __future__ import annotations

import builtins
import dis
import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType, TracebackType
from typing import Any

_OURS = {"builtins", "numpy", "math", "functools", "itertools", "collections"}
"""Not ``operator``, whose functions raise what their operands do: ``adapters/programs.py`` adds framework arrays."""


class Watch:
    """Runs a function and tells, if it raises, where the exception came from.

    ``adapter_files``: path prefixes of the adapter's code. Costs a Python call per function call, so it
    is used when a case is run for its error, or again after one.
    """

    def __init__(self, adapter_files: tuple[str, ...]) -> None:
        self._adapter_files = adapter_files
        self._last: tuple[FrameType, object] | None = None

    def call(self, function: Callable[[], Any]) -> Any:
        """What ``function`` returns. Exceptions pass through; ask ``origin`` about them."""
        previous = sys.getprofile()
        sys.setprofile(self._note)
        try:
            return function()
        finally:
            sys.setprofile(previous)

    def _note(self, frame: FrameType, event: str, function: object) -> None:
        if event == "c_exception":
            self._last = (frame, function)

    def origin(self, error: BaseException) -> str:
        """``framework``, ``adapter`` or ``harness``."""
        traceback = innermost(error.__traceback__)
        if traceback is None:
            return "harness"
        if self._asks_in_vain(error):
            return "adapter"
        owner = self._owner(traceback.tb_frame.f_code.co_filename)
        if owner == "framework" or self._compiled(traceback, error):
            return "framework"
        return owner

    def _compiled(self, traceback: TracebackType, error: BaseException) -> bool:
        """Whether our innermost line was calling compiled code of the framework when it raised."""
        step = _step(traceback)
        if step.startswith("CALL"):
            return self._last is not None and self._last[0] is traceback.tb_frame and not _is_ours(self._last[1])
        # An operator makes no call event. Python's own arithmetic never raises a RuntimeError.
        return not step.startswith(("RAISE", "RERAISE")) and _foreign(error)

    def _asks_in_vain(self, error: BaseException) -> bool:
        """Whether the adapter named something that this version of a module lacks: the framework refused no case.

        Python or, one frame deeper, a ``__getattr__`` of the module raises then.
        """
        if not isinstance(error, AttributeError) or not isinstance(error.obj, ModuleType):
            return False
        last = list(frames(error.__traceback__))[-2:]
        return any(self._owner(t.tb_frame.f_code.co_filename) == "adapter" and _loads(t) for t in last)

    def _owner(self, filename: str) -> str:
        path = os.path.abspath(filename)
        if path.startswith(self._adapter_files):
            return "adapter"
        return "harness" if path.startswith(_HARNESS) else "framework"


_HARNESS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """The entries of a traceback, outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def innermost(traceback: TracebackType | None) -> TracebackType | None:
    """The last entry of a traceback: where it was raised."""
    return next(reversed(list(frames(traceback))), None)


def _loads(traceback: TracebackType) -> bool:
    """Whether it was raised where an attribute is read."""
    return _step(traceback) in ("LOAD_ATTR", "LOAD_METHOD")


def _step(traceback: TracebackType) -> str:
    return dis.opname[traceback.tb_frame.f_code.co_code[traceback.tb_lasti]]


def _foreign(error: BaseException) -> bool:
    return type(error) is RuntimeError or type(error).__module__ != "builtins"


def _is_ours(function: object) -> bool:
    """Whether a compiled function is Python's or NumPy's own, called by the adapter, not the framework's."""
    owner = getattr(function, "__self__", None)
    holder = owner if isinstance(owner, type) else type(owner)
    module = getattr(function, "__module__", None) or getattr(holder, "__module__", "") or ""
    if owner is builtins:
        return True
    return module.partition(".")[0] in _OURS
