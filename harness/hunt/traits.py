"""The traits that a smallest case still needs: the failing predicate, over any case of its op and aspect."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.harness.model.case import Case
from opassay.harness.model.traits import Feature, Place, Trait, features, is_number


def firm(predicate: tuple[Trait, ...]) -> frozenset[Trait]:
    """Without traits of size and values, of which a case has more or fewer by chance."""
    return frozenset(t for t in predicate if t.place[0] != "fill" and "elements" not in t.place)


def traits(case: Case, simplest: Case) -> tuple[Trait, ...]:
    """Where ``case``, which cannot be simplified further, differs from the simplest case of its stream.

    A number above the simplest one, or without a counterpart there, must be at least that large; a 0 must be 0.
    """
    plain = features(simplest)
    return tuple(
        _trait(place, value, plain.get(place))
        for place, value in features(case).items()
        if _matters(value, _plain(place, plain))
    )


def _plain(place: Place, plain: Mapping[Place, Feature]) -> Feature | None:
    """The simplest case's feature at this place; an extent is not 0 unless the case says so."""
    return plain.get(place, False if "empty" in place else None)


def _matters(value: Feature, plain: Feature | None) -> bool:
    """Whether ``value`` is less simple than ``plain``: another word, a larger number, or no counterpart."""
    if not is_number(value) or plain is None or isinstance(plain, str):
        return value != plain
    assert not isinstance(value, str)
    return value > plain or (value == 0 != plain)


def _trait(place: Place, value: Feature, plain: Feature | None) -> Trait:
    if not is_number(value) or isinstance(plain, str):
        return Trait(place, "==", value)
    assert not isinstance(value, str)
    return Trait(place, "<=" if plain is not None and value < plain else ">=", value)
