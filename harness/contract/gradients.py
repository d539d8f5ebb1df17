"""What ``vjp`` answers: several outputs, inputs and cotangents at once, and what no output depends on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from opassay.harness.contract.observe import Question
from opassay.harness.model.adapter import Adapter, Unconnected


def gradients(adapter: Adapter, mode: str, examples: Any) -> Iterator[Question]:
    """Each expected gradient of each example whose ops the adapter has."""
    for name, needs, program, arrays, cotangents, expected in examples.gradients(adapter):
        if not set(needs) <= set(adapter.ops()):
            continue
        ask = partial(vjp, adapter, mode, program, arrays, cotangents)
        for position, answer in enumerate(expected):
            check = "unconnected" if isinstance(answer, str) else "vjp"
            about = f"{name} [{position}] {mode}"
            yield Question(check, about, lambda a=ask, p=position: a()[p], answer, group=f"{name} {mode}")  # type: ignore[misc]


def vjp(adapter: Adapter, mode: str, program: Any, arrays: Any, cotangents: Any) -> tuple[Any, ...]:
    """The gradients through ``mode``; only arrays may leave a compiled function, so the rest waits outside."""
    given = [c for c in cotangents if c is not None]
    kept: list[bool] = []

    def product(*tensors: Any) -> tuple[Any, ...]:
        rest = iter(tensors[len(arrays) :])
        full = [None if c is None else next(rest) for c in cotangents]
        found = adapter.vjp(program, tensors[: len(arrays)], full)
        kept[:] = [g is not Unconnected for g in found]
        return tuple(g for g in found if g is not Unconnected)

    answers = iter(adapter.compile(product, mode)(*(adapter.to_native(a) for a in (*arrays, *given))))
    return tuple(adapter.to_numpy(next(answers)) if there else "Unconnected" for there in kept)
