"""Facts about element-wise ops: constructors, predicates and pins. Imports no framework."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

NAN_OF_SIGN = Case("sign", (Tensor((2,), "float32", Fill("literal", values=(math.nan, -1.0))),))


Told = Mapping[str, tuple[str, str]]
"""A mistake, which lists its ops, with the fact's status and reason."""

JAX_NUMPY: Told = {
    "infinity_taken_for_zero": (
        "upstream",
        "the gradient of jnp.logaddexp takes an infinite operand, and sum, for 0",
    ),
    "gradient_in_steps": (
        "upstream",
        "steps of a gradient over- or underflow although it does not: 1/x² in that of 1/x and of quotients, 0 in "
        "float16 from 257 on; x^(y - 1) in that of pow, times a y of 0; 2/√π times the cotangent of erf; 1/x² of the "
        "larger operand in that of hypot",
    ),
}
"""Differences of jax.numpy functions, whatever compiles them."""


def mistakes(adapter: str, told: Told, **more: Any) -> Iterator[Fact]:
    """One fact per mistake, for values and gradients. ``more``: modes, versions, needs."""
    for name, (owner, reason) in told.items():
        id = f"{adapter}-{name.replace('_', '-')}"
        yield Fact(id, owner, reason, aspects=("value", "gradient"), reproduces=name, **more)


def holds_nan(case: Case) -> bool:
    """Whether an input holds a NaN, whatever its fill."""
    floats = [t for t in case.tensors if dtypes.is_float(t.dtype)]
    return any(bool(np.isnan(dtypes.widen(t.materialize())).any()) for t in floats)


def divided_by_zero(op: str, dtype: str = "int32") -> Case:
    """A case of invalid input: integer division by 0."""
    values = Fill("literal", values=(5, 7))
    return Case(op, (Tensor((2,), dtype, values), Tensor((2,), dtype, Fill("zeros"))), {}, "error", "DivisorZero")


def gradient(op: str, dtype: str = "float32", operands: int = 2) -> Case:
    """A small gradient."""
    values = Tensor((2,), dtype, Fill("literal", values=(5.0, 3.0)))
    return Case(op, (values,) * operands, {}, "gradient", cotangents=(values,))


def none_through_8_bits(adapter: str, versions: str, modes: tuple[str, ...] = ()) -> Fact:
    """TensorFlow's gradient of a cast supports no 8-bit float format."""
    x = Tensor((2,), "float32", Fill("literal", values=(5.0, 3.0)))
    case = Case("round_to_float8", (x,), {"to": "float8_e5m2", "saturate": False}, "gradient", cotangents=(x,))
    return Fact(
        f"{adapter}-none-through-8-bits",
        "upstream",
        "tf.cast to 8 bits, and from them, has no gradient, and says nothing of it",
        ops=("round_to_float8",),
        aspects=("gradient",),
        verdicts=("shape",),
        when=lambda _: True,
        modes=modes,
        versions=versions,
        pins=(case,),
    )


STEPS = 1e9
"""Steps of a sum that take seconds."""


def _far_below(case: Case) -> bool:
    """Whether a number is so far below 0 that the sum takes long; integers are excluded."""
    x = case.inputs()[0]
    return x.dtype == np.float64 and bool(((x < -STEPS) & (np.rint(x) != x)).any())


def endless(adapter: str, versions: str) -> Fact:
    """The effect of the sum in Eigen's zeta on a gradient of digamma."""
    one = Tensor((1,), "float64", Fill("ones"))
    x = Tensor((1,), "float64", Fill("literal", values=(-(2.0**50) - 0.5,)))
    return Fact(
        f"{adapter}-digamma-derivative-endless",
        "upstream",
        "the gradient of digamma is a sum from the operand up to 9, term by term",
        ops=("digamma",),
        aspects=("gradient",),
        verdicts=("hang",),
        when=_far_below,
        flaky="how far below 0 the numbers lie, a second of time or hours",
        versions=versions,
        pins=(Case("digamma", (x,), {}, "gradient", cotangents=(one,)),),
    )


def _share_of_infinity(case: Case) -> bool:
    """Whether a finite number is the gradient's share of an infinity."""
    operands, dy = [dtypes.widen(x) for x in case.inputs()], case.cotangent_values()[0]
    with np.errstate(over="ignore", invalid="ignore"):
        x = operands[1] - operands[0] if case.op == "l1_loss" else operands[0]
    return dy is not None and bool((np.isinf(x) & np.isfinite(dtypes.widen(dy))).any())


def share_of_infinity(adapter: str, versions: str, *ops: str) -> Fact:
    """Gradients of ``ops``, whose values are sizes, and of copysign."""
    x, one = (Tensor((1,), "float32", Fill("literal", values=(value,))) for value in (math.inf, 1.0))
    told = ("copysign", *ops)
    return Fact(
        f"{adapter}-share-of-infinity",
        "upstream",
        f"the gradient of {' and '.join(told)} is a product with the quotient of answer and operand, NaN of infinity",
        ops=told,
        aspects=("gradient",),
        verdicts=("special",),
        when=_share_of_infinity,
        versions=versions,
        pins=(Case("copysign", (x, one), {}, "gradient", cotangents=(one,)),),
    )
