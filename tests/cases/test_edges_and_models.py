"""Streams have what models are made of, and the ends of what ops take."""

import math

import numpy as np
import pytest

from opassay.adapters.geometry import ALIKE
from opassay.harness.find.registry import Registry
from opassay.harness.model.fill_values import values
from opassay.harness.model.fills import PLACES, Fill
from opassay.harness.plan.generate import cases, geometries

OPS = {op.name: op for op in Registry().ops() if not op.of_a_class and op.numerics != "program"}
SPATIAL = [name for name, op in OPS.items() if "layout" in (op.attributes or {}) and name not in ALIKE]


def stream(name, count=100, aspect="value"):
    return [geometry.case for _, geometry in geometries(OPS[name], aspect, 0, 0, count)]


@pytest.mark.parametrize(("kernel", "stride", "least"), [((3, 3), (1, 1), 2), ((1, 1), (1, 1), 1), ((3, 3), (2, 2), 1)])
@pytest.mark.parametrize("name", ["conv2d", "conv2d_transpose"])
def test_a_hundred_numbers_have_the_commonest_layers_in_float32(name, kernel, stride, least):
    found = [
        case
        for case in stream(name)
        if (case.tensors[1].shape[:2], case.attributes["stride"], case.tensors[0].dtype) == (kernel, stride, "float32")
        and case.attributes["padding"] in ("SAME", "VALID")
        and max(case.tensors[1].shape[2:]) >= 16
    ]
    assert len(found) >= least


def test_a_hundred_numbers_have_square_products_with_long_sums_in_float32():
    found = {c.tensors[0].shape for c in stream("matmul") if c.tensors[0].dtype == "float32"}
    assert sum(len(a) == 2 and min(a) >= 32 for a in found) >= 3
    assert any(a[-1] == 512 for a in found)


@pytest.mark.parametrize("name", SPATIAL)
def test_planes_are_longer_than_any_tile_along_one_axis(name):
    planes = []
    for case in stream(name, 200):
        axes = slice(1, 3) if case.attributes["layout"] == "NHWC" else slice(2, 4)
        shapes = [case.tensors[0].shape, case.attributes.get("output_shape", (0,) * 4)]
        planes.append(max(math.prod(shape[axes]) for shape in shapes))
    assert sum(n > 4_096 for n in planes) >= 5
    # What avg_unpool2d is given is smaller than its answer.
    assert max(planes) > (65_536 if name != "avg_unpool2d" else 8_192)


def test_sums_are_longer_than_any_tile():
    inner = [case.tensors[0].shape[-1] for case in stream("matmul", 400)]
    assert max(inner) > 65_536


@pytest.mark.parametrize("name", ["conv2d", "max_pool2d", "avg_pool2d"])
def test_strides_and_dilations_reach_the_end_of_32_bits(name):
    found = [max(c.attributes[k]) for c in stream(name) for k in ("stride", "dilation") if k in c.attributes]
    assert {2**31 - 1, 2**31} <= set(found)
    assert sum(n >= 2**31 - 1 for n in found) <= 8


@pytest.mark.parametrize("name", ["conv2d", "conv2d_transpose"])
def test_convolutions_have_padding_of_a_whole_window_and_more(name):
    wide = 0
    for case in stream(name):
        kernel, how = case.tensors[1].shape[:2], case.attributes
        if not isinstance(how["padding"], str):
            spans = [(k - 1) * d + 1 for k, d in zip(kernel, how["dilation"], strict=True)]
            wide += any(max(pads) >= span for pads, span in zip(how["padding"], spans, strict=True))
    assert wide >= 8


def test_indices_of_each_image_and_channel_are_cells_of_its_own_in_both_dtypes():
    dtypes, alike = set(), 0
    for case in stream("max_unpool2d"):
        x, indices = case.inputs()
        batch, channels = x.shape[0], x.shape[3 if case.attributes["layout"] == "NHWC" else 1]
        dtypes.add(case.tensors[1].dtype)
        if batch > 1 and channels > 1 and math.prod(case.attributes["output_shape"]) // batch // channels > 16:
            alike += (indices[:1] == indices).all()
    assert dtypes == {"int32", "int64"}
    assert alike <= 1


def test_cells_of_four_limits_are_what_they_were():
    old = values(Fill("cells", 77, limits=(400, 3, 3, 1)), "int64", (2, 9, 9, 3))
    assert (old[0] == old[1]).all()
    assert old[0, :2, :2, 0].tolist() == [[231, 462], [1110, 141]]


@pytest.mark.parametrize(("name", "place"), [("max_unpool2d", 1), ("scatter_nd", 0)])
def test_invalid_indices_are_just_outside_past_32_bits_and_a_cell_in_their_last_32(name, place):
    found = {"IndexOutOfRange": [], "IndexNegative": []}
    for case in stream(name, 20 * len(OPS[name].rules), "error"):
        if case.rule in found:
            found[case.rule].extend(case.tensors[place].fill.values)
    assert any(2**31 <= n < 2**31 + 10 for n in found["IndexOutOfRange"])
    assert any(2**32 <= n < 2**32 + 50 for n in found["IndexOutOfRange"])
    assert any(-(2**31) - 10 < n <= -(2**31) + 10 for n in found["IndexNegative"])
    assert any(-(2**32) <= n < -(2**32) + 50 for n in found["IndexNegative"])


@pytest.mark.parametrize("name", ["conv2d", "conv2d_transpose", "max_pool2d", "avg_pool2d"])
def test_negative_padding_is_on_either_side_and_both_up_to_beyond_the_image(name):
    found = [c for c in stream(name, 20 * len(OPS[name].rules), "error") if c.rule == "PadNegative"]
    pads = [pair for case in found for pair in case.attributes["padding"] if min(pair) < 0]
    assert {(a < 0, b < 0) for a, b in pads} == {(True, False), (False, True), (True, True)}
    assert min(min(pair) for pair in pads) < -4


def test_special_values_are_sprinkled_or_at_one_place():
    fills = [t.fill for _, c in cases(OPS["max_pool2d"], "value", 0, 0, 200, 2) for t in c.tensors if t.dtype in FLOATS]
    assert {fill.limits for fill in fills if fill.kind == "special"} == set(PLACES)
    for where, what in PLACES[4:]:
        made = values(Fill("special", 5, limits=(where, what)), "float32", (4, 20))
        odd = np.isnan(made) if what == 0 else (made == 0) & np.signbit(made)
        places = np.flatnonzero(odd)
        assert {0: [0], 1: [79], 2: [*range(places[0], places[0] + 10)]}[where] == places.tolist()


FLOATS = ("float16", "bfloat16", "float32", "float64")
