"""What onnxruntime is known to do differently. Free of onnxruntime: the parent imports this."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from opassay.adapters.geometry import channel_axis, output_extent, spatial_axes
from opassay.adapters.known_predicates import Predicate, breaks, by_rule, read_pins
from opassay.adapters.onnxruntime import known_pools as pools
from opassay.adapters.onnxruntime.limits import RESIZED
from opassay.harness.model.case import Case

_known = by_rule(read_pins(str(Path(__file__).parent)), "onnxruntime", "onnxruntime 1.32.0, CPU")
_MAX_POOLS = ("max_pool2d", "max_pool2d_with_argmax")
_SINGLE = ("avg_pool2d", "max_pool2d")
_POOLS = ("avg_pool2d", *_MAX_POOLS)
_SAME = "auto_pad SAME_UPPER counts the padding as if the window were not dilated, and crops where the stride is wider"
_OPTIMISED = ("all", "constants")
_NONE = "the kernel for blocks of channels then divides by the number of rows of windows, 0"
_TOWARDS_ZERO = "the number of windows is divided towards zero, so a window one row too large is found to fit"
_LOWEST = "maxima start from the lowest finite number, or pad with it, and -inf is less"
_NAN = "a NaN is kept where it is the first or the last of its window, by the kernel, and else dropped with what it met"
_ISSUES = "https://github.com/microsoft/onnxruntime/issues/"
_WINDOWS = {"url": f"{_ISSUES}25234", "title": "MaxPool produces results with wrong shape"}
_PADS = {"url": f"{_ISSUES}23088", "title": "Conflict constraints checking/description about PoolAttributes"}
_COUNTED_THROUGH = "MaxUnpool counts through the whole tensor, so an index may lie in another sample or channel"


def _operator(name: str) -> dict[str, str]:
    """The page of an operator, whose title is its name."""
    return {"url": f"https://onnx.ai/onnx/operators/onnx__{name}.html", "title": name}


def _expanded(*rules: str) -> Predicate:
    return lambda case: case.rule in rules and case.tensors[0].dtype not in RESIZED


def _inferred(case: Case) -> bool:
    """A window that makes -1 of an extent, which Reshape reads as: what is left."""
    if not _expanded("WindowNegative")(case):
        return False
    axes = spatial_axes(case.attributes["layout"])
    return -1 in [case.tensors[0].shape[axis] * k for axis, k in zip(axes, case.attributes["window"], strict=True)]


def _large_but_possible(case: Case) -> bool:
    """Padding whose answer a machine may just hold."""
    if case.rule != "PadOverflow":
        return False
    (height, width), (rows, columns, _, made) = spatial_axes(case.attributes["layout"]), case.tensors[1].shape
    a, shape = case.attributes, case.tensors[0].shape
    elements = shape[0] * made
    for extent, k, s, d, pads in zip(
        (shape[height], shape[width]), (rows, columns), a["stride"], a["dilation"], a["padding"], strict=True
    ):
        elements *= output_extent(extent + sum(pads), k, s, d)
    return 0 < elements < 2**32


def _somewhere_in_the_answer(case: Case) -> bool:
    """Broken indices that are positions of the answer all the same when they are counted through all of it."""
    if case.rule not in ("IndexOutOfRange", "IndexNegative", "IndexWrongChannel"):
        return False
    layout, shape = case.attributes["layout"], case.attributes["output_shape"]
    channels, (height, width) = shape[channel_axis(layout)], (shape[axis] for axis in spatial_axes(layout))
    indices = case.tensors[1].materialize()
    samples = np.arange(len(indices)).reshape(-1, 1, 1, 1)
    places = (samples * channels + indices % channels) * (height * width) + indices // channels
    return bool(((places >= 0) & (places < np.prod(shape))).all())


def _no_room(case: Case) -> bool:
    shape = case.attributes["output_shape"]
    return not case.rule and 0 in [shape[axis] for axis in spatial_axes(case.attributes["layout"])]


def _no_rows(case: Case) -> bool:
    shape = case.tensors[0].shape
    return not case.rule and 0 in [shape[axis] for axis in spatial_axes(case.attributes["layout"])]


def _no_rows_same(case: Case) -> bool:
    return case.attributes["padding"] == "SAME" and _no_rows(case)


KNOWN = (
    _known("avg_pool2d", "window-larger", "accepts", pools.larger_window_counted, "upstream", _TOWARDS_ZERO),
    *(
        _known(op, "window-larger", "accepts", pools.larger_window_counted, "upstream", _TOWARDS_ZERO, **_WINDOWS)
        for op in _MAX_POOLS
    ),
    *(
        _known(op, name, verdict, pools.larger_window_crashes, "upstream", reason, modes=modes)
        for op in _SINGLE
        for name, verdict, reason, modes in (
            ("window-larger-crash", "crash", f"{_TOWARDS_ZERO}; {_NONE}", _OPTIMISED),
            ("window-larger-disabled", "accepts", _TOWARDS_ZERO, ("disabled",)),
        )
    ),
    *(
        _known(op, "empty", "rejects", pools.no_pixels, "by design", "pools take no extent of 0 but the batch's")
        for op in _POOLS
    ),
    *(
        _known(op, "wide-padding", "rejects", pools.wide_pad, "by design", "pads are less than kernel_shape", **_PADS)
        for op in _MAX_POOLS
    ),
    *(_known(op, "nan", "special", pools.nan_dropped(False, False), "upstream", _NAN) for op in _MAX_POOLS),
    _known("max_pool2d", "infinity", "special", pools.infinity_lost(False, False), "upstream", _LOWEST),
    *(
        replace(
            _known("max_pool2d", f"{name}-{layout}", "special", covers(True, optimized), "upstream", why), modes=modes
        )
        for name, covers, why in (("nan", pools.nan_dropped, _NAN), ("infinity", pools.infinity_lost, _LOWEST))
        for layout, optimized, modes in (("blocked", True, ("all", "constants")), ("unblocked", False, ("disabled",)))
    ),
    *(_known(op, "same", "shape", pools.same_shrinks_but_runs, "upstream", _SAME) for op in _MAX_POOLS),
    replace(
        _known("max_pool2d", "same-crash", "crash", pools.same_crashes, "upstream", f"{_SAME}; {_NONE}"),
        modes=("all", "constants"),
    ),
    replace(
        _known("max_pool2d", "same-unblocked", "shape", pools.same_crashes, "upstream", _SAME), modes=("disabled",)
    ),
    replace(
        _known("max_pool2d", "same-raises-unblocked", "rejects", pools.same_raises_unblocked, "upstream", _SAME),
        modes=("disabled",),
    ),
    *(_known(op, "same-raises", "rejects", pools.same_raises, "upstream", _SAME) for op in _MAX_POOLS),
    *(
        _known(op, f"same-{verdict}", verdict, pools.same_moves(verdict), "upstream", _SAME)
        for op in _POOLS
        for verdict in ("structural", "numeric", "special")
        if (op, verdict) != ("max_pool2d_with_argmax", "numeric")
    ),
    _known(
        "conv2d",
        "wide-padding",
        "accepts",
        breaks("PadNotSmallerThanWindow"),
        "by design",
        "padding may have any amount",
        **_operator("Conv"),
    ),
    _known("max_unpool2d", "empty", "rejects", _no_rows, "by design", "MaxUnpool takes no empty image"),
    _known("conv2d_transpose", "empty", "rejects", _no_room, "by design", "ConvTranspose makes no empty image"),
    *(
        _known("avg_unpool2d", name, "accepts", covers, "by design", "composed of Expand and Reshape", modes=modes)
        for name, covers, modes in (
            ("window-negative", _inferred, _OPTIMISED),
            ("window-zero", _expanded("WindowZero"), ("disabled",)),
        )
    ),
    _known("conv2d", "empty", "rejects", _no_rows_same, "by design", "Conv takes no empty image with SAME"),
    _known(
        "conv2d",
        "huge-padding",
        "hang",
        _large_but_possible,
        "by design",
        "padding may have any amount",
        **_operator("Conv"),
    ),
    _known(
        "avg_unpool2d",
        "rank-three",
        "accepts",
        lambda case: _expanded("RankThree")(case) and case.attributes["layout"] == "NHWC",
        "by design",
        "composed of Expand, for any rank that has the axes",
    ),
    _known(
        "matmul",
        "rank-one",
        "accepts",
        breaks("RankOne"),
        "by design",
        "MatMul follows NumPy, with vectors",
        **_operator("MatMul"),
    ),
    _known(
        "max_unpool2d",
        "index",
        "accepts",
        _somewhere_in_the_answer,
        "by design",
        _COUNTED_THROUGH,
        **_operator("MaxUnpool"),
    ),
    _known(
        "scatter_nd",
        "index-negative",
        "accepts",
        breaks("IndexNegative"),
        "by design",
        "negatives count back",
        **_operator("ScatterND"),
    ),
)
