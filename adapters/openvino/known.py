"""What OpenVINO is known to do differently. Free of OpenVINO: the parent imports this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.known_columns import CHANCE
from opassay.adapters.known_linear import nan_by_flush
from opassay.adapters.known_predicates import Predicate, holds_positive_subnormal, known, read_pins
from opassay.adapters.known_values import empty_anywhere, holds_nan
from opassay.adapters.known_windows import usable, windows
from opassay.adapters.openvino.known_cut import REASON, cut_off
from opassay.adapters.openvino.known_errors import errors
from opassay.adapters.openvino.known_reorders import PAGE as REORDERED_PAGE
from opassay.adapters.openvino.known_reorders import REASON as REORDERED
from opassay.adapters.openvino.known_reorders import dies
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "openvino 2026.4.1, CPU"
_COMPUTED, _CONVERTED = ("bfloat16=computed",), ("bfloat16=converted",)
"""Whether the processor has instructions for bfloat16 that OpenVINO uses."""
_MAX_POOLS = ("max_pool2d", "max_pool2d_with_argmax")
_POOLS = ("avg_pool2d", *_MAX_POOLS)
_ISSUES = "https://github.com/openvinotoolkit/openvino/issues/"
_RELU = (f"{_ISSUES}35649", "[Bug]: OpenVINO CPU converts Relu(NaN) to 0 instead of preserving NaN")
_POOL = (f"{_ISSUES}35935", "[Bug]: OpenVINO CPU returns -FLT_MAX for ONNX MaxPool on all-NaN window")
_NO_ELEMENTS = (
    f"{_ISSUES}37966",
    '[Bug]: CPU: MatMul with a zero-length dimension fails with "object is not initialized" (SIGSEGV on macOS nightly)',
)
_DEVICE = (
    "https://docs.openvino.ai/2025/openvino-workflow/running-inference/inference-devices-and-modes/cpu-device.html",
    "CPU Device",
)
_LOWEST = "maxima start from the lowest number, which only something larger replaces"
_FLUSHED = "the kernel for bfloat16 takes subnormal operands for zero, which infinity makes NaN of"


def _known(
    op: str,
    aspect: str,
    name: str,
    verdict: str,
    covers: Predicate,
    owner: str,
    reason: str,
    page: tuple[str, str],
    **more: Any,
) -> Fact:
    url, title = page
    told = {"owner": owner, "reason": reason, "versions": _SEEN, "url": url, "title": title}
    return known(_PINS, f"openvino-{op}-{aspect}-{name}", verdict, covers, **told, **more)


def _plain(
    op: str, aspect: str, name: str, verdict: str, covers: Predicate, owner: str, reason: str, **more: Any
) -> Fact:
    return _known(op, aspect, name, verdict, covers, owner, reason, ("", ""), **more)


def _in(dtype: str, covers: Predicate) -> Predicate:
    return lambda case: case.tensors[0].dtype == dtype and covers(case)


def _nan_in_window(case: Case) -> bool:
    return usable(case) and bool(np.isnan(windows(case).values).any())


def _infinity_alone(case: Case) -> bool:
    """Some window holds nothing larger than -inf, and no NaN; float16's lowest number of float32 rounds to -inf."""
    if case.tensors[0].dtype == "float16" or not usable(case):
        return False
    return bool((windows(case).values == -np.inf).all(axis=0).any())


def _least_alone(case: Case) -> bool:
    """Some window of an integer image holds its dtype's lowest number alone, and does not begin at the first pixel."""
    tensor = case.tensors[0]
    if dtypes.is_float(tensor.dtype) or 0 in tensor.shape:
        return False
    seen = windows(case)
    alone = (seen.values <= np.iinfo(tensor.dtype).min).all(axis=0)
    begins = np.where(seen.places < 0, seen.places.max() + 1, seen.places).min(axis=0)
    return bool((alone & (begins > 0)[None, :, :, None]).any())


def repeats_nothing(case: Case) -> bool:
    """avg_unpool2d: an axis is repeated, by more than one, of an image without elements."""
    shape = list(case.tensors[0].shape)
    if len(shape) != 4:
        return False
    for axis, times in zip(spatial_axes(case.attributes["layout"]), case.attributes["window"], strict=True):
        if 0 in shape and times > 1:
            return True
        shape[axis] *= times
    return False


def _no_pixels(case: Case) -> bool:
    """Images, of a batch that is not empty, without rows or columns."""
    tensor, axes = case.tensors[0], spatial_axes(case.attributes["layout"])
    return tensor.shape[0] > 0 and 0 in [tensor.shape[axis] for axis in axes]


