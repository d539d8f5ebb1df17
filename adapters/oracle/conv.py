"""Convolution and its transpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.bounded.contraction import contracted
from opassay.adapters.oracle.convolution import ANSWERS, IMAGES, conv_form
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import (
    Extents,
    Padding,
    addressable,
    any_amount,
    axes_of,
    check_dtypes,
    check_image,
    integers,
    require,
    shape_nhwc,
    sliding_windows,
)
from opassay.harness.model import dtypes

CONV_DTYPES = (*dtypes.FLOATS, "int32", "int64")


def conv2d(
    x: np.ndarray, w: np.ndarray, *, stride: Extents, padding: Padding, dilation: Extents, groups: int, layout: str
) -> np.ndarray:
    """Two-dimensional cross-correlation: the filter is not flipped.

    ``y[n, p, q, o] = sum over i, j, c of x[n, p*stride_h + i*dilation_h - top, q*stride_w + j*dilation_w - left,
    g*C/groups + c] * w[i, j, c, o]`` with ``g`` the group of ``o``; positions outside ``x`` take no part.

    Arguments:
        x: images, ``[N, H, W, C]`` or ``[N, C, H, W]`` as ``layout`` says.
        w: filters, ``[kh, kw, C / groups, O]``; consecutive outputs belong to one group.
        stride, dilation: (height, width), each at least 1.
        padding: ``"VALID"``, ``"SAME"`` (the odd extra row and column at the end), or explicit
            ``((top, bottom), (left, right))`` with 0 <= pad < 2**31, also more than the filter spans.
        groups: divides C and O.
        layout: ``"NHWC"`` or ``"NCHW"``.

    Returns ``[N, P, Q, O]`` (``[N, O, P, Q]``). With e = (k - 1) * dilation + 1, P is
    ``ceil(H / stride)`` for SAME, else ``(H + top + bottom - e) // stride + 1``. N = 0 or O = 0 gives an empty
    answer, C = 0 zeros. Float operands (float16, bfloat16, float32, float64; one dtype for both) give the value in
    float64, longdouble for float64; int32 and int64 give their own dtype modulo 2**bits.

    Raises ``ContractError`` for another rank, dtype or layout, operands of two dtypes, a filter extent of 0,
    stride or dilation below 1, padding that is unknown, negative or not below 2**31, a window that does not fit the
    padded input, groups below 1 or not dividing C or O, C that is not groups times the filter's, and an answer of 2**48
    elements or more.

    Its gradients are ``dx = conv2d_transpose(dy, w)`` with ``x``'s shape as its ``output_shape``, and for
    ``dw[i, j, c, o]`` the sum of ``x[n, p*stride_h + i*dilation_h - top, ...] * dy[n, p, q, o]`` over all n, p, q at
    which tap (i, j) meets a real element.

    Sources: https://www.tensorflow.org/api_docs/python/tf/nn/conv2d; for the gradients V. Dumoulin and F. Visin, "A
    guide to convolution arithmetic for deep learning", section 4, https://arxiv.org/abs/1603.07285
    """
    given = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "layout": layout}
    return CONV2D.values(x, w, **given)[0]


def conv2d_transpose(
    x: np.ndarray,
    w: np.ndarray,
    *,
    output_shape: Sequence[int],
    stride: Extents,
    padding: Padding,
    dilation: Extents,
    groups: int,
    layout: str,
) -> np.ndarray:
    """The gradient of ``conv2d`` with respect to its input, also called deconvolution.

    ``y[n, p*stride_h + i*dilation_h - top, q*stride_w + j*dilation_w - left, g*O/groups + o]`` sums
    ``x[n, p, q, c] * w[i, j, o, c]`` over all p, q, i, j, and c in group g. Elements that no tap reaches are 0.

    Arguments:
        x: ``[N, P, Q, C]`` or ``[N, C, P, Q]`` as ``layout`` says: what the convolution would have put out.
        w: filters, ``[kh, kw, O / groups, C]``: those of the convolution, from O channels to C.
        output_shape: the whole shape of the answer in ``layout``. Valid if and only if ``conv2d`` of this shape
            with the same stride, padding, dilation and groups has exactly the shape of ``x``.
        stride, padding, dilation, groups, layout: those of the convolution; see ``conv2d``. SAME and VALID refer
            to ``output_shape``, the convolution's input.

    Returns an array of ``output_shape``. Dtypes, precision and extents of 0 as in ``conv2d``.

    Raises ``ContractError`` as ``conv2d`` does, and for an ``output_shape`` that is not four integers >= 0, has
    another batch than ``x``, channels other than groups times the filter's, or a height or width that is too
    small or too large.

    Its gradients are ``dx = conv2d(dy, w)``, and the ``dw`` of the convolution that takes dy to x.

    Sources: https://www.tensorflow.org/api_docs/python/tf/nn/conv2d_transpose; M. D. Zeiler, D. Krishnan,
    G. W. Taylor and R. Fergus, "Deconvolutional Networks", CVPR 2010.
    """
    given = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "layout": layout}
    return CONV2D_TRANSPOSE.values(x, w, output_shape=output_shape, **given)[0]


def _bind_conv(
    op: str,
    axes: int,
    x: np.ndarray,
    w: np.ndarray,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    layout: str,
) -> Define:
    _check_operands(op, axes, x, w, groups, layout)
    _, *extents, channels = shape_nhwc(x.shape, layout)
    expected = w.shape[-2] * groups
    require(
        channels == expected,
        f"{op}: x has {channels} channels, the filter {w.shape} with groups {groups} takes {expected}",
    )
    windows = sliding_windows(op, extents, w.shape[:-2], stride, dilation, any_amount(padding))
    addressable(op, (x.shape[0], *windows.outputs, w.shape[-1]))
    form = conv_form(windows, groups, layout, x.shape, w.shape)
    return lambda x, w: contracted(form, ANSWERS, x, w)


def _bind_transpose(
    op: str,
    axes: int,
    x: np.ndarray,
    w: np.ndarray,
    output_shape: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    layout: str,
) -> Define:
    _check_operands(op, axes, x, w, groups, layout)
    output_shape = integers(op, "output_shape", output_shape, axes + 2, 0)
    batch, *extents, channels = shape_nhwc(output_shape, layout)
    x_batch, *x_extents, x_channels = shape_nhwc(x.shape, layout)
    require(x_channels == w.shape[-1], f"{op}: x has {x_channels} channels, the filter {w.shape} takes {w.shape[-1]}")
    require(batch == x_batch, f"{op}: output_shape {output_shape} has batch {batch}, but x has batch {x_batch}")
    made = w.shape[-2] * groups
    require(
        channels == made,
        f"{op}: output_shape {output_shape} has {channels} channels, but the filter {w.shape} with groups "
        f"{groups} makes {made}",
    )
    windows = sliding_windows(
        op, extents, w.shape[:-2], stride, dilation, any_amount(padding), f"output_shape {output_shape}"
    )
    for axis, given, gives in zip(axes_of(axes), x_extents, windows.outputs, strict=True):
        direction = "small" if gives < given else "large"
        require(
            gives == given,
            f"{op}: output_shape {output_shape} is too {direction} in its {axis}: its convolution gives "
            f"{axis} {gives}, but x has {given}",
        )
    form = conv_form(windows, groups, layout, output_shape, w.shape)
    return lambda x, w: contracted(form, IMAGES, w, x)


def _check_operands(op: str, axes: int, x: np.ndarray, w: np.ndarray, groups: Any, layout: str) -> None:
    check_dtypes(op, {"x": x, "w": w}, CONV_DTYPES)
    check_image(op, "x", x, layout, axes)
    require(w.ndim == axes + 2, f"{op}: the filter must have rank {axes + 2}, got rank {w.ndim}, shape {w.shape}")
    named = " and ".join(axes_of(axes))
    require(min(w.shape[:-2]) > 0, f"{op}: the filter's {named} must be at least 1, got shape {w.shape}")
    (groups,) = integers(op, "groups", (groups,), 1, 1)
    require(w.shape[-1] % groups == 0, f"{op}: groups {groups} must divide the filter's last extent {w.shape[-1]}")
    channels = shape_nhwc(x.shape, layout)[-1]
    require(channels % groups == 0, f"{op}: groups {groups} must divide the {channels} channels of x")


def _of(name: str, axes: int, bind: Callable[..., Define]) -> Definition:
    """The op for so many spatial axes."""
    return Definition(name, "xw", partial(bind, name, axes), "xw", stacks=True, linear=True)


CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSES = ("conv_transpose1d", "conv2d_transpose", "conv_transpose3d")
"""By the number of spatial axes: one, two and three."""

CONV1D, CONV2D, CONV3D = (_of(name, axes, _bind_conv) for axes, name in enumerate(CONVOLUTIONS, 1))
CONV_TRANSPOSE1D, CONV2D_TRANSPOSE, CONV_TRANSPOSE3D = (
    _of(name, axes, _bind_transpose) for axes, name in enumerate(TRANSPOSES, 1)
)
