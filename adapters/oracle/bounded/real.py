"""Bounded arithmetic: arrays that carry an exact value, a bound of a target's error, and their own gradient.

An op is a function of ``Real`` numbers, recorded once as a graph. The error of a node is computed per set of formats
and cached. A gradient is such a graph itself, so it has a bound of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats, rounded, sizes, stored
from opassay.adapters.oracle.bounded.masks import any_of, repeated
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.reference import Reference

Local = Callable[..., np.ndarray]
"""(formats, error of each argument) -> the error of the node."""

Pull = Callable[["Real", "Real"], Sequence["Real | None"]]
"""(cotangent, the node) -> the cotangent of each argument, None for one that needs none."""

Told = Callable[[str, str], Reference]
"""(name, dtype) -> the reference of the node as an op's output or gradient."""

_NOTHING = np.zeros(())

OPERATORS: dict[str, Callable[[Any, Any], Real]] = {}
"""The meaning of Python's operators, by name; filled by the modules that define them."""


class Real:
    """A node. ``value``: float64 (longdouble for float64 inputs), integers or bool as they are; or a function that
    computes it on demand, together with its ``shape``.

    ``pull``: None where the value is piecewise constant. ``either_zero``: elements whose zero may have either sign.
    ``span``: the smallest and the largest value that the contract allows, whatever the argument. ``known``: a target
    takes it as it is. ``told``: the reference of a sum or copy of exact operands; dropped where one is not exact.
    ``opened``: of the elements with infinite error, those that the contract leaves open.
    """

    __array_ufunc__ = None
    __slots__ = (
        "_either_zero",
        "_errors",
        "_given",
        "_size",
        "_value",
        "args",
        "known",
        "local",
        "opened",
        "pull",
        "shape",
        "span",
        "told",
    )

    def __init__(
        self,
        value: np.ndarray | Callable[[], np.ndarray],
        args: tuple[Real, ...] = (),
        local: Local | None = None,
        pull: Pull | None = None,
        *,
        shape: tuple[int, ...] = (),
        either_zero: np.ndarray | Callable[[], np.ndarray] | None = None,
        span: tuple[float, float] | None = None,
        told: Told | None = None,
        opened: np.ndarray | None = None,
    ) -> None:
        self.opened = opened
        self._value: np.ndarray | Callable[[], np.ndarray] = value
        self.shape = shape
        if not callable(value):
            self._value = value = np.asarray(value)
            self.shape = value.shape
        self.args, self.local, self.pull, self.span = args, local, pull, span
        self._either_zero = either_zero if either_zero is not None or not args else _inherited(self.shape, args)
        self.known = not args and local is None
        self.told = told if told is None or all(x.known for x in args) else None
        self._size: np.ndarray | None = None
        self._errors: dict[Formats, np.ndarray] = {}
        self._given: dict[Formats, np.ndarray] = {}

    @property
    def value(self) -> np.ndarray:
        if callable(self._value):
            self._value = made = self._value()
            return made
        return self._value

    @property
    def either_zero(self) -> np.ndarray | None:
        mask = self._either_zero() if callable(self._either_zero) else self._either_zero
        return None if mask is None else repeated(mask, self.shape)

    @property
    def is_float(self) -> bool:
        return self.value.dtype.kind == "f"

    def error(self, formats: Formats) -> np.ndarray:
        """The bound of the difference between a target's result and ``value``; infinite where there is none."""
        found = self._errors.get(formats)
        if found is None:
            with np.errstate(all="ignore"):
                found = self.local(formats, *(x.given(formats) for x in self.args)) if self.local else _NOTHING
            self._errors[formats] = found = repeated(found, self.shape)
        return found

    def given(self, formats: Formats) -> np.ndarray:
        """The same for an operand of another node: a result that may overflow is open."""
        found = self._given.get(formats)
        if found is None:
            found, beyond = self.error(formats), self.overflow(formats)
            self._given[formats] = found = np.where(beyond, np.inf, found) if beyond.any() else found
        return found

    def overflow(self, formats: Formats) -> np.ndarray:
        """Where a target's result may be infinite, with the sign of ``value``, though ``value`` is finite."""
        if not self.is_float:
            return np.zeros(self.shape, dtype=bool)
        error = self.error(formats)
        if self._size is None:
            self._size = sizes(self.value)
        beyond = self._size + error > FORMATS[formats.kept].largest
        return np.asarray(beyond & np.isfinite(self.value) & np.isfinite(error)) if beyond.any() else beyond

    def __add__(self, other: object) -> Real:
        return OPERATORS["add"](self, other)

    def __radd__(self, other: object) -> Real:
        return OPERATORS["add"](operand(other, self), self)

    def __sub__(self, other: object) -> Real:
        return OPERATORS["sub"](self, other)

    def __rsub__(self, other: object) -> Real:
        return OPERATORS["sub"](operand(other, self), self)

    def __mul__(self, other: object) -> Real:
        return OPERATORS["mul"](self, other)

    def __rmul__(self, other: object) -> Real:
        return OPERATORS["mul"](operand(other, self), self)

    def __truediv__(self, other: object) -> Real:
        return OPERATORS["div"](self, other)

    def __rtruediv__(self, other: object) -> Real:
        return OPERATORS["div"](operand(other, self), self)

    def __neg__(self) -> Real:
        return OPERATORS["neg"](self, None)


