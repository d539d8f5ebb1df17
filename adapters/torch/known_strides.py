"""How torch sees a tensor's memory, and what goes wrong by it. Free of torch: the parent imports this."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from opassay.adapters.kernels.predicates import attributes_of
from opassay.harness.model.case import Case, Tensor

_DENSE = ("contiguous", "offset", "reversed")
"""Memory that reaches torch row by row; it has no negative strides, so ``reversed`` is copied."""

_PROGRAMS = ("conv_relu_pool", "conv_autoencoder_step", "deconvnet")


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
    if len(shape) != 4 or steps[1] == 0:
        return False
    for axis in (1, 3, 2, 0):
        if shape[axis] == 0 or steps[axis] < least or (axis == 0 and least == steps[1]):
            return False
        least = steps[axis] * max(shape[axis], 1)
    return True


def channels_last(tensor: Tensor, layout: str) -> bool:
    shape = channels_first(tensor.shape, layout)
    return 0 not in shape and suggests_channels_last(shape, channels_first(strides(tensor), layout))


def one_filter(case: Case) -> bool:
    """The gradient of filters to one channel of channels-last images, by kernels that are not oneDNN's.

    torch's oneDNN does float32, though not for one image on one thread, bfloat16, and float16 where the processor has
    instructions for it (``OWN``). In programs that is too broad: several threads have oneDNN do float32 after all.
    """
    x = case.tensors[0]
    if case.op != "conv2d_input_gradient_law" and case.aspect != "gradient":
        return False
    slow = x.dtype in ("float16", "float64") or (x.dtype == "float32" and x.shape[0] == 1)
    return slow and (_in_a_program(case) if case.op in _PROGRAMS else refused_filter_gradient(case))


def one_filter_compiled(case: Case) -> bool:
    """The same, but Inductor gives a program's filters of one row or column a memory that torch takes."""
    return one_filter(case) and (case.op not in _PROGRAMS or all(min(w.shape[:2]) > 1 for w in _filters(case)))


def refused_filter_gradient(case: Case) -> bool:
    """A convolution, its transpose or its gradients; with dilation another kernel does conv2d, and is right."""
    (x, w), how = case.tensors[:2], attributes_of(case)
    dilated = max(how["dilation"]) > 1 and "output_shape" not in how
    return not dilated and _two_formats(w) and w.memory.kind in _DENSE and channels_last(x, how["layout"])


def _two_formats(w: Tensor) -> bool:
    """Filters to one channel of several: as torch permutes them, their memory has two formats at once."""
    height, width, inputs, outputs = w.shape
    return height * width > 1 and inputs > 1 and outputs == 1


def _in_a_program(case: Case) -> bool:
    """Images keep the memory format that they come in, or that the first convolution of several gives them."""
    stages = [stage for stage in case.attributes["stages"] if "layout" in stage.get("attributes", {})]
    layouts = {stage["attributes"]["layout"] for stage in stages}
    given = any(channels_last(case.tensors[0], layout) for layout in layouts)
    later = layouts == {"NHWC"} and case.op != "conv_relu_pool"
    return (given or later) and any(_two_formats(w) for w in _filters(case))


def _filters(case: Case) -> list[Tensor]:
    return [t for t in case.tensors[1:] if len(t.shape) == 4 and t.fill.kind != "zeros"]


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
