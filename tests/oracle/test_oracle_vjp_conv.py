"""Gradients of convolutions: adjoint, counted and bounded as loops over every index say."""

from __future__ import annotations

import math
import runpy
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import REFERENCES, VJPS, conv_vjp
from opassay.adapters.oracle import conv as conv_room

checks = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("gradient_checks.py"))))
ints, laid_out = checks.ints, checks.laid_out
adjoint_gap, difference_gap = checks.adjoint_gap, checks.difference_gap


def conv(extents, w, groups=1, batch=2, **attributes):
    common = {"stride": (1, 1), "dilation": (1, 1), "padding": "VALID", "groups": groups}
    return (batch, *extents, w[2] * groups), w, common | attributes


CONVS = {
    "one pixel": conv((1, 1), (1, 1, 1, 1)),
    "pointwise": conv((3, 4), (1, 1, 3, 2)),
    "plain": conv((5, 4), (3, 2, 2, 3)),
    "same odd": conv((5, 6), (3, 3, 1, 2), padding="SAME"),
    "same even window": conv((5, 4), (2, 4, 2, 1), padding="SAME"),
    "same window larger than image": conv((2, 3), (5, 4, 1, 2), padding="SAME"),
    "strided same": conv((7, 6), (3, 2, 2, 2), stride=(2, 3), padding="SAME"),
    "strided with a rest": conv((8, 7), (3, 3, 1, 2), stride=(3, 2)),
    "stride larger than window": conv((9, 8), (2, 1, 2, 1), stride=(4, 3)),
    "dilated": conv((8, 7), (3, 2, 1, 2), dilation=(2, 3)),
    "dilated same": conv((5, 6), (3, 2, 2, 2), dilation=(3, 2), padding="SAME"),
    "strided and dilated": conv((9, 8), (2, 3, 2, 1), stride=(2, 2), dilation=(3, 2), padding="SAME"),
    "asymmetric": conv((4, 5), (3, 4, 2, 1), padding=((2, 0), (1, 3))),
    "asymmetric strided": conv((6, 5), (3, 4, 1, 2), stride=(2, 3), padding=((0, 2), (3, 1))),
    "asymmetric dilated": conv((4, 6), (2, 2, 1, 2), dilation=(4, 3), padding=((4, 1), (0, 3))),
    "grouped": conv((4, 4), (2, 2, 2, 6), groups=3, padding=((1, 0), (0, 1))),
    "grouped strided same": conv((5, 5), (3, 2, 1, 4), groups=2, stride=(2, 2), padding="SAME"),
    "depthwise": conv((4, 5), (3, 3, 1, 4), groups=4, padding="SAME"),
    "depthwise multiplied": conv((5, 4), (2, 3, 1, 6), groups=3, stride=(1, 2), dilation=(2, 1)),
    "windows in padding only": conv((1, 2), (2, 2, 1, 1), dilation=(3, 1), padding=((3, 3), (1, 1))),
    "no samples": conv((4, 4), (3, 3, 2, 2), batch=0),
    "no channels": conv((4, 4), (3, 3, 0, 2)),
    "no filters": conv((4, 4), (3, 3, 2, 0)),
    "no rows": conv((0, 3), (2, 2, 1, 2), padding="SAME"),
    "no rows but padding": conv((0, 3), (2, 2, 1, 2), padding=((1, 1), (0, 0))),
}


def conv_question(op, name, layout):
    shape, filters, geometry = CONVS[name]
    attributes = geometry | {"layout": layout}
    x, w = laid_out(ints(5, shape), layout), ints(6, filters)
    if op == "conv2d":
        return attributes, (x, w)
    return attributes | {"output_shape": x.shape}, (ints(7, oracle.conv2d(x, w, **attributes).shape), w)


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("name", CONVS)
@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_a_convolution_and_its_transpose_have_their_adjoints_as_gradients_in_both_operands(op, name, layout):
    attributes, inputs = conv_question(op, name, layout)
    assert [adjoint_gap(op, attributes, inputs, position) for position in (0, 1)] == [0, 0]
    assert [difference_gap(op, attributes, inputs, position) for position in (0, 1)] == [0, 0]


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
@pytest.mark.parametrize(
    "name", ["asymmetric strided", "asymmetric dilated", "grouped", "windows in padding only", "no rows but padding"]
)
def test_values_magnitudes_and_terms_of_both_gradients_are_those_of_loops_over_all_indices(name, layout):
    shape, filters, attributes = CONVS[name]
    x, w = ints(20, shape), ints(21, filters)
    dy = ints(22, oracle.conv2d(x, w, **attributes, layout="NHWC").shape)
    images = (laid_out(x, layout), w, laid_out(dy, layout))
    found = VJPS["conv2d"](attributes | {"layout": layout}, images[:2], images[2:])
    for field, prepare in (("exact", np.array), ("magnitude", np.abs), ("terms", np.ones_like)):
        expected = loops(*map(prepare, (x, w, dy)), **attributes)
        assert np.array_equal(getattr(found[0], field), laid_out(expected[0], layout)), field
        assert np.array_equal(getattr(found[1], field), expected[1]), field


