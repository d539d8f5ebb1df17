"""How ONNX's convolutions and pools over one to three axes are asked of opassay's ops, or None for what these lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Asked = tuple[str, dict[str, Any], list[np.ndarray]] | None
Given = Mapping[str, Any]
Arrays = Sequence[np.ndarray]
LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


def _windows(given: Given, axes: int) -> dict[str, Any] | None:
    """Stride, dilation, padding and layout; None for words and windows that the contract lacks."""
    word = given.get("auto_pad", b"NOTSET").decode()
    if given.get("ceil_mode") or word == "SAME_LOWER":
        return None
    pads = given.get("pads", [0] * 2 * axes)
    padding = {"SAME_UPPER": "SAME", "VALID": "VALID"}.get(word, tuple(zip(pads[:axes], pads[axes:], strict=True)))
    numbers = {name: tuple(given.get(f"{name}s", [1] * axes)) for name in ("stride", "dilation")}
    return {**numbers, "padding": padding, "layout": LAYOUTS[axes]}


def _filter(w: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(w, (0, 1), (-1, -2)))


def conv(given: Given, inputs: Arrays) -> Asked:
    x, w, *bias = inputs
    how = _windows(given, x.ndim - 2)
    if bias or how is None:
        return None
    return f"conv{x.ndim - 2}d", {**how, "groups": given.get("group", 1)}, [x, _filter(w)]


def transpose(given: Given, inputs: Arrays) -> Asked:
    x, w, *bias = inputs
    axes = x.ndim - 2
    how = _windows(given, axes)
    if bias or how is None or isinstance(how["padding"], str) or "output_shape" in given:
        return None
    more = given.get("output_padding", [0] * axes)
    each = zip(x.shape[2:], w.shape[2:], how["stride"], how["dilation"], how["padding"], more, strict=True)
    extents = [(n - 1) * s + (k - 1) * d + 1 - sum(pair) + extra for n, k, s, d, pair, extra in each]
    groups = given.get("group", 1)
    shape = (x.shape[0], w.shape[1] * groups, *extents)
    name = "conv2d_transpose" if axes == 2 else f"conv_transpose{axes}d"
    return name, {**how, "groups": groups, "output_shape": shape}, [x, _filter(w)]


def maximum(given: Given, inputs: Arrays) -> Asked:
    how = _windows(given, inputs[0].ndim - 2)
    if how is None:
        return None
    return f"max_pool{inputs[0].ndim - 2}d", {**how, "window": tuple(given["kernel_shape"])}, list(inputs)


def average(given: Given, inputs: Arrays) -> Asked:
    how = _windows(given, inputs[0].ndim - 2)
    if how is None or set(how.pop("dilation")) != {1}:
        return None
    own = {"window": tuple(given["kernel_shape"]), "count_padding": bool(given.get("count_include_pad", 0))}
    return f"avg_pool{inputs[0].ndim - 2}d", {**how, **own}, list(inputs)


NODES = {"Conv": conv, "ConvTranspose": transpose, "MaxPool": maximum, "AveragePool": average}
