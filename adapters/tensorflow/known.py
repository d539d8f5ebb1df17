"""What TensorFlow is known to do differently. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.geometry import effective
from opassay.adapters.known_linear import nan_by_flush
from opassay.adapters.known_predicates import (
    dilated_with_padding,
    holds_positive_subnormal,
    known,
    read_pins,
)
from opassay.adapters.known_relu import flushed_relu
from opassay.adapters.onednn import WITH_ONE_DNN
from opassay.adapters.tensorflow.known_elements import ELEMENTS
from opassay.adapters.tensorflow.known_errors import ERRORS
from opassay.adapters.tensorflow.known_gradients import GRADIENTS
from opassay.adapters.tensorflow.known_matmul import PRODUCTS
from opassay.adapters.tensorflow.known_nothing import NOTHING
from opassay.adapters.tensorflow.known_pools import (
    NAN_TITLE,
    NAN_URL,
    dropped_nan,
    flushed_maximum,
    lost_infinity,
    other_axes,
    other_axes_of_any,
    padded_with_zeros,
    padded_with_zeros_in_xla,
)
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tensorflow 2.21.0, CPU"
_CPU = ("eager", "function", "dynamic")
_FLUSH = "kernels flush subnormals to zero or compare them as zero"


def _too_small_by_other_axes(case: Case) -> bool:
    """NCHW, dilated: the height gets no padding and the width that of the height, so that no window fits."""
    attributes = case.attributes
    if attributes["layout"] != "NCHW" or not dilated_with_padding(case) or max(attributes["stride"]) > 1:
        return False
    height, width = case.tensors[0].shape[2:]
    rows, columns = map(effective, attributes["window"], attributes["dilation"])
    return rows > height or columns > width + sum(attributes["padding"][0])


_NAN = "a NaN that is not the first element of its window is dropped"

KNOWN = (
    *ELEMENTS,
    *GRADIENTS,
    *ERRORS,
    *NOTHING,
    *PRODUCTS,
    known(
        _PINS,
        "tensorflow-scatter_nd-vector",
        "rejects",
        lambda case: len(case.tensors[0].shape) == 1,
        owner="upstream",
        reason="takes one index vector for a list of scalar indices",
        versions=_SEEN,
        modes=_CPU,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-explicit-special",
        "special",
        lost_infinity,
        owner="upstream",
        reason="with explicit padding, NaN is dropped and a window of -inf gives the lowest finite number",
        versions=_SEEN,
        modes=_CPU,
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-subnormal",
            "special",
            covers,
            owner="by design",
            reason=_FLUSH,
            versions=_SEEN,
            modes=modes,
        )
        for op, covers, modes in (
            ("relu", flushed_relu, _CPU),
            ("relu-xla", holds_positive_subnormal, ("xla",)),
            ("max_pool2d", flushed_maximum, ()),
            ("max_pool2d_with_argmax", flushed_maximum, ()),
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-subnormal",
            "special",
            nan_by_flush,
            owner="by design",
            reason=_FLUSH + ", so that their product with infinity is NaN",
            versions=_SEEN,
        )
        for op in ("conv2d", "conv2d_transpose", "matmul")
    ),
    *(
        known(
            _PINS,
            f"tensorflow-max_pool2d-{name}{where}",
            verdict,
            covers(verdict),
            owner="upstream",
            reason="tf.nn.pool with dilation pads with zeros, which take part in the maximum",
            versions=_SEEN,
            modes=modes,
        )
        for name, verdict in (("dilated-padding", "structural"), ("dilated-rounding-fill", "numeric"))
        for where, covers, modes in (("", padded_with_zeros, _CPU), ("-xla", padded_with_zeros_in_xla, ("xla",)))
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-nan",
            "special",
            dropped_nan,
            owner="upstream",
            reason=_NAN,
            versions=_SEEN,
            url=url,
            title=title,
            modes=modes,
        )
        for op, modes, url, title in (
            ("max_pool2d", (), NAN_URL, NAN_TITLE),
            ("max_pool2d_with_argmax", _CPU, "", ""),
        )
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-axes-refused",
        "rejects",
        _too_small_by_other_axes,
        owner="upstream",
        reason="tf.nn.pool with dilation in NCHW pads other axes than the spatial ones, and then finds no window",
        versions=_SEEN,
        modes=("xla",),
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-axes",
        "shape",
        other_axes,
        owner="upstream",
        reason="tf.nn.pool with dilation in NCHW pads other axes than the spatial ones",
        versions=_SEEN,
        modes=_CPU,
        needs=WITH_ONE_DNN,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-axes-xla",
        "shape",
        other_axes_of_any,
        owner="upstream",
        reason="tf.nn.pool with dilation in NCHW, which XLA has for every dtype, pads other axes than the spatial ones",
        versions=_SEEN,
        modes=("xla",),
    ),
)