def test_a_tap_of_dw_counts_only_the_outputs_at_which_it_meets_the_image():
    ones = np.ones((2, 3, 3, 1), np.float32)
    attributes = {"stride": (1, 1), "dilation": (1, 1), "padding": "SAME", "groups": 1, "layout": "NHWC"}
    _, dw = VJPS["conv2d"](attributes, (ones, np.ones((3, 3, 1, 1), np.float32)), (ones,))
    assert dw.terms[:, :, 0, 0].tolist() == [[8, 12, 8], [12, 18, 12], [8, 12, 8]]
    assert np.array_equal(dw.magnitude, dw.terms)
    assert dw.may_be_nan is None


def strange_dw(stride, x=1.0, dy=1.0):
    """dw where the middle of x, or the first element of dy, is strange; 3x3 filters, SAME, two channels each."""
    images, answers = np.ones((1, 3, 3, 2), np.float32), np.ones((1, *(-(-3 // s) for s in stride), 2), np.float32)
    images[0, 1, 1, 0], answers[0, 0, 0, 1] = x, dy
    attributes = {"stride": stride, "dilation": (1, 1), "padding": "SAME", "groups": 1, "layout": "NHWC"}
    return VJPS["conv2d"](attributes, (images, np.ones((3, 3, 2, 2), np.float32)), (answers,))[1]


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
    _, dw = VJPS["conv2d"](attributes, (x, np.ones((3, 3, 1, 4), np.float32)), (dy,))
    assert dw.may_be_nan[..., :2].all()
    assert not dw.may_be_nan[..., 2:].any()


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("name", ["strided and dilated", "asymmetric strided", "grouped strided same", "depthwise"])
def test_dx_of_each_is_the_other_in_every_field_also_for_strange_values(name, layout):
    shape, filters, attributes = CONVS[name]
    rng, values = np.random.default_rng(23), [math.inf, math.nan, 0, 1e-40, 2, -3, 4, 5]
    x, w = (rng.choice(np.array(values, np.float32), s) for s in (laid_out(np.empty(shape), layout).shape, filters))
    attributes = attributes | {"layout": layout}
    with np.errstate(all="ignore"):
        y = oracle.conv2d(x, w, **attributes).astype(np.float32)
        back = attributes | {"output_shape": x.shape}
        pairs = [
            (VJPS["conv2d"](attributes, (x, w), (y,))[0], REFERENCES["conv2d_transpose"](back, (y, w))[0]),
            (VJPS["conv2d_transpose"](back, (y, w), (x,))[0], REFERENCES["conv2d"](attributes, (x, w))[0]),
        ]
    for ours, expected in pairs:
        assert (ours.name, ours.dtype, ours.policy) == ("dx", "float32", "linear")
        for field in (f.name for f in fields(ours) if f.name not in ("name", "dtype", "policy")):
            assert np.array_equal(getattr(ours, field), getattr(expected, field), equal_nan=field == "exact"), field


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
    room = conv_room if attribute == "correlate_transposed" else conv_vjp
    monkeypatch.setattr(room, attribute, plant(getattr(room, attribute)))
    attributes, inputs = conv_question("conv2d", "same odd", "NHWC")
    position = 0 if attribute == "correlate_transposed" else 1
    for gap in (adjoint_gap, difference_gap):
        assert gap("conv2d", attributes, inputs, position) != 0
        assert gap("conv2d", attributes, inputs, 1 - position) == 0
