"""Valid cases that Keras and its backends refuse, by their messages. Does not import Keras."""

from __future__ import annotations

from opassay.adapters.engines import aten_refusals, tensorflow_refusals
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def _transposed(case: Case) -> bool:
    """The first operand's letter comes last, and rows and columns differ in number."""
    a, b = case.tensors[0].shape, case.tensors[-1].shape
    return bool(case.attributes["equation"] == "bc,ab") and a[1] != b[0]


REFUSALS = (
    *tensorflow_refusals.facts("keras", ("tensorflow",), SEEN),
    *aten_refusals.facts("keras-torch", SEEN, ("torch",)),
    refused(
        "keras-nothing",
        "Keras divides by an extent of 0, reshapes to one, or asserts that the input is not empty",
        "integer modulo by zero",
        "cannot reshape tensor of 0 elements into shape",
        "cannot reshape array of shape",
        "Biases must be 1D",
        "Incompatible shapes: [0,",
        "of an empty tensor. Condition",
        "Computed output size would be zero or negative",
        "resulted in an empty output",
        when=of_nothing,
        versions=SEEN,
        url="https://github.com/keras-team/keras/pull/22919",
        title="Raise on zero-size pooling outputs when pool_size > input spatial dim",
    ),
    refused(
        "keras-smallest-block",
        "the block must be at least 2, though 1 changes nothing",
        "`block_size` must be at least 2",
        versions=SEEN,
    ),
    refused(
        "keras-grouped-inferred",
        "KerasTensor: ops.conv refuses groups, which the same call with tensors takes",
        "must match the kernel's input channels",
        aspects=("shape",),
        versions=SEEN,
    ),
    refused(
        "keras-one_hot-inferred",
        "compute_output_spec of OneHot takes no axis but -1 for a scalar",
        "axis must be -1 or between [0, 0)",
        aspects=("shape",),
        versions=SEEN,
    ),
    refused(
        "keras-one-key-head",
        "TensorFlow: dot_product_attention repeats key heads unless there is only one, which its einsum refuses",
        "of the input shaped [",
        ops=("attends",),
        modes=("tensorflow",),
        versions=SEEN,
    ),
    refused(
        "keras-einsum-derivative",
        "TensorFlow: einsum without an output transposes it, and its gradient meets other extents",
        "of the input shaped [",
        ops=("einsum",),
        aspects=("gradient",),
        modes=("tensorflow",),
        versions=SEEN,
    ),
    Fact(
        "keras-einsum-transposed",
        "upstream",
        "TensorFlow: einsum without an output transposes it",
        ops=("einsum",),
        verdicts=("shape",),
        when=_transposed,
        modes=("tensorflow",),
        versions=SEEN,
    ),
    refused(
        "keras-sized-scalar",
        "a scalar has no axis to stack indices on",
        "stack expects a non-empty TensorList",
        owner="by design",
        ops=("nonzero",),
        modes=("torch",),
        versions=SEEN,
    ),
)
