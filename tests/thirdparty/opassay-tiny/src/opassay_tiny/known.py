"""What tiny is known to answer otherwise."""

import math

import numpy as np

from opassay import Case, Fact, Fill, Tensor


def _has_nan(case):
    return any(t.dtype == "float32" and bool(np.isnan(t.materialize()).any()) for t in case.tensors)


KNOWN = (
    Fact(
        id="tiny-relu-nan",
        ops=("relu",),
        verdicts=("special",),
        when=_has_nan,
        owner="ours",
        reason="tiny's relu answers 0 to NaN.",
        versions="0.1",
        pins=(Case("relu", (Tensor((1,), "float32", Fill("literal", values=(math.nan,))),)),),
    ),
)
