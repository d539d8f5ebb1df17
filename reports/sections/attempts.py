"""Sections of the pages, each made separately: a failure does not affect the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from opassay.harness.model.faults import told

T = TypeVar("T")


class Attempts:
    """Makes sections; an exception is added to ``faults`` and the section left out. Without it, they propagate."""

    def __init__(self, faults: list[str] | None = None) -> None:
        self.faults = faults

    def __call__(self, what: str, make: Callable[[], T], instead: Any) -> T:
        """The result of ``make``, or ``instead`` if it raises."""
        if self.faults is None:
            return make()
        try:
            return make()
        except Exception as error:
            self.faults.append(f"{what}: {told(error)}")
            return instead  # type: ignore[no-any-return]


STRICT = Attempts()
