"""Attributes that are integers, bools or words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opassay.cases.signatures.entry import Attribute


def integers(says: str, values: Sequence[Any] = ()) -> Attribute:
    """An attribute of integers, restricted only by the rules."""
    return Attribute(says, values, lambda given: isinstance(given, tuple) and all(map(whole, given)))


def integer(says: str, values: Sequence[Any] = ()) -> Attribute:
    """An attribute that is an integer."""
    return Attribute(says, values, whole)


def flag(says: str, values: Sequence[Any] = (False, True)) -> Attribute:
    """An attribute that is true or false."""
    return Attribute(says, values, lambda given: isinstance(given, bool))


def word(says: str, values: Sequence[str]) -> Attribute:
    """An attribute that is one of some words."""
    return Attribute(says, values, lambda given: given in values)


def whole(given: Any) -> bool:
    """Whether it is an integer, and not a bool."""
    return isinstance(given, int) and not isinstance(given, bool)


def number(given: Any) -> bool:
    """Whether it is an integer or a float, and not a bool."""
    return whole(given) or isinstance(given, float)


def not_negative(given: Any) -> bool:
    """Whether it is a number that is 0 or above."""
    return number(given) and given >= 0


def positive(given: Any) -> bool:
    """Whether it is a number above 0."""
    return number(given) and given > 0
