"""Which pools TensorFlow's adapter takes for granted in NCHW, on processors of three sorts."""

import pytest

from opassay.adapters.tensorflow.kernel_table import has_average, has_maximum

NONE, SINGLE, HALF = (), ("float32", "bfloat16"), ("float32", "bfloat16", "float16")


@pytest.mark.parametrize(
    ("onednn", "maxima", "averages"),
    [(NONE, set(), set()), (SINGLE, set(SINGLE), set(SINGLE)), (HALF, set(HALF), set(SINGLE))],
)
def test_onednn_has_no_average_of_float16_where_it_has_the_maximum(onednn, maxima, averages):
    dtypes = (*HALF, "float64")
    assert {d for d in dtypes if has_maximum(d, "SAME", "NCHW", True, onednn, False)} == maxima
    assert {d for d in dtypes if has_average(d, "NCHW", True, onednn)} == averages


def test_every_dtype_has_kernels_in_nhwc_and_elsewhere_than_on_the_cpu():
    for layout, own in (("NHWC", True), ("NCHW", False)):
        assert has_average("float64", layout, own, NONE)
        assert has_maximum("float64", "SAME", layout, own, NONE, True)
