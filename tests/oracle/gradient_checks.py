"""What the tests of the vector-Jacobian products ask of each: run by them, and in no package.

Values are small integers, so every check is exact.
"""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.oracle import OPS


def ints(seed, shape, largest=4):
    return np.random.default_rng(seed).integers(-largest, largest + 1, shape).astype(np.float64)


def laid_out(image, layout):
    return image if layout == "NHWC" else np.ascontiguousarray(image.transpose(0, 3, 1, 2))


def inner(a, b):
    return int(np.sum(a.astype(np.longdouble) * b.astype(np.longdouble)))


def forward(op, attributes, inputs):
    return OPS[op].values(*inputs, **attributes)[0]


def gradient(op, attributes, inputs, position, dy):
    cotangents = (dy, None) if op == "max_pool2d_with_argmax" else (dy,)
    found = OPS[op].vjp(attributes, inputs, cotangents)[position]
    assert found.exact.shape == inputs[position].shape
    assert found.dtype == "float64"
    return found


def swapped(inputs, position, v):
    return [v if i == position else x for i, x in enumerate(inputs)]


def scale_of(attributes):
    """A multiple of every divisor of an average, so that its divisions are exact; 1 for other ops."""
    if "count_padding" not in attributes:
        return 1
    return math.prod(math.lcm(*range(1, extent + 1)) for extent in attributes["window"])


def adjoint_gap(op, attributes, inputs, position):
    """<dy, L(v)> - <Lᵀ dy, v>, times a scale; v replaces the input at ``position``."""
    scale, v = scale_of(attributes), ints(1, inputs[position].shape)
    shape = forward(op, attributes, inputs).shape
    dx = gradient(op, attributes, inputs, position, ints(2, shape) * scale)
    v = v if dx.free is None else np.where(dx.free, 0, v)
    y = forward(op, attributes, swapped(inputs, position, v * scale))
    return inner(ints(2, shape), y) - inner(dx.exact, v)


def difference_gap(op, attributes, inputs, position):
    """<dy, f(x + v) - f(x - v)> - 2 <dx, v> for steps v of -1, 0 and 1; None where dx is free."""
    x, v = inputs[position], ints(3, inputs[position].shape, largest=1)
    up, down = (forward(op, attributes, swapped(inputs, position, moved)) for moved in (x + v, x - v))
    dy = ints(4, up.shape)
    dx = gradient(op, attributes, inputs, position, dy)
    return None if dx.free is not None else inner(dy, up - down) - 2 * inner(dx.exact, v)


def spaced(shape):
    """Distinct values, further apart than any two steps."""
    return 4.0 * np.random.default_rng(10).permutation(math.prod(shape)).reshape(shape) - 2 * math.prod(shape)
