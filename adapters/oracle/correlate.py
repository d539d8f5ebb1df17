"""Correlation and its adjoints, tap by tap: only real elements are multiplied.

Channels are last, after any number of spatial axes, and all arrays are in the computing format. Additional leading axes
are separate runs, the same for both operands; ``may_be_nan`` and ``filters_may_be_nan`` take one run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.geometry import Windows


def correlate(x: np.ndarray, w: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """Images x and filters [*window, in / groups, out] give [N, *windows.outputs, out]."""
    images, filters = _split_images(x, windows.axes, groups), _split_filters(w, windows.axes, groups)
    images = np.ascontiguousarray(images)
    y = np.zeros((*images.shape[:2], *windows.outputs, filters.shape[-1]), dtype=x.dtype)
    for tap in windows.taps():
        y[:, :, *tap.outputs] += _contract(images, tap.inputs, filters[tap.position])
    return _join_images(y, groups, x.shape[: -windows.axes - 2])


def correlate_transposed(y: np.ndarray, w: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """The adjoint of ``correlate`` in x: y and the same filters give [N, *windows.extents, in]."""
    images = np.ascontiguousarray(_split_images(y, windows.axes, groups))
    filters = _split_filters(w, windows.axes, groups).swapaxes(-1, -2)
    x = np.zeros((*images.shape[:2], *windows.extents, filters.shape[-1]), dtype=y.dtype)
    for tap in windows.taps():
        x[:, :, *tap.inputs] += _contract(images, tap.outputs, filters[tap.position])
    return _join_images(x, groups, y.shape[: -windows.axes - 2])


def correlate_filters(x: np.ndarray, y: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """The adjoint of ``correlate`` in w: x and y of the convolution give [*window, in / groups, out]."""
    images, answers = _split_images(x, windows.axes, groups), _split_images(y, windows.axes, groups)
    inputs, outputs, lead = images.shape[-1], answers.shape[-1], x.shape[: -windows.axes - 2]
    w = np.zeros((*windows.window, len(images), inputs, outputs), dtype=x.dtype)
    for tap in windows.taps():
        seen, made = _rows(images[:, :, *tap.inputs]), _rows(answers[:, :, *tap.outputs])
        w[tap.position] = seen.swapaxes(-1, -2) @ made
    runs = w.reshape(*windows.window, math.prod(lead), groups, inputs, outputs)
    first, of_each = windows.axes, [windows.axes + 2, windows.axes + 1, windows.axes + 3]
    return runs.transpose(first, *range(first), *of_each).reshape(*lead, *windows.window, inputs, groups * outputs)


def _contract(images: np.ndarray, where: tuple[slice, ...], matrices: np.ndarray) -> np.ndarray:
    """Each group's pixels at ``where`` times its matrix."""
    pixels = images[:, :, *where]
    product: np.ndarray = _rows(pixels) @ matrices
    return product.reshape(*pixels.shape[:-1], matrices.shape[-1])


def _rows(images: np.ndarray) -> np.ndarray:
    """One row per pixel of each group."""
    groups, *pixels, channels = images.shape
    return images.reshape(groups, math.prod(pixels), channels)


def _split_images(x: np.ndarray, axes: int, groups: int) -> np.ndarray:
    """[runs * groups, N, *extents, C]: groups are independent, and so are the runs of the leading axes."""
    lead, pixels, channels = x.shape[: -axes - 2], x.shape[-axes - 2 : -1], x.shape[-1]
    split = np.moveaxis(x.reshape(math.prod(lead), *pixels, groups, channels // groups), -2, 1)
    return split.reshape(split.shape[0] * groups, *split.shape[2:])


def _join_images(x: np.ndarray, groups: int, lead: Sequence[int]) -> np.ndarray:
    _, *pixels, channels = x.shape
    runs = np.moveaxis(x.reshape(math.prod(lead), groups, *pixels, channels), 1, -2)
    return runs.reshape(*lead, *pixels, groups * channels)


def _split_filters(w: np.ndarray, axes: int, groups: int) -> np.ndarray:
    """[*window, runs * groups, in, out]."""
    lead, window, (inputs, outputs) = w.shape[: -axes - 2], w.shape[-axes - 2 : -2], w.shape[-2:]
    split = w.reshape(math.prod(lead), *window, inputs, groups, outputs // groups)
    moved = split.transpose(*range(1, axes + 1), 0, axes + 2, axes + 1, axes + 3)
    return np.ascontiguousarray(moved).reshape(*window, math.prod(lead) * groups, inputs, outputs // groups)


def may_be_nan(x: np.ndarray, w: np.ndarray, windows: Windows, groups: int, transposed: bool) -> np.ndarray:
    """Where an algorithm that multiplies padding or stuffed zeros may give NaN, in the answer's shape.

    ``x`` and ``w`` say which operands are not finite. Padding, and the zeros inserted into a strided transpose's input,
    are multiplied by each element of w that meets no real element. The zeros inserted into a dilated filter are
    multiplied by every x between its taps.
    """
    run = correlate_transposed if transposed else correlate
    axes = windows.axes
    filters = _split_filters(w, axes, groups)
    in_filter = filters.sum(axis=(*range(axes), axes + (2 if transposed else 1))).ravel()
    # The same for every sample.
    meet_real = run(np.ones((1, *x.shape[1:])), w.astype(np.float64), windows, groups)
    beside = np.broadcast_to(meet_real < in_filter, (x.shape[0], *meet_real.shape[1:]))
    if set(windows.dilation) == {1} or not x.any():
        return np.array(beside)
    return np.asarray(beside | _in_holes(x, meet_real.shape[-1], windows, groups, transposed))


def _in_holes(x: np.ndarray, channels: int, windows: Windows, groups: int, transposed: bool) -> np.ndarray:
    grouped = np.moveaxis(np.logical_or.reduce(_split_images(x, windows.axes, groups), axis=-1), 0, -1)
    run = correlate_transposed if transposed else correlate
    depth = (channels // groups, groups) if transposed else (1, channels)
    holes = np.ones((*windows.spans.window, *depth), dtype=bool)
    holes[tuple(slice(None, None, step) for step in windows.dilation)] = False
    return run(grouped, holes, windows.spans, groups)


def filters_may_be_nan(x: np.ndarray, y: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """Where ``correlate_filters`` may be NaN if an algorithm multiplies padding or stuffed zeros.

    ``x`` and ``y`` say which elements are not finite. Padding is multiplied by the elements of y at which a tap leaves
    the image; under a stride, the zeros inserted into y are multiplied by every element of x.
    """
    strange = y.astype(np.float64)
    in_image = correlate_filters(np.ones(x.shape), strange, windows, groups)
    beside = strange.sum(axis=tuple(range(windows.axes + 1))) > in_image
    if set(windows.stride) == {1}:
        return np.asarray(beside)
    channels = np.logical_or.reduce(_split_images(x, windows.axes, groups), axis=tuple(range(1, windows.axes + 2)))
    return np.asarray(beside | np.repeat(channels.T, y.shape[-1] // groups, axis=1))
