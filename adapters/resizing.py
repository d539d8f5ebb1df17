"""Which resizing modes a framework supports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Ways = Mapping[str, Sequence[Mapping[str, Any]]]
"""By op: supported combinations of attributes, each a value or a tuple of several; ``axes``: how many."""


def lacks_way(op: str, attributes: Mapping[str, Any], ways: Ways) -> str | None:
    """Why the framework does not support ``op`` with these attributes, or None."""
    if op not in ways or any(_agrees(way, attributes) for way in ways[op]):
        return None
    told = ", ".join(f"{name} {value}" for name, value in sorted(attributes.items()) if name not in ("size", "scales"))
    return f"there is no {op} of {told}, over so many axes, by {'size' if attributes['size'] else 'scales'}"


def over(axes: int, ways: Ways) -> Ways:
    """The same restricted to so many axes."""
    return {op: [{**way, "axes": axes} for way in several] for op, several in ways.items()}


def _agrees(way: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    known = {**attributes, "axes": len(attributes["size"] or attributes["scales"])}
    return all(known[name] in (value if isinstance(value, tuple) else (value,)) for name, value in way.items())


LEGACY: Mapping[str, Any] = {"coefficient": -0.75, "antialias": False, "edges": "clamped"}
"""OpenCV's cubic convolution."""

KEYS: Mapping[str, Any] = {"coordinates": "half_pixel", "coefficient": -0.5, "edges": "excluded"}
"""Keys' cubic convolution, as in Pillow."""

HALF_NEAREST: Mapping[str, Any] = {"coordinates": "half_pixel", "rounding": "round_prefer_ceil"}
FLOOR_NEAREST: Mapping[str, Any] = {"coordinates": "asymmetric", "rounding": "floor"}
FILTERED: Mapping[str, Any] = {"coordinates": "half_pixel", "antialias": True, "edges": "excluded"}
HALF: Mapping[str, Any] = {"coordinates": "half_pixel", "antialias": False}
CORNERS: Mapping[str, Any] = {"coordinates": "align_corners", "antialias": False, "scales": False}
