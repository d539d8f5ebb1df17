"""Vector-Jacobian products of matmul, scatter_nd and the elementwise ops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from opassay.adapters.oracle.cotangent import Arrays, Cotangents, Gradients, check_cotangent, no_gradients
from opassay.adapters.oracle.elementwise import relu, stop_gradient
from opassay.adapters.oracle.linear import Linear, linear_reference
from opassay.adapters.oracle.matmul import check_matmul
from opassay.adapters.oracle.scatter import check_scatter
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference, unconnected


def matmul_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradients of ``<dy, matmul(a, b)>``: ``da = dy bᵀ`` and ``db = aᵀ dy``, summed over batch axes that broadcast.

    ``cotangents`` holds dy ``[..., M, N]``, in the dtype of the answer, or None. Integers have no gradient. Raises
    ``ContractError`` where ``matmul`` does, and for a cotangent of another shape or dtype.

    Source: M. Giles, "An extended collection of matrix derivative results for forward and reverse mode algorithmic
    differentiation", 2008, section 2.2.2
    """
    a, b = inputs
    check_matmul(a, b)
    dtype = dtypes.dtype_name(a)
    if cotangents[0] is None or not dtypes.is_float(dtype):
        return no_gradients("ab", inputs)
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    dy = check_cotangent("matmul", cotangents[0], shape, dtype)
    da = linear_reference("da", _summed_to(a.shape, lambda dy, b: dy @ b.swapaxes(-1, -2)), (dy, b))
    db = linear_reference("db", _summed_to(b.shape, lambda a, dy: a.swapaxes(-1, -2) @ dy), (a, dy))
    return da, db


def _summed_to(shape: tuple[int, ...], product: Linear) -> Linear:
    """``product``, summed over the batch axes along which an operand of ``shape`` was repeated."""

    def linear(*operands: np.ndarray) -> np.ndarray:
        whole = product(*operands)
        added = tuple(range(whole.ndim - len(shape)))
        stretched = tuple(
            len(added) + axis for axis, n in enumerate(shape[:-2]) if n == 1 and whole.shape[len(added) + axis] != 1
        )
        return np.asarray(whole.sum(axis=added + stretched).reshape(shape))

    return linear


def scatter_nd_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dy, scatter_nd(indices, updates)>``: each update takes the cotangent at its place.

    The indices have no gradient, nor have integers. ``cotangents`` holds dy, in the shape and dtype of the answer,
    or None. Raises ``ContractError`` where ``scatter_nd`` does, and for a cotangent of another shape or dtype.

    Source: the transpose, https://www.tensorflow.org/api_docs/python/tf/gather_nd
    """
    indices, updates = inputs
    dtype = dtypes.dtype_name(updates)
    shape = check_scatter(indices, updates, **attributes)
    if cotangents[0] is None or not dtypes.is_float(dtype):
        return no_gradients(("indices", "updates"), inputs)
    dy = check_cotangent("scatter_nd", cotangents[0], shape, dtype)
    taken = dtypes.widen(dy)[tuple(np.moveaxis(indices, -1, 0))]
    return unconnected("dindices", dtypes.dtype_name(indices)), Reference("dupdates", dtype, taken)


def relu_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dy, relu(x)>``: dy where x > 0, and 0 elsewhere, also at 0; left free where x is NaN.

    ``cotangents`` holds dy, in the shape and dtype of x, or None. Integers have no gradient. Raises
    ``ContractError`` where ``relu`` does, and for a cotangent of another shape or dtype.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/relu; the choice of 0 at 0 is that of all frameworks,
    D. Bertoin et al., "Numerical influence of ReLU'(0) on backpropagation", NeurIPS 2021
    """
    (x,) = inputs
    dtype = dtypes.dtype_name(x)
    relu(x, **attributes)
    if cotangents[0] is None or not dtypes.is_float(dtype):
        return no_gradients("x", inputs)
    dy = dtypes.widen(check_cotangent("relu", cotangents[0], x.shape, dtype))
    values = dtypes.widen(x)
    nan = np.isnan(values)
    return (Reference("dx", dtype, np.where(values > 0, dy, 0), free=nan if nan.any() else None),)


def stop_gradient_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """No gradient, whatever the cotangent: that is what the op is for.

    Source: https://www.tensorflow.org/api_docs/python/tf/stop_gradient
    """
    stop_gradient(*inputs, **attributes)
    return no_gradients("x", inputs)
