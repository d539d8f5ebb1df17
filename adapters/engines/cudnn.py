"""Differences of cuDNN on NVIDIA's GPUs. Imports no framework."""

from __future__ import annotations

import numpy as np

from opassay.adapters.cuda import ON_CUDA
from opassay.adapters.kernels.predicates import attributes_of
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

KERNELS = "which of cuDNN's kernels its heuristics take"


def grouped_and_not_finite(case: Case) -> bool:
    """Several groups, and an operand that is infinite or NaN."""
    values = (dtypes.widen(t.materialize()) for t in case.all_tensors if dtypes.is_float(t.dtype))
    return attributes_of(case)["groups"] > 1 and not all(np.isfinite(v).all() for v in values)


def facts(versions: str = "") -> tuple[Fact, ...]:
    """The facts of a framework that calls cuDNN for convolutions."""
    return (
        Fact(
            "cudnn-cuda-groups",
            "upstream",
            "zeros that stand for other groups meet their infinity or NaN",
            ops=("convolves", "conv2d_input_gradient_law"),
            aspects=("value", "gradient"),
            verdicts=("special",),
            when=grouped_and_not_finite,
            versions=versions,
            flaky=KERNELS,
            needs=ON_CUDA,
        ),
    )
