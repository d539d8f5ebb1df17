"""A framework of two ops, float32 only. Its relu loses NaN."""

import numpy as np

VERSION = "0.1"


class Array:
    def __init__(self, values):
        if values.dtype != np.float32:
            raise TypeError(f"tiny arrays hold float32, not {values.dtype}")
        self.values = values.copy()


def relu(x):
    return Array(np.where(x.values > 0, x.values, np.float32(0)))


def matmul(a, b):
    if a.values.ndim < 2 or b.values.ndim < 2:
        raise ValueError("matmul takes matrices")
    return Array(np.matmul(a.values, b.values))
