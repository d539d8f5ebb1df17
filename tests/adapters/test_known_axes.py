"""What is known of windows holds for any number of axes, and for no other geometry than was seen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from opassay.adapters.keras.known_error_cases import negative
from opassay.adapters.kernels.holes import reads_no_column
from opassay.adapters.kernels.larger import divided_by_nothing, refused_by_onednn, rounded_to_one
from opassay.adapters.tensorflow.known_empty import shaped_as_input
from opassay.adapters.tensorflow.known_error_cases import (
    any_kernel,
    cropped,
    negative_in_32_bits,
    read_beyond,
)
from opassay.adapters.torch.known_norms import _strided_parameters
from opassay.harness.find.registry import Registry
from opassay.harness.judge.facts import applies
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

REGISTRY = Registry()
LINE: dict[str, Any] = {"stride": (1,), "padding": "VALID", "dilation": (1,), "layout": "NWC"}


def case(op: str, shapes: tuple[tuple[int, ...], ...], rule: str = "", dtype: str = "float32", **how: Any) -> Case:
    return Case(op, tuple(Tensor(s, dtype) for s in shapes), how, "error" if rule else "value", rule)


def transposed(n: int, rule: str, dtype: str = "float32", **how: Any) -> Case:
    told = {**LINE, "groups": 1, "output_shape": (1, n, 7), **how}
    return case("conv_transpose1d", ((1, 1, 31), (4, 7, 31)), rule, dtype, **told)


def pooled(shape: tuple[int, ...], window: int, stride: int, layout: str) -> Case:
    how = LINE | {"window": (window,), "stride": (stride,), "layout": layout}
    return case("max_pool1d", (shape,), "WindowLargerThanInput", **how)


def test_onednn_refuses_or_divides_in_pools_of_one_axis_as_well() -> None:
    assert refused_by_onednn(pooled((1, 2, 4), 5, 3, "NCW"))
    assert not refused_by_onednn(pooled((1, 2, 4), 5, 1, "NCW"))
    assert divided_by_nothing(pooled((1, 4, 2), 5, 1, "NWC"))
    assert not divided_by_nothing(pooled((1, 4, 2), 6, 1, "NWC"))
    assert not divided_by_nothing(pooled((1, 2, 4), 5, 1, "NCW"))


@pytest.mark.parametrize(("n", "stride", "dilation", "taken"), [(6, 2, 2, 1), (6, 1, 2, 0), (5, 2, 2, 0), (5, 3, 2, 1)])
def test_a_window_too_large_by_less_than_a_stride_is_rounded_up(n: int, stride: int, dilation: int, taken: int) -> None:
    # As TensorFlow 2.21 answered; the window spans 7.
    found = transposed(n, "OutputTooSmall", stride=(stride,), dilation=(dilation,))
    assert rounded_to_one(found) == bool(taken)
    assert not rounded_to_one(transposed(n, "OutputTooSmall", "float64", stride=(stride,), dilation=(dilation,)))
    assert not rounded_to_one(replace(found, attributes={**found.attributes, "padding": "SAME"}))


def test_an_extent_is_negative_in_32_bits_only_from_its_middle_on() -> None:
    extents = (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40)
    found = [negative_in_32_bits(transposed(n, "OutputOverflow")) for n in extents]
    assert found == [False, True, True, False, False]
    assert not negative_in_32_bits(transposed(2**31, "OutputOverflow", "float64"))


@pytest.mark.parametrize(
    ("n", "rule", "dtype", "padding", "ends"),
    [
        (-1, "OutputNegative", "bfloat16", "SAME", True),
        (-1, "OutputNegative", "float64", "SAME", False),
        (4, "PadNegative", "bfloat16", ((-15, -4),), True),
        (4, "PadNegative", "bfloat16", ((-2, -2),), False),
    ],
)
def test_keras_ends_by_a_negative_extent(n: int, rule: str, dtype: str, padding: Any, ends: bool) -> None:
    assert negative(transposed(n, rule, dtype, padding=padding)) == ends


def test_of_images_keras_ends_in_float32_alone_where_a_negative_extent_is_asked() -> None:
    how = {"stride": (1, 1), "padding": "SAME", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
    shapes = ((1, 4, 4, 2), (1, 1, 2, 2))
    asked = {**how, "output_shape": (1, -1, 4, 2)}
    padded = {**how, "output_shape": (1, 4, 4, 2), "padding": ((-5, 0), (0, 0))}
    found = [
        negative(case("conv2d_transpose", shapes, rule, dtype, **given))
        for rule, given in (("OutputNegative", asked), ("PadNegative", padded))
        for dtype in ("float32", "bfloat16")
    ]
    assert found == [True, False, True, True]


@pytest.mark.parametrize(
    ("layout", "padding", "dtype", "reads"),
    [
        ("NDHWC", "SAME", "bfloat16", True),
        ("NCDHW", "SAME", "bfloat16", False),
        ("NDHWC", ((0, 0),) * 3, "bfloat16", False),
        ("NDHWC", "VALID", "float64", False),
    ],
)
def test_tensorflow_reads_beyond_an_image_without_a_batch(layout: str, padding: Any, dtype: str, reads: bool) -> None:
    how = {"stride": (1,) * 3, "padding": padding, "dilation": (1,) * 3, "groups": 1, "layout": layout}
    assert read_beyond(case("conv3d", ((5, 15, 15, 3), (1, 1, 1, 3, 8)), "RankThree", dtype, **how)) == reads


def test_groups_and_crops_of_one_axis_are_those_of_two() -> None:
    groups = case(
        "conv_transpose1d", ((3, 44, 1), (1, 31, 1)), "GroupsZero", **LINE, groups=-1, output_shape=(3, 44, 31)
    )
    assert any_kernel(groups)
    assert not any_kernel(
        replace(groups, attributes={**groups.attributes, "layout": "NCW", "output_shape": (3, 31, 44)})
    )
    crop = {**LINE, "padding": ((0, -17),)}
    assert cropped(case("conv1d", ((5, 17, 3), (3, 1, 6)), "PadNegative", **crop, groups=3))
    assert not cropped(case("conv1d", ((5, 17, 3), (3, 3, 6)), "PadNegative", **crop, groups=1))


@pytest.mark.parametrize(
    ("batch", "dilation", "padding", "dtype", "as_input"),
    [
        (0, (1, 2), ((2, 2), (3, 3)), "float32", True),
        (0, (1, 1), "VALID", "bfloat16", True),
        (0, (1, 2), ((2, 2), (3, 3)), "float64", False),
        (2, (1, 2), ((2, 2), (3, 3)), "float32", False),
    ],
)
def test_a_convolution_by_channel_of_nothing_has_its_inputs_shape(
    batch: int, dilation: tuple[int, int], padding: Any, dtype: str, as_input: bool
) -> None:
    how = {"stride": (1, 1), "padding": padding, "dilation": dilation, "layout": "NHWC"}
    assert shaped_as_input(case("depthwise_conv2d", ((batch, 16, 9, 2), (1, 3, 2, 1)), "", dtype, **how)) == as_input


def normed(*kinds: str, shape: tuple[int, ...] = (3, 2), dtype: str = "float32", training: bool = True) -> Case:
    step = Memory("sliced", step=3)
    given = [Tensor((2,), dtype, memory=step if kind == "apart" else Memory()) for kind in kinds]
    tensors = (Tensor(shape, dtype), *given, Tensor((2,), dtype))
    return Case("batch_norm", tensors, {"eps": 1e-5, "training": training}, "gradient", cotangents=tensors[:1])


def test_torch_reads_strided_parameters_of_single_values_as_if_they_lay_side_by_side() -> None:
    assert _strided_parameters(normed("", "", "apart"))
    assert _strided_parameters(normed("apart", "", "", shape=(3, 2, 1, 1), training=False))
    assert not _strided_parameters(normed("apart", "apart", ""))
    assert not _strided_parameters(normed("", "", "apart", shape=(3, 2, 4)))
    assert not _strided_parameters(normed("", "", "apart", dtype="bfloat16"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_strides_are_onednns_on_torch_in_its_dtypes(dtype: str) -> None:
    (fact,) = (fact for fact in REGISTRY.known("torch") if fact.id == "torch-onednn-far-strides")
    found = case("conv3d", ((1, 1, 2, 2, 2), (1, 1, 1, 1, 1)), "", dtype, stride=(1, 1, 2**31 - 1), dilation=(1, 1, 1))
    assert applies(fact, found, "eager") == (dtype == "float32")


@pytest.mark.parametrize(
    ("pad", "stride", "dilation", "taps", "unread"),
    [(3, 2, 2, 1, True), (3, 2, 2, 2, True), (3, 2, 1, 1, False), (3, 1, 2, 1, False), (2, 2, 2, 1, False)],
)
def test_columns_that_no_window_reads(pad: int, stride: int, dilation: int, taps: int, unread: bool) -> None:
    # As torch 2.13 answered in float16.
    how = {"stride": (1, stride), "padding": ((0, 0), (pad, pad)), "dilation": (1, dilation), "layout": "NCHW"}
    found = case("depthwise_conv2d", ((1, 15, 28, 1), (1, taps, 15, 2)), "", "float16", **how)
    assert reads_no_column(found) == unread
    assert not reads_no_column(case("depthwise_conv2d", ((1, 15, 28, 1), (1, taps, 15, 2)), "", "float64", **how))


def test_predicates_of_pools_on_a_gpu_take_any_number_of_axes() -> None:
    (fact,) = (fact for fact in REGISTRY.known("torch") if fact.id == "torch-cuda-lowest")
    how = LINE | {"window": (2,)}
    tensors = (Tensor((1, 3, 1), "float32", Fill("literal", values=(-math.inf,) * 3)),)
    assert not fact.covers(Case("max_pool1d", tensors, how, "gradient", cotangents=(Tensor((1, 2, 1), "float32"),)))


def test_a_biased_convolution_splits_its_groups_itself() -> None:
    (fact,) = (fact for fact in REGISTRY.known("tensorflow") if fact.id == "tensorflow-groups")
    assert "biased_conv2d" not in fact.ops
    assert {"conv1d", "conv_transpose3d"} <= set(fact.ops)


@pytest.mark.parametrize(("layout", "taken"), [("NHWC", True), ("NCHW", False)])
def test_integers_are_repeated_along_axes_that_are_there(layout: str, taken: bool) -> None:
    (fact,) = (fact for fact in REGISTRY.known("torch") if fact.id == "torch-repeated-avg_unpool2d")
    assert (
        fact.covers(case("avg_unpool2d", ((3, 15, 64),), "RankThree", "uint8", layout=layout, window=(2, 2))) == taken
    )
