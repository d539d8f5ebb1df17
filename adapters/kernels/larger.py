"""TensorFlow's behaviour for a window that does not fit, for all frameworks that use it. Imports no framework."""

from __future__ import annotations

from opassay.adapters.geometry import channels_last, effective, pad_amounts, spatial_axes
from opassay.adapters.onednn import ONE_DNN
from opassay.harness.model.case import Case

DIVIDES_URL = "https://github.com/tensorflow/tensorflow/issues/125509"
DIVIDES_TITLE = "tf.keras.layers.MaxPool1D causes CPU floating point exception with invalid pooling window size"
"""The title of ``divided_by_nothing``."""

_RULE = "WindowLargerThanInput"


def refused_by_onednn(case: Case) -> bool:
    """oneDNN rounds the negative number of windows to 0 before it adds 1, and then refuses the pool."""
    if case.rule != _RULE:
        return False
    how = case.attributes
    extents = [case.tensors[0].shape[axis] for axis in spatial_axes(how["layout"])]
    rounded = any(k > n and s > 1 for k, n, s in zip(how["window"], extents, how["stride"], strict=True))
    return case.tensors[0].dtype in ONE_DNN and max(how["dilation"]) == 1 and rounded


def divided_by_nothing(case: Case) -> bool:
    """Channels last, an input one short of the window: oneDNN divides by the number of windows, 0; not in float16."""
    if case.rule != _RULE or case.tensors[0].dtype not in ("float32", "bfloat16"):
        return False
    how = case.attributes
    extents = [case.tensors[0].shape[axis] for axis in spatial_axes(how["layout"])]
    short = any(n == k - 1 for n, k in zip(extents, how["window"], strict=True))
    return channels_last(how["layout"]) and max(how["dilation"]) == 1 and short and min(how["stride"]) == 1


ROUNDED = (
    "oneDNN rounds a negative number of windows to 0 before it adds 1, and takes an output_shape for one too small"
)


def rounded_to_one(case: Case) -> bool:
    """A transpose of one row with an output smaller than its window by less than a stride, so that 0 windows round up
    to 1.

    Of 30 such geometries of TensorFlow 2.21 (strides 1 to 3, with and without dilation, three dtypes) these were
    accepted.
    """
    how, (x, w) = case.attributes, case.tensors
    if case.rule != "OutputTooSmall" or x.dtype not in ONE_DNN or how["padding"] == "SAME":
        return False
    axes, (*kernel, _, _) = spatial_axes(how["layout"]), w.shape
    extents = [how["output_shape"][axis] for axis in axes]
    pads = pad_amounts(extents, kernel, how["stride"], how["dilation"], how["padding"])
    spans = map(effective, kernel, how["dilation"])
    rooms = [n + sum(pad) - span for n, pad, span in zip(extents, pads, spans, strict=True)]
    made = [int(room / s) + 1 for room, s in zip(rooms, how["stride"], strict=True)]
    return min(rooms) < 0 and made == [x.shape[axis] for axis in axes]
