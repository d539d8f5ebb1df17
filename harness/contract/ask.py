"""Asks one adapter everything that the contract promises, in a process of its own.

    python -P -m opassay.harness.contract.ask opassay.adapters.torch.adapter:TorchAdapter cpu [EVERY FIRST [ENDED]]

Prints two lines of JSON per question (``observe.py``): before it is asked, its number and what holds if the framework
ends the process; then what was seen. ENDED is the number of the question that ended the process before: it goes on
behind that one, and those that the same call would answer.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import platform
import sys
from collections.abc import Iterator

from opassay.harness.contract import arrays, calls, cases, gradients
from opassay.harness.contract.observe import Observation, Question
from opassay.harness.contract.small import Calls
from opassay.harness.find.registry import CONTRACT_EXAMPLES
from opassay.harness.model.adapter import Adapter

Numbered = tuple[int, Question | Observation]


def questions(adapter: Adapter, every: int = 1, first: int = 0) -> Iterator[Question | Observation]:
    """All of them, in a fixed order. Modes that compile are asked for batches alone, unless there is no other."""
    examples = importlib.import_module(CONTRACT_EXAMPLES)
    small = Calls(adapter, every, first)
    yield from calls.names(adapter, small.interface, tuple(dict.fromkeys(op for _, op, *_ in examples.VALUES)))
    yield from calls.identity(adapter)
    yield from calls.devices(adapter)
    yield from arrays.round_trips(adapter)
    yield from calls.mutations(adapter, small.of("float32"))
    for mode in [m for m in adapter.modes if m not in adapter.fused_modes] or adapter.modes[:1]:
        yield from calls.worked_examples(adapter, mode, examples)
        yield from cases.errors(adapter, mode, examples.REFUSED)
        yield from gradients.gradients(adapter, mode, examples)
        yield from calls.small_calls(adapter, mode, small)
        yield from calls.every_shape(adapter, mode, small.any_shape)
    for mode in adapter.modes:
        yield from cases.batches(adapter, mode, small.alone("float32"))


def behind(questions: Iterator[Question | Observation], ended: int | None) -> Iterator[Numbered]:
    """Those that are still to be asked, with their numbers."""
    numbered = enumerate(questions)
    if ended is None:
        return numbered
    _, last = next(itertools.islice(numbered, ended, None))
    return itertools.dropwhile(lambda pair: _of_one_call(pair[1], last), numbered)


def _of_one_call(one: Question | Observation, other: Question | Observation) -> bool:
    return isinstance(one, Question) and isinstance(other, Question) and one.group == other.group != ""


def made(location: str, device: str) -> Adapter:
    """The adapter at module:Class. Leaves with a line that says why where a module is not installed."""
    module, _, name = location.partition(":")
    try:
        return getattr(importlib.import_module(module), name)(device)  # type: ignore[no-any-return]
    except ModuleNotFoundError as error:
        sys.exit(f"its Python {platform.python_version()} has no module {error.name!r}, which the adapter imports")


def main(location: str, device: str, every: str = "1", first: str = "0", ended: str | None = None) -> None:
    # Frameworks print on stdout when they like, also from C: the lines go out by a descriptor of their own.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    adapter = made(location, device)
    asked = questions(adapter, int(every), int(first))
    for number, question in behind(asked, None if ended is None else int(ended)):
        if isinstance(question, Question):
            print(json.dumps({"number": number, **question.unanswered()}), file=out)
            question = question.answered()
        print(json.dumps(question), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
