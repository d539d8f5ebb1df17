"""How ONNX's convolutions and pools over one to three axes are asked of opassay's ops, or None for what these lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Asked = tuple[str, dict[str, Any], list[np.ndarray]] | None
Given = Mapping[str, Any]
Arrays = Sequence[np.ndarray]
FOUR_DIGITS = ("test_averagepool_2d_ceil_last_window_starts_on_pad",)
"""Cases whose answers are written down with no more."""
LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


def _windows(given: Given, axes: int) -> dict[str, Any] | None:
    """Stride, dilation, padding and layout; None for what the contract has of images alone."""
    word = given.get("auto_pad", b"NOTSET").decode()
    if axes != 2 and _of_images(given):
        return None
    pads = given.get("pads", [0] * 2 * axes)
    words = {"SAME_UPPER": "SAME", "SAME_LOWER": "SAME_LOWER", "VALID": "VALID"}
    padding = words.get(word, tuple(zip(pads[:axes], pads[axes:], strict=True)))
    numbers = {name: tuple(given.get(f"{name}s", [1] * axes)) for name in ("stride", "dilation")}
    return {**numbers, "padding": padding, "layout": LAYOUTS[axes]}


def _of_images(given: Given) -> bool:
    """Whether the last window may be cut short, or the odd row and column of padding come first."""
    return bool(given.get("ceil_mode")) or given.get("auto_pad") == b"SAME_LOWER"


def _filter(w: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(w, (0, 1), (-1, -2)))


def conv(given: Given, inputs: Arrays) -> Asked:
    x, w, *bias = inputs
    how = _windows(given, x.ndim - 2)
    if how is None:
        return None
    if bias or _of_images(given):
        return (
            "biased_conv2d",
            {**how, "groups": given.get("group", 1)},
            [x, _filter(w), *(bias or [np.zeros(len(w), w.dtype)])],
        )
    return f"conv{x.ndim - 2}d", {**how, "groups": given.get("group", 1)}, [x, _filter(w)]


def transpose(given: Given, inputs: Arrays) -> Asked:
    x, w, *bias = inputs
    axes = x.ndim - 2
    how = _windows(given, axes)
    if how is None or isinstance(how["padding"], str) or "output_shape" in given:
        return None
    more, groups = given.get("output_padding", [0] * axes), given.get("group", 1)
    if axes == 2 and (bias or any(more)):
        own = {**how, "groups": groups, "output_padding": tuple(more)}
        return "biased_conv_transpose2d", own, [x, _filter(w), *(bias or [np.zeros(w.shape[1] * groups, w.dtype)])]
    each = zip(x.shape[2:], w.shape[2:], how["stride"], how["dilation"], how["padding"], more, strict=True)
    extents = [(n - 1) * s + (k - 1) * d + 1 - sum(pair) + extra for n, k, s, d, pair, extra in each]
    shape = (x.shape[0], w.shape[1] * groups, *extents)
    name = "conv2d_transpose" if axes == 2 else f"conv_transpose{axes}d"
    return name, {**how, "groups": groups, "output_shape": shape}, [x, _filter(w)]


def maximum(given: Given, inputs: Arrays) -> Asked:
    how = _windows(given, inputs[0].ndim - 2)
    if how is None:
        return None
    if _of_images(given):
        return "ceil_max_pool2d", {**how, "window": tuple(given["kernel_shape"])}, list(inputs)
    return f"max_pool{inputs[0].ndim - 2}d", {**how, "window": tuple(given["kernel_shape"])}, list(inputs)


def average(given: Given, inputs: Arrays) -> Asked:
    how = _windows(given, inputs[0].ndim - 2)
    if how is None or set(how.pop("dilation")) != {1}:
        return None
    own = {"window": tuple(given["kernel_shape"]), "count_padding": bool(given.get("count_include_pad", 0))}
    if _of_images(given):
        return "ceil_avg_pool2d", {**how, **own, "divisor": False}, list(inputs)
    return f"avg_pool{inputs[0].ndim - 2}d", {**how, **own}, list(inputs)


def whole(given: Given, inputs: Arrays) -> Asked:
    return "adaptive_avg_pool2d", {"size": (1, 1), "layout": "NCHW"}, list(inputs)


NODES = {
    "GlobalAveragePool": whole,
    "Conv": conv,
    "ConvTranspose": transpose,
    "MaxPool": maximum,
    "AveragePool": average,
}
