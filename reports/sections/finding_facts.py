"""Figures of a finding: its worst element, how often it failed, its traits, versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opassay.harness.model.fills import VALUE_KINDS
from opassay.reports.data.finding_file import FindingFile, Trait, Worst
from opassay.reports.data.foreign import word
from opassay.reports.data.text import rho_text

ALTERNATIVES = 4
TRAITS = 12
SHOWN = 12


def facts(found: FindingFile) -> tuple[tuple[str, str], ...]:
    """Names and values for the reader; empty ones are left out."""
    needs = [" and ".join(map(_trait, predicate.traits[:TRAITS])) for predicate in found.predicates[:ALTERNATIVES]]
    told = (
        ("worst element", _worst(found.worst)),
        ("error ÷ allowed", _rho(found.rho)),
        ("failed alone", f"{found.failed:,} of {found.runs:,} times" if found.runs else ""),
        ("a case fails when", "; or ".join(filter(None, needs))),
        ("fails with", found.when),
        ("the same mistake in", "; ".join(found.also[:SHOWN])),
        ("versions", ", ".join(f"{name} {version}" for name, version in list(found.versions.items())[:SHOWN])),
    )
    return tuple((name, value) for name, value in told if value)


def _worst(worst: Worst) -> str:
    if not worst.place:
        return ""
    got = ", ".join(f"{name} {_number(value)}" for name, value in list(worst.actual.items())[:SHOWN])
    return f"{worst.place}: expected {_number(worst.expected)}" + (f", got {got}" if got else "")


def _number(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else word(str(value), 40)


def _rho(rho: float | str | None) -> str:
    return rho_text(rho) if isinstance(rho, float) else word(rho, 40) if rho else ""


def _trait(trait: Trait) -> str:
    """``dilation.0 ≥ 2``, ``memory of input 1 is sliced``, ``fill is ints or wilder``."""
    place, relation, value = trait
    names: Sequence[str] = [str(part) for part in place if part != "attributes"]
    told = f"{_RELATIONS.get(relation, '?')} {value}"
    if names == ["fill"] and isinstance(value, int) and 0 <= value < len(VALUE_KINDS):
        # Kinds of fills are numbered from the simplest to the wildest.
        told = f"is {VALUE_KINDS[value]}" + {">=": " or wilder", "<=": " or simpler"}.get(relation, "")
    return word(f"{_named(names)} {told}", 120)


def _named(names: Sequence[str]) -> str:
    if len(names) > 2 and names[0] in _TENSORS and names[1].isdecimal():
        return f"{'.'.join(names[2:])} of {_TENSORS[names[0]]} {int(names[1]) + 1}"
    return ".".join(names)


_TENSORS = {"tensors": "input", "cotangents": "cotangent"}
_RELATIONS = {"==": "is", ">=": "≥", "<=": "≤", "in": "is one of"}
