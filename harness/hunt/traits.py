"""What a smallest case still needs: the failing predicate, over any case of its op and aspect."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.harness.model.case import Case
from opassay.harness.model.traits import Feature, Place, Trait, features, is_number


def firm(predicate: tuple[Trait, ...]) -> frozenset[Trait]:
    """The traits that are no matter of size or values, of which a case has more or less by chance."""
    return frozenset(t for t in predicate if t.place[0] != "fill" and "elements" not in t.place)


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
    if not is_number(value) or plain is None or isinstance(plain, str):
        return value != plain
    assert not isinstance(value, str)
    return value > plain or (value == 0 != plain)


def _trait(place: Place, value: Feature, plain: Feature | None) -> Trait:
    if not is_number(value) or isinstance(plain, str):
        return Trait(place, "==", value)
    assert not isinstance(value, str)
    return Trait(place, "<=" if plain is not None and value < plain else ">=", value)
