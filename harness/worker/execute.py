"""Runs cases on one adapter, inside the worker: one by one, or many as one compiled function."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, NoReturn

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, Unconnected, Unsupported, allowed_threads
from opassay.harness.model.case import Case
from opassay.harness.model.outcome import NotSupported, Outcome, Raised, Returned, TooLarge
from opassay.harness.worker import wire
from opassay.harness.worker.bits import difference
from opassay.harness.worker.functions import Function, Functions, Programs
from opassay.harness.worker.fuse import parts
from opassay.harness.worker.inference import with_inference
from opassay.harness.worker.inputs import Inputs
from opassay.harness.worker.origin import Watch, framework_modules

Answer = tuple[int, Outcome]
Announce = Callable[[list[int]], None]
MESSAGE_LIMIT = 2000


class Executor:
    """Answers cases with one adapter in one mode."""

    def __init__(
        self,
        adapter: Adapter,
        mode: str,
        programs: Programs,
        adapter_files: tuple[str, ...],
        max_output: int = wire.MAX_OUTPUT,
    ) -> None:
        self._adapter = adapter
        self._mode = mode
        self._programs, self._functions = programs, Functions(adapter, programs)
        self._files, self._frameworks = adapter_files, framework_modules(adapter)
        self._max_output = max_output
        self._ops = frozenset((*adapter.ops(), *programs.available(adapter.ops())))
        threads = allowed_threads()
        self._several = f"{threads} threads" if threads > 1 else ""

    def run(
        self,
        cases: Sequence[Case],
        fuse: bool,
        announce: Announce = lambda positions: None,
        repeat: Collection[int] = (),
    ) -> Iterator[Answer]:
        """Each case's position and outcome, in any order; every case exactly once.

        ``announce`` is called with the positions of the cases that are about to run, before they run: if
        the process ends, the parent knows which case caused it. ``repeat``: positions that are called twice,
        with those that run in one program with them; an answer that has other bits the second time says so.
        """
        self._announce, self._repeat = announce, frozenset(repeat)
        self._compiled: dict[tuple[str, ...], Function] = {}
        self._spoilt: set[tuple[str, ...]] = set()
        for position, outcome in self._answers(cases, fuse):
            if cases[position].aspect == "shape" and isinstance(outcome, Returned):
                outcome = self._inferred(position, cases[position], outcome)
            yield position, outcome

    def _inferred(self, position: int, case: Case, outcome: Returned) -> Outcome:
        self._announce([position])
        inputs = [self._adapter.to_native(tensor.materialize()) for tensor in case.tensors]
        return with_inference(outcome, self._adapter, self._mode, self._watch(), self._functions.of(case), inputs)

    def _answers(self, cases: Sequence[Case], fuse: bool) -> Iterator[Answer]:
        runnable, lacking = [], {}
        for position, case in enumerate(cases):
            if case.geometry_key not in lacking:
                lacking[case.geometry_key] = self._lacking(case)
            if (lack := lacking[case.geometry_key]) is not None:
                yield position, lack
            elif fuse and case.aspect != "error" and self._mode in self._adapter.fused_modes:
                runnable.append(position)
            else:
                yield position, self._alone(position, case)
        yield from self._fused(runnable, cases)

    def _lacking(self, case: Case) -> Outcome | None:
        if case.op not in self._ops:
            return NotSupported(f"{self._adapter.name} has no {case.op}")
        names = [t.dtype for t in case.tensors]
        try:
            if case.op in self._programs.PROGRAMS:
                again = case.aspect == "gradient"
                why = self._programs.unsupported(self._adapter, self._mode, names, case.attributes, again)
            else:
                why = self._adapter.lacks(case.op, self._mode, names, case.attributes)
        except Exception as error:
            return _raised(error, "adapter", 0.0)
        return None if why is None else NotSupported(why)

    def _alone(self, position: int, case: Case) -> Outcome:
        self._announce([position])
        started = time.perf_counter()
        try:
            outcome = self._call(case, started)
            return self._twice(outcome, self._call(case, started)) if position in self._repeat else outcome
        except Unsupported as reason:
            return NotSupported(str(reason), time.perf_counter() - started)
        except Exception as error:
            if not self._adapter.healthy():
                _leave(error)
            origin = self._origin(case, error)
            return replace(_raised(error, origin, time.perf_counter() - started), fallback=self._adapter.fallback())

    def _call(self, case: Case, started: float) -> Outcome:
        inputs = Inputs(self._adapter, _arrays(case), self._mode)
        program = self._program([case])
        answer = self._returned(program(*inputs.given), started)
        return _noting(answer, inputs.changed() or self._adapter.damage())

    def _program(self, cases: Sequence[Case]) -> Function:
        """All of ``cases`` as one function, compiled once for all the values that a batch has for them."""
        keys = _keys(cases)
        if keys not in self._compiled:
            function = self._functions.together(cases) if len(cases) > 1 else self._functions.of(cases[0])
            self._compiled[keys] = self._adapter.compile(function, self._mode)
        return self._compiled[keys]

    def _returned(self, value: Any, started: float) -> Outcome:
        arrays = tuple(self._array(v) for v in value)
        if sum(a.nbytes for a in arrays if a is not None) > self._max_output:
            return TooLarge(", ".join(_describe(a) for a in arrays), self._max_output, time.perf_counter() - started)
        return Returned(arrays, self._executor(), time.perf_counter() - started, self._fallback(value))

    def _fallback(self, values: Any) -> str:
        """Why these answers are not the target's own: they lie on another device, or the adapter says so."""
        for value in values:
            if value is not Unconnected and (where := self._adapter.location(value)) != self._adapter.device:
                return f"the answer lies on {where}, not on {self._adapter.device}"
        return self._adapter.fallback()

    def _executor(self) -> str:
        """The executor, with the number of threads if more than one: some kernels differ then."""
        return ", ".join(part for part in (self._adapter.executor(), self._several) if part)

    def _array(self, value: Any) -> np.ndarray | None:
        if value is Unconnected:
            return None
        if value is None:
            raise TypeError("the op returned None instead of an array")
        array = self._adapter.to_numpy(value)
        if not isinstance(array, np.ndarray) or array.dtype.hasobject:
            raise TypeError(f"to_numpy gave {type(array).__name__} instead of a numeric array")
        return array

    def _watch(self) -> Watch:
        return Watch(self._files, self._frameworks)

    def _origin(self, case: Case, error: Exception) -> str:
        """Whose code raised ``error``; where its traceback leaves that open, the case runs again under watch.

        The watch tells which compiled function raised.
        """
        watch = self._watch()
        if watch.origin(error) == "framework":
            return "framework"
        self._compiled.pop((case.geometry_key,), None)
        try:
            watch.call(lambda: self._call(case, 0.0))
        except Exception as again:
            return watch.origin(again)
        return watch.origin(error)

    def _twice(self, first: Outcome, second: Outcome) -> Outcome:
        if isinstance(first, Returned) and isinstance(second, Returned):
            return replace(first, unsteady=difference(first, second))
        return first

    def _fused(self, positions: Sequence[int], cases: Sequence[Case]) -> Iterator[Answer]:
        for part in parts(positions, cases, self._adapter.fused_ops):
            yield from self._together(part, cases)

    def _call_all(self, cases: Sequence[Case]) -> list[Outcome]:
        inputs = Inputs(self._adapter, [array for case in cases for array in _arrays(case)], self._mode)
        program = self._program(cases)
        values = program(*inputs.given)
        answers = [self._returned(value, time.perf_counter()) for value in values]
        ends = list(accumulate(len(case.all_tensors) for case in cases))
        places = zip(answers, [0, *ends], ends, strict=False)
        return [_noting(answer, inputs.changed(start, stop)) for answer, start, stop in places]

    def _together(
        self, positions: Sequence[int], cases: Sequence[Case], spoilt: bool = False
    ) -> Generator[Answer, None, bool]:
        """The answers of cases in one program, and whether any of them fails as a program.

        ``spoilt``: one of them is known to.
        """
        if len(positions) == 1:
            outcome = self._alone(positions[0], cases[positions[0]])
            yield positions[0], outcome
            return isinstance(outcome, (Raised, NotSupported))
        if not spoilt and (answers := self._attempt(positions, [cases[p] for p in positions])):
            yield from answers
            return False
        # One case makes the whole program fail: bisect until it is alone. If the first half is well, the second is not.
        middle = len(positions) // 2
        first = yield from self._together(positions[:middle], cases)
        second = yield from self._together(positions[middle:], cases, spoilt=not first)
        return first or second

    def _attempt(self, positions: Sequence[int], cases: Sequence[Case]) -> list[Answer]:
        """The answers of a program of several cases; none where it fails, or did so for other values."""
        if _keys(cases) in self._spoilt:
            return []
        self._announce(list(positions))
        started = time.perf_counter()
        try:
            answers = self._call_all(cases)
            if not self._repeat.isdisjoint(positions):
                answers = [self._twice(*pair) for pair in zip(answers, self._call_all(cases), strict=True)]
        except Exception as error:
            if not self._adapter.healthy():
                _leave(error)
            self._spoilt.add(_keys(cases))
            return []
        share = (time.perf_counter() - started) / len(positions)
        return [(position, _timed(answer, share)) for position, answer in zip(positions, answers, strict=True)]


