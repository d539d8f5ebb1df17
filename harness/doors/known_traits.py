"""The traits that the cases of a difference share and passing cases lack, learned from a run's records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from opassay.harness.model.traits import Feature, Place, Trait, is_number

Features = Mapping[Place, Feature]

_SIMPLEST = ("dtype", "empty", "attributes", "rank", "memory", "fill", "elements")
"""Places in the order in which a maintainer would look; decides between traits that separate equally well."""


def learned(held: Sequence[Features], passing: Sequence[Features]) -> tuple[Trait, ...]:
    """The few traits that all of ``held`` have and as few of ``passing`` as possible."""
    candidates, left, chosen = list(_shared(held)), list(passing), []
    while left and candidates:
        best = max(candidates, key=lambda trait: sum(not trait.holds(told) for told in left))
        rest = [told for told in left if best.holds(told)]
        if len(rest) == len(left):
            break
        chosen.append(best)
        left = rest
    return in_order(chosen)


def widened(traits: Sequence[Trait], held: Sequence[Features]) -> tuple[Trait, ...]:
    """``traits``, weakened until all of ``held`` have them."""
    found = (_widened(trait, [told.get(trait.place) for told in held]) for trait in traits)
    return in_order([trait for trait in found if trait is not None])


def left_over(traits: Sequence[Trait], passing: Sequence[Features]) -> int:
    """How many of ``passing`` have all the traits."""
    return sum(all(trait.holds(told) for trait in traits) for told in passing)


def in_order(traits: Sequence[Trait]) -> tuple[Trait, ...]:
    return tuple(sorted(traits, key=lambda trait: ([str(part) for part in trait.place], trait.relation)))


def _shared(held: Sequence[Features]) -> Iterator[Trait]:
    """Every trait that all cases have, the simplest first."""
    places = sorted(set.intersection(*(set(told) for told in held)), key=_place_order) if held else []
    for place in places:
        yield from _alike(place, {told[place] for told in held})


def _place_order(place: Place) -> tuple[int, list[str]]:
    kinds = [kind for kind, word in enumerate(_SIMPLEST) if word in place]
    return min(kinds, default=len(_SIMPLEST)), [str(part) for part in place]


def _alike(place: Place, values: set[Feature]) -> Iterator[Trait]:
    if len(values) == 1:
        yield Trait(place, "==", next(iter(values)))
    numbers = [value for value in values if isinstance(value, (int, float)) and is_number(value)]
    if len(numbers) == len(values):
        yield Trait(place, ">=", min(numbers))
        yield Trait(place, "<=", max(numbers))
    elif len(values) > 1 and not any(isinstance(value, bool) for value in values):
        yield Trait(place, "in", _sorted(values))


def _widened(trait: Trait, values: Sequence[Feature | None]) -> Trait | None:
    there = [value for value in values if value is not None]
    if len(there) < len(values):
        return None
    if trait.relation in ("==", "in"):
        told = trait.value if isinstance(trait.value, tuple) else (trait.value,)
        new = _sorted({*told, *there})
        return trait if new == _sorted(set(told)) else Trait(trait.place, "in", new)
    numbers = [value for value in there if isinstance(value, (int, float)) and is_number(value)]
    if len(numbers) < len(there) or isinstance(trait.value, (str, tuple)):
        return None
    edge = (min if trait.relation == ">=" else max)([*numbers, trait.value])
    return Trait(trait.place, trait.relation, edge)


def _sorted(values: set[Feature]) -> tuple[Feature, ...]:
    return tuple(sorted(values, key=lambda value: (type(value).__name__, value)))
