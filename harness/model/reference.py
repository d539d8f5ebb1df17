"""Reference: what the oracle says about one output, independent of any target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Policy = Literal["bitwise", "linear", "index"]
"""How an output is compared.

``bitwise``: the very value (movement, selection, integers). ``linear``: within the bound derived from
``magnitude`` and ``terms``; bitwise where sums are exact. ``index``: the very integer.
"""


@dataclass(frozen=True, eq=False)
class Reference:
    """The exact answer, and what bounds the error of a correct one.

    ``exact``: the value in float64 (longdouble for float64 inputs) or the integer itself.
    ``magnitude``: L(|x|, |w|), the same sum over absolute values. ``terms``: how many products each
    element sums. ``divisor``: for averages, the count that ``exact`` was divided by once
    (``magnitude`` and ``terms`` are those of the sum). ``free``: elements the contract leaves open.
    ``may_be_nan``: elements where NaN is right too, since an algorithm may multiply padding.
    ``flush``: L(|x|, 1) + L(1, |w|) where inputs hold subnormals. All arrays have ``exact``'s shape.
    """

    name: str
    dtype: str
    exact: np.ndarray
    policy: Policy = "bitwise"
    magnitude: np.ndarray | None = None
    terms: np.ndarray | None = None
    divisor: np.ndarray | None = None
    free: np.ndarray | None = None
    may_be_nan: np.ndarray | None = None
    flush: np.ndarray | None = None