def _no_pixels_same(case: Case) -> bool:
    return _no_pixels(case) and case.attributes["padding"] == "SAME" and case.attributes["groups"] == 1


def _nothing_to_correlate(case: Case) -> bool:
    return case.tensors[0].shape[0] > 0 and 0 in case.tensors[0].shape and case.attributes["groups"] == 1


def _nothing_to_spread(case: Case) -> bool:
    """Filters without channels, or with SAME no pixels."""
    same = _no_pixels(case) and case.attributes["padding"] == "SAME"
    return case.tensors[0].shape[0] > 0 and (0 in case.tensors[1].shape or same)


def _more_digits(case: Case) -> bool:
    """float16 that an exact fill makes grow beyond what it holds exactly."""
    return case.tensors[0].dtype == "float16" and case.tensors[0].fill.kind == "iota"


KNOWN = (
    _known("relu", "value", "nan", "special", holds_nan, "upstream", "a NaN is taken for something negative", _RELU),
    _plain(
        "relu",
        "value",
        "subnormal",
        "special",
        _in("bfloat16", holds_positive_subnormal),
        "upstream",
        "the kernel for bfloat16 flushes subnormals, although CPU_DENORMALS_OPTIMIZATION is off",
    ),
    *(_known(op, "value", "nan", "special", _nan_in_window, "upstream", _LOWEST, _POOL) for op in _MAX_POOLS),
    *(_known(op, "value", "infinity", "special", _infinity_alone, "upstream", _LOWEST, _POOL) for op in _MAX_POOLS),
    _plain(
        "max_pool2d_with_argmax",
        "value",
        "least",
        "structural",
        _least_alone,
        "upstream",
        f"{_LOWEST}: where there is none, the position is 0",
    ),
    *(
        _plain(
            op, aspect, "empty", "rejects", empty_anywhere, "by design", "pools take no extent of 0, not even a batch"
        )
        for op in _POOLS
        for aspect in ("value", "shape")
    ),
    *(
        _plain(
            "avg_unpool2d",
            aspect,
            "empty",
            "crash",
            repeats_nothing,
            "upstream",
            "Broadcast of a tensor without elements ends the process (SIGFPE)",
        )
        for aspect in ("value", "shape")
    ),
    *(
        _plain(
            "conv2d",
            "value",
            f"empty-{verdict}",
            verdict,
            _nothing_to_correlate,
            "upstream",
            "an image without rows, columns or channels is answered with uninitialised memory",
            flaky=CHANCE,
        )
        for verdict in ("nondeterministic", "structural", "numeric")
    ),
    _plain(
        "conv2d",
        "shape",
        "empty",
        "rejects",
        _no_pixels_same,
        "upstream",
        "an image without pixels is refused with SAME",
    ),
    *(
        _plain(
            "conv2d_transpose",
            aspect,
            "empty",
            "rejects",
            _nothing_to_spread,
            "upstream",
            "there is no deconvolution without channels; for no pixels, SAME is counted otherwise",
        )
        for aspect in ("value", "shape")
    ),
    *(
        _known(
            "matmul",
            aspect,
            "empty",
            "rejects",
            _in("bfloat16", empty_anywhere),
            "upstream",
            "products of bfloat16 without elements are refused as an object that is not initialized",
            _NO_ELEMENTS,
            needs=_COMPUTED,
        )
        for aspect in ("value", "shape")
    ),
    *(
        _plain(op, "value", "flushed", "special", _in("bfloat16", covers), "upstream", _FLUSHED, needs=_COMPUTED)
        for op, covers in (
            ("conv2d", nan_by_flush),
            ("conv2d_transpose", nan_by_flush),
            ("matmul", nan_by_flush),
        )
    ),
    *(
        _known(op, "value", "eight-pixels", "crash", dies, "upstream", REORDERED, REORDERED_PAGE, needs=_CONVERTED)
        for op in ("conv2d", "conv2d_transpose", "max_pool2d", "avg_pool2d", "conv_relu_pool")
    ),
    *(
        _plain(op, "value", f"cut-{verdict}", verdict, cut_off(verdict), "upstream", REASON, needs=_CONVERTED)
        for op in ("conv2d", "conv2d_transpose", "matmul", "conv_relu_pool")
        for verdict in ("structural", "numeric")
    ),
    _known(
        "deconvnet",
        "value",
        "precision",
        "structural",
        _more_digits,
        "by design",
        "float16 is computed in float32 throughout a model: a pool sees digits that its input does not show",
        _DEVICE,
    ),
    *errors(_PINS, _SEEN, repeats_nothing),
)
