"""Adapters made of NumPy whose answers do, or do not, repeat."""

import os

import numpy as np
from planted import Honest

from opassay.harness.model.dtypes import dtype_name


class Random(Honest):
    """Adds noise within any bound to sums in float64."""

    name = "random"
    modes = ("eager",)

    def matmul(self, a, b):
        y = super().matmul(a, b)
        if dtype_name(a) != "float64":
            return y
        return y * (1 + 2e-16 * np.frombuffer(os.urandom(y.size), np.int8).reshape(y.shape).clip(-1, 1))


class RandomFused(Random):
    """The same, in a mode that runs many cases as one program."""

    name = "random_fused"
    modes = ("fused",)
    fused_modes = frozenset({"fused"})


class Uninitialised(Honest):
    """Leaves zeros as malloc gave them; only a poisoned process is told from another."""

    name = "uninitialised"
    modes = ("eager",)

    def matmul(self, a, b):
        y = super().matmul(a, b)
        if dtype_name(a) != "float32" or y.size < 512:
            return y
        return np.where(y == 0, np.empty_like(y), y)


class ByProcess(Honest):
    """Adds a number to int32 answers that each process draws once."""

    name = "by_process"
    modes = ("eager",)
    _seed = np.int32(int.from_bytes(os.urandom(3), "big"))

    def matmul(self, a, b):
        y = super().matmul(a, b)
        return y + self._seed if dtype_name(a) == "int32" else y


class Seldom(Honest):
    """Adds one to every third int32 product of its process."""

    name = "seldom"
    modes = ("eager",)
    _asked = 0

    def settings(self):
        return {"bits": "32,64", "withheld": "avx512,amx"}

    def matmul(self, a, b):
        y = super().matmul(a, b)
        if dtype_name(a) == "int32":
            Seldom._asked += 1
            return y + np.int32(Seldom._asked % 3 == 0)
        return y


class Wavering(Honest):
    """Adds one to every second int32 product of its process."""

    name = "wavering"
    modes = ("eager",)
    _asked = 0

    def matmul(self, a, b):
        y = super().matmul(a, b)
        if dtype_name(a) == "int32":
            Wavering._asked += 1
            return y + np.int32(Wavering._asked % 2 == 0)
        return y


class Together(Honest):
    """Adds one to int32 products where it has several threads."""

    name = "together"
    modes = ("eager",)

    def matmul(self, a, b):
        y = super().matmul(a, b)
        several = os.environ.get("OPASSAY_THREADS", "1") != "1"
        return y + np.int32(several) if dtype_name(a) == "int32" else y
