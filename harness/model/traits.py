"""Features of a case as flat values, and traits: what a feature must be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opassay.harness.model import strict_json
from opassay.harness.model.case import Case
from opassay.harness.model.fills import VALUE_KINDS, Fill

Place = tuple[str | int, ...]
"""Where in a case a feature is: ``("attributes", "stride", 0)``, ``("tensors", 1, "dtype")``."""

Feature = str | int | float | bool

RELATIONS = ("==", ">=", "<=", "in")


@dataclass(frozen=True)
class Trait:
    """A feature of a case and what it must be: ``==`` ``value``; of numbers ``>=`` or ``<=``; ``in`` several values."""

    place: Place
    relation: str
    value: Feature | tuple[Feature, ...]

    def holds(self, features: Mapping[Place, Feature]) -> bool:
        found = features.get(self.place)
        if found is None:
            return False
        if self.relation == "in":
            return isinstance(self.value, tuple) and found in self.value
        if self.relation == "==":
            return found == self.value
        if not is_number(found):
            return False
        assert isinstance(found, (int, float))
        assert isinstance(self.value, (int, float))
        return found >= self.value if self.relation == ">=" else found <= self.value

    def to_json(self) -> list[Any]:
        return [list(self.place), self.relation, list(self.value) if isinstance(self.value, tuple) else self.value]

    @classmethod
    def from_json(cls, data: Any) -> Trait:
        """Raises ``ValueError`` saying what is wrong when ``data`` does not describe a trait."""
        given = strict_json.entries(data)
        if len(given) != 3 or given[1] not in RELATIONS:
            raise ValueError(f"expected [place, one of {', '.join(RELATIONS)}, value], got {data!r:.60}")
        place = tuple(_of(part, (str, int)) for part in strict_json.entries(given[0]))
        if given[1] == "in":
            return cls(place, "in", tuple(_of(part, (str, int, float)) for part in strict_json.entries(given[2])))
        return cls(place, given[1], _of(given[2], (str, int, float) if given[1] == "==" else (int, float)))


def _of(value: Any, kinds: tuple[type, ...]) -> Any:
    if not isinstance(value, kinds):
        raise ValueError(f"expected {' or '.join(kind.__name__ for kind in kinds)}, got {value!r:.60}")
    return value


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


def is_number(value: object) -> bool:
    """Whether it is larger or smaller than others; True and False are words."""
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
