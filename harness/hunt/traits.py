"""What a smallest case still needs: the failing predicate, over any case of its op and aspect."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opassay.harness.model.case import Case
from opassay.harness.model.fills import VALUE_KINDS, Fill

Place = tuple[str | int, ...]
"""Where in a case a feature is: ``("attributes", "stride", 0)``, ``("tensors", 1, "dtype")``."""

Feature = str | int | float | bool


@dataclass(frozen=True)
class Trait:
    """A feature of a case and what it must be: ``==``, or for numbers ``>=`` or ``<=``, ``value``."""

    place: Place
    relation: str
    value: Feature

    def holds(self, features: Mapping[Place, Feature]) -> bool:
        found = features.get(self.place)
        if found is None or (self.relation != "==" and not _is_number(found)):
            return False
        if self.relation == "==":
            return found == self.value
        assert not isinstance(found, str)
        assert not isinstance(self.value, str)
        return found >= self.value if self.relation == ">=" else found <= self.value

    def to_json(self) -> list[Any]:
        return [list(self.place), self.relation, self.value]

    @classmethod
    def from_json(cls, data: Any) -> Trait:
        place, relation, value = data
        return cls(tuple(place), str(relation), value)


def firm(predicate: tuple[Trait, ...]) -> frozenset[Trait]:
    """The traits that are no matter of size or values, of which a case has more or less by chance."""
    return frozenset(t for t in predicate if t.place[0] != "fill" and "elements" not in t.place)


def features(case: Case) -> dict[Place, Feature]:
    """Everything about a case that a trait can speak of, as flat values."""
    found: dict[Place, Feature] = {("rule",): case.rule, ("fill",): _fill_rank(case)}
    for name, value in case.attributes.items():
        found |= dict(_leaves(("attributes", name), value))
    for number, tensor in enumerate(case.all_tensors):
        place: Place = ("tensors", number)
        found[*place, "dtype"] = tensor.dtype
        found[*place, "memory"] = tensor.memory.kind
        found[*place, "rank"] = len(tensor.shape)
        found[*place, "elements"] = math.prod(tensor.shape)
        found |= {(*place, "empty", axis): extent == 0 for axis, extent in enumerate(tensor.shape)}
    return found


def traits(case: Case, simplest: Case) -> tuple[Trait, ...]:
    """In what ``case``, which cannot be made simpler, differs from the simplest case of its stream.

    A number that is larger than the simplest, or that the simplest lacks, must be at least that large; 0 must be 0.
    """
    plain = features(simplest)
    return tuple(
        _trait(place, value, plain.get(place))
        for place, value in features(case).items()
        if _matters(value, _plain(place, plain))
    )


def _plain(place: Place, plain: Mapping[Place, Feature]) -> Feature | None:
    """What the simplest case has there; no extent is 0 unless it says so."""
    return plain.get(place, False if "empty" in place else None)


def _matters(value: Feature, plain: Feature | None) -> bool:
    """Whether ``value`` is less simple than ``plain``: any other word, a larger number, or nothing at all."""
    if not _is_number(value) or plain is None or isinstance(plain, str):
        return value != plain
    assert not isinstance(value, str)
    return value > plain or (value == 0 != plain)


def _trait(place: Place, value: Feature, plain: Feature | None) -> Trait:
    if not _is_number(value) or isinstance(plain, str):
        return Trait(place, "==", value)
    assert not isinstance(value, str)
    return Trait(place, "<=" if plain is not None and value < plain else ">=", value)


def _is_number(value: Feature) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fill_rank(case: Case) -> int:
    """How far the least simple values are from plain ones, by ``VALUE_KINDS``."""
    kinds = [_kind(tensor.fill) for tensor in case.all_tensors]
    return max((VALUE_KINDS.index(kind) for kind in kinds if kind in VALUE_KINDS), default=0)


def _kind(fill: Fill) -> str:
    """The kind of fill that could have made such values."""
    if fill.kind != "literal":
        return fill.kind
    if fill.exact:
        return "ints" if all(fill.values) else "ties"
    return "normal" if all(math.isfinite(value) for value in fill.values) else "special"


def _leaves(place: Place, value: Any) -> Iterator[tuple[Place, Feature]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves((*place, name), part)
    elif isinstance(value, tuple):
        for position, part in enumerate(value):
            yield from _leaves((*place, position), part)
    elif value is not None:
        yield place, value
