"""Reference: what the oracle says about one output, independent of any target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from opassay.harness.model.numeric_model import NumericModel

Policy = Literal["bitwise", "linear", "bounded", "index", "unconnected"]
"""How an output is compared.

``bitwise``: the very value (movement, selection, integers). ``linear``: within the bound derived from
``magnitude`` and ``terms``; bitwise where sums are exact. ``bounded``: within the bound that ``allowed_by`` states for
a numeric model; bitwise where that is 0. ``index``: the very integer. ``unconnected``: no
array at all, the gradient of an input that no output depends on.
"""


@dataclass(frozen=True, eq=False)
class Reference:
    """The exact answer, and what bounds the error of a correct one.

    ``exact``: the value in float64 (longdouble for float64 inputs) or the integer itself.
    ``magnitude``: L(|x|, |w|), the same sum over absolute values. ``terms``: how many products each
    element sums. ``divisor``: for averages, the count that ``exact`` was divided by once
    (``magnitude`` and ``terms`` are those of the sum). ``free``: elements the contract leaves open.
    ``may_be_nan``: elements where NaN is right too, since an algorithm may multiply padding.
    ``flush``: L(|x|, 1) + L(1, |w|) where inputs hold subnormals. ``unit``: the power of two that every product
    is a multiple of under an exact fill, NaN where there is none (1 everywhere without it). ``roundings``: how
    often each product is rounded besides, where coefficients are not exact. ``slack``: an error, in absolute
    terms, that intermediate results may carry besides. All arrays have ``exact``'s shape.

    ``allowed_by``: how much an answer may err, by the way a target computes; infinite where no statement is possible,
    which is the contract's doing where ``opened`` holds.
    ``signed_zeros``: zeros whose sign counts, where they may not err. ``span``: the smallest and the largest value that
    a correct answer may have anywhere, however much it may err.

    ``zeros_too``: an unconnected gradient may as well be zeros of ``exact``'s shape.

    ``computes`` names the op and the output whose numeric model holds, where that is not the case's own op and
    this output: a stage of a program. ``others``: values that an element may have as well as that of ``exact``, all of
    its shape. ``integral`` says whether the values that the output was computed from
    are integers, where these are not the case's own inputs.
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
    unit: np.ndarray | None = None
    roundings: int = 0
    slack: np.ndarray | None = None
    allowed_by: Callable[[NumericModel], np.ndarray] | None = None
    signed_zeros: np.ndarray | None = None
    span: tuple[float, float] | None = None
    zeros_too: bool = False
    computes: tuple[str, str] | None = None
    integral: bool | None = None
    opened: np.ndarray | None = None
    others: tuple[np.ndarray, ...] = ()

    def at(self, where: int | slice) -> Reference:
        """The same of some of its runs, for a reference of several: their arrays have one more axis, the first."""
        cut: dict[str, Any] = {f: value[where] for f, value in vars(self).items() if isinstance(value, np.ndarray)}
        if self.allowed_by is not None:
            cut["allowed_by"] = _part(self.allowed_by, where)
        return replace(self, **cut)

    def met_by(self, answer: np.ndarray) -> Reference:
        """The same that expects of each element which of the ``others`` it has, if any."""
        exact = self.exact
        for other in self.others:
            exact = np.where((answer == other) | (np.isnan(answer) & np.isnan(other)), other, exact)
        return replace(self, exact=exact, others=())


def _part(whole: Callable[[NumericModel], np.ndarray], where: int | slice) -> Callable[[NumericModel], np.ndarray]:
    return lambda model: whole(model)[where]


def unconnected(name: str, dtype: str) -> Reference:
    """What the oracle says of an input without a gradient."""
    return Reference(name, dtype, np.zeros(0), policy="unconnected")


def constant(name: str, dtype: str, shape: tuple[int, ...]) -> Reference:
    """What it says of an input on which the outputs depend formally, but not in value: no gradient, or zeros."""
    return Reference(name, dtype, np.zeros(shape), policy="unconnected", zeros_too=True)
