"""What OpenVINO's list foretells: of bfloat16 where the processor does not compute in it, as seen on one with AVX2,
and of transposes without elements."""

from __future__ import annotations

import pytest

from opassay.adapters.openvino.known_reorders import dies
from opassay.adapters.openvino.known_transposes import of_nothing
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill


def pool(shape, window, layout="NCHW", dtype="bfloat16", stride=(1, 1)) -> Case:
    how = {"layout": layout, "padding": "VALID", "stride": stride, "dilation": (1, 1), "window": window}
    return Case("max_pool2d", (Tensor(shape, dtype, Fill("ones")),), how)


@pytest.mark.parametrize(
    ("case", "died"),
    [
        (pool((1, 8, 2, 8), (2, 1)), True),
        (pool((1, 8, 3, 4), (2, 1)), True),
        (pool((1, 8, 5, 2), (2, 1)), True),
        (pool((1, 8, 2, 9), (2, 2)), True),
        (pool((1, 24, 2, 8), (2, 1)), True),
        (pool((1, 8, 2, 7), (2, 1)), False),
        (pool((1, 8, 2, 16), (2, 1)), False),
        (pool((1, 12, 2, 8), (2, 1)), False),
        (pool((1, 4, 2, 8), (2, 1)), False),
        (pool((1, 8, 2, 8), (2, 1), dtype="float16"), False),
        (pool((1, 3, 4, 8), (2, 1), layout="NHWC"), False),
    ],
)
def test_images_of_eight_pixels_are_foretold(case, died):
    assert dies(case) is died


def test_a_stage_of_a_program_counts():
    stages = (
        {"op": "conv2d", "attributes": {"layout": "NCHW", "padding": "VALID", "stride": (1, 1), "dilation": (1, 1)}},
        {"op": "relu"},
        {"op": "max_pool2d", "attributes": {"padding": "VALID", "stride": (1, 1), "window": (2, 1)}},
    )
    for channels, died in ((8, True), (9, False)):
        tensors = (
            Tensor((1, 2, 3, 4), "bfloat16", Fill("ones")),
            Tensor((1, 1, 2, channels), "bfloat16", Fill("ones")),
        )
        assert dies(Case("conv_relu_pool", tensors, {"stages": stages})) is died


def ints(*shapes) -> tuple[Tensor, ...]:
    return tuple(Tensor(shape, "float32", Fill("ints", 1)) for shape in shapes)


@pytest.mark.parametrize(
    ("shape", "axes", "differs"),
    [
        ((1, 0), (1, 0), True),
        ((0, 1), (1, 0), True),
        ((1, 1, 0), (2, 0, 1), True),
        ((2, 0, 1), (0, 2, 1), True),
        ((2, 0, 1), (0, -1, 1), True),
        ((1, 3, 0), (2, 0, 1), False),
        ((2, 0, 3), (1, 0, 2), False),
        ((0, 3, 1), (0, 2, 1), False),
        ((0,), (0,), False),
        ((1, 5), (1, 0), False),
    ],
)
def test_a_transpose_of_nothing_is_foretold(shape, axes, differs):
    assert of_nothing(Case("transpose", ints(shape), {"axes": axes})) is differs


@pytest.mark.parametrize(
    ("image", "filters", "layout", "differs"),
    [
        ((1, 5, 5, 1), (1, 1, 1, 0), "NHWC", True),
        ((2, 5, 5, 3), (5, 5, 3, 0), "NHWC", True),
        ((2, 5, 5, 3), (3, 3, 3, 0), "NHWC", False),
        ((1, 1, 5, 5), (1, 1, 1, 0), "NCHW", True),
        ((1, 3, 5, 5), (5, 5, 3, 0), "NCHW", False),
        ((1, 4, 4, 0), (1, 1, 0, 1), "NHWC", True),
        ((1, 1, 1, 0), (1, 1, 0, 1), "NHWC", False),
        ((1, 1, 1, 0), (1, 1, 0, 2), "NHWC", True),
        ((0, 5, 5, 3), (5, 5, 3, 2), "NHWC", False),
    ],
)
def test_a_convolution_whose_transposes_are_of_nothing_is_foretold(image, filters, layout, differs):
    """As OpenVINO 2026.4.1 answered; of (1, 1, 1, 0) by (1, 1, 0, 1) only the value is wrong."""
    how = {"stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "groups": 1, "layout": layout}
    assert of_nothing(Case("conv2d", ints(image, filters), how)) is differs
