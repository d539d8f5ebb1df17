"""Valid cases that TensorFlow's kernels refuse, by their messages, for all callers. Does not import TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opassay.adapters.kernels.far import far_steps
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

NOTHING = (
    "filter must not have zero elements",
    "filter depth must be stricly positive",
    "filter depth must be strictly greated than zero",
    "filter_depth must be non-zero",
    "Depth of filter must not be 0",
    "tensor_in must not be empty",
    "Output only has 0 elements but computation requested",
    "Negative dimension size caused by subtracting",
    "Indices and updates specified for empty",
    "Requested more than 0 entries, but params is empty",
    "Requires delta != 0: 0",
    "0 was not less than 0",
    "Must provide as many biases as the last dimension",
)
"""Messages of kernels, shape functions and XLA for an extent of 0."""

NARROW = (
    "out of range for an int32",
    "caused by overflow when multiplying",
    "was expected to be a int64 tensor but is a",
)

NO_DERIVATIVE = (
    "gradient registry has no entry for",
    "No registered 'ResizeNearestNeighborGrad'",
    "cannot compute ScaleAndTranslateGrad",
    "of 'ScaleAndTranslateGrad' Op has type",
    "NodeDef: {{node Polygamma}}",
    "Value passed to parameter 'a' has DataType float16 not in list of allowed values",
    "was expected to be a int64 tensor but is a int32 tensor",
    "has type int32 that does not match type int64",
)
"""Messages for fmod, updates of a slice, images, digamma, and topk with 64-bit indices."""


def facts(adapter: str, modes: tuple[str, ...], versions: str) -> Iterator[Fact]:
    """The facts of ``adapter`` in the modes in which it calls them."""
    told: dict[str, Any] = {"modes": modes, "versions": versions}
    yield refused(
        f"{adapter}-empty",
        "refuses an extent of 0 whose answer or gradient is well defined",
        *NOTHING,
        when=of_nothing,
        url="https://github.com/tensorflow/tensorflow/issues/105647",
        title="XLA compilation error: MaxPooling2D triggers ValueError under empty channel dimension input",
        **told,
    )
    yield refused(
        f"{adapter}-index-list",
        "takes one index vector for a list of scalar indices",
        "must match dimensions [0,1) of updates",
        "must match dimensions [1,1) of updates",
        "Updates shape must have rank at least one",
        ops=("indexes", "scatter_nd_vjp"),
        **told,
    )
    yield refused(
        f"{adapter}-no-derivative",
        "the function has no gradient, or none for this dtype, or one that accumulates in another dtype",
        *NO_DERIVATIVE,
        aspects=("gradient",),
        **told,
    )
    yield refused(
        f"{adapter}-far-strides",
        "strides and dilations are attributes of 32 bits",
        *NARROW,
        when=far_steps,
        **told,
    )
    yield refused(
        f"{adapter}-block-of-one",
        "the block must be at least 2, though 1 changes nothing",
        "must be at least minimum 2",
        "less than minimum 2",
        ops=("depth_to_space", "space_to_depth"),
        **told,
    )
    yield refused(
        f"{adapter}-diagonal-outside",
        "a diagonal outside of the matrix is refused, where the answer is empty, or all of the matrix",
        "lower_diag_index is out of bound",
        "must be negative or less or equal to number of",
        **told,
    )
    yield refused(
        f"{adapter}-one-hot-axis",
        "the new axis is -1 or counted from the front: others that count from the end are refused",
        "Expected axis to be -1 or between",
        ops=("one_hot",),
        **told,
    )
    yield refused(
        f"{adapter}-scalar",
        "tf.where and tf.boolean_mask take no scalar",
        "WhereOp : Unhandled input dimensions: 0",
        "Concatenate expects at least one argument",
        "mask cannot be scalar",
        owner="by design",
        ops=("sized_by_values",),
        **told,
    )
    yield Fact(
        f"{adapter}-concat-alone",
        "upstream",
        "a single tensor is given back whatever the axis",
        ops=("concat",),
        aspects=("error",),
        verdicts=("accepts",),
        rules=("AxisTooLarge", "AxisTooSmall"),
        when=_alone,
        **told,
    )


def _alone(case: Case) -> bool:
    return len(case.tensors) == 1
