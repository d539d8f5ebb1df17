"""What Keras is known to do differently. Free of Keras: the parent imports this.

Much of it is what the backend itself is known for: Keras calls it with the same arguments.
"""

from __future__ import annotations

import numpy as np

from opassay.adapters.keras.known_empty import EMPTY
from opassay.adapters.keras.known_errors import ERRORS
from opassay.adapters.keras.known_gradients import GRADIENTS
from opassay.adapters.keras.known_kernels import KERNELS
from opassay.adapters.keras.known_numbers import NUMBERS
from opassay.adapters.keras.known_predicates import (
    BITS,
    BITS_TITLE,
    BITS_URL,
    REPLICATED,
    REPLICATED_TITLE,
    REPLICATED_URL,
    SCATTER_ON_TENSORFLOW,
    SCATTER_ON_TORCH,
    empty_but_batch,
    empty_slices,
    grouped,
    in_dtype,
    keras_known,
    refused_by_tensorflow,
    replicated,
    without_channels,
    without_image,
)
from opassay.adapters.known_predicates import holds_positive_subnormal
from opassay.adapters.known_relu import flushed_relu
from opassay.adapters.known_values import empty_anywhere
from opassay.adapters.known_windows import (
    answer,
    first_kept,
    first_maximum,
    only_larger,
    subnormal_maximum,
    usable,
    value_failure,
    windows,
)
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.case import Case

_EMPTY = "refuses a tensor without elements, whose answer is zeros or empty"
_FLUSH = "the backend flushes subnormals to zero"


def _beyond_single(case: Case) -> bool:
    """Products of integers that float32 may not hold."""
    a, b = (np.abs(tensor.materialize().astype(float)) for tensor in case.tensors)
    return case.tensors[0].dtype in ("int32", "int64") and a.max(initial=0) * b.max(initial=0) * a.shape[-1] > 2**24


def _nothing_asked(case: Case) -> bool:
    return empty_but_batch(case) or 0 in case.attributes["output_shape"][1:]


def _lost_maximum(case: Case) -> bool:
    """A NaN that is not the first element of its window; after explicit padding, an op of its own, -inf as well."""
    if isinstance(case.attributes["padding"], str) or not usable(case):
        return value_failure(case, only_larger) == "special"
    seen = windows(case)
    return value_failure(case, first_kept) == "special" or bool(np.isneginf(answer(seen, first_maximum(seen))).any())


def _empty_by_onednn(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and empty_anywhere(case)


KNOWN = (
    *ERRORS,
    *GRADIENTS,
    *EMPTY,
    *NUMBERS,
    *KERNELS,
    *(
        keras_known(
            "avg_pool2d",
            "value",
            f"replicated-{verdict}",
            verdict,
            replicated,
            "upstream",
            REPLICATED,
            ("torch",),
            url=REPLICATED_URL,
            title=REPLICATED_TITLE,
        )
        for verdict in ("structural", "numeric")
    ),
    *(
        keras_known(
            op,
            "shape",
            "groups",
            "rejects",
            grouped,
            "upstream",
            "KerasTensor: ops.conv refuses groups, which the same call with tensors takes",
        )
        for op in ("conv2d", "conv_relu_pool")
    ),
    *(
        keras_known(
            "matmul",
            aspect,
            "bits",
            "dtype",
            in_dtype("float64", "int64"),
            "by design",
            BITS,
            modes,
            url=BITS_URL,
            title=BITS_TITLE,
        )
        for aspect, modes in (("value", ("torch",)), ("shape", ("torch", "jax")))
    ),
    keras_known(
        "matmul",
        "value",
        "integers",
        "structural",
        _beyond_single,
        "upstream",
        "integers are multiplied as floats",
        ("tensorflow",),
    ),
    *(
        keras_known(op, aspect, "empty", "rejects", covers, "upstream", _EMPTY, modes)
        for op, aspect, covers, modes in (
            ("avg_pool2d", "value", without_image, ("torch",)),
            ("avg_pool2d", "shape", without_image, ("torch",)),
            ("max_pool2d", "value", without_image, ("torch",)),
            ("max_pool2d", "shape", without_image, ("torch",)),
            ("conv2d", "value", without_channels, ("torch", "jax")),
            ("conv2d", "shape", empty_but_batch, ()),
            ("conv2d_transpose", "value", empty_but_batch, ("torch",)),
            ("conv2d_transpose", "shape", _nothing_asked, ("torch",)),
            ("conv2d_input_gradient_law", "shape", empty_anywhere, ()),
            ("conv2d_input_gradient_law", "value", empty_but_batch, ("torch",)),
        )
    ),
    keras_known(
        "conv2d",
        "shape",
        "empty-shape",
        "shape",
        _empty_by_onednn,
        "upstream",
        "answers an empty input with the input's own shape",
        ("tensorflow",),
        needs=WITH_ONE_DNN,
    ),
    *(
        keras_known("scatter_nd", aspect, f"empty-{mode}", "rejects", covers, "upstream", reason, (mode,))
        for mode, covers, reason in (
            ("tensorflow", refused_by_tensorflow, SCATTER_ON_TENSORFLOW),
            ("torch", empty_slices, SCATTER_ON_TORCH),
        )
        for aspect in ("value", "shape")
    ),
    *(
        keras_known("relu", "value", name, "special", covers, "by design", _FLUSH, (mode,))
        for name, covers, mode in (
            ("subnormal", flushed_relu, "tensorflow"),
            ("subnormal-jax", holds_positive_subnormal, "jax"),
        )
    ),
    keras_known("max_pool2d", "value", "subnormal", "special", subnormal_maximum, "by design", _FLUSH, ("jax",)),
    keras_known(
        "max_pool2d",
        "value",
        "nan",
        "special",
        _lost_maximum,
        "upstream",
        "NaN is dropped, and a padded window of -inf gives the lowest finite number",
        ("tensorflow",),
    ),
)
