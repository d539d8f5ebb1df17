"""What depends on whether TensorFlow hands a dtype to oneDNN."""

from __future__ import annotations

import pytest

from adapters.keras.limits import LIMITS
from adapters.tensorflow.numerics import rules
from harness.model.numeric_model import find_model

NCHW = {"layout": "NCHW", "groups": 1, "stride": (1, 1), "dilation": (1, 1), "padding": "SAME"}


@pytest.mark.parametrize(("onednn", "wide"), [(("float32", "bfloat16"), True), (("float32",), False), ((), False)])
def test_only_onednn_sums_products_of_bfloat16_in_float32(onednn: tuple[str, ...], wide: bool) -> None:
    accumulator = find_model(rules(onednn), "matmul", "y", "bfloat16").accumulator
    assert (accumulator == "float32") is wide
    assert find_model(rules(onednn), "conv2d", "y", "bfloat16").accumulator == "float32"


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_keras_lacks_nchw_on_tensorflow_where_onednn_is_not_used(op: str) -> None:
    assert LIMITS[op]("tensorflow", "float32", NCHW, ("float32",)) is None
    assert LIMITS[op]("tensorflow", "float32", NCHW, ()) == "TensorFlow has no NCHW convolution for float32 on the CPU"
    assert LIMITS[op]("torch", "float32", NCHW, ()) is None


def test_keras_lacks_dilated_transposes_there_too() -> None:
    dilated = {**NCHW, "layout": "NHWC", "dilation": (2, 1)}
    assert LIMITS["conv2d_transpose"]("tensorflow", "float32", dilated, ("float32",)) is None
    assert "dilated" in str(LIMITS["conv2d_transpose"]("tensorflow", "float32", dilated, ()))
