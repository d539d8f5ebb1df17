"""Whose code raised an exception: the framework's, the adapter's, or ours.

An adapter must not validate on the framework's behalf, so a refusal counts only when it comes from a module of the
framework. Compiled functions leave no frame; for those the profiler's ``c_exception`` event names the function that
raised, and where there is none, what our innermost line was calling (``operands``).
"""

from __future__ import annotations

import builtins
import dis
import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType, ModuleType, TracebackType
from typing import Any

from opassay.harness.model.adapter import Adapter
from opassay.harness.worker.operands import operands


def framework_modules(adapter: Adapter) -> tuple[str, ...]:
    """The modules whose functions may refuse input: those that ``adapter`` declares, else the one of its ``origin``."""
    if adapter.frameworks:
        return adapter.frameworks
    try:
        origin = adapter.origin()
    except Exception:
        return ()
    found = (name for name, module in list(sys.modules.items()) if getattr(module, "__file__", None) == origin)
    return tuple({name.partition(".")[0] for name in found})


class Watch:
    """Runs a function and tells, if it raises, where the exception came from.

    ``adapter_files``: path prefixes of the adapter's code. ``frameworks``: names of modules whose functions, and those
    of modules within them, are the framework's. Costs a Python call per function call, so it is used when a case is run
    for its error, or again after one.
    """

    def __init__(self, adapter_files: tuple[str, ...], frameworks: Sequence[str]) -> None:
        self._adapter_files, self._frameworks = adapter_files, frameworks
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
        """``framework``, ``adapter`` or ``harness``. Errors of other libraries belong to their caller."""
        if self._asks_in_vain(error):
            return "adapter"
        entries = list(frames(error.__traceback__))
        owned = ((entry, self._owner(entry.tb_frame)) for entry in reversed(entries))
        entry, owner = next(((entry, owner) for entry, owner in owned if owner), (None, "harness"))
        if entry is not None and entry is entries[-1] and self._compiled(entry, error):
            return "framework"
        return owner

    def _compiled(self, traceback: TracebackType, error: BaseException) -> bool:
        """Whether our innermost line was calling compiled code of the framework when it raised."""
        step = _step(traceback)
        if step.startswith(("RAISE", "RERAISE")) or (isinstance(error, AttributeError) and step.startswith("LOAD")):
            return False
        if self._within(type(error).__module__):
            return True
        told = [self._last[1]] if self._last is not None and self._last[0] is traceback.tb_frame else []
        return any(self._belongs(value) for value in (*told, *operands(traceback)))

    def _belongs(self, value: object) -> bool:
        """Whether a function, or a value that an operator is applied to, is the framework's."""
        if isinstance(value, functools.partial):
            return self._belongs(value.func)
        owner = getattr(value, "__self__", None)
        named = (value, owner, type(owner), type(value))
        return any(self._within(str(getattr(part, "__module__", ""))) or self._holds(part) for part in named)

    def _holds(self, part: object) -> bool:
        """Whether a module of the framework's has what names no module itself, as types and functions in C may."""
        name = getattr(part, "__name__", None)
        nowhere = getattr(part, "__module__", None) in (None, "", "builtins") and not isinstance(part, ModuleType)
        if not isinstance(name, str) or not nowhere or hasattr(builtins, name):
            return False
        named = [(at, module) for at, module in list(sys.modules.items()) if not self._imports(module)]
        holders = [at for at, module in named if getattr(module, "__dict__", {}).get(name) is part]
        # A framework that takes a name from NumPy holds it, too.
        return bool(holders) and all(map(self._within, holders))

    def _imports(self, module: object) -> bool:
        """Whether it is the adapter's module, or ours: what these hold is taken from elsewhere."""
        return str(getattr(module, "__file__", "")).startswith((*self._adapter_files, _HARNESS))

    def _within(self, module: str) -> bool:
        return any(module == name or module.startswith(f"{name}.") for name in self._frameworks)

    def _asks_in_vain(self, error: BaseException) -> bool:
        """Whether the adapter named something that this version of a module lacks: the framework refused no case.

        Python or, one frame deeper, a ``__getattr__`` of the module raises then; and of a keyword or an argument that
        a function lacks, whoever binds them, before a frame of the function's own begins.
        """
        if isinstance(error, TypeError) and (_UNBOUND.search(str(error)) or _surplus(str(error))):
            last = list(frames(error.__traceback__))[-1:]
            return any(self._owner(t.tb_frame) == "adapter" for t in last)
        if not isinstance(error, AttributeError) or not isinstance(error.obj, ModuleType):
            return False
        last = list(frames(error.__traceback__))[-2:]
        return any(self._owner(t.tb_frame) == "adapter" and _loads(t) for t in last)

    def _owner(self, frame: FrameType) -> str:
        """Whose code a frame runs; None for libraries that any of them may call."""
        if self._within(str(frame.f_globals.get("__name__", ""))):
            return "framework"
        path = os.path.abspath(frame.f_code.co_filename)
        if path.startswith(self._adapter_files):
            return "adapter"
        return "harness" if path.startswith(_HARNESS) else ""


_UNBOUND = re.compile(
    r"unexpected keyword argument|keywords were incorrect|missing \d+ required|takes .*positional argument"
)
"""What is said of a call whose arguments fit no parameter."""

_GIVEN = re.compile(r"got \((.*?)\), but expected (.*)", re.DOTALL)
"""... of a function with several lists of parameters."""


def _surplus(message: str) -> bool:
    """Whether a keyword was given that none of the lists has."""
    found = _GIVEN.search(message)
    given = re.findall(r"(\w+)=", found[1]) if found else []
    return any(not re.search(rf"\b{name}\b", found[2]) for name in given) if found else False


_HARNESS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """The entries of a traceback, outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _loads(traceback: TracebackType) -> bool:
    """Whether it was raised where an attribute is read."""
    return _step(traceback) in ("LOAD_ATTR", "LOAD_METHOD")


def _step(traceback: TracebackType) -> str:
    return dis.opname[traceback.tb_frame.f_code.co_code[traceback.tb_lasti]]
