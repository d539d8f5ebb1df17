"""Which filter gradients write beyond oneDNN's workspace: each condition alone makes the difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opassay.adapters.known_strided import OPS, overruns
from opassay.harness.model.case import Case, Tensor
from opassay.harness.registry import Registry

HOW = {"stride": (2, 1), "dilation": (1, 1), "groups": 1, "padding": "VALID", "layout": "NHWC"}


def _conv(
    image: tuple[int, ...] = (1, 8, 6, 3), kernel: tuple[int, ...] = (1, 1, 3, 2), dtype: str = "float32", **how: Any
) -> Case:
    return Case("conv2d", (Tensor(image, dtype), Tensor(kernel, dtype)), {**HOW, **how}, "gradient", cotangents=(None,))


def test_a_strided_filter_of_one_element_is_covered_in_either_layout_and_way() -> None:
    assert overruns(_conv())
    assert overruns(_conv((1, 3, 8, 6), layout="NCHW", padding="SAME"))
    back = {**HOW, "output_shape": (1, 8, 6, 3)}
    assert overruns(
        Case(
            "conv2d_transpose",
            (Tensor((1, 4, 6, 2), "float32"), Tensor((1, 1, 3, 2), "float32")),
            back,
            "gradient",
            cotangents=(None,),
        )
    )


@pytest.mark.parametrize(
    "other",
    [
        _conv(dtype="float64"),
        _conv(stride=(1, 1)),
        _conv(kernel=(2, 1, 3, 2)),
        _conv(image=(1, 9, 6, 3)),
        _conv(image=(1, 4, 6, 3)),
        _conv(image=(1, 8, 6, 16), kernel=(1, 1, 16, 2)),
        _conv(image=(1, 8, 6, 0), kernel=(1, 1, 0, 2)),
        _conv(image=(1, 8, 6, 4), kernel=(1, 1, 2, 2), groups=2),
        _conv(padding=((0, 1), (0, 0))),
    ],
    ids=["dtype", "stride", "window", "rest", "small", "block", "nothing", "groups", "padding"],
)
def test_each_condition_alone_leaves_a_case_uncovered(other: Case) -> None:
    assert not overruns(other)


@pytest.mark.parametrize("op", [op for op, _ in OPS])
def test_programs_are_looked_through(op: str) -> None:
    """The pin of each op is covered, and no longer once its filter takes full blocks of channels."""
    registry = Registry()
    (pin,) = (pin for k in registry.known("tensorflow") if k.when is overruns and op in k.ops for pin in k.pins)
    assert overruns(pin)
    assert not overruns(replace(pin, tensors=tuple(replace(t, dtype="float64") for t in pin.tensors)))
    wide = {2: 16, 3: 16}
    assert not overruns(_with_channels(pin, wide))


def _with_channels(case: Case, wide: dict[int, int]) -> Case:
    def widened(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: widened(v) for name, v in value.items()}
        if isinstance(value, (list, tuple)) and len(value) == 4 and all(isinstance(n, int) for n in value):
            return [wide.get(n, n) for n in value]
        return [widened(v) for v in value] if isinstance(value, (list, tuple)) else value

    return Case.from_json(widened(case.to_json()))
