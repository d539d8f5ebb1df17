"""Differences of Keras in element-wise ops. Does not import Keras."""

from __future__ import annotations

import numpy as np

from opassay.adapters.engines import aten
from opassay.adapters.engines.eigen import DEFINITIONS
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.elements import Told, mistakes, none_through_8_bits
from opassay.adapters.kernels.norms import one_pass
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_TENSORFLOW = {"modes": ("tensorflow",), "versions": SEEN}


def _broadcasts(case: Case) -> bool:
    """The first operand is broadcast."""
    shapes = [tensor.shape for tensor in case.tensors]
    return shapes[0] != np.broadcast_shapes(*shapes)


def _sees_nothing(case: Case) -> bool:
    """Some query sees no key, although there are keys."""
    mask = case.tensors[0].materialize()
    return mask.shape[1] > 0 and not bool(mask.any(axis=1).all())


def _equal_somewhere(case: Case) -> bool:
    a, b = (dtypes.widen(x) for x in case.inputs())
    return bool((np.isfinite(a) & (a == b)).any())


def _infinite(case: Case) -> bool:
    """Some length is infinite beside an infinity, or NaN."""
    a, b = (np.abs(dtypes.widen(x)) for x in case.inputs())
    return bool(((np.isinf(a) & ~np.isfinite(b)) | (np.isinf(b) & ~np.isfinite(a))).any())


INFINITE = Case("hypot", (Tensor((1,), "float32", Fill("literal", values=(np.inf,))),) * 2)

_FUNCTIONS: Told = {
    "kink_counted_twice": ("upstream", "celu adds a maximum and a minimum with 0, and at 0 the gradients of both"),
    "remainder_of_sizes": (
        "upstream",
        "fmod is the remainder of absolute values times the dividend's sign, so that the gradient of 0 is 0",
    ),
    "quotient_not_chosen": (
        "upstream",
        "the gradient of sinc at 0 is NaN: that of sin(πx) / (πx), which tf.where does not drop",
    ),
    "by_a_textbook": ("by design", "log2(x) is log(x) / log(2)"),
    **DEFINITIONS,
    "gradient_in_steps": (
        "upstream",
        f"{DEFINITIONS['gradient_in_steps'][1]}; hypot is made of a maximum and a minimum, whose gradients both go to "
        "the first of two equal operands",
    ),
}

_NEXT: Told = {
    "neighbour_of_float64": ("upstream", "nextafter casts its operands to float64, and the next number back to theirs"),
}

ELEMENTS = (
    *mistakes("keras", _NEXT, modes=("tensorflow", "torch"), versions=SEEN),
    *mistakes("keras", _FUNCTIONS, **_TENSORFLOW),
    Fact(
        "keras-length-infinite",
        "upstream",
        "hypot is a product with a root of a squared quotient, which is NaN of infinities and of NaN",
        ops=("hypot",),
        verdicts=("special",),
        when=_infinite,
        pins=(INFINITE,),
        **_TENSORFLOW,
    ),
    *aten.facts("keras-torch", SEEN, ("torch",)),
    none_through_8_bits("keras", **_TENSORFLOW),
    Fact(
        "keras-bitwise-inferred",
        "upstream",
        "compute_output_spec of operations on bits has the first operand's shape, whatever the second's",
        ops=("bitwise",),
        aspects=("shape",),
        verdicts=("shape",),
        when=_broadcasts,
        modes=("tensorflow", "jax"),
        versions=SEEN,
    ),
    Fact(
        "keras-inferred-float32",
        "upstream",
        "compute_output_spec of Reciprocal, Logsumexp and Normalize omits the dtype, which becomes float32",
        ops=("reciprocal", "logsumexp", "lp_normalize"),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[0].dtype != "float32",
        versions=SEEN,
    ),
    Fact(
        "keras-inferred-32-bits",
        "upstream",
        "compute_output_spec of Matmul and Einsum has 32 bits where execution by JAX has the 64 that it was told to",
        ops=("matmul", "bmm", "linear", "einsum"),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.op != "scatter_nd" and case.tensors[0].dtype in ("float64", "int64"),
        modes=("jax",),
        versions=SEEN,
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
)
