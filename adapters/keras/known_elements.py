"""What Keras does differently in ops that treat each element alone. Free of Keras."""

from __future__ import annotations

import numpy as np

from opassay.adapters.engines import aten
from opassay.adapters.engines.eigen import DEFINITIONS
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.elements import Told, mistakes, of_floats
from opassay.adapters.kernels.norms import one_pass
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_TENSORFLOW = {"modes": ("tensorflow",), "versions": SEEN}


def _broadcasts(case: Case) -> bool:
    """The first operand has not the answer's shape."""
    shapes = [tensor.shape for tensor in case.tensors]
    return shapes[0] != np.broadcast_shapes(*shapes)


def _like_a_bias(case: Case) -> bool:
    """The second operand has one extent beyond 1, that of the first one's channels, and others are 0."""
    x, bias = (tensor.shape for tensor in case.tensors)
    wide = [extent for extent in bias if extent > 1]
    return len(x) > 1 and len(wide) == 1 and 0 in bias and wide[0] in (x[1], x[-1])


def _whole_triangle(case: Case) -> bool:
    *_, rows, columns = case.tensors[0].shape
    diagonal = case.attributes["diagonal"]
    return bool(-diagonal > rows if case.attributes["upper"] else diagonal > columns)


def _sees_nothing(case: Case) -> bool:
    """Some query sees no key, of those that there are."""
    mask = case.tensors[0].materialize()
    return mask.shape[1] > 0 and not bool(mask.any(axis=1).all())


def _equal_somewhere(case: Case) -> bool:
    a, b = (dtypes.widen(x) for x in case.inputs())
    return bool((np.isfinite(a) & (a == b)).any())


def _one_key_head(case: Case) -> bool:
    *_, query, key, _ = case.tensors
    return key.shape[1] == 1 < query.shape[1]


def _nothing(case: Case) -> bool:
    return case.tensors[0].size == 0


_FUNCTIONS: Told = {
    "kink_counted_twice": ("upstream", "celu is a maximum and a minimum with 0, whose gradients are added up at 0"),
    "by_a_textbook": ("by design", "log2(x) is log(x) / log(2)"),
    **DEFINITIONS,
}

ELEMENTS = (
    *mistakes("keras", _FUNCTIONS, **_TENSORFLOW),
    *aten.facts("keras-torch", SEEN, ("torch",)),
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
        "compute_output_spec of Reciprocal, Logsumexp and Normalize leaves out the dtype, and has float32",
        ops=("reciprocal", "logsumexp", "lp_normalize"),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[0].dtype != "float32",
        versions=SEEN,
    ),
    Fact(
        "keras-inferred-32-bits",
        "upstream",
        "compute_output_spec of Matmul has 32 bits where execution, which JAX was told to do in 64, has them",
        ops=("matmul", "bmm", "linear"),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[0].dtype in ("float64", "int64"),
        modes=("jax",),
        versions=SEEN,
    ),
    Fact(
        "keras-triangle-beyond",
        "upstream",
        "TensorFlow's MatrixBandPart refuses a diagonal beyond the matrix, which keeps it whole",
        ops=("triu_tril",),
        aspects=("value", "gradient"),
        verdicts=("rejects",),
        when=_whole_triangle,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-one_hot-inferred",
        "upstream",
        "compute_output_spec of OneHot takes no axis but -1 for a scalar",
        ops=("one_hot",),
        aspects=("shape",),
        verdicts=("rejects",),
        when=lambda case: case.tensors[0].shape == () and case.attributes["axis"] == 0,
        versions=SEEN,
    ),
    Fact(
        "keras-dynamic_update_slice-derivative",
        "upstream",
        "XlaDynamicUpdateSlice has no entry in TensorFlow's registry of gradients",
        ops=("dynamic_update_slice",),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=of_floats,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-torch-no-key",
        "upstream",
        "torch hides a key by adding the lowest number to its score, whose gradient a query that sees none has, too",
        ops=("masked_attention",),
        aspects=("gradient",),
        verdicts=("numeric", "structural"),
        when=_sees_nothing,
        modes=("torch",),
        versions=SEEN,
    ),
    one_pass(
        "keras-torch",
        ("batch_norm", "layer_norm"),
        "the variance of ops.moments is E[x²] - E[x]²",
        modes=("torch",),
        versions=SEEN,
    ),
    Fact(
        "keras-cross_entropy-64-bits",
        "upstream",
        "on JAX, sparse_categorical_crossentropy of float32 is float64",
        ops=("cross_entropy",),
        aspects=("value",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[1].dtype == "float32",
        modes=("jax",),
        versions=SEEN,
    ),
    Fact(
        "keras-logaddexp-tie",
        "upstream",
        "TensorFlow: logaddexp is a maximum and a function of the distance, so that equal operands share no gradient",
        ops=("logaddexp",),
        aspects=("gradient",),
        verdicts=("numeric",),
        when=_equal_somewhere,
        **_TENSORFLOW,
    ),
    Fact(
        "keras-one-key-head",
        "upstream",
        "TensorFlow: dot_product_attention repeats heads of keys, but no single one, which its einsum refuses",
        ops=("attends",),
        aspects=("value", "gradient"),
        verdicts=("rejects",),
        when=_one_key_head,
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
)
