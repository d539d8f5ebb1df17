"""How ONNX's Resize is asked of opassay's ops; not what takes a part of the image, ``tf_crop_and_resize``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Asked = tuple[str, dict[str, Any], list[np.ndarray]] | None


def _given(given: Mapping[str, Any], numbers: np.ndarray, rank: int) -> list[float]:
    """One number for each axis; of an axis that is not named, its extent or a scale stays as it is: 1 or 0."""
    found = [0.0] * rank
    for axis, number in zip(given.get("axes", range(rank)), numbers.tolist(), strict=True):
        found[axis] = number
    return found


def _kept(given: Mapping[str, Any], x: np.ndarray, size: list[int]) -> list[int]:
    """By ``keep_aspect_ratio_policy``, one scale for all axes; of sizes given as 0, none."""
    policy = given.get("keep_aspect_ratio_policy", b"stretch").decode()
    if policy == "stretch":
        return size
    scale = (min if policy == "not_larger" else max)(m / n for n, m in zip(x.shape[2:], size, strict=True))
    return [math.floor(n * scale + 0.5) for n in x.shape[2:]]


def resize(given: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> Asked:
    x, *rest = inputs
    words = {name: given[name].decode() for name in given if isinstance(given[name], bytes)}
    coordinates, mode = words.get("coordinate_transformation_mode", "half_pixel"), words.get("mode", "nearest")
    if coordinates == "tf_crop_and_resize":
        return None
    numbers = _given(given, rest[-1], x.ndim)[2:]
    by_size = rest[-1].dtype == np.int64
    own = {
        "size": tuple(_kept(given, x, [int(n) for n in numbers])) if by_size else False,
        "scales": False if by_size else tuple(numbers),
        "coordinates": coordinates,
    }
    if mode == "nearest":
        return "resize_nearest", {**own, "rounding": words.get("nearest_mode", "round_prefer_floor")}, [x]
    own |= {
        "antialias": bool(given.get("antialias", 0)),
        "edges": "excluded" if given.get("exclude_outside") else "clamped",
    }
    return f"resize_{mode}", own | ({"coefficient": given.get("cubic_coeff_a", -0.75)} if mode == "cubic" else {}), [x]
