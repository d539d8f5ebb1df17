"""The two styles of gradients, by a framework of two operations: doubling, which is differentiated, and counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from opassay.adapters.gradients import by_pullback, by_tape
from opassay.harness.model.adapter import Unconnected


@dataclass(eq=False)
class Number:
    """A number, and how often it was doubled since it was watched."""

    value: float
    source: Number | None = None
    times: int = 0

    @property
    def floating(self) -> bool:
        return isinstance(self.value, float)


def doubled(x: Number) -> Number:
    return Number(2 * x.value, x.source, x.times + 1)


def outputs(x: Number, n: Number, other: Number) -> tuple[Number, Number]:
    return doubled(doubled(x)), doubled(other)


def grad(ys: Sequence[Number], xs: Sequence[Number], cs: Sequence[float]) -> list[float | None]:
    """The sum over outputs that come from each input; None where there are none."""
    sent = [[c * 2**y.times for y, c in zip(ys, cs, strict=True) if y.source is x.source] for x in xs]
    return [sum(parts) if parts else None for parts in sent]


def watch(x: Number) -> Number:
    own = Number(x.value)
    own.source = own
    return own


def pull(fn, xs: Sequence[Number], cs: Sequence[float]) -> list[float | None]:
    own = [watch(x) for x in xs]
    return [g if g is not None else 0.0 for g in grad(fn(*own), own, cs)]


INPUTS = (Number(3.0), Number(5), Number(7.0))


@pytest.mark.parametrize(
    ("cotangents", "expected"),
    [
        ((1.0, 10.0), (4.0, Unconnected, 20.0)),
        ((1.0, None), (4.0, Unconnected, 0.0)),
        ((None, None), (Unconnected,) * 3),
    ],
)
def test_a_pullback_gives_a_gradient_for_each_float_input(cotangents, expected) -> None:
    assert by_pullback(pull, outputs, INPUTS, cotangents, lambda x: x.floating) == expected


@pytest.mark.parametrize(
    ("cotangents", "expected"),
    [((1.0, 10.0), (4.0, Unconnected, 20.0)), ((1.0, None), (4.0, Unconnected, Unconnected))],
)
def test_a_tape_gives_outputs_and_says_what_is_unconnected(cotangents, expected) -> None:
    values, gradients = by_tape(watch, grad, outputs, INPUTS, cotangents, lambda x: x.floating)
    assert [y.value for y in values] == [12.0, 14.0]
    assert gradients == expected


def test_what_no_record_leads_to_is_not_asked() -> None:
    asked = by_tape(watch, grad, outputs, INPUTS, (1.0, 1.0), lambda x: x.floating, lambda y: False)
    assert asked[1] == (Unconnected,) * 3
