"""Adapters made of NumPy that multiply vectors as NumPy does, refuse them, or do it wrong."""

import numpy as np
from planted import Honest

from opassay.harness.model.dtypes import dtype_name, narrow, widen


class Numpyish(Honest):
    name = "numpyish"
    modes = ("eager",)
    frameworks = (__name__,)

    def matmul(self, a, b):
        if min(a.ndim, b.ndim) == 1:
            return narrow(np.matmul(widen(a), widen(b)), dtype_name(a))
        return super().matmul(a, b)


class Strict(Honest):
    name = "strict"
    modes = ("eager",)
    frameworks = (__name__,)

    def matmul(self, a, b):
        if min(a.ndim, b.ndim) == 1:
            raise ValueError("no vectors here")
        return super().matmul(a, b)


class Wrong(Numpyish):
    name = "wrong"
    modes = ("eager",)

    def matmul(self, a, b):
        found = super().matmul(a, b)
        return narrow(widen(found) + 1, dtype_name(a)) if min(a.ndim, b.ndim) == 1 else found