def _inherited(shape: tuple[int, ...], args: tuple[Real, ...]) -> np.ndarray | None:
    return any_of(shape, [x.either_zero for x in args if x.either_zero is not None])


def all_opened(x: Real) -> np.ndarray | None:
    """Where the contract leaves ``x``, or anything it depends on, open: one reason for an infinite error."""
    found: dict[int, np.ndarray | None] = {}

    def of(node: Real) -> np.ndarray | None:
        if id(node) not in found:
            masks = [node.opened, *map(of, node.args)]
            found[id(node)] = any_of(node.shape, [mask for mask in masks if mask is not None])
        return found[id(node)]

    return of(x)


def leaf(array: np.ndarray) -> Real:
    """An input. A subnormal may be flushed to zero, of either sign."""
    name, value = dtypes.dtype_name(array), wide(array)
    if not dtypes.is_float(name):
        return Real(value)
    tiny = np.abs(value) < FORMATS[name].smallest_normal
    if name == "float16" or not tiny.any():
        return Real(value)
    size = np.where(tiny & (value != 0), sizes(value), 0.0)
    x = Real(value, (), lambda formats: size if formats.flush else np.zeros(()), either_zero=size > 0)
    x.known = True
    return x


def known(array: np.ndarray) -> Real:
    """An input of an op whose outputs are judged as sums or copies, which handle subnormals themselves."""
    return Real(lambda: dtypes.widen(array), shape=array.shape)


def constant(number: object, like: Real) -> Real:
    """A constant of the op, which a target rounds to the format it computes in."""
    value = np.asarray(number, dtype=like.value.dtype)
    if value.dtype.kind != "f":
        return Real(value)
    zero = np.zeros(())
    return Real(value, (), lambda formats: rounded(formats, formats.compute, value, zero, exact=True))


def operand(other: object, like: Real) -> Real:
    """``other``, or the constant of its value."""
    return other if isinstance(other, Real) else constant(other, like)


def saved(x: Real) -> Real:
    """``x`` as saved for a gradient: rounded to storage."""
    return Real(x.value, (x,), lambda formats, error: stored(formats, x.value, error), lambda g, _: (g,))


def left_open(x: Real, where: np.ndarray) -> Real:
    """``x``, open at ``where``."""
    local = lambda _, error: np.where(where, np.inf, error)  # noqa: E731
    return Real(x.value, (x,), local, lambda g, _: (left_open(g, where),), opened=where)


def nothing_known(x: Real, shape: tuple[int, ...]) -> Real:
    """A value that depends on ``x`` in a way the contract leaves open."""
    zeros, free = np.zeros(shape), np.ones(shape, dtype=bool)

    def told(name: str, dtype: str) -> Reference:
        return Reference(name, dtype, zeros, free=free)

    open_too = lambda g, _: (nothing_known(g, x.shape),)  # noqa: E731
    return Real(zeros, (x,), lambda *_: np.full(shape, np.inf), open_too, told=told)


def composed(make: Callable[[], Real], x: Real, pull: Pull, shape: tuple[int, ...], told: Told) -> Real:
    """The graph that ``make`` composes of ``x``, built on demand, with a gradient and a reference of its own."""
    made: list[Real] = []

    def graph() -> Real:
        if not made:
            made.append(make())
        return made[0]

    either = lambda: np.broadcast_to(graph().either_zero is not None, shape)  # noqa: E731
    local = lambda formats, _: graph().error(formats)  # noqa: E731
    return Real(lambda: graph().value, (x,), local, pull, shape=shape, either_zero=either, told=told)


def for_finite(y: Real) -> Real:
    """``y``, whose gradient is open where the cotangent is not finite: forms multiply it in other orders."""

    def pull(g: Real, _: Real) -> tuple[Real]:
        return (left_open(g, ~np.isfinite(g.value)),)

    return Real(y.value, (y,), lambda _, error: error, pull, span=y.span)


def unsigned(x: Real) -> Real:
    """``x``, whose zeros may have either sign."""
    anywhere = np.broadcast_to(True, x.shape)
    return Real(x.value, (x,), lambda _, error: error, lambda g, _: (g,), either_zero=anywhere, span=x.span)


def with_gradient(
    y: Real, x: Real, pull: Callable[[Real, Real], Real], span: tuple[float, float] | None = None
) -> Real:
    """``y`` with ``pull`` as its gradient by ``x``, open where that is NaN.

    ``pull``: (cotangent, result) -> the gradient.
    """
    nowhere = np.isnan(y.value)

    def pulled(g: Real, this: Real) -> tuple[None, Real]:
        return None, left_open(pull(g, this), nowhere)

    return Real(y.value, (y, x), lambda _, error, of_x: error, pulled, span=span)
