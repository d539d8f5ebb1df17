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


def test_each_entry_covers_its_own_pin() -> None:
    assert [entry.id for entry in KNOWN if not all(map(entry.covers, entry.pins))] == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("matmul-value-one-matrix-crash", lambda case: _reshaped(case, (33, 2, 64, 31), (1, 1, 31, 64))),
        ("matmul-value-one-matrix-crash", lambda case: _reshaped(case, (1, 1, 64, 31), (1, 1, 31, 64))),
        ("matmul-gradient-one-matrix-crash", lambda case: _typed(case, "float64")),
        ("conv2d-value-no-image", lambda case: _with(case, padding=((0, 30), (0, 30)))),
        ("conv2d_transpose-value-rows-of-nothing", lambda case: _with(case, stride=(1, 3))),
        ("avg_pool2d-shape-window-larger", lambda case: _with(case, count_padding=False)),
        ("avg_pool2d-gradient-replicated-numeric", lambda case: _with(case, count_padding=True)),
        ("conv2d_transpose-gradient-contiguous", lambda case: _with(case, layout="NCHW")),
        ("conv2d_transpose-gradient-contiguous", lambda case: _typed(case, "bfloat16")),
        ("conv2d_transpose-gradient-no-filters", lambda case: _typed(case, "float64")),
        ("scatter_nd-error-indices", lambda case: _typed(case, "float32")),
        ("conv2d-value-bfloat16", lambda case: _typed(case, "float32")),
    ],
)
def test_an_entry_leaves_alone_what_lies_beside_its_pin(name: str, change: Any) -> None:
    (entry,) = (known for known in KNOWN if known.id == f"keras-{name}")
    assert not entry.covers(change(entry.pins[0]))
