"""Attributes that LiteRT's kernels do not support. Does not import LiteRT or TensorFlow.

Each was tested: the converter has no op for it, or the kernel refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import ALIKE

_MADE = {"cast": ("uint64",), "one_hot": ("bool", "int16", "uint16", "uint32", "uint64")}
_BYTES = ("int8", "uint8")


def made(op: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
    """Why no kernel makes numbers of the dtype that ``to`` names, or pads these, or None."""
    to = attributes.get("to")
    if op == "pad" and attributes["mode"] == "constant" and dtypes[0] in _BYTES:
        return f"LiteRT's converter has no PAD of {dtypes[0]}, unless it is quantised"
    return f"LiteRT's converter has no {op} that makes {to}" if to in _MADE.get(op, ()) else None


def windows(op: str, attributes: Mapping[str, Any]) -> str | None:
    """Why ``op`` has no kernel with these attributes, or None."""
    alike = ALIKE.get(op, op)
    dilated = max(attributes.get("dilation", ()), default=1) > 1
    words = isinstance(attributes.get("padding"), str)
    if alike == "max_pool2d" and not words and not dilated:
        return "LiteRT's MAX_POOL_2D pads as SAME or VALID say, and by no amounts"
    if op == "max_pool2d_with_argmax" and words and not dilated:
        return "LiteRT has no kernel of tf.nn.max_pool_with_argmax"
    if alike != "conv2d_transpose":
        return None
    if attributes["groups"] > 1:
        return "LiteRT's TRANSPOSE_CONV has no groups"
    return "LiteRT's TRANSPOSE_CONV has no dilation, and pads as SAME or VALID say" if dilated or not words else None
