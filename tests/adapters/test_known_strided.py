"""Which filter gradients write beyond oneDNN's workspace: each condition alone makes the difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opassay.adapters.kernels.strided import overruns
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Tensor

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


def test_programs_are_looked_through() -> None:
    """Pins are covered, and no longer once their filters take full blocks of channels, or no gradient is asked for."""
    (fact,) = (fact for fact in Registry().known("tensorflow") if fact.id == "tensorflow-onednn-strided")
    assert {pin.op for pin in fact.pins} == {"conv2d", "conv2d_input_gradient_law", "conv_autoencoder_step"}
    for pin in fact.pins:
        assert fact.covers(pin)
        assert not fact.covers(replace(pin, tensors=tuple(replace(t, dtype="float64") for t in pin.tensors)))
        assert not fact.covers(_with_channels(pin, {2: 16, 3: 16}))
        asked = pin.op == "conv2d_input_gradient_law"
        assert fact.covers(replace(pin, aspect="value", cotangents=())) is asked


def _with_channels(case: Case, wide: dict[int, int]) -> Case:
    def widened(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: widened(v) for name, v in value.items()}
        if isinstance(value, (list, tuple)) and len(value) == 4 and all(isinstance(n, int) for n in value):
            return [wide.get(n, n) for n in value]
        return [widened(v) for v in value] if isinstance(value, (list, tuple)) else value

    return Case.from_json(widened(case.to_json()))
