"""Predicates about extents of 0 and memory formats: what each covers and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opassay.adapters.tensorflow import known_empty as tensorflow
from opassay.adapters.torch import known_empty as torch
from opassay.adapters.torch import known_strides
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory


def _pool(shape: tuple[int, ...], op: str = "max_pool2d", **more: Any) -> Case:
    how = {"window": (2, 2), "stride": (1, 1), "padding": "VALID", "layout": "NHWC"}
    how |= {"dilation": (1, 1)} if op != "avg_pool2d" else {"count_padding": False}
    return Case(op, (Tensor(shape, "float32"),), how | more)


def _conv(x: tuple[int, ...], w: tuple[int, ...], dtype: str = "float32", **more: Any) -> Case:
    how = {"stride": (1, 1), "dilation": (1, 1), "groups": 1, "padding": "VALID", "layout": "NHWC"}
    return Case("conv2d", (Tensor(x, dtype), Tensor(w, dtype)), how | more)


def test_torch_pools_an_empty_batch_and_slices_but_no_other_nothing() -> None:
    assert torch.refused_max_pool(_pool((1, 4, 4, 0)))
    assert not torch.refused_max_pool(_pool((0, 4, 4, 1)))
    wide = {"window": (5, 2), "padding": ((4, 4), (0, 0))}
    assert not torch.refused_max_pool(_pool((1, 4, 4, 0), **wide))
    assert torch.refused_avg_pool(_pool((1, 4, 4, 0), "avg_pool2d", **wide))
    assert not torch.refused_avg_pool(_pool((0, 4, 4, 1), "avg_pool2d"))


def test_torch_repeats_integers_of_nothing() -> None:
    assert torch.refused_avg_unpool(Case("avg_unpool2d", (Tensor((1, 0, 2, 1), "uint8"),)))
    assert not torch.refused_avg_unpool(Case("avg_unpool2d", (Tensor((1, 0, 2, 1), "int32"),)))


def test_torch_convolves_an_empty_batch_or_what_padding_makes_of_an_empty_image() -> None:
    same = {"padding": "SAME"}
    assert torch.refused_image(_conv((1, 0, 4, 1), (1, 1, 1, 1), **same))
    assert not torch.refused_image(_conv((0, 4, 4, 1), (1, 1, 1, 1)))
    assert not torch.refused_image(_conv((1, 0, 4, 1), (2, 1, 1, 1), padding=((2, 1), (0, 0))))
    assert torch.refused_conv_gradient(_conv((1, 4, 4, 1), (1, 1, 1, 0)))
    assert not torch.refused_conv_gradient(_conv((0, 4, 4, 1), (1, 1, 1, 1)))


@pytest.mark.parametrize(
    ("dtype", "layout", "dilation", "kernel"),
    [
        ("float32", "NCHW", (2, 1), "onednn"),
        ("float64", "NHWC", (1, 1), "plain"),
        ("float64", "NCHW", (1, 1), "plain"),
        ("float64", "NHWC", (2, 1), "composed"),
    ],
)
def test_tensorflow_kernels_of_gradients(dtype: str, layout: str, dilation: tuple[int, int], kernel: str) -> None:
    how = _conv((1, 4, 4, 1), (1, 1, 1, 1), layout=layout, dilation=dilation).attributes
    assert tensorflow.conv_kernel(dtype, how, backward=True) == kernel


def test_tensorflow_gives_an_empty_answer_the_shape_of_its_input() -> None:
    assert tensorflow.shaped_as_input(_conv((0, 4, 4, 1), (2, 2, 1, 1)))
    assert not tensorflow.shaped_as_input(_conv((0, 4, 4, 1), (1, 1, 1, 1)))
    assert not tensorflow.shaped_as_input(_conv((0, 4, 4, 1), (2, 2, 1, 1), "float64"))
    assert not tensorflow.shaped_as_input(_conv((1, 4, 4, 1), (2, 2, 1, 1)))


def test_tensorflow_refuses_filters_by_kernel() -> None:
    def gradient(*shapes: Any, **more: Any) -> Case:
        return replace(_conv(*shapes, **more), aspect="gradient", cotangents=(None,))

    assert tensorflow.refused_filters(gradient((1, 4, 4, 1), (1, 1, 1, 0)))
    assert tensorflow.refused_filters(gradient((1, 4, 4, 0), (1, 1, 0, 1), "float64"))
    assert not tensorflow.refused_filters(gradient((1, 4, 4, 1), (1, 1, 1, 0), "float64"))
    assert not tensorflow.refused_filters(gradient((1, 4, 4, 0), (1, 1, 0, 1), "float64", dilation=(2, 2)))
    assert not tensorflow.refused_filters(gradient((0, 4, 4, 1), (1, 1, 1, 0)))
    assert tensorflow.refused_filters(_conv((0, 4, 4, 1), (1, 1, 1, 0)))
    assert tensorflow.refused_without_onednn(gradient((1, 4, 4, 0), (1, 1, 0, 1)))
    assert not tensorflow.refused_without_onednn(gradient((1, 4, 4, 1), (1, 1, 1, 0)))


def _indices(memory: Memory, layout: str) -> Case:
    fill = Fill("cells", limits=(16, 3, 3, 1) if layout == "NHWC" else (16, 2, 1, 1))
    indices = Tensor((2, 2, 2, 3), "int64", fill, memory)
    shape = (2, 4, 4, 3) if layout == "NHWC" else (2, 2, 4, 4)
    tensors = (Tensor((2, 2, 2, 3), "float32"), indices)
    return Case("max_unpool2d", tensors, {"layout": layout, "output_shape": shape})


def test_torch_joins_rows_of_dense_indices_only() -> None:
    assert not known_strides.unviewable_indices(_indices(Memory(), "NCHW"))
    assert not known_strides.unviewable_indices(_indices(Memory(), "NHWC"))
    assert known_strides.unviewable_indices(_indices(Memory("transposed"), "NCHW"))


def test_torch_refuses_the_gradient_of_one_filter_over_channels_last() -> None:
    def refused(case: Case) -> bool:
        return known_strides.one_filter(replace(case, aspect="gradient", cotangents=(None,)))

    assert refused(_conv((2, 4, 4, 3), (2, 2, 3, 1), "float64"))
    assert not known_strides.one_filter(_conv((2, 4, 4, 3), (2, 2, 3, 1), "float64"))
    for other in (
        _conv((2, 4, 4, 3), (2, 2, 3, 1)),
        _conv((2, 4, 4, 3), (2, 2, 3, 2), "float64"),
        _conv((2, 4, 4, 3), (2, 2, 3, 1), "float64", dilation=(2, 2)),
        _conv((2, 3, 4, 5), (2, 2, 3, 1), "float64", layout="NCHW"),
    ):
        assert not refused(other)
