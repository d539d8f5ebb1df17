"""Sums of NumPy in an order of one's own: forwards, backwards, by halves, in lanes of eight.

``Ordered`` stands for NumPy itself; what adds up is added in the order of the moment.
"""

from __future__ import annotations

import contextlib
import math

import numpy as np

LARGEST = 2**22
"""Products of more terms than this are left to NumPy's own library: they are not laid out one by one."""


def forwards(terms):
    return np.add.accumulate(terms, axis=-1)[..., -1]


def in_lanes(terms):
    whole = terms.shape[-1] // 8 * 8
    blocks = terms[..., :whole].reshape(*terms.shape[:-1], whole // 8, 8)
    lanes = np.add.reduce(np.moveaxis(blocks, -2, 0), axis=0)
    return np.add.reduce(lanes, axis=-1) + np.add.reduce(terms[..., whole:], axis=-1)


SUMS = {
    "forwards": forwards,
    "backwards": lambda terms: forwards(terms[..., ::-1]),
    "halves": lambda terms: np.add.reduce(np.ascontiguousarray(terms), axis=-1),
    "lanes": in_lanes,
}

_now = ["halves"]


@contextlib.contextmanager
def in_order(name):
    """Within it, whatever is added up is so in the order ``name``."""
    before, _now[0] = _now[0], name
    try:
        yield
    finally:
        _now[0] = before


def summed(terms):
    """The sum along the last axis."""
    if not terms.shape[-1]:
        return np.zeros(terms.shape[:-1], terms.dtype)
    return SUMS[_now[0]](terms).astype(terms.dtype)


def backwards():
    """Whether what is added step by step is so from the end."""
    return _now[0] == "backwards"


def product(a, b):
    """The matrix product, each sum in the order."""
    if a.dtype.kind != "f" or math.prod(a.shape) * b.shape[-1] > LARGEST:
        return a @ b
    return summed(a[..., :, None, :] * np.swapaxes(b, -1, -2)[..., None, :, :])


class Ordered:
    """NumPy, but for what adds up."""

    matmul = staticmethod(product)

    def __getattr__(self, name):
        return getattr(np, name)

    def sum(self, x, axes=None, dtype=None, keepdims=False):
        axes = range(x.ndim) if axes is None else np.atleast_1d(axes).tolist()
        axes = tuple(int(axis) % x.ndim for axis in axes)
        kept = [axis for axis in range(x.ndim) if axis not in axes]
        terms = np.transpose(x, (*kept, *axes)).reshape(
            *(x.shape[axis] for axis in kept), -1 if x.size else self._count(x, axes)
        )
        y = summed(terms)
        return np.expand_dims(y, axes) if keepdims else y

    @staticmethod
    def _count(x, axes):
        return math.prod(x.shape[axis] for axis in axes)

    def mean(self, x, axes=None, keepdims=False):
        axes = range(x.ndim) if axes is None else axes
        count = math.prod(x.shape[axis] for axis in np.atleast_1d(axes))
        return self.sum(x, axes, keepdims=keepdims) / x.dtype.type(count)

    def var(self, x, axes, ddof=0, keepdims=False):
        count = math.prod(x.shape[axis] for axis in np.atleast_1d(axes))
        around = x - self.mean(x, axes, keepdims=True)
        return self.sum(around * around, axes, keepdims=keepdims) / x.dtype.type(count - ddof)

    def std(self, x, axes, ddof=0, keepdims=False):
        return np.sqrt(self.var(x, axes, ddof, keepdims))

    def cumsum(self, x, axis, dtype=None):
        return np.cumsum(x, axis, x.dtype)

    def einsum(self, equation, a, b):
        return np.einsum(equation, a, b)
