"""Fixed cases with literal answers: helpers to write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Pin

TUTORIAL = "worked example {} of the tutorial on transposed convolution and unpooling; values by TensorFlow 2.21"
BY_HAND = "computed by hand from the contract"
AS_DEFINED = "as the oracle has it"


def literal(shape: Sequence[int], values: Sequence[Any], dtype: str = "float32") -> Tensor:
    """A tensor of literal values, in row-major order; a single value fills it."""
    count = math.prod(shape)
    return Tensor(
        tuple(shape), dtype, Fill("literal", values=tuple(values) * count if len(values) == 1 else tuple(values))
    )


def pin(name: str, op: str, tensors: Sequence[Tensor], outputs: Sequence[Any], source: str, **attributes: Any) -> Pin:
    """A valid case and its outputs as nested lists."""
    return Pin(name, Case(op, tuple(tensors), attributes), tuple(outputs), source)


def rejected(name: str, op: str, tensors: Sequence[Tensor], rule: str, source: str, **attributes: Any) -> Pin:
    """A case that breaks ``rule`` and must be rejected."""
    return Pin(name, Case(op, tuple(tensors), attributes, aspect="error", rule=rule), None, source)


def whole(tensor: Tensor) -> Tensor:
    """Of the same shape: distinct int64 numbers of either sign that float64 cannot hold."""
    values = ((2**53 + 1 + 2 * i) * (-1) ** (i % 3) for i in range(tensor.size))
    return literal(tensor.shape, tuple(values), "int64")


def plane(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Rows of numbers as an image [1, height, width, 1]."""
    return [[[[value] for value in row] for row in rows]]
