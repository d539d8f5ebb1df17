"""What OpenVINO is known to make of invalid input. Free of OpenVINO."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.adapters.geometry import channel_axis, output_extent, spatial_axes
from opassay.adapters.known_columns import CHANCE
from opassay.adapters.known_predicates import Predicate, breaks, known, rank_three_in
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_ISSUE = (
    "https://github.com/openvinotoolkit/openvino/issues/35759",
    "[Bug]: OpenVINO opset MaxPool accepts pad larger than kernel on CPU",
)
_FIX = (
    "https://github.com/openvinotoolkit/openvino/pull/37125",
    "[CPU] Fix out-of-bounds write in ScatterNDUpdate on out-of-range indices",
)
_OPERATIONS = "https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs"
_AVG_POOL = (f"{_OPERATIONS}/pooling/avg-pool-16.html", "AvgPool")
_CONVOLUTION = (f"{_OPERATIONS}/convolution/convolution-1.html", "Convolution")
_MATMUL = (f"{_OPERATIONS}/matrix/matmul-1.html", "MatMul")
_MAX_POOL = (f"{_OPERATIONS}/pooling/max-pool-14.html", "MaxPool")
_RESHAPE = (f"{_OPERATIONS}/shape/reshape-1.html", "Reshape")
_SCATTER = (f"{_OPERATIONS}/movement/scatter-nd-update-15.html", "ScatterNDUpdate")
_PADS = {"conv2d": _CONVOLUTION, "avg_pool2d": _AVG_POOL, "max_pool2d": _ISSUE, "max_pool2d_with_argmax": _ISSUE}
"""Which page tells of padding of any amount, by op."""
_LOST = (
    "the kernel's exception is lost in the thread pool: the answer is what was there, and another model then crashes"
)
_SURPLUS = "output_padding is not compared with the stride, and may be negative"
_BACK = "negative indices count from the end"


def _counted_wide(case: Case) -> bool:
    """Averages over wide padding that count it."""
    return case.rule == "PadNotSmallerThanWindow" and case.attributes.get("count_padding", True)


def _backwards_alone(case: Case) -> bool:
    """A negative dilation along an axis on which the window has one element."""
    if case.rule != "DilationNegative":
        return False
    return all(k == 1 for k, d in zip(case.attributes["window"], case.attributes["dilation"], strict=True) if d < 0)


def _large_but_possible(case: Case) -> bool:
    """Padding whose answer a machine may just hold."""
    if case.rule != "PadOverflow":
        return False
    how, shape = case.attributes, case.tensors[0].shape
    elements = shape[0] * shape[channel_axis(how["layout"])]
    extents = (shape[axis] for axis in spatial_axes(how["layout"]))
    dilation = how.get("dilation", (1, 1))
    for n, k, s, d, pads in zip(extents, how["window"], how["stride"], dilation, how["padding"], strict=True):
        elements *= output_extent(n + sum(pads), k, s, d)
    return 0 < elements < 2**33


def _large_and_counted(case: Case) -> bool:
    return case.attributes["count_padding"] and _large_but_possible(case)


def _nothing_left(case: Case) -> bool:
    return case.rule == "OutputTooSmall" and 0 in case.attributes["output_shape"]


def errors(pins: Mapping[str, Case], seen: str, repeats_nothing: Predicate) -> tuple[Fact, ...]:
    """Known differences of the aspect ``error``; ``repeats_nothing`` is what ends the process in a repeat."""

    def make(
        op: str,
        name: str,
        verdict: str,
        covers: Predicate,
        owner: str,
        reason: str,
        page: tuple[str, str] = ("", ""),
        flaky: str = "",
    ) -> Fact:
        url, title = page
        told = {"owner": owner, "reason": reason, "versions": seen, "url": url, "title": title, "flaky": flaky}
        return known(pins, f"openvino-{op}-error-{name}", verdict, covers, **told)

    def accepts(op: str, rule: str, owner: str, reason: str, page: tuple[str, str] = ("", "")) -> Fact:
        return make(op, rule.lower(), "accepts", breaks(rule), owner, reason, page)

    def zero_window(case: Case) -> bool:
        return case.rule == "WindowZero" and not repeats_nothing(case)

    def zero_then_repeated(case: Case) -> bool:
        return case.rule == "WindowZero" and repeats_nothing(case)

    return (
        *(
            make(
                op,
                "wide-padding",
                "accepts",
                _counted_wide,
                "by design",
                "padding may have any amount",
                page,
            )
            for op, page in _PADS.items()
        ),
        accepts(
            "conv2d", "FilterZero", "upstream", "filters without rows, columns or channels give uninitialised memory"
        ),
        accepts("conv2d_transpose", "OutputTooLarge", "upstream", _SURPLUS),
        accepts("conv2d_transpose", "OutputTooSmall", "upstream", _SURPLUS),
        make(
            "conv2d_transpose",
            "nothing",
            "nondeterministic",
            _nothing_left,
            "upstream",
            f"{_SURPLUS}; what it makes of an extent of 0 is uninitialised memory",
            flaky=CHANCE,
        ),
        accepts("conv2d_transpose", "PadNegative", "by design", "negative pads add"),
        accepts(
            "max_pool2d_with_argmax", "StrideNegative", "upstream", "a negative stride along an axis with one window"
        ),
        make(
            "max_pool2d_with_argmax",
            "dilationnegative",
            "accepts",
            _backwards_alone,
            "upstream",
            "a negative dilation is not refused where the window has one element",
        ),
        make(
            "max_pool2d_with_argmax",
            "padoverflow",
            "hang",
            _large_but_possible,
            "by design",
            "padding may have any amount",
            _MAX_POOL,
        ),
        *(
            make(
                "avg_pool2d",
                name,
                verdict,
                _large_and_counted,
                "by design",
                "padding may have any amount, and is computed until memory or time is at its end",
                _AVG_POOL,
                flaky="how much memory and time there is",
            )
            for name, verdict in (("padoverflow", "crash"), ("padoverflow-hang", "hang"))
        ),
        accepts("matmul", "RankOne", "by design", "MatMul follows NumPy, with vectors", _MATMUL),
        make(
            "avg_unpool2d",
            "windowzero",
            "accepts",
            zero_window,
            "by design",
            "composed of Broadcast, which may be zero",
        ),
        make(
            "avg_unpool2d",
            "windowzero-crash",
            "crash",
            zero_then_repeated,
            "upstream",
            "Broadcast of a tensor without elements ends the process (SIGFPE)",
        ),
        make(
            "avg_unpool2d",
            "rankthree",
            "accepts",
            rank_three_in("NHWC"),
            "by design",
            "composed of Broadcast, for any rank that has the axes",
        ),
        accepts("max_unpool2d", "IndexWrongChannel", "by design", "composed of a scatter, which knows no channels"),
        accepts("max_unpool2d", "IndexNegative", "by design", _BACK, _SCATTER),
        accepts("max_unpool2d", "IndexOutOfRange", "upstream", _LOST, _FIX),
        accepts(
            "max_unpool2d",
            "OutputNegative",
            "by design",
            "composed of Reshape, which reads -1 as: what is left",
            _RESHAPE,
        ),
        accepts("scatter_nd", "IndexNegative", "by design", _BACK, _SCATTER),
        accepts("scatter_nd", "IndexOutOfRange", "upstream", _LOST, _FIX),
    )
