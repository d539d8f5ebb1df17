"""Differences of torch in resizing, rearranging, and answers whose size depends on values. Does not import torch."""

from __future__ import annotations

from opassay.adapters.kernels.shaped import antialiased_to_a_column
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"

_UNSHUFFLED = Case("space_to_depth", (Tensor((1, 2, 4, 0), "float32"),), {"block": 2, "order": "CRD"})


def _nothing_arranged(case: Case) -> bool:
    return case.tensors[0].size == 0 and case.attributes["block"] > 1


SIZED = (
    Fact(
        "torch-antialias-column",
        "upstream",
        "an antialiased image that is one column wide is resized along its rows, as if they were columns",
        ops=("resize_linear", "resize_cubic"),
        verdicts=("numeric", "structural"),
        when=antialiased_to_a_column,
        versions=_SEEN,
    ),
    Fact(
        "torch-unshuffled-nothing",
        "upstream",
        "pixel_unshuffle of nothing gives it back in its own shape",
        ops=("space_to_depth",),
        verdicts=("shape",),
        when=_nothing_arranged,
        modes=("eager",),
        versions=_SEEN,
        pins=(_UNSHUFFLED,),
    ),
)
