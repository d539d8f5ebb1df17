"""Known differences of onnxruntime. Does not import onnxruntime: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.facts import accepted, pinned
from opassay.adapters.geometry import channel_axis, output_extent, spatial_axes
from opassay.adapters.onnxruntime import known_pools as pools
from opassay.adapters.onnxruntime.known_elements import ELEMENTS
from opassay.adapters.onnxruntime.known_refusals import REFUSALS
from opassay.adapters.onnxruntime.known_sized import SIZED
from opassay.adapters.onnxruntime.limits import RESIZED
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = {"versions": "onnxruntime 1.32.0, CPU"}
_OPTIMISED, _DISABLED = ("all", "constants"), ("disabled",)
_TOWARDS_ZERO = "the number of windows is divided towards zero, so a window one row too large is found to fit"
_NONE = "without a row of windows, the kernel for blocks of channels divides by their number"
_SAME = "auto_pad SAME_UPPER counts the padding as if the window were not dilated, and crops where the stride is wider"
_ORDER = "a NaN is kept where it is the first or the last of its window, by kernel, and else dropped with what it met"
_LOWEST = "maxima start from the lowest finite number, or pad with it, and -inf is less"
_EXPANDED = "composed of Expand and Reshape, for any rank that has the axes"
_ISSUES = "https://github.com/microsoft/onnxruntime/issues/"
_WINDOWS = {"url": f"{_ISSUES}25234", "title": "MaxPool produces results with wrong shape"}


def _operator(name: str) -> dict[str, str]:
    """The URL of an operator's page."""
    return {"url": f"https://onnx.ai/onnx/operators/onnx__{name}.html", "title": name}


def _large_but_possible(case: Case) -> bool:
    """Padding whose answer may just fit into memory."""
    (height, width), (rows, columns, _, made) = spatial_axes(case.attributes["layout"]), case.tensors[1].shape
    a, shape = case.attributes, case.tensors[0].shape
    elements = shape[0] * made
    for extent, k, s, d, pads in zip(
        (shape[height], shape[width]), (rows, columns), a["stride"], a["dilation"], a["padding"], strict=True
    ):
        elements *= output_extent(extent + sum(pads), k, s, d)
    return 0 < elements < 2**32


def _somewhere_in_the_answer(case: Case) -> bool:
    """Invalid indices that are valid positions when counted through the whole answer."""
    layout, shape = case.attributes["layout"], case.attributes["output_shape"]
    channels, (height, width) = shape[channel_axis(layout)], (shape[axis] for axis in spatial_axes(layout))
    indices = case.tensors[1].materialize()
    samples = np.arange(len(indices)).reshape(-1, 1, 1, 1)
    places = (samples * channels + indices % channels) * (height * width) + indices // channels
    return bool(((places >= 0) & (places < np.prod(shape))).all())


def _expanded(case: Case) -> bool:
    """Dtypes unsupported by ``Resize``; for a negative window, an extent of -1, which Reshape infers from the rest."""
    axes = spatial_axes(case.attributes["layout"])
    if case.tensors[0].dtype in RESIZED or (case.rule == "RankThree" and axes != (1, 2)):
        return False
    made = [case.tensors[0].shape[axis] * k for axis, k in zip(axes, case.attributes["window"], strict=True)]
    return case.rule != "WindowNegative" or -1 in made


KNOWN = pinned(
    (
        *ELEMENTS,
        *REFUSALS,
        *accepted(
            "onnxruntime-window-larger",
            "upstream",
            _TOWARDS_ZERO,
            {"pools": ("WindowLargerThanInput",)},
            when=pools.none_below_zero,
            **_SEEN,
            **_WINDOWS,
        ),
        Fact(
            "onnxruntime-no-windows",
            "upstream",
            _NONE,
            ops=("avg_pool2d", "max_pool2d"),
            aspects=("value", "error"),
            verdicts=("crash",),
            when=pools.no_row,
            modes=_OPTIMISED,
            **_SEEN,
        ),
        Fact(
            "onnxruntime-same-inferred",
            "upstream",
            _SAME,
            ops=("selects_maximum",),
            aspects=("shape",),
            verdicts=("shape",),
            when=pools.shrinks,
            **_SEEN,
        ),
        Fact("onnxruntime-same", "upstream", _SAME, ops=("pools",), reproduces="same_undilated", **_SEEN),
        *(
            Fact(f"onnxruntime-{name}", "upstream", why, ops=("selects_maximum",), reproduces=mistake, **_SEEN)
            for name, why, mistake in (
                ("nan-first", _ORDER, "nan_first_only"),
                ("nan-last", _ORDER, "nan_restarts"),
                ("lowest", _LOWEST, "starts_from_lowest"),
            )
        ),
        Fact(
            "onnxruntime-huge-padding",
            "by design",
            "padding may have any amount",
            ops=("conv2d",),
            aspects=("error",),
            verdicts=("hang",),
            rules=("PadOverflow",),
            when=_large_but_possible,
            **_SEEN,
            **_operator("Conv"),
        ),
        *accepted(
            "onnxruntime-index",
            "by design",
            "MaxUnpool counts through the whole tensor, so an index may lie in another sample or channel",
            {"max_unpool2d": ("IndexOutOfRange", "IndexNegative", "IndexWrongChannel")},
            when=_somewhere_in_the_answer,
            **_SEEN,
            **_operator("MaxUnpool"),
        ),
        *(
            fact
            for name, rule, modes in (
                ("rank", "RankThree", ()),
                ("negative", "WindowNegative", _OPTIMISED),
                ("zero", "WindowZero", _DISABLED),
            )
            for fact in accepted(
                f"onnxruntime-{name}",
                "by design",
                _EXPANDED,
                {"avg_unpool2d": (rule,)},
                when=_expanded,
                modes=modes,
                **_SEEN,
            )
        ),
        *SIZED,
    ),
    Path(__file__).parent,
)
