"""Kernels that cache answers."""

from __future__ import annotations

from opassay.adapters.oracle.mistakes.made import dtype
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel, Mistake

OPS = ("conv2d", "matmul", "max_pool2d", "relu", "add")


def _key(question: Question) -> object:
    arrays = (*question.inputs, *question.cotangents)
    return tuple(None if a is None else a.shape for a in arrays), dtype(question)


def _stale() -> Kernel:
    """The first answer for these shapes is returned for all inputs."""
    known: dict[object, Arrays] = {}
    return lambda question, told: known.setdefault((_key(question), str(question.attributes)), told)


MISTAKES = tuple(
    Mistake("stale_answer", op, "value", "the first answer to inputs of the same shapes is given again", _stale)
    for op in OPS
)
