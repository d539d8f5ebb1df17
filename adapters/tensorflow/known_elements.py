"""What TensorFlow does differently in ops that treat each element alone. Free of TensorFlow."""

from __future__ import annotations

from opassay.adapters.engines.eigen import DEFINITIONS
from opassay.adapters.kernels.elements import endless, gradient, mistakes, of_floats
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def _of_float16(case: Case) -> bool:
    return case.tensors[0].dtype == "float16"


ELEMENTS = (
    *mistakes("tensorflow", DEFINITIONS, versions="tensorflow 2.21.0, CPU"),
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
    endless("tensorflow", "tensorflow 2.21.0, CPU"),
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
    Fact(
        "tensorflow-topk-derivative",
        "upstream",
        "the gradient of TopKV2 adds int32 to its indices, which were asked for in int64",
        ops=("topk",),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=of_floats,
        versions="tensorflow 2.21.0, CPU",
    ),
)
