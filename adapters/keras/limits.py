"""Features without a parameter in ``keras.ops``, or without a CPU kernel in its backends. Does not import Keras."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from opassay.adapters.geometry import channels_last

Limit = Callable[[str, str, Mapping[str, Any], Container[str]], str | None]
"""Takes mode, dtype, attributes, and the dtypes that oneDNN computes for TensorFlow, whose own CPU kernels support NHWC
only, and no dilation in a transpose.
"""

SMALL_INTEGERS = ("int8", "uint8", "int32")


def _more_than_one(attributes: Mapping[str, Any], name: str) -> bool:
    return any(extent > 1 for extent in attributes.get(name, ()))


def _own_kernel(dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    if dtype in ("int8", "uint8", "int64"):
        return f"TensorFlow has no convolution for {dtype}"
    if dtype not in onednn and not channels_last(attributes["layout"]) and attributes.get("groups", 1) == 1:
        return f"TensorFlow has no {attributes['layout']} convolution for {dtype} on the CPU"
    return None


def _conv(mode: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    dilated = _more_than_one(attributes, "dilation")
    if mode == "tensorflow" and dilated and _more_than_one(attributes, "stride"):
        return "keras.ops.conv takes stride or dilation on TensorFlow, not both"
    if mode == "tensorflow":
        return _own_kernel(dtype, attributes, onednn)
    if mode == "torch" and dilated and dtype in SMALL_INTEGERS:
        return f"torch has no dilated convolution for {dtype}"
    return None


def _transpose(mode: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    if attributes.get("groups", 1) != 1:
        return "keras.ops.conv_transpose has no groups"
    if mode == "tensorflow" and dtype not in onednn and _more_than_one(attributes, "dilation"):
        return f"TensorFlow has no dilated transposed convolution for {dtype} on the CPU"
    if mode == "tensorflow" and attributes["layout"] == "NCDHW":
        return "TensorFlow has no transposed convolution over three axes in NCDHW on the CPU"
    if mode == "tensorflow":
        return _own_kernel(dtype, attributes, onednn)
    if mode == "torch" and dtype in SMALL_INTEGERS:
        return f"torch has no transposed convolution for {dtype}"
    return None


def _biased(mode: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    """Groups are convolved one after the other, each by the kernel of ordinary convolutions."""
    if mode == "tensorflow" and not channels_last(attributes["layout"]):
        return f"TensorFlow has no {attributes['layout']} convolution on the CPU for each dtype"
    if mode == "tensorflow" and dtype not in onednn and _more_than_one(attributes, "dilation"):
        return f"TensorFlow has no gradient of a dilated convolution for {dtype} on the CPU"
    return _conv(mode, dtype, attributes, onednn)


def _depthwise(mode: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    """As TensorFlow's page of depthwise_conv2d states."""
    if mode != "tensorflow" or min((*attributes["stride"], *attributes["dilation"])) < 1:
        return None
    if len(set(attributes["stride"])) > 1 or not channels_last(attributes["layout"]):
        return "TensorFlow has a depthwise convolution on the CPU for one stride, channels last"
    if _more_than_one(attributes, "stride") and _more_than_one(attributes, "dilation"):
        return "keras.ops.depthwise_conv takes stride or dilation on TensorFlow, not both"
    return None


def _maximum(mode: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    dilated = any(d != 1 for d in attributes.get("dilation", ()))
    return "keras.ops.max_pool has no dilation" if dilated else None


def _average(mode: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    if isinstance(attributes["padding"], str) or attributes["count_padding"]:
        return None
    return "keras.ops.average_pool leaves out of its count only the padding of 'same'"


LIMITS: Mapping[str, Limit] = {
    "conv2d": _conv,
    "biased_conv2d": _biased,
    "depthwise_conv2d": _depthwise,
    "conv2d_transpose": _transpose,
    "max_pool2d": _maximum,
    "avg_pool2d": _average,
}
"""By op: why Keras lacks a combination of mode, dtype and attributes, or None."""
