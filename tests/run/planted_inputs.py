"""Adapters made of NumPy that answer rightly and write to their inputs."""

import numpy as np
from planted import Honest

from opassay.adapters import oracle
from opassay.harness.model.dtypes import dtype_name, narrow, widen


def overwrite_negative(array):
    """A relu in place, of floats that NumPy has."""
    if dtype_name(array) in ("float32", "float64"):
        np.maximum(array, 0, out=array)


class InPlace(Honest):
    """Computes relu in the framework's own tensor."""

    name = "in_place"
    modes = ("eager",)

    def relu(self, x):
        y = narrow(oracle.relu(x), dtype_name(x))
        overwrite_negative(x)
        return y


class InPlaceFused(InPlace):
    """The same, in a mode that runs many cases as one program."""

    name = "in_place_fused"
    modes = ("fused",)
    fused_modes = frozenset({"fused"})


class IntoCallers(InPlace):
    """The framework's tensor is the caller's array, which may be one that cannot be written to."""

    name = "into_callers"
    modes = ("eager",)

    def to_native(self, array):
        return array if array.flags.writeable else array.copy()


class Behind(Honest):
    """Works in the caller's array behind a tensor that stays as it was."""

    name = "behind"
    modes = ("eager",)

    def to_native(self, array):
        self._callers = array
        return array.copy()

    def relu(self, x):
        y = narrow(oracle.relu(x), dtype_name(x))
        if self._callers.flags.writeable:
            overwrite_negative(self._callers)
        return y


class Cotangents(Honest):
    """Scales the cotangent in place while it differentiates relu."""

    name = "cotangents"
    modes = ("eager",)

    def relu(self, x):
        return narrow(oracle.relu(x), dtype_name(x))

    def vjp(self, fn, inputs, cotangents):
        (x,), (dy,) = inputs, cotangents
        dx = narrow(np.where(widen(x) > 0, widen(dy), 0.0), dtype_name(x))
        if dtype_name(dy) == "float32":
            dy *= 2
        return (dx,)


class AsIntegers(Honest):
    """Keeps bool as int32, and forgets that it was one."""

    name = "as_integers"
    modes = ("eager",)

    def to_native(self, array):
        return array.astype(np.int32) if array.dtype == bool else array.copy()

    def logical_not(self, x):
        return np.asarray(x == 0)
