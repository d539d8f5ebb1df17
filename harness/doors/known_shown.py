"""What a run shows, as far as a baseline is concerned: differences, passing cases, pins that are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from opassay.harness.model.baseline import Key, Line
from opassay.harness.model.case import Case

Place = tuple[str, str, str, str, str]
"""Where a run asks: adapter, op, aspect, device, mode."""


@dataclass
class Seen:
    """The records of one difference in one mode: the cases, by id, and the versions of the framework."""

    cases: dict[str, Case] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Shown:
    """What a run shows: its differences by key and mode, the cases that pass, and where it asked anything.

    ``gone``: whether the run has seen that a line's pin no longer shows the difference in a mode. ``kinds``: by adapter
    and mode, the kind of processor.
    """

    differences: Mapping[tuple[Key, str], Seen]
    passing: Mapping[Place, Sequence[Case]]
    gone: Callable[[Line, str], bool]
    kinds: Mapping[tuple[str, str], str]


def place_of(key: Key, mode: str) -> Place:
    """Where a run shows the difference."""
    return key.adapter, key.op, key.aspect, key.device, mode
