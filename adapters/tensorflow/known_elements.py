"""What TensorFlow does differently in ops that treat each element alone. Free of TensorFlow."""

from __future__ import annotations

from opassay.adapters.known_elements import gradient, of_floats
from opassay.harness.model.fact import Fact

ELEMENTS = (
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
