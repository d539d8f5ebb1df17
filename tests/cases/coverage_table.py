"""Prints what the first cases of every op cover: ``python tests/cases/coverage_table.py [CASES]``."""

import math
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.adapters.geometry import ALIKE, channel_axis, output_extent, pad_amounts, spatial_axes
from opassay.harness.find.registry import Registry
from opassay.harness.plan.generate import geometries

OPS = {op.name: op for op in Registry().ops() if not op.staged and not op.of_a_class and op.name not in ALIKE}
"""One table of draws serves windows over any number of axes: its coverage is shown with two."""


@cache
def stream(op, count, aspect="value", seed=0):
    """The first ``count`` geometries of an op, by name."""
    return tuple(geometry for _, geometry in geometries(OPS[op], aspect, seed, 0, count))


def facets(geometry):
    """What one geometry has of each property worth covering, as (property, value) pairs."""
    case, attributes = geometry.case, geometry.case.attributes
    yield "first fill", geometry.kinds[0]
    yield "second fill", geometry.kinds[1 % len(geometry.kinds)]
    yield "dtype", data_dtype(case)
    for position, tensor in enumerate(case.tensors):
        yield f"memory {position}", tensor.memory.kind
        yield f"rank {position}", len(tensor.shape)
        for extent in tensor.shape:
            yield "extent", extent
    for name in ("stride", "dilation", "window"):
        for axis, value in enumerate(attributes.get(name, ())):
            yield f"{name} {'hw'[axis]}", value
    for name in ("layout", "count_padding"):
        if name in attributes:
            yield name, attributes[name]
    if "padding" in attributes:
        yield "padding", padding_kind(attributes["padding"])
    if "groups" in attributes:
        yield "groups", groups_kind(case)
        yield from (("kernel h", case.tensors[1].shape[0]), ("kernel w", case.tensors[1].shape[1]))


def data_dtype(case):
    return next(t.dtype for t in case.tensors if t.fill.kind not in ("cells", "positions"))


def padding_kind(padding):
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    return "symmetric" if (top, left) == (bottom, right) else "asymmetric"


def groups_kind(case):
    groups, per_group = case.attributes["groups"], case.tensors[1].shape[2]
    return "depthwise" if groups > 1 and per_group == 1 else groups if groups <= 3 else "many"


def counts(op, count):
    """How often each value of each property occurs in the first ``count`` geometries."""
    table = defaultdict(Counter)
    for geometry in stream(op, count):
        for name, value in set(facets(geometry)):
            table[name][value] += 1
    return table


def output_shape(case):
    """The shape of the output, by the arithmetic the adapters use."""
    attributes, shapes = case.attributes, [t.shape for t in case.tensors]
    if "output_shape" in attributes:
        return attributes["output_shape"]
    if case.op == "scatter_nd":
        return attributes["shape"]
    if case.op == "matmul":
        a, b = (shape[:-2] for shape in shapes)
        long, short = (a, b) if len(a) >= len(b) else (b, a)
        short = (1,) * (len(long) - len(short)) + short
        return (*(m if n == 1 else n for m, n in zip(long, short, strict=True)), shapes[0][-2], shapes[1][-1])
    if "layout" not in attributes:
        return shapes[0]
    shape = list(shapes[0])
    window = shapes[1][:2] if case.op == "conv2d" else attributes["window"]
    if case.op == "conv2d":
        shape[channel_axis(attributes["layout"])] = shapes[1][3]
    axes = spatial_axes(attributes["layout"])
    if case.op == "avg_unpool2d":
        spatial = [shape[axis] * k for axis, k in zip(axes, window, strict=True)]
    else:
        spatial = _windows([shape[axis] for axis in axes], window, attributes)
    for axis, extent in zip(axes, spatial, strict=True):
        shape[axis] = extent
    return tuple(shape)


def _windows(extents, window, attributes):
    stride, dilation = attributes["stride"], attributes.get("dilation", (1, 1))
    pads = pad_amounts(extents, window, stride, dilation, attributes["padding"])
    return [output_extent(extents[i] + sum(pads[i]), window[i], stride[i], dilation[i]) for i in (0, 1)]


def largest(case):
    """Elements of the largest tensor, the output included."""
    return max(math.prod(shape) for shape in (*(t.shape for t in case.tensors), output_shape(case)))


def multiply_adds(case):
    """How many products the op sums, borders counted in full."""
    shapes = [t.shape for t in case.tensors]
    if case.op == "conv2d":
        return math.prod(output_shape(case)) * math.prod(shapes[1][:3])
    if case.op == "conv2d_transpose":
        return math.prod(shapes[0]) * math.prod(shapes[1][:3])
    if case.op == "matmul":
        return math.prod(output_shape(case)) * shapes[0][-1]
    return math.prod(output_shape(case)) * math.prod(case.attributes.get("window", ()))


def main(count):
    for op in OPS:
        big = sum(largest(g.case) > 4096 for g in stream(op, count))
        empty = sum(any(0 in t.shape for t in g.case.tensors) for g in stream(op, count))
        print(f"\n{op}: {count} geometries, {big} with a tensor above 4096 elements, {empty} with an extent of 0")
        for name, table in sorted(counts(op, count).items()):
            print(f"  {name:12s}", ", ".join(f"{value}: {n}" for value, n in sorted(table.items(), key=str)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
