"""The error of normalisations that compute the variance in one pass, as E[x²] - E[x]². Imports no framework."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def rows(case: Case) -> np.ndarray:
    """The elements that are normalised together, as rows."""
    x, how = dtypes.widen(case.tensors[0].materialize()), case.attributes
    if case.op == "layer_norm":
        return x.reshape(-1, math.prod(case.tensors[1].shape))
    if case.op == "batch_norm":
        return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    together = x.shape[0] * (how["groups"] if case.op == "group_norm" else x.shape[1])
    return x.reshape(together, -1)


def far_from_zero(case: Case) -> bool:
    """Whether in some row the squared mean, whose last bits one pass loses, exceeds the sum of squared distances.

    In two passes, the error scales with the latter.
    """
    if case.tensors[0].size == 0 or not case.attributes.get("training", True):
        return False
    with np.errstate(all="ignore"):
        given = rows(case)
        mean, spread = given.mean(axis=1), given.var(axis=1) + case.attributes["eps"]
        return bool((mean * mean > given.shape[1] * spread).any())


def one_pass(
    adapter: str, ops: tuple[str, ...], reason: str, when: Callable[[Case], bool] = far_from_zero, **more: Any
) -> Fact:
    """The fact that ``adapter`` computes the variance of ``ops`` in one pass, ``when`` so. ``more``: other fields."""
    return Fact(
        f"{adapter}-one-pass",
        "upstream",
        reason,
        ops=ops,
        aspects=("value", "gradient"),
        verdicts=("numeric", "special"),
        when=when,
        flaky="in which order the sums are added",
        **more,
    )
