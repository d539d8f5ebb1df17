"""What Keras' known differences cover, and what beside their pins they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opassay.adapters.keras.known import KNOWN
from opassay.harness.model.case import Case


def _reshaped(case: Case, *shapes: tuple[int, ...]) -> Case:
    return replace(case, tensors=tuple(replace(t, shape=s) for t, s in zip(case.tensors, shapes, strict=True)))


def _with(case: Case, **attributes: Any) -> Case:
    return replace(case, attributes={**case.attributes, **attributes})


def _typed(case: Case, dtype: str) -> Case:
    return replace(case, tensors=tuple(replace(tensor, dtype=dtype) for tensor in case.tensors))


@pytest.mark.parametrize(
    ("name", "op", "change"),
    [
        ("one-matrix", "matmul", lambda case: _reshaped(case, (33, 2, 64, 31), (1, 1, 31, 64))),
        ("one-matrix", "matmul", lambda case: _reshaped(case, (1, 1, 64, 31), (1, 1, 31, 64))),
        ("one-matrix", "matmul", lambda case: _typed(case, "float64")),
        ("torch-bfloat16", "matmul", lambda case: _typed(case, "float32")),
        ("any-word", "max_pool2d", lambda case: _with(case, padding="same")),
        ("updates-reshaped", "scatter_nd", lambda case: _with(case, shape=(7, 11, 13))),
    ],
)
def test_an_entry_leaves_alone_what_lies_beside_its_pin(name: str, op: str, change: Any) -> None:
    (entry,) = (known for known in KNOWN if known.id == f"keras-{name}")
    pins = [pin for pin in entry.pins if pin.op == op]
    assert pins
    assert not any(entry.covers(change(pin)) for pin in pins[:1])
