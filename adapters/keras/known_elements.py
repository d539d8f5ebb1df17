"""What Keras does differently in ops that treat each element alone. Free of Keras."""

from __future__ import annotations

import numpy as np

from opassay.adapters.engines import aten
from opassay.adapters.engines.eigen import DEFINITIONS
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
    return shapes[0] != np.broadcast_shapes(*shapes)


def _like_a_bias(case: Case) -> bool:
    """The second operand has one extent beyond 1, that of the first one's channels, and others are 0."""
    x, bias = (tensor.shape for tensor in case.tensors)
    wide = [extent for extent in bias if extent > 1]
    return len(x) > 1 and len(wide) == 1 and 0 in bias and wide[0] in (x[1], x[-1])


def _nothing(case: Case) -> bool:
    return case.tensors[0].size == 0


def _wide(case: Case) -> bool:
    return case.tensors[0].dtype in ("float64", "int64")


def _of_float64(case: Case) -> bool:
    return case.tensors[0].dtype == "float64"


_FUNCTIONS: Told = {
    "kink_counted_twice": ("upstream", "celu is a maximum and a minimum with 0, whose gradients are added up at 0"),
    "by_a_textbook": ("by design", "log2(x) is log(x) / log(2)"),
    **DEFINITIONS,
}

_PROMOTED = ("atan2", "ceil", "floor", "floor_divide", "maximum", "minimum", "norm_l1", "norm_l2", "var")
ELEMENTS = (
    *mistakes("keras", _FUNCTIONS, **_TENSORFLOW),
    *aten.facts("keras-torch", SEEN, ("torch",)),
    Fact(
        "keras-torch-wide",
        "upstream",
        "dtypes.result_type has float32 of float64 and int32 of int64 with this backend",
        ops=_PROMOTED,
        aspects=("value", "shape"),
        verdicts=("dtype",),
        when=_wide,
        modes=("torch",),
        versions=SEEN,
    ),
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
        "keras-inferred-float32",
        "upstream",
        "compute_output_spec of Reciprocal and Logsumexp leaves out the dtype, and has float32",
        ops=("reciprocal", "logsumexp"),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[0].dtype != "float32",
        **_TENSORFLOW,
    ),
    Fact(
        "keras-bias-of-nothing",
        "upstream",
        "add takes an operand for a bias whose only extent beyond 1 is the channels', though another one is 0",
        ops=("add",),
        aspects=("value", "gradient", "shape"),
        verdicts=("rejects",),
        when=_like_a_bias,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-extremes-of-nothing",
        "upstream",
        "max and min assert that the tensor has elements, where their answer has none",
        ops=("max", "min"),
        aspects=("value", "gradient", "shape"),
        verdicts=("rejects",),
        when=_nothing,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-logaddexp-float64",
        "upstream",
        "logaddexp takes float32 for float64",
        ops=("logaddexp",),
        aspects=("value", "shape"),
        verdicts=("dtype",),
        when=_of_float64,
        modes=("jax", "torch"),
        versions=SEEN,
    ),
)
