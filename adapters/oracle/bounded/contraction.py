"""Sums of products, in any order of summation, and copies: ops that are linear in each of one or two operands.

Such an op and its gradients are one *form*, ``Σ c·x·w·y`` with known coefficients c: the answer is its derivative by y,
the gradients those by x and w, of the cotangent and the other operand. So a form is closed under gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats, sizes
from opassay.adapters.oracle.bounded.masks import once
from opassay.adapters.oracle.bounded.real import Real, saved
from opassay.adapters.oracle.bounded.sums import lowest_bit, sum_error
from opassay.adapters.oracle.linear import Linear, apply, not_finite, sum_reference, third_run, wide_enough
from opassay.harness.model.reference import Reference

Arrays = Sequence[np.ndarray]
ANYWHERE = np.asarray(True)


class Way(Protocol):
    """A form's derivative by one of its operands, as a function of the others, in their order.

    ``run`` takes arrays in the format to compute in; ``shape`` is that of its answer.
    """

    @property
    def run(self) -> Linear: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def told(self, name: str, dtype: str, values: Arrays) -> Reference:
        """The reference of an answer of ``dtype`` whose operands are exact."""

    def error(self, formats: Formats, values: Arrays, value: np.ndarray, errors: Arrays) -> np.ndarray:
        """The error of the answer ``value`` for operands with these ``errors``."""


@dataclass(eq=False, slots=True)
class Sums:
    """Sums of products. ``terms``: the number of products, as a function of the operands; by default, a run over ones.

    ``at_once``: ``run`` takes operands with leading axes, each entry of which is a separate run. ``nan``: where NaN is
    correct too, as a function of which elements of each operand are not finite; None for nowhere.
    """

    run: Linear
    shape: tuple[int, ...]
    terms: Callable[[Arrays], np.ndarray] | None = None
    at_once: bool = False
    nan: Callable[[Arrays], np.ndarray | None] | None = None

    def told(self, name: str, dtype: str, values: Arrays) -> Reference:
        counts = None if self.terms is None else lambda: self._counts(values)
        reference = sum_reference(name, dtype, self.run, values, counts, self.at_once)
        strange = not_finite(values) if self.nan is not None and reference.policy == "linear" else None
        if self.nan is None or strange is None:
            return reference
        return replace(reference, may_be_nan=self.nan(strange))

    def error(self, formats: Formats, values: Arrays, value: np.ndarray, errors: Arrays) -> np.ndarray:
        size = [sizes(np.where(np.isfinite(v), v, 0)) for v in values]
        given = self._given(size, errors)
        # Each product is rounded, and each addition but the first.
        additions = self._counts(values) - (len(values) == 1)
        grid = np.array(math.prod(lowest_bit(v) for v in values))
        return sum_error(formats, grid, value, self.run(*size), given, additions)

    def _counts(self, values: Arrays) -> np.ndarray:
        return third_run(self.run, values) if self.terms is None else self.terms(values)

    def _given(self, size: Arrays, errors: Arrays) -> np.ndarray:
        """The effect of operand errors on sums of products of these sizes."""
        wrong = [i for i, error in enumerate(errors) if error.any()]
        found = np.zeros(self.shape)
        for i in wrong:
            # Earlier operands include their error, so that products of errors are counted once.
            found = found + self.run(*(errors[j] if j == i else v + errors[j] * (j < i) for j, v in enumerate(size)))
        return found


@dataclass(eq=False, slots=True)
class Copies:
    """Each element is a copy of an operand's, or 0; open where ``free`` says so."""

    run: Linear
    shape: tuple[int, ...]
    free: Callable[[np.ndarray], np.ndarray | None] | None = None

    def told(self, name: str, dtype: str, values: Arrays) -> Reference:
        return Reference(name, dtype, self.run(*values), free=self._free(values))

    def error(self, formats: Formats, values: Arrays, value: np.ndarray, errors: Arrays) -> np.ndarray:
        found, free = self.run(*errors), self._free(values)
        return found if free is None else np.where(free, np.inf, found)

    def _free(self, values: Arrays) -> np.ndarray | None:
        return None if self.free is None else self.free(*values)


Form = Callable[[int], Way]
"""The form's derivative by each of its operands, by number."""


def contracted(form: Form, to: int, *operands: Real) -> Real:
    """The form's derivative by its operand ``to``, of all the others in their order."""
    way = form(to)

    def pull(g: Real, _: Real) -> list[Real]:
        given = [x if x.known else saved(x) for x in operands]
        given.insert(to, g)
        return [contracted(form, i, *given[:i], *given[i + 1 :]) for i in range(len(given)) if i != to]

    def values() -> list[np.ndarray]:
        return [x.value for x in operands]

    value = once(lambda: apply(way.run, list(map(wide_enough, values()))))

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        return way.error(formats, values(), value(), errors)

    told = lambda name, dtype: way.told(name, dtype, values())  # noqa: E731
    return Real(value, operands, local, pull, shape=way.shape, either_zero=ANYWHERE, told=told)


def severed(x: Real) -> Real:
    """``x`` without a gradient: neither zeros nor other values are expected."""
    told = (lambda name, dtype: Reference(name, dtype, np.array(x.value))) if x.known else None
    return Real(once(lambda: np.array(x.value)), (), lambda formats: x.given(formats), shape=x.shape, told=told)
