"""An adapter's list of facts: tables of accepted invalid input, and the pin of each, from a file in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

FILE = "pins.jsonl"
"""Each line ``["id of the fact", {the case}]``. ``opassay known pins`` writes it."""

Pin = tuple[str, Case]
"""The id of a fact, and a case that shows it."""


def accepted(prefix: str, owner: str, reason: str, table: Mapping[str, Iterable[str]], **more: Any) -> Iterator[Fact]:
    """A fact per line of ``table``: ops or traits, and the rules of invalid input that may be broken there.

    A line holds where every case of its ops and rules is accepted. ``more``: modes, versions, url, title, needs, when.
    """
    for ops, rules in table.items():
        names = tuple(ops.split())
        told: dict[str, Any] = {"ops": names, "aspects": ("error",), "verdicts": ("accepts",), "rules": tuple(rules)}
        yield Fact(f"{prefix}-{names[0]}", owner, reason, **told, **more)


def pinned(facts: Iterable[Fact], folder: Path) -> tuple[Fact, ...]:
    """``facts`` with their cases from the file in ``folder``, or with their own.

    Raises ``ValueError`` for a pin without a fact.
    """
    given, found = read_pins(folder), tuple(facts)
    lost = given.keys() - {fact.id for fact in found}
    if lost:
        raise ValueError(f"{folder.name}/{FILE}: a pin of {min(lost)!r}, which is no fact of the list")
    return tuple(replace(fact, pins=given.get(fact.id, fact.pins)) for fact in found)


def read_pins(folder: Path) -> Mapping[str, tuple[Case, ...]]:
    """The cases in the file of ``folder``, by the id of their fact; none if the file does not exist."""
    found: dict[str, tuple[Case, ...]] = {}
    for name, case in pins_in(folder):
        found[name] = (*found.get(name, ()), case)
    return found


def pins_in(folder: Path) -> Iterator[Pin]:
    """The pins in the file of ``folder``, in order; none if the file does not exist."""
    path = folder / FILE
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        name, case = json.loads(line)
        yield name, Case.from_json(case)


def lines(pins: Iterable[Pin]) -> Iterator[str]:
    """The lines of a file with ``pins``, in order."""
    for name, case in pins:
        yield json.dumps([name, case.to_json()], sort_keys=True, separators=(",", ":"))
