"""How torch sees a tensor's memory, and what goes wrong by it. Free of torch: the parent imports this."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from opassay.adapters.known_predicates import attributes_of
from opassay.harness.model.case import Case, Tensor

_DENSE = ("contiguous", "offset", "reversed")
"""Memory that reaches torch row by row; it has no negative strides, so ``reversed`` is copied."""


@lru_cache(maxsize=64)
def strides(tensor: Tensor) -> tuple[int, ...]:
    """In elements, as the adapter hands it over."""
    array = tensor.materialize()
    if tensor.memory.kind == "reversed":
        array = array.copy(order="C")
    return tuple(step // array.itemsize for step in array.strides)


def channels_first(values: Sequence[int], layout: str) -> tuple[int, ...]:
    batch, *rest = values
    return (batch, rest[-1], *rest[:-1]) if layout == "NHWC" else tuple(values)


def suggests_channels_last(shape: Sequence[int], steps: Sequence[int]) -> bool:
    """What torch makes of channels-first ``shape`` and ``steps``.

    Source: ``is_channels_last_strides_2d`` in
    https://github.com/pytorch/pytorch/blob/main/c10/core/MemoryFormat.h
    """
    least = 0
    if steps[1] == 0:
        return False
    for axis in (1, 3, 2, 0):
        if shape[axis] == 0 or steps[axis] < least or (axis == 0 and least == steps[1]):
            return False
        least = steps[axis] * max(shape[axis], 1)
    return True


def channels_last(tensor: Tensor, layout: str) -> bool:
    shape = channels_first(tensor.shape, layout)
    return 0 not in shape and suggests_channels_last(shape, channels_first(strides(tensor), layout))


def one_filter(shape: Sequence[int]) -> bool:
    """Filters to one channel of several: as torch permutes them, their memory has two formats at once."""
    height, width, inputs, outputs = shape
    return height * width > 1 and inputs > 1 and outputs == 1


def refused_filter_gradient(case: Case) -> bool:
    """A convolution, its transpose or its gradients, by kernels that are not oneDNN's, of channels-last images.

    torch's oneDNN does float32, though not for one image on one thread, bfloat16, and float16 where the processor has
    instructions for it (``OWN``). With dilation another kernel does conv2d, and is right.
    """
    (x, w), how = case.tensors[:2], attributes_of(case)
    dilated = max(how["dilation"]) > 1 and "output_shape" not in how
    slow = _slow(x) and not dilated and one_filter(w.shape) and w.memory.kind in _DENSE
    return slow and channels_last(x, how["layout"])


def refused_somewhere(case: Case) -> bool:
    """The same in a program, whose images keep the memory format that they come in."""
    stages = (stage.get("attributes", {}) for stage in case.attributes["stages"])
    layouts = {how["layout"] for how in stages if "layout" in how}
    filters = [t for t in case.tensors[1:] if len(t.shape) == 4 and t.fill.kind != "zeros"]
    x = case.tensors[0]
    first = layouts == {"NHWC"} or any(channels_last(x, layout) for layout in layouts)
    return _slow(x) and first and any(one_filter(t.shape) for t in filters)


def refused_first(case: Case) -> bool:
    """The same in a program of one convolution."""
    layout = next(stage["attributes"]["layout"] for stage in case.attributes["stages"] if stage["op"] == "conv2d")
    return _slow(case.tensors[0]) and channels_last(case.tensors[0], layout) and one_filter(case.tensors[1].shape)


def _slow(x: Tensor) -> bool:
    return x.dtype in ("float16", "float64") or (x.dtype == "float32" and x.shape[0] == 1)


def unviewable_indices(case: Case) -> bool:
    """max_unpool2d's backward takes indices that are not channels last for rows that can be joined.

    The indices come from a division, whose answer has their strides where those leave no gaps, else dense ones in
    the same order. Source: ``max_pool_double_backward`` in
    https://github.com/pytorch/pytorch/blob/main/torch/csrc/autograd/FunctionsManual.cpp
    """
    layout, indices = case.attributes["layout"], case.tensors[1]
    shape = channels_first(indices.shape, layout)
    if 0 in shape:
        return False
    steps = _dense(shape, channels_first(strides(indices), layout))
    if suggests_channels_last(shape, steps) or 1 in shape[2:]:
        return False
    return steps[2] != shape[3] * steps[3]


def _dense(shape: Sequence[int], steps: Sequence[int]) -> tuple[int, ...]:
    """Strides without gaps, in the order of ``steps``; a stride of 0 stays where it stands."""
    order = list(range(len(shape)))
    for end in range(1, len(order)):
        place = end
        while place and 0 < steps[order[place - 1]] < steps[order[place]]:
            order[place - 1], order[place] = order[place], order[place - 1]
            place -= 1
    found, step = [0] * len(shape), 1
    for axis in reversed(order):
        found[axis] = step
        step *= shape[axis]
    return tuple(found)
