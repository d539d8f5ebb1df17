"""Known differences of OpenVINO on invalid input. Does not import OpenVINO."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from opassay.adapters.facts import accepted
from opassay.adapters.geometry import channel_axis, output_extent, spatial_axes
from opassay.adapters.kernels.predicates import rank_three_in
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

SEEN = {"versions": "openvino 2026.4.1, CPU"}
CHANCE = "what lies in memory before the answer is written there"
_OPERATIONS = "https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs"
_FIX = {
    "url": "https://github.com/openvinotoolkit/openvino/pull/37125",
    "title": "[CPU] Fix out-of-bounds write in ScatterNDUpdate on out-of-range indices",
}
_LOST = (
    "the kernel's exception is lost in the thread pool: the answer is what was there, and another model then crashes"
)
_SURPLUS_RULES = {
    "conv2d_transpose conv_transpose1d conv_transpose3d": ("OutputTooLarge", "OutputTooSmall"),
    "biased_conv_transpose2d": ("OutputPaddingTooLarge",),
}
_SURPLUS = "output_padding is not compared with the stride, and may be negative"


def _page(place: str, title: str) -> dict[str, str]:
    return {"url": f"{_OPERATIONS}/{place}.html", "title": title}


_ACCEPTED: tuple[tuple[str, str, str, Mapping[str, tuple[str, ...]], Mapping[str, str]], ...] = (
    (
        "nothing",
        "upstream",
        "filters without rows, columns or channels give uninitialised memory",
        {"conv2d conv1d conv3d": ("FilterZero",)},
        {},
    ),
    ("surplus", "upstream", _SURPLUS, _SURPLUS_RULES, {}),
    (
        "channels",
        "by design",
        "composed of a scatter, which knows no channels",
        {"max_unpool2d": ("IndexWrongChannel",)},
        {},
    ),
    ("lost", "upstream", _LOST, {"indexes picks": ("IndexOutOfRange",)}, _FIX),
    ("repeats", "upstream", "Tile takes a negative number of repeats", {"tile": ("RepeatsNegative",)}, {}),
    (
        "left",
        "by design",
        "composed of Reshape, which reads -1 as: what is left",
        {"max_unpool2d": ("OutputNegative",)},
        _page("shape/reshape-1", "Reshape"),
    ),
)
"""Name, owner, reason, ops and rules, page."""


def _below_all(case: Case) -> bool:
    """Some index is below the first place, counted from the end of the tensor."""
    indices = case.tensors[0 if case.op == "scatter_nd" else 1].materialize()
    shape = case.attributes["shape" if case.op == "scatter_nd" else "output_shape"]
    return int(indices.min(initial=0)) < -math.prod(shape)


def _backwards(case: Case) -> bool:
    """A negative stride; a negative dilation along an axis on which the window has one element."""
    sizes = zip(case.attributes["window"], case.attributes["dilation"], strict=True)
    return case.rule == "StrideNegative" or all(k == 1 for k, d in sizes if d < 0)


def _large_but_possible(case: Case) -> bool:
    """Padding that is computed, too, and whose answer a machine may just hold."""
    how, shape = case.attributes, case.tensors[0].shape
    elements = shape[0] * shape[channel_axis(how["layout"])]
    extents = (shape[axis] for axis in spatial_axes(how["layout"]))
    dilation = how.get("dilation", (1, 1))
    for n, k, s, d, pads in zip(extents, how["window"], how["stride"], dilation, how["padding"], strict=True):
        elements *= output_extent(n + sum(pads), k, s, d)
    return bool(how.get("count_padding", True)) and 0 < elements < 2**33


def repeats_nothing(case: Case) -> bool:
    """avg_unpool2d: an axis is repeated, by more than one, of an image without elements."""
    shape = list(case.tensors[0].shape)
    if len(shape) != 4 or case.rule not in ("", "WindowZero"):
        return False
    for axis, times in zip(spatial_axes(case.attributes["layout"]), case.attributes["window"], strict=True):
        if 0 in shape and times > 1:
            return True
        shape[axis] *= times
    return False


def errors() -> Iterator[Fact]:
    """Known differences of the aspect ``error``."""
    error = {"aspects": ("error",), **SEEN}
    for name, owner, reason, table, page in _ACCEPTED:
        yield from accepted(f"openvino-{name}", owner, reason, table, **SEEN, **page)
    yield from accepted(
        "openvino-pads",
        "by design",
        "negative pads at the end add; there is no deconvolution with any at the beginning",
        {"conv2d_transpose conv_transpose3d": ("PadNegative",)},
        when=lambda case: min(begin for begin, _ in case.attributes["padding"]) >= 0,
        **SEEN,
    )
    yield from accepted(
        "openvino-lost-below", "upstream", _LOST, {"indexes": ("IndexNegative",)}, when=_below_all, **SEEN, **_FIX
    )
    yield from accepted(
        "openvino-backwards",
        "upstream",
        "a negative stride with one window, or dilation of one element, is not refused",
        {"max_pool2d_with_argmax": ("StrideNegative", "DilationNegative")},
        when=_backwards,
        **SEEN,
    )
    yield from accepted(
        "openvino-rank",
        "by design",
        "composed of Broadcast, for any rank that has the axes",
        {"avg_unpool2d": ("RankThree",)},
        when=rank_three_in("NHWC"),
        **SEEN,
    )
    yield Fact(
        "openvino-nothing-transposed",
        "upstream",
        f"{_SURPLUS}; what it makes of an extent of 0 is uninitialised memory",
        ops=("conv2d_transpose",),
        verdicts=("nondeterministic",),
        rules=("OutputTooSmall",),
        when=lambda case: 0 in case.attributes["output_shape"],
        flaky=CHANCE,
        **error,
    )
    yield Fact(
        "openvino-bins-negative",
        "upstream",
        "AdaptiveAvgPool takes a negative size: an empty answer, beside which it writes; another model then crashes",
        ops=("adaptive_avg_pool2d",),
        verdicts=("accepts", "crash"),
        rules=("SizeNegative",),
        flaky=CHANCE,
        **error,
        **_page("pooling/adaptive-avg-pool-8", "AdaptiveAvgPool"),
    )
    yield Fact(
        "openvino-huge-padding",
        "by design",
        "padding may have any amount, and is computed until memory or time is at its end",
        ops=("max_pool1d", "max_pool2d_with_argmax", "avg_pool2d"),
        verdicts=("crash", "hang"),
        rules=("PadOverflow",),
        when=_large_but_possible,
        flaky="how much memory and time there is",
        **error,
        **_page("pooling/max-pool-14", "MaxPool"),
    )
