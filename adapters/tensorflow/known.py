"""Known differences of TensorFlow. Does not import TensorFlow: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.engines import eigen, onednn, tensorflow_refusals, xla
from opassay.adapters.facts import pinned
from opassay.adapters.kernels.predicates import attributes_of, dilated_with_padding, subnormal_meets_infinity
from opassay.adapters.kernels.refusals import refused
from opassay.adapters.kernels.values import odd_maximum
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.adapters.tensorflow.known_elements import ELEMENTS
from opassay.adapters.tensorflow.known_empty import EMPTY
from opassay.adapters.tensorflow.known_errors import ERRORS
from opassay.adapters.tensorflow.known_outputs import OUTPUTS
from opassay.adapters.tensorflow.known_sized import SIZED
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "tensorflow 2.21.0, CPU"
_CPU = ("eager", "function", "dynamic")
_AXES = "tf.nn.pool with dilation in NCHW pads other axes than the spatial ones, and may then find no window"


def _other_axes(case: Case) -> bool:
    """A pool by tf.nn.pool with dilation and explicit padding, in NCHW or NCW."""
    how = case.attributes
    dilates = pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
    return dilated_with_padding(case) and dilates and how["layout"] in ("NCHW", "NCW")


def _other_axes_by_onednn(case: Case) -> bool:
    """Other dtypes, and gradients in eager mode, have no kernel for NCHW."""
    return case.tensors[0].dtype in ONE_DNN and _other_axes(case)


def _maximum_by_onednn(case: Case) -> bool:
    how, dtype = case.attributes, case.tensors[0].dtype
    one_dnn = how["layout"] == "NCHW" and dtype in ONE_DNN and isinstance(how["padding"], str)
    return one_dnn and max(how["dilation"]) == 1 and odd_maximum(case)


def _stuffed(case: Case) -> bool:
    """Strides and dilation in bfloat16: the cause of the NaN, and whether it always occurs, is unknown."""
    how = attributes_of(case)
    both = case.tensors[0].dtype == "bfloat16" and min(max(how["stride"]), max(how["dilation"])) > 1
    return both and subnormal_meets_infinity(case)


KNOWN = pinned(
    (
        *eigen.facts("tensorflow", _CPU, _SEEN),
        *tensorflow_refusals.facts("tensorflow", (), _SEEN),
        *onednn.convolutions("tensorflow", _CPU, _SEEN),
        onednn.far_strides("tensorflow", _CPU, _SEEN),
        onednn.softmax("tensorflow", _CPU, _SEEN),
        *onednn.withheld("tensorflow", _CPU, _SEEN),
        onednn.volume_maximum("tensorflow", _CPU, _SEEN),
        onednn.one_matrix("tensorflow", _SEEN),
        onednn.einsum("tensorflow", (), _SEEN),
        *xla.facts("tensorflow", ("xla",), _SEEN),
        Fact(
            "tensorflow-xla-nan",
            "upstream",
            "maxima start from -inf, which a NaN does not replace",
            ops=("selects_maximum",),
            reproduces="starts_from_lowest",
            modes=("xla",),
            versions=_SEEN,
        ),
        Fact(
            "tensorflow-xla-nan-replaced",
            "upstream",
            "of a number and a NaN, maximum and minimum give the number",
            reproduces="nan_replaced",
            modes=("xla",),
            versions=_SEEN,
        ),
        Fact(
            "tensorflow-xla-ties",
            "upstream",
            "in XLA the gradient of equal maxima does not always go to the first",
            ops=("selects_maximum",),
            aspects=("gradient",),
            reproduces="last_maximum",
            modes=("xla",),
            versions=_SEEN,
        ),
        Fact(
            "tensorflow-dilated-padding",
            "upstream",
            "tf.nn.pool with dilation pads with zeros, which take part in the maximum",
            ops=("max_pool1d", "max_pool2d", "max_pool3d"),
            aspects=("value", "gradient"),
            reproduces="padded_with_zero",
            versions=_SEEN,
        ),
        Fact(
            "tensorflow-dilated-axes",
            "upstream",
            _AXES,
            ops=("max_pool1d", "max_pool2d"),
            verdicts=("shape",),
            when=_other_axes_by_onednn,
            modes=_CPU,
            versions=_SEEN,
            needs=WITH_ONE_DNN,
        ),
        Fact(
            "tensorflow-dilated-axes-xla",
            "upstream",
            _AXES,
            ops=("max_pool2d",),
            verdicts=("shape",),
            when=_other_axes,
            modes=("xla",),
            versions=_SEEN,
        ),
        refused(
            "tensorflow-dilated-axes-refused",
            _AXES,
            "Computed output size would be negative",
            "Negative dimension size caused by subtracting",
            ops=("max_pool1d", "max_pool2d", "max_pool3d"),
            when=lambda case: max(case.attributes["dilation"]) > 1,
            versions=_SEEN,
        ),
        Fact(
            "tensorflow-onednn-maximum",
            "upstream",
            "in a graph the gradient of NCHW is oneDNN's, which loses what NaN and -inf stand beside",
            ops=("max_pool2d",),
            aspects=("gradient",),
            verdicts=("numeric",),
            when=_maximum_by_onednn,
            modes=("function", "dynamic"),
            versions=_SEEN,
            needs=WITH_ONE_DNN,
        ),
        Fact(
            "tensorflow-onednn-stuffing",
            "upstream",
            "oneDNN's bfloat16 kernel for strides and dilation gives NaN where a subnormal meets an infinity",
            ops=("conv2d",),
            aspects=("gradient",),
            verdicts=("special",),
            when=_stuffed,
            modes=_CPU,
            versions=_SEEN,
            needs=("onednn_dtypes=bfloat16", "instructions=avx512_bf16", "instructions!=amx_bf16"),
        ),
        Fact(
            "tensorflow-xla-integers",
            "upstream",
            "nearest pixels are products with rows of ones and zeros in float32, which holds 24 bits",
            ops=("resize_nearest",),
            reproduces="integers_in_float32",
            modes=("xla",),
            versions=_SEEN,
        ),
        *ELEMENTS,
        *ERRORS,
        *OUTPUTS,
        *EMPTY,
        *SIZED,
    ),
    Path(__file__).parent,
)
