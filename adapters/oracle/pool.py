"""Max pooling and its indices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.bounded.contraction import Copies, Form, Sums, contracted
from opassay.adapters.oracle.bounded.formats import Formats, settled
from opassay.adapters.oracle.bounded.masks import once
from opassay.adapters.oracle.bounded.real import Real, nothing_known
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import (
    Extents,
    Padding,
    Windows,
    check_dtypes,
    check_image,
    from_nhwc,
    over_batch,
    shape_nhwc,
    sliding_windows,
    to_nhwc,
)
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


def max_pool2d(
    x: np.ndarray, *, window: Extents, stride: Extents, padding: Padding, dilation: Extents, layout: str
) -> np.ndarray:
    """The maximum over the real elements of each window; padding never takes part.

    ``y[n, p, q, c] = max over i, j of x[n, p*stride_h + i*dilation_h - top, q*stride_w + j*dilation_w - left, c]``,
    positions outside ``x`` left out, also for integers and where all elements are -inf.

    Arguments:
        x: images, ``[N, H, W, C]`` or ``[N, C, H, W]`` as ``layout`` says; any dtype opassay knows.
        window, stride, dilation: (height, width), each at least 1.
        padding: ``"VALID"``, ``"SAME"`` (the odd extra row and column at the end), or explicit
            ``((top, bottom), (left, right))`` with 0 <= pad < (window - 1) * dilation + 1.
        layout: ``"NHWC"`` or ``"NCHW"``.

    Returns ``[N, P, Q, C]`` (``[N, C, P, Q]``), P and Q as in ``conv2d``: for floats in float64 (longdouble for
    float64), which holds them exactly; for integers in their own dtype. A window that holds a NaN gives NaN. A
    window with no real element (a dilated one can fall between) is undefined; here it gives 0. -0 and +0 tie.

    Raises ``ContractError`` for another rank, dtype or layout, a window, stride or dilation below 1, padding that
    is unknown, negative or not below the effective window, and a window that does not fit the padded input.

    In its gradient each cotangent goes to its window's first maximum, or first NaN, and what several windows send to
    one element adds up. Left open altogether where some window holds no real element, since the contract does not say
    what that window's value depends on.

    Sources: https://www.tensorflow.org/api_docs/python/tf/nn/max_pool2d; for the gradient M. D. Zeiler and R. Fergus,
    "Visualizing and Understanding Convolutional Networks", ECCV 2014, https://arxiv.org/abs/1311.2901 (the recorded
    "switches"); ties as in https://www.tensorflow.org/api_docs/python/tf/nn/max_pool_with_argmax
    """
    given = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "layout": layout}
    return MAX_POOL2D.values(x, **given)[0]


def max_pool2d_with_argmax(
    x: np.ndarray, *, window: Extents, stride: Extents, padding: Padding, dilation: Extents, layout: str
) -> tuple[np.ndarray, np.ndarray]:
    """``max_pool2d`` and where each maximum stands.

    Arguments and errors are those of ``max_pool2d``.

    Returns (values, indices) of one shape; values are those of ``max_pool2d``. An index is int64 and flat within
    its sample, ``(y * W + x) * C + c`` for row y and column x of the unpadded input, whatever the layout. The first
    maximum in row-major order of (y, x) wins; -0 and +0 tie; a window that holds a NaN gives the index of its first
    NaN. Both are undefined where a window has no real element; here they are 0.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/max_pool_with_argmax (without batch in the index)
    """
    given = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "layout": layout}
    values, indices = MAX_POOL2D_WITH_ARGMAX.values(x, **given)
    return values, indices


def _bind_max(op: str, axes: int, places: bool = False) -> Callable[..., Define]:
    def bind(x: np.ndarray, **attributes: Any) -> Define:
        windows, layout = max_windows(op, axes, x, **attributes), attributes["layout"]
        return lambda x: maximum(x, windows, layout) if places else maximum(x, windows, layout)[0]

    return bind


def maximum(x: Real, windows: Windows, layout: str) -> tuple[Real, Real]:
    """Values and indices; in the gradient each cotangent goes to the index, and cotangents at one element add up."""
    values, indices, free = _maxima(x.value, windows, layout)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        largest = _maxima(np.array(error), windows, layout)[0]
        return settled(values, largest, largest) if free is None else np.where(free, np.inf, largest)

    def pull(g: Real, _: Real) -> tuple[Real]:
        # The contract does not define what an empty window depends on, and the index is unknown for inexact elements.
        if free is not None or not x.known:
            return (nothing_known(g, x.shape),)
        return (contracted(_places(indices, x.shape, layout), 0, g),)

    told = lambda name, dtype: Reference(name, dtype, values, free=free)  # noqa: E731
    where = lambda name, _: Reference(name, "int64", indices, policy="index", free=free)  # noqa: E731
    return Real(values, (x,), local, pull, told=told), Real(indices, told=where if x.known else None)


def _places(indices: np.ndarray, shape: tuple[int, ...], layout: str) -> Form:
    """``Σ x[indices[i]] y[i]``."""
    nhwc = shape_nhwc(shape, layout)
    flat = once(lambda: over_batch(to_nhwc(indices, layout), math.prod(nhwc[1:])))

    def sent(y: np.ndarray) -> np.ndarray:
        x = np.zeros(math.prod(nhwc), dtype=y.dtype)
        np.add.at(x, flat().ravel(), to_nhwc(y, layout).ravel())
        return from_nhwc(x.reshape(nhwc), layout)

    def taken(x: np.ndarray) -> np.ndarray:
        return from_nhwc(to_nhwc(x, layout).ravel()[flat()], layout)

    return (Sums(sent, shape), Copies(taken, indices.shape)).__getitem__


def max_windows(
    op: str, axes: int, x: np.ndarray, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
) -> Windows:
    """The windows of a max pool, after all checks of its contract."""
    check_dtypes(op, {"x": x}, dtypes.CORE)
    check_image(op, "x", x, layout, axes)
    return sliding_windows(op, shape_nhwc(x.shape, layout)[1:-1], window, stride, dilation, padding)


def _maxima(x: np.ndarray, windows: Windows, layout: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    values, indices, found = _first_maxima(to_nhwc(x, layout), windows)
    free = None if found.all() else from_nhwc(~found, layout)
    return from_nhwc(values, layout), from_nhwc(indices, layout), free


def _first_maxima(x: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    image = x.shape[-windows.axes - 1 :]
    shape = (*x.shape[: -windows.axes - 1], *windows.outputs, image[-1])
    values, indices, found = np.zeros(shape, x.dtype), np.zeros(shape, np.int64), np.zeros(shape, bool)
    places = np.arange(math.prod(image), dtype=np.int64).reshape(1, *image)
    for tap in windows.taps():
        here: tuple[Any, ...] = (..., *tap.outputs, slice(None))
        there: tuple[Any, ...] = (..., *tap.inputs, slice(None))
        candidate = x[there]
        best = values[here]
        wins = ~found[here] | (candidate > best) | (np.isnan(candidate) & ~np.isnan(best))
        values[here] = np.where(wins, candidate, best)
        indices[here] = np.where(wins, places[:, *tap.inputs], indices[here])
        found[here] = True
    return values, indices, found


def attains_maximum(
    x: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    *,
    window: Extents,
    stride: Extents,
    padding: Padding,
    dilation: Extents,
    layout: str,
) -> np.ndarray:
    """Where an index names an element of its own window and channel that equals the window's maximum."""
    image, places = to_nhwc(dtypes.widen(x), layout), to_nhwc(indices, layout)
    windows = sliding_windows("max_pool2d", image.shape[1:-1], window, stride, dilation, padding)
    own = np.arange(image[:1].size, dtype=np.int64).reshape(1, *image.shape[1:])
    found = np.zeros(places.shape, dtype=bool)
    for tap in windows.taps():
        here, there = (slice(None), *tap.outputs), (slice(None), *tap.inputs)
        found[here] |= (places[here] == own[there]) & (image[there] == to_nhwc(values, layout)[here])
    return from_nhwc(found, layout)


MAXIMA = ("max_pool1d", "max_pool2d", "max_pool3d")
"""By the number of spatial axes: one, two and three."""

MAX_POOL1D, MAX_POOL2D, MAX_POOL3D = (
    Definition(name, "x", _bind_max(name, axes), "x", stacks=True) for axes, name in enumerate(MAXIMA, 1)
)
MAX_POOL2D_WITH_ARGMAX = Definition(
    "max_pool2d_with_argmax",
    "x",
    _bind_max("max_pool2d_with_argmax", 2, places=True),
    "x",
    ("values", "indices"),
)
