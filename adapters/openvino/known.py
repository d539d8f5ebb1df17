"""Known differences of OpenVINO. Does not import OpenVINO: the parent process imports this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from opassay.adapters.engines import onednn
from opassay.adapters.facts import pinned
from opassay.adapters.geometry import spatial_axes
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.adapters.openvino import known_reorders, known_transposes
from opassay.adapters.openvino.known_elements import ELEMENTS
from opassay.adapters.openvino.known_errors import CHANCE, SEEN, errors, repeats_nothing
from opassay.adapters.openvino.known_sized import SIZED
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_COMPUTED, _CONVERTED = ("bfloat16=computed",), ("bfloat16=converted",)
"""Whether OpenVINO uses the processor's bfloat16 instructions."""
_ISSUES = "https://github.com/openvinotoolkit/openvino/issues/"
_POOL = (f"{_ISSUES}35935", "[Bug]: OpenVINO CPU returns -FLT_MAX for ONNX MaxPool on all-NaN window")
_NO_ELEMENTS = (
    f"{_ISSUES}37966",
    '[Bug]: CPU: MatMul with a zero-length dimension fails with "object is not initialized" (SIGSEGV on macOS nightly)',
)
_DEVICE = {
    "url": "https://docs.openvino.ai/2025/openvino-workflow/running-inference/inference-devices-and-modes/"
    "cpu-device.html",
    "title": "CPU Device",
}
_LOWEST = "maxima start from the lowest number, which only something larger replaces"


def _upstream(name: str, reason: str, *ops: str, page: tuple[str, str] = ("", ""), **more: Any) -> Fact:
    url, title = page
    return Fact(f"openvino-{name}", "upstream", reason, ops=ops, url=url, title=title, **SEEN, **more)


def _is_float(case: Case) -> bool:
    return dtypes.is_float(case.tensors[0].dtype)


def _nothing_to_correlate(case: Case) -> bool:
    return case.tensors[0].shape[0] > 0 and 0 in case.tensors[0].shape


def _more_digits(case: Case) -> bool:
    """float16 results of an exact fill that exceed its exact range."""
    return case.tensors[0].dtype == "float16" and case.tensors[0].fill.kind == "iota"


def _past_the_padding(case: Case) -> bool:
    """Elements remain for a truncated last window, of a padded image."""
    a, shape = case.attributes, case.tensors[0].shape
    if isinstance(a["padding"], str) or not a["count_padding"] or not np.any(a["padding"]):
        return False
    axes = zip(spatial_axes(a["layout"]), a["window"], a["stride"], a["padding"], strict=True)
    return any((shape[axis] + sum(pads) - k) % s for axis, k, s, pads in axes)


KNOWN = pinned(
    (
        *ELEMENTS,
        _upstream(
            "relu-nan",
            "a NaN is taken for something negative",
            "relu",
            reproduces="nan_to_zero",
            page=(f"{_ISSUES}35649", "[Bug]: OpenVINO CPU converts Relu(NaN) to 0 instead of preserving NaN"),
        ),
        _upstream(
            "flushed",
            "kernels for bfloat16 take subnormals for zero, of which infinity makes NaN, although "
            "CPU_DENORMALS_OPTIMIZATION is off",
            "relu",
            "multiplies",
            "selects_maximum",
            reproduces="subnormals_flushed",
            needs=_COMPUTED,
        ),
        _upstream(
            "lowest",
            _LOWEST,
            "selects_maximum",
            reproduces="starts_from_lowest",
            when=_is_float,
            page=_POOL,
        ),
        _upstream(
            "lowest-integers",
            f"{_LOWEST}: where there is none, the position is 0",
            "selects_maximum",
            reproduces="starts_from_lowest",
            when=lambda case: not _is_float(case),
        ),
        _upstream(
            "cut",
            "float32 is made bfloat16 by dropping bits: an answer is up to twice as far off as one that is rounded",
            reproduces="cut_not_rounded",
            needs=_CONVERTED,
        ),
        _upstream(
            "whole-window",
            "a window that reaches past the padding is divided by its whole size, where padding counts",
            "ceil_avg_pool2d",
            aspects=("value",),
            verdicts=("structural", "numeric"),
            when=_past_the_padding,
        ),
        refused(
            "openvino-empty",
            "pools, convolutions and products take no extent of 0",
            "Batch size is zero",
            "Channel count is zero",
            "Check 'cmp::le(kernel, dim.get_length())' failed",
            "could not create a primitive descriptor for the deconvolution",
            "object is not initialized",
            when=of_nothing,
            url=_NO_ELEMENTS[0],
            title=_NO_ELEMENTS[1],
            **SEEN,
        ),
        refused(
            "openvino-topk-of-none",
            "TopK refuses the number 0, whose answer is empty",
            "must be greater or equal to 1",
            ops=("topk",),
            **SEEN,
        ),
        _upstream(
            "empty-repeat",
            "Broadcast of a tensor without elements ends the process (SIGFPE)",
            "avg_unpool2d",
            aspects=("value", "error"),
            verdicts=("crash",),
            when=repeats_nothing,
        ),
        _upstream(
            "empty-convolution",
            "an image without rows, columns or channels is answered with uninitialised memory",
            "conv1d",
            "conv2d",
            "conv3d",
            aspects=("value", "shape"),
            verdicts=("nondeterministic", "structural", "numeric"),
            when=_nothing_to_correlate,
            flaky=CHANCE,
        ),
        _upstream(
            "transposed-nothing",
            "a Transpose that moves extents of 1 only becomes a Reshape, in which an extent of 0 means: as in the "
            "input; so a tensor without elements has some, of uninitialised memory",
            *known_transposes.OPS,
            verdicts=("shape", "rejects"),
            when=known_transposes.of_nothing,
        ),
        _upstream(
            "eight-pixels",
            known_reorders.REASON,
            "convolves",
            "pools",
            "conv_relu_pool",
            verdicts=("crash",),
            when=known_reorders.dies,
            page=known_reorders.PAGE,
            needs=(*_CONVERTED, "onednn!=SSE41"),
        ),
        Fact(
            "openvino-more-digits",
            "by design",
            "float16 is computed in float32 throughout a model: a pool sees digits that its input does not show",
            ops=("deconvnet",),
            verdicts=("structural",),
            when=_more_digits,
            **SEEN,
            **_DEVICE,
        ),
        *errors(),
        *SIZED,
        onednn.gelu("openvino", SEEN["versions"]),
    ),
    Path(__file__).parent,
)
