"""Predicates about extents of 0 and memory formats: what each covers and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from opassay.adapters.engines.xla import goes_beyond_panel
from opassay.adapters.tensorflow import known_empty as tensorflow
from opassay.harness.model.case import Case, Tensor


def _conv(x: tuple[int, ...], w: tuple[int, ...], dtype: str = "float32", **more: Any) -> Case:
    how = {"stride": (1, 1), "dilation": (1, 1), "groups": 1, "padding": "VALID", "layout": "NHWC"}
    return Case("conv2d", (Tensor(x, dtype), Tensor(w, dtype)), how | more)


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


@pytest.mark.parametrize(
    ("x", "w", "wrong"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 33000), True),
        ((4, 1, 1, 1), (1, 1, 1, 40000), True),
        ((1, 1, 1, 1), (1, 1, 1, 32768), False),
        ((1, 1, 1, 16), (1, 1, 16, 40000), False),
        ((1, 4, 4, 1), (1, 1, 1, 40000), False),
    ],
)
def test_xla_is_wrong_beyond_a_panel(x: tuple[int, ...], w: tuple[int, ...], wrong: bool) -> None:
    """As tried on jax 0.10.2."""
    assert goes_beyond_panel(_conv(x, w)) is wrong
