"""Fills: how the values of a tensor follow from a few numbers, bit for bit, on every machine.

Only raw Philox bits, integer arithmetic, ``+``, ``*`` and ``ldexp`` are used: ``log`` and friends
differ between NumPy releases and processors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opassay.harness.model import strict_json

LITERAL_LIMIT = 64

VALUE_KINDS = (
    *("literal", "ones", "iota", "ints", "ties", "sparse", "normal", "wide", "cancel"),
    *("shifted", "masked", "near", "special", "bits"),
)
INDEX_KINDS = ("cells", "positions", "places", "labels", "counted", "probabilities")
"""Fills of index tensors and of targets, which belong to the geometry."""

KINDS = (*VALUE_KINDS, *INDEX_KINDS, "zeros", "picture", "every", "stored")
"""Every fill kind, simplest first: the order in which shrinking tries them.

``shifted``: as ``normal``, about a value so large that half of the format's digits are left for the spread. ``masked``:
as ``normal``, half of all runs of 8 elements -infinity. ``near``: on and about the points in ``values``, at all
distances. ``bits``: any bit pattern; ``every``: one after the
other, so that 65,536 elements hold all values of a format of 16 bits.
``cells``, ``positions`` and ``labels`` are the index tensors of max_unpool2d, scatter_nd and losses, ``places`` indices
of which no two along an axis are equal, ``counted`` conditions that hold so many times,
``probabilities`` targets from 0 to 1, of which an eighth each is 0 and 1. ``zeros`` are the probes of a
program. ``picture`` looks like a photograph: shades, discs and a fine texture.
"""

EXACT_KINDS = ("ones", "iota", "ints", "ties")
"""Small non-zero integers: sums of their products are exact as long as they stay in range."""

ROUNDING_KINDS = ("normal", "wide", "cancel", "special")

TAME_KINDS = (*EXACT_KINDS, "sparse", "normal", "wide", "cancel", "shifted")


WHOLE = 256
"""The share of a sparse fill without zeros."""

PLACES: tuple[tuple[int, ...], ...] = ((),) * 4 + tuple((where, what) for what in (0, 1) for where in (0, 1, 2))
"""Limits of ``special`` fills: sprinkled, or NaN (0) or -0 (1) as the first value (0), the last (1), or in a run of an
eighth of all (2): what an op does there shows where nothing else is special."""


@dataclass(frozen=True)
class Fill:
    """How to make the values of one tensor.

    ``key`` selects the random stream. ``values`` holds the data of a ``literal`` (row-major, at most
    64). ``limits`` bounds index fills: for ``positions`` the extent of each indexed axis, or one for all; for
    ``places`` ``(extent, axis)``, where they only repeat along the axis if there are more than the extent; for
    ``cells`` ``(cells, channels, channel_axis, repeats)``, where every group of ``repeats`` positions shares
    one cell, and a further 1 gives each image and channel cells of its own; for ``labels``
    ``(classes, ignored)``: a quarter of all have the second number; a further one is the first class; for ``counted``
    how many values are 1, the others 0. A ``special``
    fill with limits ``(where, what)`` has its one special value there: see ``PLACES``. Of ``sparse`` they hold how many
    of 256 values are 1 or -1, not 0 (all of them without it).
    Of ``near``, ``values`` are the points; of ``every``, ``key`` is the first pattern.
    """

    kind: str
    key: int = 0
    values: tuple[Any, ...] = ()
    limits: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fill kind {self.kind!r}; known: {', '.join(KINDS)}")
        if len(self.values) > LITERAL_LIMIT:
            raise ValueError(f"a literal fill holds at most {LITERAL_LIMIT} values, got {len(self.values)}")

    @property
    def exact(self) -> bool:
        """Whether sums of products of these values can be exact."""
        return self.kind in (*EXACT_KINDS, "sparse", "zeros") or (
            self.kind == "literal" and all(_is_small_integer(v) for v in self.values)
        )

    def tame(self, dtype: str) -> bool:
        """Whether all values in ``dtype`` are finite, and none but 0 is subnormal."""
        return self.kind in TAME_KINDS and (self.kind, dtype) != ("normal", "float16")

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": self.kind}
        if self.key:
            out["key"] = self.key
        if self.values:
            out["values"] = [_number_to_json(v) for v in self.values]
        if self.limits:
            out["limits"] = list(self.limits)
        return out

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Fill:
        data = strict_json.fields(given, "a fill", ("kind",), ("key", "values", "limits"))
        return cls(
            kind=str(data["kind"]),
            key=_key(data.get("key", 0)),
            values=tuple(_number_from_json(v) for v in strict_json.entries(data.get("values", []))),
            limits=tuple(strict_json.integer(v) for v in strict_json.entries(data.get("limits", []))),
        )


def _is_small_integer(value: Any) -> bool:
    return math.isfinite(value) and float(value).is_integer() and abs(value) <= 256


def _number_to_json(value: Any) -> Any:
    # JSON has no NaN, infinity or negative zero that every reader keeps.
    if isinstance(value, float) and (not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0)):
        return str(value)
    return value


def _number_from_json(value: Any) -> int | float:
    if isinstance(value, float) or value in _SPOKEN:
        return float(value)
    # The truth values of a condition.
    return value if isinstance(value, bool) else strict_json.integer(value)


_SPOKEN = ("nan", "inf", "-inf", "-0.0")
"""The floats that ``_number_to_json`` writes as text."""


def _key(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**128:
        return value
    raise ValueError(f"a key is an integer of at most 128 bits, got {value!r:.60}")