def _keys(cases: Sequence[Case]) -> tuple[str, ...]:
    """What a program of these cases is compiled for."""
    return tuple(case.geometry_key for case in cases)


def _noting(answer: Outcome, changed: str) -> Outcome:
    return replace(answer, changed=changed) if isinstance(answer, Returned) else answer


def _arrays(case: Case) -> list[np.ndarray]:
    return [tensor.materialize() for tensor in case.all_tensors]


def _describe(array: np.ndarray | None) -> str:
    if array is None:
        return "nothing"
    return f"{dtypes.dtype_name(array)}[{'x'.join(str(n) for n in array.shape)}] of {array.nbytes} bytes"


def _timed(outcome: Outcome, seconds: float) -> Outcome:
    if isinstance(outcome, Returned):
        return replace(outcome, seconds=seconds)
    return outcome


def _leave(error: Exception) -> NoReturn:
    """End the worker, whose device no longer computes: the running case crashed, the rest goes to a fresh worker."""
    print(_raised(error, "", 0.0).message.partition("\n")[0], file=sys.stderr, flush=True)
    os._exit(wire.DEVICE_LOST)


def _raised(error: BaseException, origin: str, seconds: float) -> Raised:
    return Raised(type(error).__name__, _cut(_message(error)), origin, seconds)


def _message(error: BaseException) -> str:
    """Its text; of a compiled function that returned something and raised, also of what it raised."""
    try:
        cause = error.__cause__ if isinstance(error, SystemError) else None
        return str(error) if cause is None else f"{error}: {type(cause).__name__}: {cause}"
    except Exception as broken:
        return f"(its message could not be read: {type(broken).__name__})"


def _cut(message: str) -> str:
    """Both ends of a long message: one that quotes a traceback has the reason at its end."""
    half = MESSAGE_LIMIT // 2
    return message if len(message) <= MESSAGE_LIMIT else f"{message[:half]} … {message[-half:]}"
