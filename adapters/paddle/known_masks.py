"""How Paddle reads the padding of a pool with indices. Does not import Paddle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.geometry import output_extent, spatial_axes
from opassay.adapters.kernels.windows import usable, windows
from opassay.adapters.paddle.known_shown import BOTH, shows
from opassay.harness.model.case import Case

_MASKED = "max_pool2d_with_argmax"
_SAME_IGNORED = "with return_mask, max_pool2d ignores SAME and does not pad"
_LOWEST = float(np.finfo(np.float32).min)
"""The initial value of a maximum, also in float64; as float16 it is -inf."""


def unpadded(case: Case) -> bool:
    """SAME that Paddle ignores, with other windows; in a gradient, with none. Programs continue with that shape."""
    pools = [_left(*pool) for pool in _pools(case) if _shrunk(*pool)]
    return bool(pools) and (case.aspect != "gradient" or case.op != _MASKED or min(map(min, pools)) < 0)


def shrunk(case: Case) -> bool:
    """SAME that Paddle ignores, with fewer windows."""
    return any(_shrunk(*pool) and min(_left(*pool)) >= 0 for pool in _pools(case))


def uneven(case: Case) -> bool:
    """Explicit padding that is not the same on both sides."""
    return any(not symmetric(how["padding"]) for how, _ in _pools(case))


def symmetric(padding: Any) -> bool:
    """Padding that is the same on both sides, or a word."""
    return isinstance(padding, str) or all(low == high for low, high in padding)


def nothing_left(case: Case) -> bool:
    """Some convolution in NHWC has a filter one row larger than the answer of a preceding pool without its padding."""
    program = case.attributes
    filters = {name: tensor.shape for name, tensor in zip(program["inputs"], case.tensors, strict=True)}
    made = dict(zip((s["outputs"][0] for s in program["stages"] if s["op"] == _MASKED), _pools(case), strict=True))
    for stage in program["stages"]:
        taken, conv = stage["inputs"], stage.get("attributes", {})
        if stage["op"] != "conv2d" or taken[0] not in made or conv["padding"] != "VALID" or conv["layout"] != "NHWC":
            continue
        sizes = zip(_left(*made[taken[0]]), filters[taken[1]], conv["stride"], strict=False)
        if _shrunk(*made[taken[0]]) and any(n - k + s == 0 for n, k, s in sizes):
            return True
    return False


def nowhere(case: Case) -> bool:
    """Some window holds NaN and -inf only, for which Paddle returns the index -1."""
    if not usable(case) or any(_shrunk(*pool) for pool in _pools(case)) or uneven(case):
        return False
    seen = windows(case)
    start = -np.inf if case.tensors[0].dtype == "float16" else _LOWEST
    found = (seen.values >= start) & (seen.places >= 0)[:, None, :, :, None]
    return bool((~found.any(axis=0)).any())


def _pools(case: Case) -> Iterator[tuple[Mapping[str, Any], Sequence[int]]]:
    """Attributes and image of each such pool. In a program its image has the shape that is unpooled later."""
    if "stages" not in case.attributes:
        yield case.attributes, case.tensors[0].shape
        return
    stages = case.attributes["stages"]
    shapes = {s["inputs"][1]: s["attributes"]["output_shape"] for s in stages if s["op"] == "max_unpool2d"}
    for stage in stages:
        if stage["op"] == _MASKED and stage["outputs"][1] in shapes:
            yield stage["attributes"], shapes[stage["outputs"][1]]


def _shrunk(how: Mapping[str, Any], image: Sequence[int]) -> bool:
    """A single window larger than the image that starts at its start reads all of it, as the padded one does."""
    asked = [-(-n // s) for n, s in zip(_extents(how, image), how["stride"], strict=True)]
    return how["padding"] == "SAME" and _left(how, image) != asked


def _left(how: Mapping[str, Any], image: Sequence[int]) -> list[int]:
    """The number of windows without padding, by truncating division."""
    sizes = zip(_extents(how, image), how["window"], how["stride"], strict=True)
    return [output_extent(n, k, s, 1) if n >= k else 1 - (k - n) // s for n, k, s in sizes]


def _extents(how: Mapping[str, Any], image: Sequence[int]) -> list[int]:
    return [image[axis] for axis in spatial_axes(how["layout"])]


MASKED = (
    shows("same-ignored", _SAME_IGNORED, (_MASKED, "program"), BOTH, "shape rejects", unpadded),
    shows("same-static", _SAME_IGNORED, (_MASKED,), ("gradient",), "rejects", shrunk, modes=("static",)),
    shows(
        "same-behind",
        "the gradient is read by the shape of the cotangent, which is not compared with that of the answer",
        (_MASKED,),
        ("gradient",),
        "crash structural numeric special nondeterministic",
        shrunk,
        modes=("eager",),
        flaky="what lies in memory behind the tensor of positions",
    ),
    shows("same-crash", _SAME_IGNORED, ("deconvnet",), ("value",), "crash", nothing_left, modes=("eager",)),
    shows(
        "uneven",
        "with return_mask, max_pool2d refuses the four amounts of padding that its documentation names",
        (_MASKED, "program"),
        BOTH,
        "rejects",
        uneven,
    ),
    shows(
        "nowhere",
        "a window of NaN and -inf has position -1: its gradient is written before the plane",
        (_MASKED,),
        ("gradient",),
        "crash",
        nowhere,
    ),
)
