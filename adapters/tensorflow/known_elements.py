"""Differences of TensorFlow in element-wise ops. Does not import TensorFlow."""

from __future__ import annotations

import numpy as np

from opassay.adapters.engines.eigen import DEFINITIONS
from opassay.adapters.kernels.elements import Told, endless, mistakes, none_through_8_bits
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = "tensorflow 2.21.0, CPU"

SCANNED = Case(
    "logcumsumexp",
    (Tensor((2,), "float32", Fill("literal", values=(1.0, np.nan))),),
    {"axis": 0, "exclusive": False, "reverse": False},
)

_NUMPY: Told = {
    "quotient_not_chosen": (
        "upstream",
        "the gradient of tf.experimental.numpy.sinc at 0 is NaN: that of sin(πx) / (πx), which tf.where does not drop",
    ),
}


def _not_finite_again(case: Case) -> bool:
    """A NaN, or an infinity after another, in some line of a scan."""
    axis, exclusive, reverse = (case.attributes[name] for name in ("axis", "exclusive", "reverse"))
    line = np.moveaxis(dtypes.widen(case.inputs()[0]), axis, -1)
    line = line[..., ::-1] if reverse else line
    line = line[..., :-1] if exclusive else line
    before = np.logical_or.accumulate(np.isposinf(line), axis=-1)[..., :-1]
    return bool(np.isnan(line).any() or (np.isposinf(line)[..., 1:] & before).any())


ELEMENTS = (
    *mistakes("tensorflow", DEFINITIONS, versions=_SEEN),
    *mistakes("tensorflow", _NUMPY, versions=_SEEN),
    endless("tensorflow", _SEEN),
    none_through_8_bits("tensorflow", _SEEN),
    Fact(
        "tensorflow-logcumsumexp-not-finite",
        "upstream",
        "cumulative_logsumexp subtracts an infinity from another, and drops a NaN for the number before it",
        ops=("logcumsumexp",),
        aspects=("value",),
        verdicts=("special",),
        when=_not_finite_again,
        versions=_SEEN,
        pins=(SCANNED,),
    ),
)
