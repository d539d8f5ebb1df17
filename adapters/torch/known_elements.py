"""Differences of torch in element-wise ops. Does not import torch."""

from __future__ import annotations

from opassay.adapters.engines import aten
from opassay.adapters.kernels.elements import share_of_infinity
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = "torch 2.13.0, CPU"

COUNTS = Fact(
    "torch-nonzero-count",
    "upstream",
    "count_nonzero of a scalar has no kernel for unsigned integers of 16 bits and more, along axes it has",
    ops=("count_nonzero",),
    aspects=("value", "shape"),
    verdicts=("rejects",),
    words=("nonzero_count_cpu",),
    versions=_SEEN,
    pins=(Case("count_nonzero", (Tensor((), "uint16", Fill("ones")),), {"axes": (), "keepdims": False}),),
)

ELEMENTS = (*aten.facts("torch", _SEEN), share_of_infinity("torch", _SEEN), COUNTS)
