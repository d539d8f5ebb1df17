"""What TensorFlow does differently in ops that treat each element alone. Free of TensorFlow."""

from __future__ import annotations

import numpy as np

from opassay.adapters.known_elements import gradient, of_floats
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

STEPS = 1e9
"""Of zeta's sum, which take seconds."""


def _of_float16(case: Case) -> bool:
    return case.tensors[0].dtype == "float16"


def _far_below(case: Case) -> bool:
    """Whether a number lies so far below 0 that the sum of zeta goes on for long; of whole ones it is not asked."""
    x = case.inputs()[0]
    return x.dtype == np.float64 and bool(((x < -STEPS) & (np.rint(x) != x)).any())


def _slope_at(value: float) -> Case:
    one = Tensor((1,), "float64", Fill("ones"))
    x = Tensor((1,), "float64", Fill("literal", values=(value,)))
    return Case("digamma", (x,), {}, "gradient", cotangents=(one,))


ELEMENTS = (
    Fact(
        "tensorflow-digamma-float16-derivative",
        "upstream",
        "the gradient of Digamma is Polygamma, which has no kernel for float16",
        ops=("digamma",),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=_of_float16,
        versions="tensorflow 2.21.0, CPU",
        pins=(gradient("digamma", "float16", 1),),
    ),
    Fact(
        "tensorflow-digamma-derivative-endless",
        "upstream",
        "the gradient of Digamma is a sum from the operand up to 9, term by term",
        ops=("digamma",),
        aspects=("gradient",),
        verdicts=("hang",),
        when=_far_below,
        flaky="how far below 0 the numbers lie, a second of time or hours",
        versions="tensorflow 2.21.0, CPU",
        pins=(_slope_at(-(2.0**50) - 0.5),),
    ),
    Fact(
        "tensorflow-fmod-derivative",
        "upstream",
        "TruncateMod has no entry in TensorFlow's registry of gradients",
        ops=("fmod",),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=of_floats,
        versions="tensorflow 2.21.0, CPU",
        pins=(gradient("fmod"),),
    ),
)
