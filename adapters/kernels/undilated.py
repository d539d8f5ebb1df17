"""Where torch's oneDNN accepts a dilation of 0 in a transposed convolution, also for Keras. Imports no framework."""

from __future__ import annotations

from opassay.harness.model.case import Case


def unlooked_dilation(case: Case) -> bool:
    """oneDNN, which is called for float32 batches, does not check the dilation of a single row or column."""
    x, w = case.tensors[:2]
    single = all(k == 1 for k, d in zip(w.shape[:2], case.attributes["dilation"], strict=False) if d == 0)
    return case.rule == "DilationZero" and x.dtype == "float32" and x.shape[0] > 1 and single
