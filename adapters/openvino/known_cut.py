"""Sums that are cut off to bfloat16 where the processor does not compute in it. NumPy only."""

from __future__ import annotations

import numpy as np

from opassay.adapters.known_linear import sums
from opassay.adapters.known_predicates import Predicate
from opassay.harness.model.case import Case

REASON = "float32 is made bfloat16 by dropping bits: an answer is up to twice as far off as one that is rounded"

_HALF_ULP, _FLOAT32 = 2.0**-8, 2.0**-24
"""Largest relative errors of rounding to bfloat16 and to float32."""


def cut_off(verdict: str) -> Predicate:
    """Some sum of conv2d, its transpose or matmul, or of a program's first stage, leaves its bound when cut off.

    Wider than what fails by 2 of some 160 cases: a few sums are rounded all the same, which ones is not known.
    """

    def covers(case: Case) -> bool:
        if case.tensors[0].dtype != "bfloat16" or any(0 in tensor.shape for tensor in case.tensors):
            return False
        exact = all(tensor.fill.exact for tensor in case.tensors)
        return verdict == ("structural" if exact else "numeric") and _leaves_its_bound(_first(case))

    return covers


def _first(case: Case) -> Case:
    """The first stage of a program, as a case of its own."""
    if "stages" not in case.attributes:
        return case
    stage = case.attributes["stages"][0]
    return Case(stage["op"], case.tensors[:2], stage["attributes"])


def _leaves_its_bound(case: Case) -> bool:
    with np.errstate(all="ignore"):
        answer, size = sums(case)
        error = np.abs(_cut(answer) - answer)
        allowed = np.abs(answer) * _HALF_ULP + _terms(case) * _FLOAT32 * size
        return bool((error > allowed)[np.isfinite(answer) & np.isfinite(_cut(answer))].any())


def _terms(case: Case) -> int:
    """How many products a sum has."""
    a, b = (tensor.shape for tensor in case.tensors)
    if case.op == "matmul":
        return a[-1]
    height, width, made, given = b
    return height * width * (given if case.op == "conv2d_transpose" else made)


def _cut(values: np.ndarray) -> np.ndarray:
    """As bfloat16, towards zero: the upper half of float32's bits."""
    bits = values.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return bits.view(np.float32).astype(np.float64)
