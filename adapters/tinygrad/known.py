"""What tinygrad is known to do differently. Free of tinygrad: the parent imports this."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.known_predicates import Predicate, breaks, known, rank_three_in, read_pins, unconnected_input
from opassay.adapters.known_values import empty_anywhere, holds_nan
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tinygrad 0.14.0, CPU (clang)"
_POOLS = ("max_pool2d", "max_pool2d_with_argmax")
_TIES = "equal elements of a window share its gradient"
_NAN = "relu and max are comparisons, in which a NaN loses"
_MAX = {"url": "https://github.com/tinygrad/tinygrad/issues/862", "title": "`.max(Tensor([ 1, nan]))` should be nan"}
_WIDER = "a sum of 8-bit integers has 32 bits"
_EMPTY = "refuses a tensor without elements, whose answer is zeros or empty"
_SHARED = (
    ("max_pool2d", "gradient", ("structural", "numeric")),
    ("max_pool2d_with_argmax", "gradient", ("structural", "numeric")),
    ("conv_relu_pool", "gradient", ("structural", "numeric")),
    ("conv_autoencoder_step", "gradient", ("structural",)),
    ("deconvnet", "value", ("numeric",)),
)
"""Op, aspect and verdicts in which it shows that equal elements share a gradient."""

_ACCEPTED = {
    "avg_pool2d": ("PadNegative", "PadNotSmallerThanWindow", "RankThree", "WindowZero"),
    "max_pool2d": (
        "DilationNegative",
        "DilationZero",
        "PadNegative",
        "PadNotSmallerThanWindow",
        "RankThree",
        "WindowZero",
    ),
    "max_pool2d_with_argmax": (
        "DilationNegative",
        "DilationZero",
        "PadNegative",
        "PadNotSmallerThanWindow",
        "WindowZero",
    ),
    "conv2d": (
        "DilationNegative",
        "DilationZero",
        "DtypeMismatch",
        "FilterZero",
        "PadNegative",
        "PadNotSmallerThanWindow",
    ),
    "conv2d_transpose": (
        "DilationNegative",
        "DilationZero",
        "DtypeMismatch",
        "OutputTooLarge",
        "OutputTooSmall",
        "PadNegative",
        "StrideZero",
    ),
    "avg_unpool2d": ("RankThree", "WindowZero"),
    "max_unpool2d": ("IndexNegative", "IndexOutOfRange", "IndexWrongChannel", "OutputRankThree"),
    "matmul": ("DtypeMismatch", "RankOne"),
    "scatter_nd": ("IndexDepthTooLarge", "IndexDtype", "IndexNegative", "IndexOutOfRange", "ShapeNegative"),
}
"""Rules that may be broken, by op: windows, scatters and products are composed of movement ops, which know none."""


def _known(
    op: str, aspect: str, name: str, verdict: str, covers: Predicate, owner: str, reason: str, **page: str
) -> Fact:
    title = f"tinygrad-{op}-{aspect}-{name}"
    return known(_PINS, title, verdict, covers, owner=owner, reason=reason, versions=_SEEN, **page)


def _breaking(op: str, rule: str) -> Predicate:
    # Pools leave the axes of NCHW where they are, and repeats find those of NHWC.
    return rank_three_in("NHWC" if op == "avg_unpool2d" else "NCHW") if rule == "RankThree" else breaks(rule)


def _small_integer(position: int) -> Predicate:
    return lambda case: case.tensors[position].dtype in ("int8", "uint8")


def _several(case: Case) -> bool:
    """Some maximum is that of more than one element."""
    stages = case.attributes.get("stages", ({"op": case.op, "attributes": case.attributes},))
    return any(max(stage["attributes"]["window"]) > 1 for stage in stages if stage["op"] in _POOLS)


def _several_and_special(case: Case) -> bool:
    return _several(case) and any(tensor.fill.kind in ("special", "literal") for tensor in case.all_tensors)


def _repeated_index(case: Case) -> bool:
    """Some sample names a position twice."""
    indices = case.tensors[1].materialize()
    return any(np.unique(sample).size < sample.size for sample in indices.reshape(len(indices), -1))


def _empty_output(case: Case) -> bool:
    return empty_anywhere(case) or 0 in case.attributes["output_shape"]


def _minus_one(case: Case) -> bool:
    if case.rule != "WindowNegative":
        return False
    axes = spatial_axes(case.attributes["layout"])
    return any(case.tensors[0].shape[i] * k == -1 for i, k in zip(axes, case.attributes["window"], strict=True))


def _wide_and_shared(case: Case) -> bool:
    return case.tensors[0].fill.kind == "wide" and any(stage["op"] == "matmul" for stage in case.attributes["stages"])


KNOWN = (
    *(
        _known(op, "error", rule.lower(), "accepts", _breaking(op, rule), "by design", "tinygrad does not check it")
        for op, rules in _ACCEPTED.items()
        for rule in rules
    ),
    _known(
        "avg_unpool2d",
        "error",
        "windownegative",
        "accepts",
        _minus_one,
        "upstream",
        "repeat_interleave: 1 times -1 is -1, which reshape takes for what is left",
    ),
    _known("relu", "value", "nan", "special", holds_nan, "upstream", _NAN),
    *(_known(op, "value", "nan", "special", holds_nan, "upstream", _NAN, **_MAX) for op in _POOLS),
    *(
        _known(op, aspect, f"ties-{verdict}", verdict, _several, "by design", _TIES)
        for op, aspect, verdicts in _SHARED
        for verdict in verdicts
    ),
    *(
        _known(op, "gradient", "nan", "special", _several_and_special, "upstream", "no element equals a NaN: 0 / 0")
        for op in _POOLS
    ),
    *(
        _known(op, aspect, "wider", "dtype", _small_integer(position), "upstream", _WIDER)
        for op, position in (("max_unpool2d", 0), ("scatter_nd", 1))
        for aspect in ("value", "shape")
    ),
    *(
        _known(op, aspect, "empty", "rejects", empty_anywhere, "upstream", _EMPTY)
        for op, aspect in (
            ("max_unpool2d", "value"),
            ("max_unpool2d", "shape"),
            ("avg_pool2d", "shape"),
        )
    ),
    _known("conv2d_transpose", "shape", "empty", "rejects", _empty_output, "upstream", _EMPTY),
    _known(
        "max_unpool2d",
        "value",
        "repeated",
        "structural",
        _repeated_index,
        "upstream",
        "values at a repeated index are added up",
    ),
    *(
        _known(op, "gradient", "unconnected", "shape", unconnected_input, "by design", "gradients of nothing are zeros")
        for op in ("stop_gradient", "unused_input", "shared_inputs")
    ),
    _known(
        "shared_inputs",
        "gradient",
        "again",
        "numeric",
        _wide_and_shared,
        "by design",
        "lazy: kernels compute a value again that another output shows, and may round it otherwise",
    ),
)
