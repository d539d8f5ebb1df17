"""Transposes of tensors without elements that OpenVINO answers with elements. Does not import OpenVINO.

A Transpose that moves extents of 1 only becomes a Reshape. In its target an extent of 0 means: as the input has at this
place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opassay.adapters.geometry import channels_last, output_extent, pad_amounts
from opassay.harness.model.case import Case

OPS = ("transpose", "conv1d", "conv2d", "conv3d")

Shape = tuple[int, ...]
Transposes = Callable[[Sequence[int], Sequence[int]], Shape]
"""The shape of a transpose, by the input's shape and, for each axis of the answer, that of the input."""


def asked(shape: Sequence[int], order: Sequence[int]) -> Shape:
    return tuple(shape[axis] for axis in order)


def executed(shape: Sequence[int], order: Sequence[int]) -> Shape:
    """What OpenVINO makes of it."""
    wide = [axis for axis in order if shape[axis] != 1]
    if wide != sorted(wide):
        return asked(shape, order)
    return tuple(shape[axis] or shape[place] for place, axis in enumerate(order))


def of_nothing(case: Case) -> bool:
    """Whether such a Transpose, of those that the adapter makes, gives the answer another shape, or has it refused."""
    if case.rule or case.attributes.get("groups", 1) != 1:
        return False
    shapes = transposed if case.op == "transpose" else convolved
    return shapes(case, executed) != shapes(case, asked)


def transposed(case: Case, transposes: Transposes) -> Shape:
    shape = case.tensors[0].shape
    return transposes(shape, [axis % len(shape) for axis in case.attributes["axes"]])


def convolved(case: Case, transposes: Transposes) -> Shape:
    """The answer's shape; empty where the transposed image and filters have different channels."""
    how, (x, w) = case.attributes, (tensor.shape for tensor in case.tensors)
    axes, last = len(w) - 2, channels_last(how["layout"])
    image = transposes(x, (0, axes + 1, *range(1, axes + 1))) if last else x
    outer, inner, *window = transposes(w, (axes + 1, axes, *range(axes)))
    if inner != image[1]:
        return ()
    pads = pad_amounts(image[2:], window, how["stride"], how["dilation"], how["padding"])
    sizes = zip(image[2:], window, how["stride"], how["dilation"], pads, strict=True)
    answer = (image[0], outer, *(output_extent(n + sum(pad), k, s, d) for n, k, s, d, pad in sizes))
    return transposes(answer, (0, *range(2, axes + 2), 1)) if last else answer
