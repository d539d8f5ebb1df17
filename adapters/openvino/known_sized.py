"""Differences of OpenVINO in resizing and in answers whose size depends on values. Does not import OpenVINO."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.kernels.shaped import none_of_one_axis, scalar
from opassay.harness.model.fact import Fact

_SEEN = "openvino 2026.4.1, CPU"

SIZED = (
    Fact(
        "openvino-nonzero-scalar",
        "upstream",
        "a scalar has an index, where there is no axis that it could be of",
        ops=("nonzero",),
        verdicts=("shape",),
        when=scalar,
        versions=_SEEN,
    ),
    Fact(
        "openvino-masked-scalar",
        "by design",
        "GatherND takes no scalar",
        ops=("masked_select",),
        verdicts=("rejects",),
        when=scalar,
        versions=_SEEN,
    ),
    *accepted(
        "openvino-unchecked",
        "by design",
        "indices of a condition are looked up in whatever tensor there is",
        {"masked_select": ("ShapeMismatch",)},
        versions=_SEEN,
    ),
    *accepted(
        "openvino-unchecked",
        "upstream",
        "Interpolate takes sizes of 0, and one for an axis that there is not",
        {"resizes": ("SizeZero", "SizeMissing")},
        versions=_SEEN,
    ),
    Fact(
        "openvino-nonzero-nothing",
        "upstream",
        "of nothing, NonZero has one index",
        ops=("nonzero", "masked_select"),
        verdicts=("shape",),
        when=none_of_one_axis,
        versions=_SEEN,
    ),
)
