"""Tiny behind opassay's op interface."""

import numpy as np
import tinyframework as framework

from opassay import Adapter, Unsupported


class TinyAdapter(Adapter):
    name = "tiny"
    modes = ("eager",)

    def devices(self):
        return ("cpu",)

    def version(self):
        return framework.VERSION

    def origin(self):
        return framework.__file__

    def unsupported(self, op, mode, dtypes, attributes):
        return None if {*dtypes} <= {"float32"} else "tiny computes with float32 alone"

    def to_native(self, array):
        return framework.Array(array) if array.dtype == np.float32 else array.copy()

    def to_numpy(self, value):
        return np.array(value.values if isinstance(value, framework.Array) else value)

    def compile(self, fn, mode):
        return fn

    def vjp(self, fn, inputs, cotangents):
        raise Unsupported("tiny computes no gradients")

    def relu(self, x):
        return framework.relu(x)

    def matmul(self, a, b):
        return framework.matmul(a, b)
