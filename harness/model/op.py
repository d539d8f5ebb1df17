"""Op: what opassay knows about one operator. The strategies in it live in ``cases``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.model.case import Case


@dataclass(frozen=True)
class Rule:
    """One named way to break the contract. ``cases`` makes a Hypothesis strategy of Cases that break just it."""

    name: str
    says: str
    cases: Callable[[], Any]


@dataclass(frozen=True)
class Pin:
    """A fixed case with its literal expected outputs, run on every target before generated ones.

    ``expected`` holds one nested list per output, or is None for a case that must be rejected.
    """

    name: str
    case: Case
    expected: tuple[Any, ...] | None
    source: str


@dataclass(frozen=True)
class Op:
    """One operator.

    ``inputs`` and ``outputs`` name tensors in order. ``numerics`` is the class in the table of the
    numerics policy: movement, selection, linear, average. ``differentiable``: inputs that have a
    gradient. ``geometries`` makes a Hypothesis strategy of ``Geometry``; ``reference`` maps
    (attributes, inputs) to one ``Reference`` per output and raises ``ContractError`` on invalid input.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    numerics: str
    differentiable: tuple[str, ...]
    geometries: Callable[[], Any]
    reference: Callable[..., Any]
    rules: tuple[Rule, ...] = ()
    pins: tuple[Pin, ...] = ()
    attributes: Mapping[str, str] | None = None


class ContractError(ValueError):
    """Input that an op's contract excludes: what was given, what was expected."""
