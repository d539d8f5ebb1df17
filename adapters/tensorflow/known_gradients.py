"""What TensorFlow is known to do differently in gradients. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from opassay.adapters import known_columns, known_groups, known_holes
from opassay.adapters.known_averages import OTHERS, WIDE, WIDE_TITLE, WIDE_URL, wide_window
from opassay.adapters.known_columns import single_column
from opassay.adapters.known_groups import mixed_in_tensorflow
from opassay.adapters.known_holes import straddled
from opassay.adapters.known_linear import nan_by_flush, nan_by_flush_or_stuffing
from opassay.adapters.known_predicates import (
    Predicate,
    attributes_of,
    known,
    read_pins,
)
from opassay.adapters.known_relu import multiplied, selected
from opassay.adapters.known_strided import CHANCE, OPS, REASON, TITLE, URL, overruns
from opassay.adapters.known_values import odd_maximum
from opassay.adapters.known_windows import first_maximum, gradient_failure, with_flushed
from opassay.adapters.onednn import AVERAGES, ONE_DNN, WITH_ONE_DNN, WITHOUT_ONE_DNN
from opassay.adapters.tensorflow.known_pools import NAN_TITLE, NAN_URL, padded_with_zeros, pool_rule
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tensorflow 2.21.0, CPU"
_CPU = ("eager", "function", "dynamic")
_REFUSED = "refuses an extent of 0 whose gradients are well defined"
_FLUSH = "kernels flush subnormals to zero or compare them as zero"


def _comes_to(failure: Callable[[Case], str], verdict: str) -> Predicate:
    return lambda case: failure(case) == verdict


def _other_maximum(verdict: str) -> Predicate:
    return lambda case: gradient_failure(case, pool_rule(case)) == verdict


def _first_of_flushed(case: Case) -> bool:
    """XLA has no argmax, so that all windows are gathered."""
    return gradient_failure(case, with_flushed(first_maximum, case.tensors[0].dtype)) == "numeric"


def _grouped_double(case: Case) -> bool:
    special = any(tensor.fill.kind in ("special", "literal") for tensor in case.all_tensors)
    return case.tensors[0].dtype == "float64" and case.attributes["groups"] > 1 and special


def _scalar_list(case: Case) -> bool:
    indices, how = case.tensors[0], attributes_of(case)
    return 0 not in indices.shape and (len(indices.shape) == 1 or 0 in how["shape"])


def _scalar_list_of_scalars(case: Case) -> bool:
    """A graph leaves the scatter out, since its gradient does not need it; its shape function is asked all the same."""
    return _scalar_list(case) and (not case.tensors[1].shape or 0 in attributes_of(case)["shape"])


def _other_maximum_in_graph(case: Case) -> bool:
    how, dtype = case.attributes, case.tensors[0].dtype
    one_dnn = how["layout"] == "NCHW" and dtype in ONE_DNN and isinstance(how["padding"], str)
    return one_dnn and max(how["dilation"]) == 1 and odd_maximum(case)


GRADIENTS = (
    *(
        known(
            _PINS,
            f"tensorflow-{where}-column-{verdict}",
            verdict,
            single_column,
            owner="upstream",
            reason=known_columns.REASON,
            versions=_SEEN,
            flaky=known_columns.CHANCE,
            needs=(*WITH_ONE_DNN, "instructions=avx512f"),
            modes=_CPU,
        )
        for where in ("conv2d-value", "conv2d_transpose_vjp-gradient")
        for verdict in ("structural", "numeric", "special")
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-{aspect}-strided",
            "crash",
            overruns,
            owner="upstream",
            reason=REASON,
            versions=_SEEN,
            url=URL,
            title=TITLE,
            flaky=CHANCE,
            needs=WITH_ONE_DNN,
            modes=_CPU,
        )
        for op, aspect in OPS
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-{aspect}-straddled",
            "crash",
            straddled,
            owner="upstream",
            reason=known_holes.REASON,
            versions=_SEEN,
            needs=known_holes.NEEDS,
            modes=_CPU,
        )
        for op, aspect in known_holes.OPS
    ),
    *(
        known(
            _PINS,
            f"tensorflow-avg_pool2d-gradient-wide-window{name}-{verdict}",
            verdict,
            wide_window(verdict, dtypes),
            owner="upstream",
            reason=WIDE,
            versions=_SEEN,
            url=WIDE_URL,
            title=WIDE_TITLE,
            modes=_CPU,
            needs=needs,
        )
        for name, dtypes, needs in (("", OTHERS, ()), ("-plain", AVERAGES, WITHOUT_ONE_DNN))
        for verdict in ("structural", "numeric")
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-gradient-vector{name}",
            "rejects",
            covers,
            owner="upstream",
            reason="takes one index vector for a list of scalar indices, and refuses empty shapes",
            versions=_SEEN,
            modes=modes,
        )
        for op, name, covers, modes in (
            ("scatter_nd", "", _scalar_list, ("eager",)),
            ("scatter_nd", "-traced", _scalar_list_of_scalars, ("function", "dynamic", "xla")),
            ("scatter_nd_vjp", "", _scalar_list, ("eager", "function", "dynamic")),
            ("scatter_nd_vjp", "-xla", _scalar_list_of_scalars, ("xla",)),
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{where}-subnormal",
            "special",
            covers,
            owner="by design",
            reason=_FLUSH + ", so that their product with infinity is NaN",
            versions=_SEEN,
        )
        for where, covers in (
            ("conv2d-gradient", nan_by_flush),
            ("conv2d_transpose-gradient", nan_by_flush),
            ("matmul-gradient", nan_by_flush),
            ("conv2d_input_gradient_law-value", nan_by_flush),
        )
    ),
    known(
        _PINS,
        "tensorflow-conv2d-gradient-stuffing",
        "special",
        lambda case: nan_by_flush_or_stuffing(case) and not nan_by_flush(case),
        owner="upstream",
        reason="oneDNN's bfloat16 kernel for strides and dilation gives NaN where a subnormal meets an infinity",
        versions=_SEEN,
        modes=_CPU,
        needs=("onednn_dtypes=bfloat16", "instructions!=amx_bf16"),
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-gradient-groups",
        "special",
        _grouped_double,
        owner="ours",
        reason="float64 groups are composed by a sum in which zeros meet NaN and infinity",
        versions=_SEEN,
        modes=_CPU,
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{where}-xla-groups",
            "special",
            mixed_in_tensorflow,
            owner="upstream",
            reason=f"XLA: {known_groups.REASON}",
            versions=_SEEN,
            modes=("xla",),
        )
        for where in known_groups.WHERE
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-gradient-nan-{verdict}",
            verdict,
            _other_maximum(verdict),
            owner="upstream",
            reason="a NaN that is not the first element of its window is dropped, and subnormals are compared as zero",
            versions=_SEEN,
            url=NAN_URL,
            title=NAN_TITLE,
            modes=_CPU if op == "max_pool2d_with_argmax" else (),
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
        for verdict in ("special", "numeric")
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d_with_argmax-gradient-xla-numeric",
        "numeric",
        _first_of_flushed,
        owner="upstream",
        reason="windows that are gathered: subnormals are compared as zero",
        versions=_SEEN,
        modes=("xla",),
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-gradient-dilated-padding",
        "numeric",
        padded_with_zeros("numeric"),
        owner="upstream",
        reason="tf.nn.pool with dilation pads with zeros, which take part in the maximum",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-gradient-graph-nan",
        "numeric",
        _other_maximum_in_graph,
        owner="upstream",
        reason="in a graph the gradient of NCHW is oneDNN's, which loses what NaN and -inf stand beside",
        versions=_SEEN,
        modes=("function", "dynamic"),
        needs=WITH_ONE_DNN,
    ),
    known(
        _PINS,
        "tensorflow-conv_relu_pool-gradient-xla-ties",
        "structural",
        lambda case: case.tensors[0].fill.exact,
        owner="upstream",
        reason="in XLA the gradient of equal maxima does not always go to the first",
        versions=_SEEN,
        modes=("xla",),
    ),
    *(
        known(
            _PINS,
            f"tensorflow-relu-gradient-{verdict}{name}",
            verdict,
            covers,
            owner="upstream",
            reason="multiplies the cotangent by 0 where it should be cut off, and flushes subnormals",
            versions=_SEEN,
            modes=modes,
        )
        for verdict in ("special", "numeric")
        for name, covers, modes in (
            ("", _comes_to(multiplied, verdict), _CPU),
            ("-xla", _comes_to(selected, verdict), ("xla",)),
        )
    ),
)
