"""Valid cases that torch refuses, by its messages. Does not import torch."""

from __future__ import annotations

from opassay.adapters.engines import aten_refusals
from opassay.adapters.kernels.refusals import refused

_SEEN = "torch 2.13.0, CPU"

REFUSALS = (
    *aten_refusals.facts("torch", _SEEN),
    refused(
        "torch-unsigned-sorted",
        "long tensors are sorted by a kernel that has no unsigned integers of more than 8 bits",
        '"parallel_sort1d_kernel" not implemented',
        ops=("unique",),
        versions=_SEEN,
    ),
    refused(
        "torch-sized-on-meta",
        "tensors on the meta device have no extents that depend on values",
        "attempted to run this operator with Meta tensors",
        "The register_meta function for torch.nonzero() raises unimplemented by default",
        owner="by design",
        ops=("sized_by_values",),
        aspects=("shape",),
        modes=("eager",),
        versions=_SEEN,
    ),
)
