"""What normalisations lose whose variance is computed in one pass, as E[x²] - E[x]². Free of frameworks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def rows(case: Case) -> np.ndarray:
    """What is normalised together, a row each."""
    x, how = dtypes.widen(case.tensors[0].materialize()), case.attributes
    if case.op == "layer_norm":
        return x.reshape(-1, math.prod(case.tensors[1].shape))
    if case.op == "batch_norm":
        return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    together = x.shape[0] * (how["groups"] if case.op == "group_norm" else x.shape[1])
    return x.reshape(together, -1)


def far_from_zero(case: Case) -> bool:
    """Whether of some row the squared mean, of which one pass loses the last bits, is more than all squared distances.

    In two passes these are what errors add up of.
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
    """The fact that ``adapter`` computes the variance of ``ops`` so, ``when`` it does. ``more``: modes, versions."""
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
