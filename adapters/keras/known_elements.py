"""What Keras does differently in ops that treat each element alone. Free of Keras."""

from __future__ import annotations

import numpy as np

from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.known_elements import Told, mistakes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_TENSORFLOW = {"modes": ("tensorflow",), "versions": SEEN}


def _long_words(case: Case) -> bool:
    return len(case.tensors) > 1 and case.tensors[-1].dtype == "uint64"


def _broadcasts(case: Case) -> bool:
    """The first operand has not the answer's shape."""
    shapes = [tensor.shape for tensor in case.tensors]
    return shapes[0] != np.broadcast_shapes(*shapes) and not _long_words(case)


_FUNCTIONS: Told = {
    "kink_counted_twice": ("upstream", "celu is a maximum and a minimum with 0, whose gradients are added up at 0"),
}

ELEMENTS = (
    *mistakes("keras", _FUNCTIONS, **_TENSORFLOW),
    Fact(
        "keras-long-words",
        "upstream",
        "dtypes.result_type makes uint32 of two tensors of uint64, and half of each number is gone",
        ops=("arithmetic", "bitwise", "select"),
        aspects=("value", "shape"),
        verdicts=("dtype",),
        when=_long_words,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-bitwise-inferred",
        "upstream",
        "compute_output_spec of operations on bits has the first operand's shape, whatever the second's",
        ops=("bitwise",),
        aspects=("shape",),
        verdicts=("shape",),
        when=_broadcasts,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-reciprocal-inferred",
        "upstream",
        "compute_output_spec of Reciprocal leaves out the dtype, and has float32",
        ops=("reciprocal",),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[0].dtype != "float32",
        **_TENSORFLOW,
    ),
)
