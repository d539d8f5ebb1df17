"""Max pooling, its positions, and average pooling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.geometry import (
    Padding,
    Pair,
    Windows,
    check_dtypes,
    check_image,
    from_nhwc,
    require,
    shape_nhwc,
    sliding_windows,
    to_nhwc,
)
from opassay.adapters.oracle.linear import apply, linear_reference, wide
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


def max_pool2d(
    x: np.ndarray, *, window: Pair, stride: Pair, padding: Padding, dilation: Pair, layout: str
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

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/max_pool2d
    """
    return max_pool("max_pool2d", x, window, stride, padding, dilation, layout)[0]


def max_pool2d_with_argmax(
    x: np.ndarray, *, window: Pair, stride: Pair, padding: Padding, dilation: Pair, layout: str
) -> tuple[np.ndarray, np.ndarray]:
    """``max_pool2d`` and where each maximum stands.

    Arguments and errors are those of ``max_pool2d``.

    Returns (values, indices) of one shape; values are those of ``max_pool2d``. An index is int64 and flat within
    its sample, ``(y * W + x) * C + c`` for row y and column x of the unpadded input, whatever the layout. The first
    maximum in row-major order of (y, x) wins; -0 and +0 tie; a window that holds a NaN gives the index of its first
    NaN. Both are undefined where a window has no real element; here they are 0.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/max_pool_with_argmax (without batch in the index)
    """
    values, indices, _ = max_pool("max_pool2d_with_argmax", x, window, stride, padding, dilation, layout)
    return values, indices


def avg_pool2d(
    x: np.ndarray, *, window: Pair, stride: Pair, padding: Padding, count_padding: bool, layout: str
) -> np.ndarray:
    """The mean over each window.

    The sum over the real elements of the window, divided by their number, or by the window's own size
    where ``count_padding`` is true.

    Arguments:
        x: images, ``[N, H, W, C]`` or ``[N, C, H, W]`` as ``layout`` says; float16, bfloat16, float32 or float64
            (integers are not in the contract).
        window, stride, padding, layout: as in ``max_pool2d``, without dilation.
        count_padding: whether padding counts in the divisor (it adds 0 to the sum).

    Returns ``[N, P, Q, C]`` (``[N, C, P, Q]``), P and Q as in ``conv2d``, in float64 (longdouble for float64). A
    window with no real element is undefined; here it gives 0.

    Raises ``ContractError`` as ``max_pool2d`` does, for integers, and for a ``count_padding`` that is not a bool.

    Sources: https://www.tensorflow.org/api_docs/python/tf/nn/avg_pool2d (``count_padding=False``);
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html (``count_include_pad``)
    """
    windows = avg_windows(x, window, stride, padding, count_padding, layout)
    total = apply(lambda x: _sum_pool(x, windows, layout), (wide(x),))
    return apply(np.divide, (total, divisors(windows, count_padding, total.shape, layout)))


def max_pool2d_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``max_pool2d``, to be met bit for bit."""
    (x,) = inputs
    values, _, free = max_pool("max_pool2d", x, **attributes)
    return (Reference("y", dtypes.dtype_name(x), values, free=free),)


def max_pool2d_stacked(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``max_pool2d_reference`` of several runs along a first axis of all arrays."""
    (x,) = inputs
    values, _, free = _maxima(x, max_windows("max_pool2d", x[0], **attributes), attributes["layout"])
    return (Reference("y", dtypes.dtype_name(x), values, free=free),)


def max_pool2d_with_argmax_reference(
    attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]
) -> tuple[Reference, ...]:
    """``max_pool2d_with_argmax``: values bit for bit, and the very indices."""
    (x,) = inputs
    values, indices, free = max_pool("max_pool2d_with_argmax", x, **attributes)
    return (
        Reference("values", dtypes.dtype_name(x), values, free=free),
        Reference("indices", "int64", indices, policy="index", free=free),
    )


