"""Pins of programs: the tutorial's gradients, and its deconvnet in the geometry of AlexNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opassay.cases.pins import BY_HAND, TUTORIAL, literal
from opassay.cases.program_builder import Builder
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Pin
from opassay.harness.model.program import Program, Stage

ALEXNET = (
    "worked example 9 of the tutorial; geometry of A. Krizhevsky, I. Sutskever and G. E. Hinton, "
    '"ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012, un-pooled as by '
    "M. D. Zeiler and R. Fergus, https://arxiv.org/abs/1311.2901"
)

CONVS = (
    ("conv1", (11, 11), 4, "VALID", 96),
    ("conv2", (5, 5), 1, "SAME", 256),
    ("conv3", (3, 3), 1, "SAME", 384),
    ("conv4", (3, 3), 1, "SAME", 384),
    ("conv5", (3, 3), 1, "SAME", 256),
)
"""Name, kernel, stride, padding, filters."""

POOLED = ("conv1", "conv2")
"""Those followed by a max pool of 3x3 windows with stride 2, which overlap."""

POOL: dict[str, Any] = {
    "window": (3, 3),
    "stride": (2, 2),
    "padding": "VALID",
    "dilation": (1, 1),
    "layout": "NHWC",
}
IMAGE = (1, 227, 227, 3)


def alexnet() -> Case:
    """An image through AlexNet's five convolutions, and its conv5 map back to an image.

    On the way back a quarter of the indices occur in several overlapping windows, so each pool is inverted by its own
    vector-Jacobian product, which adds them up.
    """
    build = Builder(probes=False)
    value = build.input("x", Tensor(IMAGE, "float32", Fill("picture", 7)))
    below = [value]
    for number, (name, kernel, stride, padding, filters) in enumerate(CONVS, 1):
        taken = build.shapes[value]
        shape = (*kernel, taken[3], filters)
        weights = build.input(f"w{number}", Tensor(shape, "float32", Fill("normal", 100 + 2 * number)))
        rows = taken[1] if padding == "SAME" else (taken[1] - kernel[0]) // stride + 1
        made = (1, rows, rows, filters)
        build.stage("conv2d", (value, weights), (name,), (made,), **_conv(stride, padding))
        build.stage("relu", (name,), (f"act{number}",), (made,))
        value = f"act{number}"
        if name in POOLED:
            half = (1, (rows - 3) // 2 + 1, (rows - 3) // 2 + 1, filters)
            build.stage("max_pool2d", (value,), (f"pool{number}",), (half,), **POOL)
            value = f"pool{number}"
        below.append(value)
    _back(build, below)
    return build.case("deconvnet")


def _back(build: Builder, below: Sequence[str]) -> None:
    value = below[-1]
    for number in range(len(CONVS), 0, -1):
        name, _, stride, padding, _ = CONVS[number - 1]
        shape = build.shapes[f"act{number}"]
        if name in POOLED:
            build.stage("max_pool2d", (f"act{number}", value), (f"unpool{number}",), (shape,), vjp=True, **POOL)
            value = f"unpool{number}"
        build.stage("relu", (value,), (f"rectified{number}",), (shape,))
        target = build.shapes[below[number - 1]]
        value = "reconstruction" if number == 1 else f"back{number}"
        attributes = {**_conv(stride, padding), "output_shape": target}
        build.stage("conv2d_transpose", (f"rectified{number}", f"w{number}"), (value,), (target,), **attributes)


def _conv(stride: int, padding: str) -> dict[str, Any]:
    return {"stride": (stride, stride), "padding": padding, "dilation": (1, 1), "groups": 1, "layout": "NHWC"}


def _wired(
    name: str,
    op: str,
    inputs: dict[str, Tensor],
    stages: Sequence[Stage],
    cotangents: dict[str, Tensor],
    expected: Sequence[Any],
    source: str,
) -> Pin:
    """A pin of the aspect ``gradient``: ``expected`` lists every value, then every gradient."""
    program = Program(tuple(inputs), tuple(stages))
    asked = tuple(cotangents.get(output) for output in program.outputs)
    case = Case(op, tuple(inputs.values()), program.attributes(), "gradient", cotangents=asked)
    return Pin(name, case, tuple(expected), source)


def _add(a: str, b: str, y: str) -> Stage:
    return Stage("add", (a, b), (y,))


def _pair(*values: float) -> Tensor:
    return literal((2,), values)


def _square(*values: float) -> Tensor:
    return literal((2, 2), values)


DECONVNET = (Pin("deconvnet_alexnet", alexnet(), (), ALEXNET, pictures=("x", "reconstruction")),)

SHARED_INPUTS = (
    _wired(
        "two_sums_of_four",
        "shared_inputs",
        {"w1": _pair(1, 2), "w2": _pair(3, 4), "w3": _pair(5, 6), "w4": _pair(7, 8)},
        (_add("w1", "w2", "w12"), _add("w12", "w3", "y1"), _add("w3", "w4", "y2")),
        {"y1": _pair(1, 2), "y2": _pair(3, 4)},
        ([4, 6], [9, 12], [12, 14], [1, 2], [1, 2], [4, 6], [3, 4]),
        TUTORIAL.format(8),
    ),
    _wired(
        "only_the_second_sum",
        "shared_inputs",
        {"w1": _pair(1, 2), "w2": _pair(3, 4), "w3": _pair(5, 6), "w4": _pair(7, 8)},
        (_add("w1", "w2", "w12"), _add("w12", "w3", "y1"), _add("w3", "w4", "y2")),
        {"y2": _pair(3, 4)},
        ([4, 6], [9, 12], [12, 14], None, None, [3, 4], [3, 4]),
        BY_HAND,
    ),
    _wired(
        "the_same_matrix_twice",
        "shared_inputs",
        {"a": _square(1, 2, 3, 4)},
        (Stage("matmul", ("a", "a"), ("y",)),),
        {"y": _square(1, 0, 0, 0)},
        ([[7, 10], [15, 22]], [[2, 3], [2, 0]]),
        BY_HAND,
    ),
)

STOPPED_PATH = (
    _wired(
        "one_of_two_paths",
        "stopped_path",
        {"a": _square(1, 2, 3, 4), "b": _square(1, 0, 0, 1)},
        (
            Stage("matmul", ("a", "b"), ("y",)),
            Stage("stop_gradient", ("y",), ("held",)),
            _add("y", "held", "z"),
        ),
        {"z": _square(1, 0, 0, 2)},
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]], [[2, 4], [6, 8]], [[1, 0], [0, 2]], [[1, 6], [2, 8]]),
        BY_HAND,
    ),
)

UNUSED_INPUT = (
    _wired(
        "a_variable_that_y_does_not_depend_on",
        "unused_input",
        {"a": literal((1, 2), (1, 2)), "b": literal((2, 1), (9, 10)), "unused": literal((1, 2), (5, 6))},
        (Stage("matmul", ("a", "b"), ("y",)),),
        {"y": literal((1, 1), (1,))},
        ([[29]], [[9, 10]], [[1], [2]], None),
        TUTORIAL.format(7),
    ),
)
