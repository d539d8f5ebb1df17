"""Correlation and its adjoint, tap by tap: only real elements are ever multiplied.

Everything here is NHWC and already in the format to compute in.
"""

from __future__ import annotations

import numpy as np

from adapters.oracle.geometry import Windows


def correlate(x: np.ndarray, w: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """NHWC images x and filters [kh, kw, in / groups, out] give [N, *windows.outputs, out]."""
    grouped, filters = _split_images(x, groups), _split_filters(w, groups)
    y = np.zeros((groups, x.shape[0], *windows.outputs, filters.shape[-1]), dtype=x.dtype)
    for tap in windows.taps():
        y[:, :, *tap.outputs] += _contract(grouped[:, :, *tap.inputs], filters[tap.position])
    return _join_images(y)


def correlate_transposed(y: np.ndarray, w: np.ndarray, windows: Windows, groups: int) -> np.ndarray:
    """The adjoint of ``correlate`` in x: NHWC y and the same filters give [N, *windows.extents, in]."""
    grouped, filters = _split_images(y, groups), _split_filters(w, groups).swapaxes(-1, -2)
    x = np.zeros((groups, y.shape[0], *windows.extents, filters.shape[-1]), dtype=y.dtype)
    for tap in windows.taps():
        x[:, :, *tap.inputs] += _contract(grouped[:, :, *tap.outputs], filters[tap.position])
    return _join_images(x)


def _contract(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    groups, n, height, width, channels = images.shape
    rows = images.reshape(groups, n * height * width, channels)
    product: np.ndarray = rows @ matrices
    return product.reshape(groups, n, height, width, matrices.shape[-1])


def _split_images(x: np.ndarray, groups: int) -> np.ndarray:
    return np.moveaxis(x.reshape(*x.shape[:3], groups, x.shape[3] // groups), 3, 0)


def _join_images(x: np.ndarray) -> np.ndarray:
    groups, n, height, width, channels = x.shape
    return np.moveaxis(x, 0, 3).reshape(n, height, width, groups * channels)


def _split_filters(w: np.ndarray, groups: int) -> np.ndarray:
    """[kh, kw, groups, in, out] per group."""
    return np.moveaxis(w.reshape(*w.shape[:3], groups, w.shape[3] // groups), 3, 2)


def may_be_nan(x: np.ndarray, w: np.ndarray, windows: Windows, groups: int, transposed: bool) -> np.ndarray:
    """Where an algorithm that multiplies padding or stuffed zeros may give NaN, in the answer's NHWC shape.

    ``x`` and ``w`` say which operands are not finite. Padding, and the zeros put between the elements of a
    strided transpose's input, meet each element of w that meets nothing real. The zeros put into a dilated
    filter meet every x between its taps.
    """
    run = correlate_transposed if transposed else correlate
    filters = _split_filters(w, groups)
    in_filter = filters.sum(axis=(0, 1, 4 if transposed else 3)).ravel()
    meet_real = run(np.ones(x.shape), w.astype(np.float64), windows, groups)
    return np.asarray((meet_real < in_filter) | _in_holes(x, meet_real.shape[3], windows, groups, transposed))


def _in_holes(x: np.ndarray, channels: int, windows: Windows, groups: int, transposed: bool) -> np.ndarray:
    grouped = np.moveaxis(np.logical_or.reduce(_split_images(x, groups), axis=-1), 0, 3)
    run = correlate_transposed if transposed else correlate
    depth = (channels // groups, groups) if transposed else (1, channels)
    holes = np.ones((*windows.spans.window, *depth), dtype=bool)
    holes[:: windows.dilation[0], :: windows.dilation[1]] = False
    return run(grouped, holes, windows.spans, groups)