def avg_pool2d_stacked(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``avg_pool2d_reference`` of several runs along a first axis of all arrays."""
    return (_average(avg_windows(inputs[0][0], **attributes), attributes, inputs),)


def avg_pool2d_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``avg_pool2d`` as a sum pool with its bound, then one division.

    L(1, 1) of the average itself would be 1, which says nothing of the additions.
    """
    return (_average(avg_windows(inputs[0], **attributes), attributes, inputs),)


def _average(windows: Windows, attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> Reference:
    layout = attributes["layout"]
    *before, _, _, channels = to_nhwc(inputs[0], layout).shape
    real = np.broadcast_to(windows.real_taps()[:, :, np.newaxis], (*before, *windows.outputs, channels))
    terms = from_nhwc(real, layout)
    total = linear_reference("y", lambda x: _sum_pool(x, windows, layout), inputs, lambda: terms, at_once=True)
    divisor = divisors(windows, attributes["count_padding"], total.exact.shape, layout)
    exact = apply(np.divide, (total.exact, divisor))
    empty = terms == 0
    return replace(total, exact=exact, divisor=divisor, free=empty if empty.any() else None)


def max_pool(
    op: str, x: np.ndarray, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Values, indices, and where a window has no real element (None if nowhere), in ``layout``."""
    return _maxima(x, max_windows(op, x, window, stride, padding, dilation, layout), layout)


def max_windows(op: str, x: np.ndarray, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Windows:
    """The windows of a max pool, after all that its contract asks is checked."""
    check_dtypes(op, {"x": x}, dtypes.CORE)
    check_image(op, "x", x, layout)
    _, height, width, _ = shape_nhwc(x.shape, layout)
    return sliding_windows(op, (height, width), window, stride, dilation, padding)


def _maxima(x: np.ndarray, windows: Windows, layout: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    values, indices, found = _first_maxima(to_nhwc(dtypes.widen(x), layout), windows)
    free = None if found.all() else from_nhwc(~found, layout)
    return from_nhwc(values, layout), from_nhwc(indices, layout), free


def _first_maxima(x: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width, channels = x.shape[-3:]
    shape = (*x.shape[:-3], *windows.outputs, channels)
    values, indices, found = np.zeros(shape, x.dtype), np.zeros(shape, np.int64), np.zeros(shape, bool)
    places = np.arange(height * width * channels, dtype=np.int64).reshape(1, height, width, channels)
    for tap in windows.taps():
        here = (..., *tap.outputs, slice(None))
        candidate = x[..., *tap.inputs, :]
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
    window: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    layout: str,
) -> np.ndarray:
    """Where an index names an element of its own window and channel that is equal to the window's maximum."""
    image, places = to_nhwc(dtypes.widen(x), layout), to_nhwc(indices, layout)
    windows = sliding_windows("max_pool2d", (image.shape[1], image.shape[2]), window, stride, dilation, padding)
    own = np.arange(image[:1].size, dtype=np.int64).reshape(1, *image.shape[1:])
    found = np.zeros(places.shape, dtype=bool)
    for tap in windows.taps():
        here, there = (slice(None), *tap.outputs), (slice(None), *tap.inputs)
        found[here] |= (places[here] == own[there]) & (image[there] == to_nhwc(values, layout)[here])
    return from_nhwc(found, layout)


def avg_windows(x: np.ndarray, window: Any, stride: Any, padding: Any, count_padding: Any, layout: str) -> Windows:
    """The windows of an average pool, after all that its contract asks is checked."""
    op = "avg_pool2d"
    check_dtypes(op, {"x": x}, dtypes.FLOATS)
    check_image(op, "x", x, layout)
    require(isinstance(count_padding, bool), f"{op}: count_padding must be True or False, got {count_padding!r}")
    _, height, width, _ = shape_nhwc(x.shape, layout)
    return sliding_windows(op, (height, width), window, stride, (1, 1), padding)


def _sum_pool(x: np.ndarray, windows: Windows, layout: str) -> np.ndarray:
    x = to_nhwc(x, layout)
    total = np.zeros((*x.shape[:-3], *windows.outputs, x.shape[-1]), dtype=x.dtype)
    for tap in windows.taps():
        total[..., *tap.outputs, :] += x[..., *tap.inputs, :]
    return from_nhwc(total, layout)


def divisors(windows: Windows, count_padding: bool, shape: tuple[int, ...], layout: str) -> np.ndarray:
    """What each element of an average of ``shape`` is divided by; at least 1."""
    whole = windows.window[0] * windows.window[1]
    count = np.full(windows.outputs, whole) if count_padding else np.maximum(windows.real_taps(), 1)
    return _spread(count, shape, layout)


def _spread(per_window: np.ndarray, shape: tuple[int, ...], layout: str) -> np.ndarray:
    """One value per window, repeated over all other axes; a copy of its own."""
    return np.array(np.broadcast_to(per_window[:, :, None] if layout == "NHWC" else per_window, shape))
