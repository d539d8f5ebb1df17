"""Differences of Paddle in element-wise ops and losses of two tensors. Does not import Paddle."""

from __future__ import annotations

import numpy as np

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = "paddle 3.3.1, CPU"
_FLOATS = {"int32": np.float32, "int64": np.float64}


def _inexact(case: Case) -> bool:
    """Some answer is an integer that the float of as many bits does not hold."""
    a, b = case.inputs()
    if a.dtype.name not in _FLOATS:
        return False
    answer = (np.maximum if case.op == "fmax" else np.minimum)(a, b)
    wide = answer.astype(_FLOATS[a.dtype.name]).astype(np.longdouble)
    return bool((wide != answer.astype(np.longdouble)).any())


def _of(op: str, dtype: str, *values: float, aspect: str = "value", **attributes: object) -> Case:
    x, one = (Tensor((len(v),), dtype, Fill("literal", values=v)) for v in (values, (1.0,) * len(values)))
    return Case(op, (x, x), attributes, aspect, cotangents=(one,) if aspect == "gradient" else ())


_LOSS = "binary_cross_entropy_with_logits"

PAIRS = (
    Fact(
        "paddle-unconnected",
        "upstream",
        "lerp's weight, where it is broadcast, and the target of kl_div and binary_cross_entropy_with_logits have no "
        "gradient",
        ops=("lerp", _LOSS, "kl_div"),
        aspects=("gradient",),
        reproduces="no_gradient_for_one",
        versions=_SEEN,
        pins=(
            _of("kl_div", "float32", 0.5, 0.25, aspect="gradient", reduction=False),
            _of(_LOSS, "float32", 0.5, 0.25, aspect="gradient", reduction=False),
        ),
    ),
    Fact(
        "paddle-logit-of-zero",
        "upstream",
        "the gradient of binary_cross_entropy_with_logits at a logit of 0 is -1/2 - target: max(x, 0) has slope 0 "
        "there and |x| slope 1",
        ops=(_LOSS,),
        aspects=("gradient",),
        reproduces="slopes_at_zero",
        versions=_SEEN,
        pins=(_of(_LOSS, "float32", 0.0, 0.5, aspect="gradient", reduction=False),),
    ),
    Fact(
        "paddle-integers-as-floats",
        "upstream",
        "fmax and fmin of integers are those of floats of as many bits",
        ops=("fmax", "fmin"),
        verdicts=("structural",),
        when=_inexact,
        versions=_SEEN,
        pins=(_of("fmax", "int32", 2**24 + 1), _of("fmin", "int64", 2**53 + 1)),
    ),
    Fact(
        "paddle-squares-lost",
        "upstream",
        "hypot is the root of a sum of squares, which overflows and underflows; its gradient divides by the root, and "
        "is NaN of zeros",
        ops=("hypot",),
        aspects=("value", "gradient"),
        reproduces="root_of_squares",
        versions=_SEEN,
        pins=(
            _of("hypot", "float32", 1e30, 1e-30),
            *(_of("hypot", dtype, 0.0, 1.0, aspect="gradient") for dtype in ("float32", "float64")),
        ),
    ),
)
