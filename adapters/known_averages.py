"""Where the gradient of TensorFlow's average pool is wrong, for all who compute with it. No framework here."""

from __future__ import annotations

from collections.abc import Container

from opassay.adapters.geometry import pad_amounts, spatial_axes
from opassay.adapters.known_predicates import Predicate
from opassay.harness.model.case import Case

WIDE = "the gradient under a window larger than the input is wrong in every element"
WIDE_URL = "https://github.com/tensorflow/tensorflow/issues/48773"
WIDE_TITLE = "Wrong results of AvgPoolGrad and AvgPool3dGrad in some specific shapes"
OTHERS = ("float16", "float64")
"""Dtypes that oneDNN, which is right, does not compute for TensorFlow."""


def wide_window(verdict: str, dtypes: Container[str]) -> Predicate:
    """A window larger than the input whose first position does not reach the input's end.

    Where padding counts, or is explicit, it is an op of its own. Tried out for 700 combinations of extents.
    """

    def covers(case: Case) -> bool:
        x, how = case.tensors[0], case.attributes
        if x.dtype not in dtypes or how["count_padding"] or how["padding"] != "SAME" or 0 in x.shape:
            return False
        extents = [x.shape[axis] for axis in spatial_axes(how["layout"])]
        pads = pad_amounts(extents, how["window"], how["stride"], (1, 1), "SAME")
        sizes = zip(extents, how["window"], pads, strict=True)
        wrong = any(k > n and k - low < n for n, k, (low, _) in sizes)
        exact = all(tensor.fill.exact for tensor in case.all_tensors)
        return wrong and verdict == ("structural" if exact else "numeric")

    return covers
