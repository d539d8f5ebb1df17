"""What TensorFlow's max pool makes of a window that does not fit, for all who compute with it. No framework here."""

from __future__ import annotations

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.onednn import ONE_DNN
from opassay.harness.model.case import Case

DIVIDES_URL = "https://github.com/tensorflow/tensorflow/issues/125509"
DIVIDES_TITLE = "tf.keras.layers.MaxPool1D causes CPU floating point exception with invalid pooling window size"
"""Of ``divided_by_nothing``."""

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
    """NHWC, an input one short of the window: exactly no window, which oneDNN divides by, though not in float16."""
    if case.rule != _RULE or case.tensors[0].dtype not in ("float32", "bfloat16"):
        return False
    how = case.attributes
    rows, columns = (case.tensors[0].shape[axis] for axis in spatial_axes(how["layout"]))
    short = rows == how["window"][0] - 1 or columns == how["window"][1] - 1
    return how["layout"] == "NHWC" and max(how["dilation"]) == 1 and short and min(how["stride"]) == 1
