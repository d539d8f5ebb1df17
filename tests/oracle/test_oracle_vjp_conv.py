"""Gradients of convolutions: adjoint, counted and bounded as loops over every index say."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS, convolution

checks = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("gradient_checks.py"))))
ints, laid_out = checks.ints, checks.laid_out
adjoint_gap, difference_gap = checks.adjoint_gap, checks.difference_gap


def conv(extents, w, groups=1, batch=2, **attributes):
    common = {"stride": (1, 1), "dilation": (1, 1), "padding": "VALID", "groups": groups}
    return (batch, *extents, w[2] * groups), w, common | attributes


CONVS = {
    "same odd": conv((5, 6), (3, 3, 1, 2), padding="SAME"),
    "asymmetric strided": conv((6, 5), (3, 4, 1, 2), stride=(2, 3), padding=((0, 2), (3, 1))),
    "asymmetric dilated": conv((4, 6), (2, 2, 1, 2), dilation=(4, 3), padding=((4, 1), (0, 3))),
    "grouped": conv((4, 4), (2, 2, 2, 6), groups=3, padding=((1, 0), (0, 1))),
    "windows in padding only": conv((1, 2), (2, 2, 1, 1), dilation=(3, 1), padding=((3, 3), (1, 1))),
    "no rows but padding": conv((0, 3), (2, 2, 1, 2), padding=((1, 1), (0, 0))),
}


def loops(x, w, dy, stride, dilation, padding, groups):
    """dx and dw, NHWC, one product at a time."""
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    depth, filters = w.shape[2], w.shape[3] // groups
    for (n, p, q, o), (i, j, c) in ((a, b) for a in np.ndindex(dy.shape) for b in np.ndindex(w.shape[:3])):
        row, column = p * stride[0] + i * dilation[0] - padding[0][0], q * stride[1] + j * dilation[1] - padding[1][0]
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
            pixel = (n, row, column, o // filters * depth + c)
            dx[pixel] += dy[n, p, q, o] * w[i, j, c, o]
            dw[i, j, c, o] += dy[n, p, q, o] * x[pixel]
    return dx, dw


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("name", [name for name in CONVS if name != "same odd"])
def test_values_magnitudes_and_terms_of_both_gradients_are_those_of_loops_over_all_indices(name, layout):
    shape, filters, attributes = CONVS[name]
    x, w = ints(20, shape), ints(21, filters)
    dy = ints(22, oracle.conv2d(x, w, **attributes, layout="NHWC").shape)
    images = (laid_out(x, layout), w, laid_out(dy, layout))
    found = OPS["conv2d"].vjp(attributes | {"layout": layout}, images[:2], images[2:])
    for field, prepare in (("exact", np.array), ("magnitude", np.abs), ("terms", np.ones_like)):
        expected = loops(*map(prepare, (x, w, dy)), **attributes)
        assert np.array_equal(getattr(found[0], field), laid_out(expected[0], layout)), field
        assert np.array_equal(getattr(found[1], field), expected[1]), field


def test_a_tap_of_dw_counts_only_the_outputs_at_which_it_meets_the_image():
    ones = np.ones((2, 3, 3, 1), np.float32)
    attributes = {"stride": (1, 1), "dilation": (1, 1), "padding": "SAME", "groups": 1, "layout": "NHWC"}
    _, dw = OPS["conv2d"].vjp(attributes, (ones, np.ones((3, 3, 1, 1), np.float32)), (ones,))
    assert dw.terms[:, :, 0, 0].tolist() == [[8, 12, 8], [12, 18, 12], [8, 12, 8]]
    assert np.array_equal(dw.magnitude, dw.terms)
    assert dw.may_be_nan is None


def strange_dw(stride, x=1.0, dy=1.0):
    """dw where the middle of x, or the first element of dy, is strange; 3x3 filters, SAME, two channels each."""
    images, answers = np.ones((1, 3, 3, 2), np.float32), np.ones((1, *(-(-3 // s) for s in stride), 2), np.float32)
    images[0, 1, 1, 0], answers[0, 0, 0, 1] = x, dy
    attributes = {"stride": stride, "dilation": (1, 1), "padding": "SAME", "groups": 1, "layout": "NHWC"}
    return OPS["conv2d"].vjp(attributes, (images, np.ones((3, 3, 2, 2), np.float32)), (answers,))[1]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_strange_cotangent_excuses_nan_in_dw_exactly_at_the_taps_that_fall_into_padding(value):
    dw = strange_dw((1, 1), dy=value)
    assert dw.may_be_nan[:, :, 0, 1].tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    assert np.array_equal(dw.may_be_nan[:, :, 0], dw.may_be_nan[:, :, 1])
    assert not dw.may_be_nan[..., 0].any()
    assert np.array_equal(np.isfinite(dw.exact[:, :, 0, 1]), dw.may_be_nan[:, :, 0, 1])


def test_a_strange_pixel_excuses_nan_in_dw_only_under_a_stride_and_in_its_own_channel():
    assert not strange_dw((1, 1), x=math.inf).may_be_nan.any()
    strided = strange_dw((2, 2), x=math.inf).may_be_nan
    assert strided[:, :, 0].all()
    assert not strided[:, :, 1].any()


def test_strange_values_of_one_group_excuse_nothing_in_the_other():
    x, dy = np.ones((1, 3, 3, 2), np.float32), np.ones((1, 2, 2, 4), np.float32)
    x[0, 1, 1, 0], dy[0, 0, 0, 0] = math.inf, math.nan
    attributes = {"stride": (2, 2), "dilation": (1, 1), "padding": "SAME", "groups": 2, "layout": "NHWC"}
    _, dw = OPS["conv2d"].vjp(attributes, (x, np.ones((3, 3, 1, 4), np.float32)), (dy,))
    assert dw.may_be_nan[..., :2].all()
    assert not dw.may_be_nan[..., 2:].any()


def without_first_row(run):
    def planted(*operands):
        answer = run(*operands)
        answer[..., 0, :, :] = 0
        return answer

    return planted


def shifted(run):
    def planted(a, b, windows, groups):
        return run(a, b, replace(windows, before=(windows.before[0], windows.before[1] - 1)), groups)

    return planted


MISTAKES = {
    "filter flipped": ("correlate_transposed", lambda run: lambda y, w, *rest: run(y, w[..., ::-1, ::-1, :, :], *rest)),
    "filter transposed": ("correlate_transposed", lambda run: lambda y, w, *rest: run(y, w.swapaxes(-4, -3), *rest)),
    "sign of dx": ("correlate_transposed", lambda run: lambda *operands: -run(*operands)),
    "border of dx dropped": ("correlate_transposed", without_first_row),
    "gradient of the filter flipped": ("correlate_filters", lambda run: lambda *operands: run(*operands)[::-1, ::-1]),
    "gradient transposed": ("correlate_filters", lambda run: lambda *operands: run(*operands).swapaxes(0, 1)),
    "sign of dw": ("correlate_filters", lambda run: lambda *operands: -run(*operands)),
    "tap of dw dropped": ("correlate_filters", lambda run: without_first_row(run)),
    "padding on the wrong side": ("correlate_filters", shifted),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_adjoint_and_the_difference_report_a_planted_mistake_in_its_own_operand_only(mistake, monkeypatch):
    attribute, plant = MISTAKES[mistake]
    monkeypatch.setattr(convolution, attribute, plant(getattr(convolution, attribute)))
    shape, filters, attributes = CONVS["same odd"]
    attributes, inputs = attributes | {"layout": "NHWC"}, (ints(5, shape), ints(6, filters))
    position = 0 if attribute == "correlate_transposed" else 1
    for gap in (adjoint_gap, difference_gap):
        assert gap("conv2d", attributes, inputs, position) != 0
        assert gap("conv2d", attributes, inputs, 1 - position) == 0
