"""Attributes that are whole numbers, truth values or words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opassay.cases.signatures.entry import Attribute


def integers(says: str, values: Sequence[Any] = ()) -> Attribute:
    """An attribute of whole numbers, which may be any but for what rules say."""
    return Attribute(says, values, lambda given: isinstance(given, tuple) and all(map(whole, given)))


def integer(says: str, values: Sequence[Any] = ()) -> Attribute:
    """An attribute that is a whole number."""
    return Attribute(says, values, whole)


def flag(says: str, values: Sequence[Any] = (False, True)) -> Attribute:
    """An attribute that is true or false."""
    return Attribute(says, values, lambda given: isinstance(given, bool))


def word(says: str, values: Sequence[str]) -> Attribute:
    """An attribute that is one of some words."""
    return Attribute(says, values, lambda given: given in values)


def whole(given: Any) -> bool:
    """Whether it is a whole number, and no truth value."""
    return isinstance(given, int) and not isinstance(given, bool)
