"""Convolutions that oneDNN on AMX gets wrong, by geometries like those asked of the frameworks."""

import pytest

from opassay.adapters.kernels.holes import straddled, straddled_in_keras
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill


def tensor(shape, dtype, *values):
    count = 1
    for extent in shape:
        count *= extent
    told = tuple(values) + (1,) * (count - len(values))
    return Tensor(tuple(shape), dtype, Fill("literal", values=told) if values else Fill("ones"))


def conv(image, filters, dtype="bfloat16", **how):
    attributes = {"stride": (1, 1), "padding": "SAME", "dilation": (3, 1), "groups": 1, "layout": "NHWC", **how}
    return Case("conv2d", (tensor(image, dtype), tensor(filters, dtype)), attributes)


def transposed(image, filters, made, **how):
    attributes = {"stride": (1, 1), "padding": "SAME", "groups": 1, "layout": "NHWC", **how, "output_shape": made}
    return Case("conv2d_transpose", (tensor(image, "bfloat16"), tensor(filters, "bfloat16")), attributes)


@pytest.mark.parametrize(
    "case",
    [
        conv((1, 1, 5, 6), (2, 2, 6, 2)),
        conv((5, 1, 15, 6), (2, 2, 3, 2), stride=(1, 3), dilation=(3, 3), groups=2),
        conv((1, 1, 15, 6), (4, 2, 6, 2)),
        conv((1, 2, 15, 6), (2, 2, 6, 2), dilation=(5, 1)),
        conv((2, 3, 2, 2), (2, 1, 2, 2), dilation=(6, 1)),
        conv((1, 1, 8, 3), (3, 2, 3, 2), padding=((4, 3), (0, 0)), dilation=(3, 1), stride=(3, 1)),
        conv((1, 1, 8, 3), (4, 2, 3, 2), padding=((5, 1), (0, 0)), dilation=(2, 1)),
        conv((1, 2, 8, 3), (4, 2, 3, 2), padding=((4, 4), (0, 0)), dilation=(3, 1)),
        transposed((1, 1, 5, 2), (2, 1, 8, 2), (1, 1, 5, 8), dilation=(6, 1)),
    ],
)
def test_a_convolution_that_reads_no_row_ends_the_process_on_amx(case):
    assert straddled(case)


@pytest.mark.parametrize(
    "case",
    [
        conv((1, 1, 4, 6), (2, 2, 6, 2)),
        conv((5, 1, 1, 2), (2, 1, 2, 2), dilation=(7, 1)),
        conv((1, 1, 15, 6), (3, 2, 6, 2)),
        conv((1, 1, 15, 6), (2, 2, 6, 2), dilation=(2, 1)),
        conv((1, 1, 15, 6), (2, 2, 6, 2), padding=((3, 3), (0, 0))),
        conv((1, 1, 8, 3), (6, 2, 3, 2), padding=((5, 5), (0, 0)), dilation=(2, 1)),
        conv((1, 3, 8, 3), (2, 2, 3, 2), padding=((1, 1), (0, 0)), dilation=(4, 1)),
        conv((1, 15, 1, 6), (2, 2, 6, 2), dilation=(1, 3)),
        conv((2, 2, 1, 33), (1, 1, 1, 2), groups=2, layout="NCHW"),
        conv((1, 1, 17, 3), (2, 1, 1, 3), groups=3),
        conv((1, 1, 5, 6), (2, 2, 6, 2), dtype="float32"),
        transposed((1, 1, 8, 2), (2, 2, 1, 2), (1, 1, 15, 1), dilation=(5, 1), stride=(2, 2)),
    ],
)
def test_others_do_not(case):
    assert not straddled(case)


def test_keras_pads_by_an_op_of_its_own_and_has_strided_transposes_elsewhere():
    explicit = conv((1, 1, 8, 3), (2, 2, 3, 2), padding=((1, 2), (0, 0)))
    assert straddled(explicit)
    assert not straddled_in_keras(explicit)
    assert straddled_in_keras(transposed((1, 1, 5, 1), (2, 1, 1, 1), (1, 1, 5, 1), dilation=(3, 1)))
