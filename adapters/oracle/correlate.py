"""Correlation and its adjoint, tap by tap: only real elements are ever multiplied.

Everything here is NHWC and already in the format to compute in. Axes before those that are named here are runs of
their own, the same ones for both operands; ``may_be_nan`` and ``filters_may_be_nan`` take one run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.geometry import Windows


def correlate(x: np.ndarray, w: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """NHWC images x and filters [kh, kw, in / groups, out] give [N, *windows.outputs, out]."""
    images, filters = np.ascontiguousarray(_split_images(x, groups)), _split_filters(w, groups)
    y = np.zeros((*images.shape[:2], *windows.outputs, filters.shape[-1]), dtype=x.dtype)
    for tap in windows.taps():
        rows, columns = tap.outputs
        y[:, :, rows, columns] += _contract(images, tap.inputs, filters[tap.position])
    return _join_images(y, groups, x.shape[:-4])


def correlate_transposed(y: np.ndarray, w: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """The adjoint of ``correlate`` in x: NHWC y and the same filters give [N, *windows.extents, in]."""
    images, filters = np.ascontiguousarray(_split_images(y, groups)), _split_filters(w, groups).swapaxes(-1, -2)
    x = np.zeros((*images.shape[:2], *windows.extents, filters.shape[-1]), dtype=y.dtype)
    for tap in windows.taps():
        rows, columns = tap.inputs
        x[:, :, rows, columns] += _contract(images, tap.outputs, filters[tap.position])
    return _join_images(x, groups, y.shape[:-4])


def correlate_filters(x: np.ndarray, y: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """The adjoint of ``correlate`` in w: NHWC x and y of the convolution give [kh, kw, in / groups, out]."""
    images, answers = _split_images(x, groups), _split_images(y, groups)
    inputs, outputs, lead = images.shape[-1], answers.shape[-1], x.shape[:-4]
    w = np.zeros((*windows.window, len(images), inputs, outputs), dtype=x.dtype)
    for tap in windows.taps():
        seen, made = _rows(images[:, :, *tap.inputs]), _rows(answers[:, :, *tap.outputs])
        w[tap.position] = seen.swapaxes(-1, -2) @ made
    runs = w.reshape(*windows.window, math.prod(lead), groups, inputs, outputs)
    return runs.transpose(2, 0, 1, 4, 3, 5).reshape(*lead, *windows.window, inputs, groups * outputs)


def _contract(images: np.ndarray, where: tuple[slice, slice], matrices: np.ndarray) -> np.ndarray:
    """Each group's pixels at ``where`` times its matrix."""
    pixels = images[:, :, where[0], where[1]]
    groups, n, height, width, channels = pixels.shape
    product: np.ndarray = pixels.reshape(groups, n * height * width, channels) @ matrices
    return product.reshape(groups, n, height, width, matrices.shape[-1])


def _rows(images: np.ndarray) -> np.ndarray:
    """One row per pixel of each group."""
    groups, n, height, width, channels = images.shape
    return images.reshape(groups, n * height * width, channels)


def _split_images(x: np.ndarray, groups: int) -> np.ndarray:
    """[runs * groups, N, H, W, C]: groups do not meet, and nor do the runs of the axes before."""
    *lead, n, height, width, channels = x.shape
    split = x.reshape(math.prod(lead), n, height, width, groups, channels // groups).transpose(0, 4, 1, 2, 3, 5)
    return split.reshape(split.shape[0] * groups, *split.shape[2:])


def _join_images(x: np.ndarray, groups: int, lead: Sequence[int]) -> np.ndarray:
    _, n, height, width, channels = x.shape
    runs = x.reshape(math.prod(lead), groups, n, height, width, channels).transpose(0, 2, 3, 4, 1, 5)
    return runs.reshape(*lead, n, height, width, groups * channels)


def _split_filters(w: np.ndarray, groups: int) -> np.ndarray:
    """[kh, kw, runs * groups, in, out]."""
    *lead, height, width, inputs, outputs = w.shape
    shape = (math.prod(lead), height, width, inputs, groups, outputs // groups)
    split = w.reshape(shape).transpose(1, 2, 0, 4, 3, 5)
    return np.ascontiguousarray(split).reshape(height, width, shape[0] * groups, inputs, shape[-1])


def may_be_nan(x: np.ndarray, w: np.ndarray, windows: Windows, groups: int, transposed: bool) -> np.ndarray:
    """Where an algorithm that multiplies padding or stuffed zeros may give NaN, in the answer's NHWC shape.

    ``x`` and ``w`` say which operands are not finite. Padding, and the zeros put between the elements of a
    strided transpose's input, meet each element of w that meets nothing real. The zeros put into a dilated
    filter meet every x between its taps.
    """
    run = correlate_transposed if transposed else correlate
    filters = _split_filters(w, groups)
    in_filter = filters.sum(axis=(0, 1, 4 if transposed else 3)).ravel()
    # The same for every sample.
    meet_real = run(np.ones((1, *x.shape[1:])), w.astype(np.float64), windows, groups)
    beside = np.broadcast_to(meet_real < in_filter, (x.shape[0], *meet_real.shape[1:]))
    if windows.dilation == (1, 1) or not x.any():
        return np.array(beside)
    return np.asarray(beside | _in_holes(x, meet_real.shape[3], windows, groups, transposed))


def _in_holes(x: np.ndarray, channels: int, windows: Windows, groups: int, transposed: bool) -> np.ndarray:
    grouped = np.moveaxis(np.logical_or.reduce(_split_images(x, groups), axis=-1), 0, 3)
    run = correlate_transposed if transposed else correlate
    depth = (channels // groups, groups) if transposed else (1, channels)
    holes = np.ones((*windows.spans.window, *depth), dtype=bool)
    holes[:: windows.dilation[0], :: windows.dilation[1]] = False
    return run(grouped, holes, windows.spans, groups)


def filters_may_be_nan(x: np.ndarray, y: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """Where ``correlate_filters`` may be NaN if an algorithm multiplies padding or stuffed zeros.

    ``x`` and ``y`` say which elements are not finite. Padding meets the elements of y at which a tap leaves the
    image; under a stride, the zeros stuffed between the elements of y meet every element of x.
    """
    strange = y.astype(np.float64)
    in_image = correlate_filters(np.ones(x.shape), strange, windows, groups)
    beside = strange.sum(axis=(0, 1, 2)) > in_image
    if windows.stride == (1, 1):
        return np.asarray(beside)
    channels = np.logical_or.reduce(_split_images(x, groups), axis=(1, 2, 3))
    return np.asarray(beside | np.repeat(channels.T, y.shape[3] // groups, axis=1))
