"""Which function judges which op.

``REFERENCES`` maps an op's name to a function (attributes, inputs) -> one ``Reference`` per output, ``VJPS`` to a
function (attributes, inputs, cotangents) -> one ``Reference`` per input. ``STACKED`` has those that answer several
runs in one call: all arrays have one more axis, the first, and what they say of one run is what ``REFERENCES`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opassay.adapters.oracle.conv import (
    conv2d_reference,
    conv2d_stacked,
    conv2d_transpose_reference,
    conv2d_transpose_stacked,
)
from opassay.adapters.oracle.conv_vjp import conv2d_transpose_vjp, conv2d_vjp
from opassay.adapters.oracle.cotangent import Arrays, Cotangents, Gradients
from opassay.adapters.oracle.elementwise import RELU, STOP_GRADIENT
from opassay.adapters.oracle.matmul import MATMUL
from opassay.adapters.oracle.pool import (
    avg_pool2d_reference,
    avg_pool2d_stacked,
    max_pool2d_reference,
    max_pool2d_stacked,
    max_pool2d_with_argmax_reference,
)
from opassay.adapters.oracle.pool_vjp import avg_pool2d_vjp, max_pool2d_vjp, max_pool2d_with_argmax_vjp
from opassay.adapters.oracle.scatter import SCATTER_ND
from opassay.adapters.oracle.unpool import avg_unpool2d_reference, max_unpool2d_reference
from opassay.adapters.oracle.unpool_vjp import avg_unpool2d_vjp, max_unpool2d_vjp
from opassay.harness.model.reference import Reference

REFERENCES: dict[str, Callable[[Mapping[str, Any], Arrays], tuple[Reference, ...]]] = {
    "avg_pool2d": avg_pool2d_reference,
    "avg_unpool2d": avg_unpool2d_reference,
    "conv2d": conv2d_reference,
    "conv2d_transpose": conv2d_transpose_reference,
    "matmul": MATMUL.reference,
    "max_pool2d": max_pool2d_reference,
    "max_pool2d_with_argmax": max_pool2d_with_argmax_reference,
    "max_unpool2d": max_unpool2d_reference,
    "relu": RELU.reference,
    "scatter_nd": SCATTER_ND.reference,
    "stop_gradient": STOP_GRADIENT.reference,
}

STACKED: dict[str, Callable[[Mapping[str, Any], Arrays], tuple[Reference, ...]]] = {
    "avg_pool2d": avg_pool2d_stacked,
    "conv2d": conv2d_stacked,
    "conv2d_transpose": conv2d_transpose_stacked,
    "max_pool2d": max_pool2d_stacked,
    "relu": RELU.stacked,
    "stop_gradient": STOP_GRADIENT.stacked,
}

VJPS: dict[str, Callable[[Mapping[str, Any], Arrays, Cotangents], Gradients]] = {
    "avg_pool2d": avg_pool2d_vjp,
    "avg_unpool2d": avg_unpool2d_vjp,
    "conv2d": conv2d_vjp,
    "conv2d_transpose": conv2d_transpose_vjp,
    "matmul": MATMUL.vjp,
    "max_pool2d": max_pool2d_vjp,
    "max_pool2d_with_argmax": max_pool2d_with_argmax_vjp,
    "max_unpool2d": max_unpool2d_vjp,
    "relu": RELU.vjp,
    "scatter_nd": SCATTER_ND.vjp,
    "stop_gradient": STOP_GRADIENT.vjp,
}
