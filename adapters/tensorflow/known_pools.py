"""Which maximum TensorFlow finds. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

import numpy as np

from opassay.adapters.known_predicates import Predicate, dilated_with_padding
from opassay.adapters.known_windows import (
    Rule,
    answer,
    failure,
    first_maximum,
    gradient,
    only_larger,
    usable,
    value_failure,
    windows,
    with_flushed,
)
from opassay.adapters.onednn import ONE_DNN
from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

NAN_URL = "https://github.com/tensorflow/tensorflow/issues/125965"
NAN_TITLE = "CPU MaxPool2D returns different results for identical float64 channels containing NaN"
"""Of ``dropped_nan``."""


def own_pool(case: Case) -> bool:
    """Whether tf.nn pools, which keeps a maximum until a larger one comes; else the adapter gathers windows."""
    how = case.attributes
    undilated = max(how["dilation"]) == 1
    if case.op == "max_pool2d_with_argmax":
        return undilated and isinstance(how["padding"], str)
    return undilated or pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])


def pool_rule(case: Case) -> Rule:
    """The rule by which a max pool's gradient is sent."""
    return only_larger if own_pool(case) else with_flushed(first_maximum, case.tensors[0].dtype)


def dropped_nan(case: Case) -> bool:
    return own_pool(case) and value_failure(case, only_larger) == "special"


def flushed_maximum(case: Case) -> bool:
    """Windows that are gathered: a subnormal maximum loses to another number that is compared as zero."""
    return not own_pool(case) and value_failure(case, pool_rule(case)) == "special"


def lost_infinity(case: Case) -> bool:
    """Explicit padding of an undilated pool: as ``dropped_nan``, and the padding is the lowest finite number."""
    how = case.attributes
    if isinstance(how["padding"], str) or max(how["dilation"]) > 1 or not usable(case):
        return False
    seen = windows(case)
    return bool(np.isneginf(answer(seen, first_maximum(seen))).any()) or dropped_nan(case)


def padded_with_zeros(verdict: str) -> Predicate:
    """tf.nn.pool, dilated and explicitly padded: zeros around the image take part in the maximum."""
    return lambda case: _padded_pool(case) and not other_axes(case) and _with_zeros(case) == verdict


def padded_with_zeros_in_xla(verdict: str) -> Predicate:
    """The same in NHWC; in NCHW XLA pads other axes, whatever the dtype."""
    return lambda case: not other_axes_of_any(case) and _padded_pool(case) and _with_zeros(case) == verdict


def other_axes(case: Case) -> bool:
    """The same in NCHW, where oneDNN's kernel takes it as it is: the padding goes to other axes."""
    onednn = case.attributes["layout"] == "NCHW" and case.tensors[0].dtype in ONE_DNN
    return _padded_pool(case) and onednn and case.aspect != "gradient"


def other_axes_of_any(case: Case) -> bool:
    """In XLA: whatever the dtype, and in the gradient as well."""
    return _padded_pool(case) and case.attributes["layout"] == "NCHW"


def _padded_pool(case: Case) -> bool:
    how, shape = case.attributes, case.tensors[0].shape
    dilates = pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
    return 0 not in shape and dilated_with_padding(case) and dilates


def _with_zeros(case: Case) -> str:
    seen = windows(case)
    around = (seen.places < 0)[:, None, :, :, None]
    zeros = seen._replace(values=np.where(around, 0.0, seen.values), places=np.maximum(seen.places, 0))
    tensor, expected = case.tensors[0], first_maximum(seen)
    if case.aspect == "gradient":
        if case.cotangents[0] is None:
            return "pass"
        tap = only_larger(zeros)
        found = failure(gradient(case, seen, tap), gradient(case, seen, expected))
    else:
        tiny = dtypes.FORMATS[tensor.dtype].smallest_normal if dtypes.is_float(tensor.dtype) else 0.0
        found = failure(answer(zeros, only_larger(zeros)), answer(seen, expected), tiny)
    exact = tensor.fill.exact or not dtypes.is_float(tensor.dtype)
    return "structural" if exact and found == "numeric" else found
