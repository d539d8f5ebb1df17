"""Figures of a finding: its worst element, how often it failed, its traits, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opassay.harness.model.fills import VALUE_KINDS
from opassay.reports.data.foreign import word
from opassay.reports.data.text import rho_text

ALTERNATIVES = 4
TRAITS = 12
ALSO = 12


def facts(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Names and values for the reader; what is absent or of another kind is left out."""
    found = (
        ("worst element", _worst(given.get("worst"))),
        ("error ÷ allowed", _rho(given.get("rho"))),
        ("failed alone", _rate(given.get("failed"), given.get("runs"))),
        ("a case fails when", _needs(given.get("predicates", given.get("traits")))),
        ("fails with", _said(given.get("when"))),
        ("the same mistake in", "; ".join(filter(None, map(_said, _listed(given.get("also")))))),
        ("versions", _versions(given.get("versions"))),
    )
    return tuple((name, value) for name, value in found if value)


def _said(text: Any) -> str:
    return word(text, 300) if isinstance(text, str) and text else ""


def _listed(value: Any) -> list[Any]:
    return value[:ALSO] if isinstance(value, list) else []


def _worst(worst: Any) -> str:
    if not isinstance(worst, dict) or not isinstance(worst.get("place"), str):
        return ""
    actual = worst.get("actual")
    got = [f"{word(name, 80)} {_number(value)}" for name, value in actual.items()] if isinstance(actual, dict) else []
    return f"{word(worst['place'], 80)}: expected {_number(worst.get('expected'))}" + (
        f", got {', '.join(got[:8])}" if got else ""
    )


def _number(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else word(str(value), 40)


def _rho(rho: Any) -> str:
    if rho in ("inf", "nan"):
        return str(rho)
    return rho_text(float(rho)) if isinstance(rho, (int, float)) and not isinstance(rho, bool) else ""


def _rate(failed: Any, runs: Any) -> str:
    return f"{failed:,} of {runs:,} times" if isinstance(failed, int) and isinstance(runs, int) else ""


def _needs(traits: Any) -> str:
    """``dilation.0 ≥ 2 and tensor 0 memory is sliced``; alternatives by "or"."""
    if not isinstance(traits, list):
        return ""
    found = [part.get("traits") if isinstance(part, dict) else part for part in traits[:ALTERNATIVES]]
    told = [" and ".join(_traits(predicate)) for predicate in found if isinstance(predicate, list)]
    return "; or ".join(filter(None, told))


def _traits(predicate: Sequence[Any]) -> Iterator[str]:
    for trait in predicate[:TRAITS]:
        if isinstance(trait, list) and len(trait) == 3 and isinstance(trait[0], list):
            place, relation, value = trait
            names = [str(part) for part in place if part != "attributes"]
            if names == ["fill"] and isinstance(value, int) and 0 <= value < len(VALUE_KINDS):
                # Kinds of fills are numbered from the simplest to the wildest.
                value = VALUE_KINDS[value]
            yield word(f"{'.'.join(names)} {_RELATIONS.get(str(relation), '?')} {value}", 120)


_RELATIONS = {"==": "is", ">=": "≥", "<=": "≤"}


def _versions(versions: Any) -> str:
    if not isinstance(versions, dict):
        return ""
    return ", ".join(f"{word(name, 80)} {word(str(version), 40)}" for name, version in list(versions.items())[:24])
