"""Windows over one axis are those over two of which the first is a single row, and so on: one definition for all."""

import dataclasses

import numpy as np
import pytest

from opassay.adapters.oracle.average import AVERAGES
from opassay.adapters.oracle.conv import CONVOLUTIONS, TRANSPOSES
from opassay.adapters.oracle.definition import OPS as DEFINED
from opassay.adapters.oracle.geometry import LAYOUTS
from opassay.adapters.oracle.pool import MAXIMA
from opassay.harness.find.registry import Registry
from opassay.harness.plan import generate

FAMILIES = (CONVOLUTIONS, TRANSPOSES, MAXIMA, AVERAGES)
PAIRS = [(names[i], names[i + 1]) for names in FAMILIES for i in (0, 1)]


def lifted(attributes):
    """The same attributes with an axis more, in front of the others, of one element."""
    layout = attributes["layout"]
    axes = len(layout) - 2
    pads = attributes["padding"]
    numbers = {n: (1, *attributes[n]) for n in ("stride", "dilation", "window") if n in attributes}
    shapes = {n: tuple(widened(np.empty(attributes[n]), layout).shape) for n in ("output_shape",) if n in attributes}
    padding = pads if isinstance(pads, str) else ((0, 0), *pads)
    named = {"layout": LAYOUTS[axes + 1][LAYOUTS[axes].index(layout)], "padding": padding}
    return {**attributes, **numbers, **shapes, **named}


def widened(array, layout):
    return np.expand_dims(array, 1 if layout.endswith("C") else 2)


def given(name, arrays, layout):
    """Images with an axis more; of filters it is the first."""
    return [a[None] if name.startswith("conv") and i == 1 else widened(a, layout) for i, a in enumerate(arrays)]


def told(reference):
    """What is said of each element."""
    fields = {f.name: getattr(reference, f.name) for f in dataclasses.fields(reference)}
    found = {name: value for name, value in fields.items() if np.shape(value) == reference.exact.shape}
    return {} if reference.policy == "unconnected" else found


@pytest.mark.parametrize(("fewer", "more"), PAIRS)
@pytest.mark.parametrize("aspect", ["value", "gradient"])
def test_an_axis_of_one_element_changes_nothing(fewer, more, aspect):
    compared = 0
    for _, case in generate.cases(Registry().op(fewer), aspect, 0, 0, 8, 1):
        layout, asked = case.attributes["layout"], lifted(case.attributes)
        inputs = given(fewer, case.inputs(), layout)
        if aspect == "value":
            small = DEFINED[fewer].reference(case.attributes, case.inputs())
            large = DEFINED[more].reference(asked, inputs)
        else:
            cotangents = case.cotangent_values()
            small = DEFINED[fewer].vjp(case.attributes, case.inputs(), cotangents)
            wide = [None if c is None else widened(c, layout) for c in cotangents]
            large = DEFINED[more].vjp(asked, inputs, wide)
        for i, (a, b) in enumerate(zip(small, large, strict=True)):
            for name, value in told(a).items():
                (same,) = given(fewer, [value], layout) if i == 0 or aspect == "value" else [value[None]]
                assert np.array_equal(same, told(b)[name], equal_nan=True), (name, case.id)
                compared += 1
    assert compared >= 5
