"""Asks one adapter everything that the contract promises, in a process of its own.

    python -P -m opassay.harness.contract.ask opassay.adapters.torch.adapter:TorchAdapter cpu [EVERY FIRST]

Prints one observation per line as JSON (``observe.py``), each before the next question is asked: if the framework ends
the process, it is known after what.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator

from opassay.harness.contract import arrays, calls, cases, gradients
from opassay.harness.contract.observe import Observation
from opassay.harness.contract.small import Calls
from opassay.harness.find.registry import CONTRACT_EXAMPLES
from opassay.harness.model.adapter import Adapter


def observations(adapter: Adapter, every: int = 1, first: int = 0) -> Iterator[Observation]:
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


def main(location: str, device: str, every: str = "1", first: str = "0") -> None:
    # Frameworks print on stdout when they like, also from C: the lines go out by a descriptor of their own.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    module, _, name = location.partition(":")
    adapter = getattr(importlib.import_module(module), name)(device)
    for observation in observations(adapter, int(every), int(first)):
        print(json.dumps(observation), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
