"""What the ops answer to small calls: dtypes, shapes, devices, limits, errors, worked examples."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.contract.arrays import SHAPES
from opassay.harness.contract.cases import known_as
from opassay.harness.contract.limits import is_real
from opassay.harness.contract.observe import Arrays, Attributes, Observation, Question, answers, call, plain, sentence
from opassay.harness.contract.small import Calls, Told
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, UnknownDevice
from opassay.harness.worker.origin import framework_modules


def names(adapter: Adapter, interface: tuple[str, ...], whole: tuple[str, ...]) -> Iterator[Question]:
    """Public methods are ops of the interface; anything else would be taken for one. Of ``whole``, some are absent."""
    yield Question("ops", adapter.name, lambda: sorted(set(adapter.ops()) - set(interface)), [])
    yield Question("ops", f"{adapter.name} has an op", lambda: bool(set(adapter.ops()) & set(interface)))
    for op in sorted(set(whole) - set(adapter.ops())):
        yield Question("absent", op, lambda: True)


def identity(adapter: Adapter) -> Iterator[Question]:
    """Without these no run starts: the version, and the file that the framework was imported from."""
    yield Question("identity", "version()", lambda: isinstance(adapter.version(), str) and bool(adapter.version()))
    yield Question("identity", "origin() is a file", lambda: Path(adapter.origin()).exists())
    told = "frameworks, or origin(), names a module that is imported"
    yield Question("identity", told, lambda: bool(set(framework_modules(adapter)) & set(sys.modules)))
    yield Question("identity", "settings() are text", lambda: {type(v) for v in adapter.settings().values()} <= {str})
    yield Question("identity", "executor() is text", lambda: isinstance(adapter.executor(), str))


def devices(adapter: Adapter) -> Iterator[Question]:
    """``cpu`` comes first, and a device that is not there is refused by name."""
    yield Question("device", "devices() begins with", lambda: adapter.devices()[0], "cpu")
    yield Question("device", "a device that is not there", lambda: _refusal(adapter), UnknownDevice.__name__)


def _refusal(adapter: Adapter) -> str:
    try:
        type(adapter)("nowhere:9")
    except UnknownDevice:
        return UnknownDevice.__name__
    return "an adapter"


def mutations(adapter: Adapter, calls: dict[str, Any]) -> Iterator[Question]:
    """An op changes neither its inputs nor the arrays that they were made of; a declared limit is not asked."""
    for op, (arrays, attributes) in calls.items():
        if adapter.lacks(op, adapter.modes[0], _names(arrays), attributes) is None:
            known = known_as(adapter.modes[0], op, arrays, attributes)
            yield Question("inputs_kept", op, partial(_mutated, adapter, op, arrays, attributes), [], **known)


def _names(arrays: Arrays) -> tuple[str, ...]:
    return tuple(dtypes.dtype_name(a) for a in arrays)


def _mutated(adapter: Adapter, op: str, arrays: Arrays, attributes: Attributes) -> list[int]:
    before = [plain(a) for a in arrays]
    tensors = [adapter.to_native(a) for a in arrays]
    getattr(adapter, op)(*tensors, **attributes)
    after = [(plain(a), plain(adapter.to_numpy(t))) for a, t in zip(arrays, tensors, strict=True)]
    return [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if new != (old, old)]


def small_calls(adapter: Adapter, mode: str, small: Calls) -> Iterator[Question | Observation]:
    """What is not declared as a limit answers in the contract's dtypes and shapes, on the adapter's device."""
    for dtype in adapter.dtypes:
        for op, (arrays, attributes) in small.in_turn(dtype).items():
            about = f"{op} {dtype} {mode}"
            reason = adapter.lacks(op, mode, _names(arrays), attributes)
            if reason is None:
                yield from _answer(adapter, mode, about, op, arrays, attributes, small.answers(op, arrays, attributes))
            else:
                yield sentence(about, reason)
            if reason is not None and not _without_word(adapter, attributes):
                yield Question("limit_is_real", f"{about}: {reason}", partial(is_real, adapter, mode, op, dtype, small))


def _without_word(adapter: Adapter, attributes: Attributes) -> bool:
    """Whether an attribute is a dtype that the adapter has no word for: then nothing can be asked."""
    return any(value in dtypes.DTYPES and value not in adapter.dtypes for value in attributes.values())


def _answer(
    adapter: Adapter, mode: str, about: str, op: str, arrays: Arrays, attributes: Attributes, expected: Told
) -> Iterator[Question]:
    # One call, looked at several times: compiled programs take long to make.
    ask = cache(partial(call, adapter, mode, op, arrays, attributes))

    def through(read: Callable[[Any], Any]) -> Callable[[], list[Any]]:
        return lambda: [read(y) for y in ask()]

    shapes, names = [shape for shape, _ in expected], [name for _, name in expected]
    known = known_as(mode, op, arrays, attributes) | {"group": about}
    yield Question("dtype_kept", about, through(lambda y: dtypes.dtype_name(adapter.to_numpy(y))), names, **known)
    yield Question("shape_kept", about, through(lambda y: adapter.to_numpy(y).shape), shapes, **known)
    yield Question("device", about, through(adapter.location), [adapter.device] * len(expected), **known)


def every_shape(adapter: Adapter, mode: str, ops: Sequence[str]) -> Iterator[Question]:
    """``ops`` that take any shape keep it: scalars and empty arrays too."""
    for op in ops:
        for shape in SHAPES:
            given = np.ones(shape, np.float32)
            if adapter.lacks(op, mode, ("float32",), {}) is not None:
                continue
            ask = partial(answers, adapter, mode, op, (given,), {})
            known = known_as(mode, op, (given,), {})
            yield Question("shape_kept", f"{op} {shape} {mode}", lambda a=ask: a()[0].shape, shape, **known)  # type: ignore[misc]


def worked_examples(adapter: Adapter, mode: str, examples: Any) -> Iterator[Question]:
    """Literal answers, exact in every framework."""
    for name, op, arrays, attributes, expected in examples.VALUES:
        if op not in adapter.ops():
            continue
        if adapter.lacks(op, mode, _names(arrays), attributes) is not None:
            continue
        ask = partial(answers, adapter, mode, op, arrays, attributes)
        for position, answer in enumerate(expected):
            about = f"{op}: {name} [{position}] {mode}"
            known = known_as(mode, op, arrays, attributes) | {"group": f"{op}: {name} {mode}"}
            yield Question("worked_example", about, lambda a=ask, p=position: a()[p], answer, **known)  # type: ignore[misc]
