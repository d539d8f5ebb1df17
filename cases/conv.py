"""Convolutions and their transposes, over one, two and three spatial axes."""

from __future__ import annotations

from functools import partial

from opassay.adapters.oracle.judged import judged
from opassay.cases import (
    alike_pins,
    conv_draws,
    conv_pins,
    conv_rules,
    end_pins,
    gradient_pins,
    tables,
    window_pins,
    windows,
)
from opassay.cases.rules import Breach
from opassay.cases.windows import Numbers
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op, Pin


def _output_shape(case: Case) -> Numbers:
    shape: Numbers = case.attributes["output_shape"]
    return shape


ATTRIBUTES = {
    "stride": "steps of the window along each axis",
    "padding": "SAME, VALID or a pair (before, after) for each axis",
    "dilation": "distances between taps along each axis",
    "groups": "how many independent groups of channels",
    "layout": "the order of the axes, with the channels last or first",
}
BREACHES: dict[str, tuple[Breach, ...]] = {}
"""By op, the ways to break its contract."""

TRAITS = ("convolves", "multiplies", "sums", "windowed")


def _op(name: str, axes: int, pins: tuple[Pin, ...], *, transposed: bool = False) -> Op:
    """An op of so many spatial axes."""
    build, summed = (conv_draws.transpose, "outputs") if transposed else (conv_draws.convolution, "inputs")
    breaches = conv_rules.transpose_breaches if transposed else conv_rules.conv_breaches
    geometries = partial(conv_draws.drawn, axes, partial(build, name, summed))
    small = partial(geometries, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY, layers=tables.FREE)
    BREACHES[name] = breaches(small, range(axes))
    answer = _output_shape if transposed else windows.conv_answer
    whole = {"output_shape": "the whole shape of the output in layout"} if transposed else {}
    return Op(
        name,
        **judged(name),
        numerics="linear",
        geometries=geometries,
        gradients=partial(conv_draws.gradients, axes, partial(build, name, "all"), answer),
        shapes=partial(geometries, sizes=tables.AS_DRAWN, empty=tables.often(conv_draws.empties(axes))),
        rules=tuple(breach.rule for breach in BREACHES[name]),
        pins=pins,
        attributes={**whole, **ATTRIBUTES},
        traits=TRAITS,
    )


conv1d = _op("conv1d", 1, window_pins.CONV1D)
conv2d = _op("conv2d", 2, (*conv_pins.CONV2D, *gradient_pins.CONV2D, *alike_pins.CONV2D, *end_pins.CONV2D))
conv3d = _op("conv3d", 3, window_pins.CONV3D)
conv_transpose1d = _op("conv_transpose1d", 1, window_pins.CONV_TRANSPOSE1D, transposed=True)
conv2d_transpose = _op(
    "conv2d_transpose",
    2,
    (
        *conv_pins.CONV2D_TRANSPOSE,
        *gradient_pins.CONV2D_TRANSPOSE,
        *alike_pins.CONV2D_TRANSPOSE,
        *end_pins.CONV2D_TRANSPOSE,
    ),
    transposed=True,
)
conv_transpose3d = _op("conv_transpose3d", 3, window_pins.CONV_TRANSPOSE3D, transposed=True)


conv2d_gradients = partial(
    conv_draws.gradients, 2, partial(conv_draws.convolution, "conv2d", "all"), windows.conv_answer
)
transpose_gradients = partial(
    conv_draws.gradients, 2, partial(conv_draws.transpose, "conv2d_transpose", "all"), _output_shape
)
