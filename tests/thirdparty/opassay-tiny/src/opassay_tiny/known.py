"""What tiny is known to answer otherwise."""

import math

import numpy as np

from opassay import Case, Fill, Known, Tensor


def _has_nan(case):
    return any(t.dtype == "float32" and bool(np.isnan(t.materialize()).any()) for t in case.tensors)


KNOWN = (
    Known(
        id="tiny-relu-nan",
        op="relu",
        verdict="special",
        covers=_has_nan,
        owner="ours",
        reason="tiny's relu answers 0 to NaN.",
        versions="0.1",
        pin=Case("relu", (Tensor((1,), "float32", Fill("literal", values=(math.nan,))),)),
    ),
)
