"""Matrix products."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.contraction import Form, Sums, contracted
from opassay.adapters.oracle.bounded.formats import Formats, sizes
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.real import Real
from opassay.adapters.oracle.bounded.sums import lowest_bit, sum_error, transposed
from opassay.adapters.oracle.linear import Linear


def matmul(a: Real, b: Real) -> Real:
    """The product over the last two axes; those before broadcast."""
    return contracted(_form(a.shape, b.shape), 2, a, b)


def affine(x: Real, weight: Real, bias: Real) -> Real:
    """x · weightᵀ + bias over the last axis; the bias may be added last or be the first term of each sum."""
    product = matmul(x, transposed(weight, (1, 0)))
    return either(product + bias, _begun(x, weight, bias, product.value))


def _begun(x: Real, weight: Real, bias: Real, product: np.ndarray) -> Real:
    """The value of sums whose first term is the bias; the gradients are those of another form."""
    with np.errstate(all="ignore"):
        value = product + bias.value

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        of_x, of_weight, of_bias = errors
        a, w, b = (sizes(np.where(np.isfinite(each.value), each.value, 0)) for each in (x, weight, bias))
        given = of_x @ (w + of_weight).T + a @ of_weight.T + of_bias
        grid = np.array([lowest_bit(x.value) * lowest_bit(weight.value), lowest_bit(bias.value)])
        return sum_error(formats, grid, value, a @ w.T + b, given, np.asarray(float(weight.shape[-1] + 1)))

    return Real(value, (x, weight, bias), local, either_zero=np.broadcast_to(True, value.shape))


def _form(a: tuple[int, ...], b: tuple[int, ...]) -> Form:
    """``Σ a[..., m, k] b[..., k, n] y[..., m, n]``, by the shapes of its operands."""

    def form(to: int) -> Sums:
        if to == 2:
            batch = a[:-2] if a[:-2] == b[:-2] else np.broadcast_shapes(a[:-2], b[:-2])
            return Sums(np.matmul, (*batch, a[-2], b[-1]))
        if to == 1:
            return Sums(_summed_to(b, lambda a, y: a.swapaxes(-1, -2) @ y), b)
        return Sums(_summed_to(a, lambda b, y: y @ b.swapaxes(-1, -2)), a)

    return form


def _summed_to(shape: tuple[int, ...], product: Linear) -> Linear:
    """``product``, summed over the batch axes along which an operand of ``shape`` was broadcast."""

    def linear(*operands: np.ndarray) -> np.ndarray:
        whole = product(*operands)
        added = tuple(range(whole.ndim - len(shape)))
        stretched = tuple(
            len(added) + axis for axis, n in enumerate(shape[:-2]) if n == 1 and whole.shape[len(added) + axis] != 1
        )
        return np.asarray(whole.sum(axis=added + stretched).reshape(shape))

    return linear
