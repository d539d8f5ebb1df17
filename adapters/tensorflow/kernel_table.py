"""Which kernels TensorFlow has for an op, from its attributes alone. Does not import TensorFlow: scripts use it, too.

``own`` is whether TensorFlow's CPU kernels answer, which lack much of what XLA and CUDA have; ``onednn`` the dtypes
whose convolutions go to oneDNN.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from opassay.adapters.geometry import Padding
from opassay.adapters.onednn import AVERAGES
from opassay.adapters.tensorflow.limits import DTYPES_WITHOUT_KERNEL


def has_conv(
    dtype: str,
    padding: Padding,
    layout: str,
    stride: Sequence[int],
    dilation: Sequence[int],
    groups: int,
    backward: bool,
    own: bool,
    onednn: Container[str],
) -> bool:
    """Whether a kernel exists; invalid attributes and dtypes count as yes, so that TensorFlow sees them.

    Tested in TensorFlow 2.21 for every combination: oneDNN does all but the gradients with
    explicit padding; the other kernels are for NHWC, and their gradients for no groups and no dilation.
    """
    if not own or min((*stride, *dilation), default=0) < 1:
        return True
    if dtype in DTYPES_WITHOUT_KERNEL["conv2d"]:
        return True
    if dtype in onednn and (not backward or isinstance(padding, str)):
        return True
    return layout == "NHWC" and (not backward or (groups <= 1 and max(dilation) == 1))


def has_maximum(
    dtype: str, padding: Padding, layout: str, own: bool, onednn: Container[str], eager_gradient: bool
) -> bool:
    """Whether a kernel exists for an undilated max pool.

    NCHW on the CPU is oneDNN's only, which takes no explicit padding; in eager mode the gradient
    (``eager_gradient``) is not routed there and raises.
    """
    if not own or layout == "NHWC":
        return True
    return not eager_gradient and dtype in onednn and isinstance(padding, str)


def has_average(dtype: str, layout: str, own: bool, onednn: Container[str]) -> bool:
    """Whether a kernel exists for an average pool without explicit padding: in NCHW oneDNN's, for some dtypes."""
    return not own or layout == "NHWC" or (dtype in onednn and dtype in AVERAGES)


def pool_dilates(window: Sequence[int], stride: Sequence[int], padding: Padding, dilation: Sequence[int]) -> bool:
    """Whether tf.nn.pool supports this dilation: not with SAME nor a stride. It refuses invalid ones itself."""
    if min((*window, *stride, *dilation), default=0) < 1:
        return True
    return max(stride) == 1 and padding != "SAME"
