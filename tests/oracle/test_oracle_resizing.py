"""Resized images: how far a coordinate may be off, which pixels are right, and that a gradient is the transpose."""

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters.oracle import taps
from opassay.adapters.oracle.coordinates import COORDINATES, Axis, coordinates
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.op import references
from opassay.harness.plan import generate

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
OPS = ("resize_nearest", "resize_linear", "resize_cubic")
single = np.float32


def in_float32(axis: Axis, mode: str):
    """Coordinates in the orders of operations that kernels have, all in float32."""
    i, n, m = np.arange(axis.wanted, dtype=single), single(axis.given), single(axis.wanted)
    if mode == "align_corners":
        return [i * ((n - 1) / (m - 1)), i * (n - 1) / (m - 1)] if axis.wanted > 1 else []
    shift = single(0 if mode == "asymmetric" else 0.5)
    return [(i + shift) * (n / m) - shift, (i + shift) * (1 / (m / n)) - shift, (i + shift) / (m / n) - shift]


@pytest.mark.parametrize("mode", COORDINATES[:3])
def test_a_coordinate_in_float32_is_within_its_error(mode):
    worst = 0.0
    for given, wanted in [(3, 7), (7, 3), (5, 5), (64, 100), (1000, 333), (65_537, 3), (12, 65_537), (1, 9)]:
        axis = Axis(given, wanted)
        found, error = coordinates(axis, mode)
        for each in in_float32(axis, mode):
            off = np.abs(each.astype(float) - found)
            assert (off <= error).all(), (given, wanted)
            worst = max(worst, float((off[error > 0] / error[error > 0]).max(initial=0)))
    assert worst > 0.25


def test_a_coordinate_that_float32_holds_has_no_error():
    assert not coordinates(Axis(8, 16), "half_pixel")[1].any()
    assert coordinates(Axis(6, 9), "half_pixel")[1].all()


def told(name, x, **attributes):
    return Registry().op(name).reference({"scales": False, "coordinates": "half_pixel", **attributes}, [x])[0]


def test_of_a_pixel_on_an_edge_either_is_right_and_nothing_else():
    x = np.array([[[1, 2, 4, 8, 16, 32]]], np.float32)
    reference = told("resize_nearest", x, size=(9,), rounding="round_prefer_ceil")
    (edge,) = [i for i in range(9) if reference.others and reference.others[0][0, 0, i] != reference.exact[0, 0, i]][:1]
    right = reference.exact.astype(np.float32)
    other = right.copy()
    other[0, 0, edge] = reference.others[0][0, 0, edge]
    between = (right + other) / 2
    verdicts = [helpers.judged(y, reference).verdict for y in (right, other, between)]
    assert verdicts[:2] == ["pass", "pass"]
    assert verdicts[2] in ("structural", "numeric")
    assert helpers.judged(other, replace(reference, others=())).verdict != "pass"


def test_weights_in_float32_are_within_their_errors():
    for axis in (Axis(7, 17), Axis(100, 33), Axis(9, 61)):
        (c,) = in_float32(axis, "half_pixel")[:1]
        found = taps.cubic(axis, "half_pixel", -0.75)
        t = np.abs(found.places.astype(single) - c[:, None])
        inside = (found.places > 0) & (found.places < axis.given - 1)
        a = single(-0.75)
        near = ((a + 2) * t - (a + 3)) * t * t + 1
        far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
        made = np.where(t <= 1, near, np.where(t < 2, far, single(0)))
        off = np.abs(made.astype(float) - found.weights)[inside]
        assert (off <= found.error[inside]).all()
        assert off.max() > 0.01 * found.error[inside].max()


@pytest.mark.parametrize("name", OPS)
def test_the_gradient_of_a_resized_image_is_the_transpose(name):
    """<g, A x> = <A' g, x>, but for what float64 rounds."""
    seen = 0
    for _, case in generate.cases(Registry().op(name), "gradient", 0, 0, 12, 1):
        if case.cotangents[0] is None or case.attributes.get("fill"):
            continue
        (x,), (g,) = case.inputs(), case.cotangent_values()
        answer = Registry().op(name).reference(case.attributes, [x])[0].exact
        (dx,) = references(Registry().op(name), case)
        x, g = dtypes.widen(x), dtypes.widen(g)
        size = np.abs(answer * g).sum() + np.abs(dx.exact * x).sum()
        assert abs((answer * g).sum() - (dx.exact * x).sum()) <= 1e-3 * 2**-23 * size + 1e-300
        seen += 1
    assert seen > 5
