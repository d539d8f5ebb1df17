"""How Paddle reads the padding of a pool that tells positions. Free of Paddle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import output_extent, spatial_axes
from opassay.adapters.known_predicates import Predicate
from opassay.harness.model.case import Case

_MASKED = "max_pool2d_with_argmax"


def ignored(case: Case) -> bool:
    """SAME without which there are fewer windows."""
    return _any(case, lambda how, image: _shrunk(how, image) and min(_left(how, image)) >= 0)


def none_left(case: Case) -> bool:
    """SAME without which the number of windows is negative."""
    return _any(case, lambda how, image: _shrunk(how, image) and min(_left(how, image)) < 0)


def uneven(case: Case) -> bool:
    """Explicit padding that is not the same on both sides."""
    return _any(case, lambda how, image: _explicit(how) and any(low != high for low, high in how["padding"]))


def misread(case: Case) -> bool:
    """Any of these."""
    return ignored(case) or none_left(case) or uneven(case)


def in_a_program(verdict: str) -> Predicate:
    """A pool whose padding is ignored: alone the wrong shape shows; before a further layer, unpooling refuses it.

    In NHWC a further layer that makes no rows of it ends the process where kernels run at once: a pool divides by 0.
    """

    def covers(case: Case) -> bool:
        shrunk = [_shrunk(how, image) for how, image in _pools(case)]
        if not any(shrunk):
            return False
        refused = case.aspect == "gradient" or any(shrunk[:-1])
        if verdict == "crash":
            return any(shrunk[:-1]) and _nothing_left(case)
        return verdict == ("rejects" if refused else "shape")

    return covers


def _nothing_left(case: Case) -> bool:
    """Some convolution has a filter one row larger than the pool before it makes of its image."""
    program = case.attributes
    filters = {name: tensor.shape for name, tensor in zip(program["inputs"], case.tensors, strict=True)}
    convs = {
        s["inputs"][0]: (filters[s["inputs"][1]], s["attributes"]) for s in program["stages"] if s["op"] == "conv2d"
    }
    pools = [stage for stage in program["stages"] if stage["op"] == _MASKED]
    for stage, (how, image) in zip(pools, _pools(case), strict=True):
        kernel, conv = convs.get(stage["outputs"][0], ((), how))
        sizes = zip(_left(how, image), kernel, conv["stride"], strict=False)
        if how["layout"] == "NHWC" and conv["padding"] == "VALID" and any(n - k + s == 0 for n, k, s in sizes):
            return True
    return False


def _any(case: Case, holds: Any) -> bool:
    return not case.rule and any(holds(how, image) for how, image in _pools(case))


def _pools(case: Case) -> Iterator[tuple[Mapping[str, Any], Sequence[int]]]:
    """Attributes and image of each such pool. In a program its image has the shape that is unpooled again."""
    if "stages" not in case.attributes:
        if case.op == _MASKED:
            yield case.attributes, case.tensors[0].shape
        return
    stages = case.attributes["stages"]
    shapes = {s["inputs"][1]: s["attributes"]["output_shape"] for s in stages if s["op"] == "max_unpool2d"}
    for stage in stages:
        if stage["op"] == _MASKED:
            yield stage["attributes"], shapes[stage["outputs"][1]]


def _shrunk(how: Mapping[str, Any], image: Sequence[int]) -> bool:
    """A window larger than the image, once and from its start, sees all of it as the padded one does."""
    asked = [-(-n // s) for n, s in zip(_extents(how, image), how["stride"], strict=True)]
    return how["padding"] == "SAME" and _left(how, image) != asked


def _left(how: Mapping[str, Any], image: Sequence[int]) -> list[int]:
    """How many windows fit without padding, divided towards zero."""
    sizes = zip(_extents(how, image), how["window"], how["stride"], strict=True)
    return [output_extent(n, k, s, 1) if n >= k else 1 - (k - n) // s for n, k, s in sizes]


def _explicit(how: Mapping[str, Any]) -> bool:
    return not isinstance(how["padding"], str)


def _extents(how: Mapping[str, Any], image: Sequence[int]) -> list[int]:
    return [image[axis] for axis in spatial_axes(how["layout"])]
