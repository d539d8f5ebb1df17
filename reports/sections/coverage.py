"""Coverage, so that "passes" is not read as "was tested": values of each attribute, and pairs of them.

It counts judged answers, right or wrong, for the aspects whose input is valid.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from opassay.harness.model.verdicts import FAILING
from opassay.reports.data.rows import Results, batches
from opassay.reports.data.text import shorten
from opassay.reports.sections.matrix import targets

VALUE_LIMIT = 24
"""How many values of one attribute are distinguished; further ones count as ``OTHER``."""
OTHER = "other values"
TOLD_APART, TOLD_LENGTH = 4, 120
"""How many values that all targets were judged by have a row each, and the length limit of names that share one."""
LARGE = 4096
"""Elements from which a case counts as large: kernels change their path with size."""
_COLUMNS = ("op", "aspect", "target", "verdict", "dtype", "fill", "memory", "shapes", "executor", "attrs")
_JUDGED = ("pass", *FAILING)


@dataclass
class Attribute:
    """``counts`` is [target, value]: judged answers; ``values`` the texts in order of first occurrence."""

    name: str
    counts: np.ndarray
    values: dict[str, int] = field(default_factory=dict)

    def ids(self, texts: list[str]) -> np.ndarray:
        """The number of each text; new texts get the next one while there is room."""
        out = np.empty(len(texts), np.int64)
        for place, text in enumerate(texts):
            number = self.values.get(text)
            if number is None:
                number = self.values.setdefault(text if len(self.values) < VALUE_LIMIT else OTHER, len(self.values))
            out[place] = number
        return out

    @property
    def ordered(self) -> list[tuple[str, list[int]]]:
        """Each value with its counts per target, most frequent first, the rest last."""
        rows = [(text, self.counts[:, number].tolist()) for text, number in self.values.items()]
        return sorted(rows, key=lambda row: (row[0] == OTHER, -sum(row[1]), row[0]))

    @property
    def told(self) -> list[tuple[str, list[int]]]:
        """As ``ordered``, but many values that all targets have share one row, with the least of their counts."""
        gaps = [row for row in self.ordered if not all(row[1])]
        asked = [row for row in self.ordered if all(row[1])]
        if len(asked) <= TOLD_APART:
            return [*asked, *gaps]
        least = [min(counts) for counts in zip(*(row[1] for row in asked), strict=True)]
        return [(f"each of {shorten(', '.join(text for text, _ in asked), TOLD_LENGTH)}: at least", least), *gaps]


@dataclass
class OpCoverage:
    """One op: its attributes, and per pair of them which pairs of values were judged, [target, first, second]."""

    op: str
    attributes: dict[str, Attribute] = field(default_factory=dict)
    pairs: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def exercised(self, target: int) -> int:
        """How many pairs of values were judged on a target."""
        return sum(int(seen[target].sum()) for seen in self.pairs.values())

    @property
    def possible(self) -> int:
        """How many pairs the values of any target form."""
        return sum(len(self.attributes[a].values) * len(self.attributes[b].values) for a, b in self.pairs)

    def never(self, pair: tuple[str, str]) -> list[str]:
        """The pairs of values that no target was judged by."""
        first, second = (list(self.attributes[name].values) for name in pair)
        seen: np.ndarray = np.any(self.pairs[pair], axis=0)
        return [f"{a} with {b}" for i, a in enumerate(first) for j, b in enumerate(second) if not seen[i, j]]


def coverage(table: Results, run: Mapping[str, Any]) -> tuple[list[str], list[OpCoverage]]:
    """The targets, and the coverage of each op on them, by op."""
    names = targets(table, run)
    found: dict[str, OpCoverage] = {}
    for batch in batches(table, _COLUMNS):
        kept = batch.filter(
            pa.compute.and_(
                pa.compute.is_in(batch.column("verdict"), value_set=pa.array(_JUDGED)),
                pa.compute.not_equal(batch.column("aspect"), "error"),
            )
        )
        for op in pa.compute.unique(kept.column("op")).to_pylist():
            part = kept.filter(pa.compute.equal(kept.column("op"), op))
            _add(found.setdefault(op, OpCoverage(op)), part, names)
    return names, [found[op] for op in sorted(found)]


def _add(coverage: OpCoverage, part: pa.RecordBatch, names: list[str]) -> None:
    target = _taken(part.column("target"), lambda texts: np.array([names.index(text) for text in texts]))
    columns: dict[str, np.ndarray] = {}
    for name, texts in _attributes(part):
        attribute = coverage.attributes.setdefault(name, Attribute(name, _zeros(len(names))))
        columns[name] = _taken(texts, attribute.ids)
        np.add.at(attribute.counts, (target, columns[name]), 1)
    for pair in combinations(sorted(columns), 2):
        seen = coverage.pairs.setdefault(pair, _zeros(len(names), VALUE_LIMIT + 1).astype(bool))
        seen[target, columns[pair[0]], columns[pair[1]]] = True


def _zeros(*extents: int) -> np.ndarray:
    return np.zeros((*extents, VALUE_LIMIT + 1), np.int64)


def _taken(texts: pa.Array, ids: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    """``ids`` of all texts, computed once per distinct text."""
    coded = texts.dictionary_encode()
    numbers: np.ndarray = ids(coded.dictionary.to_pylist())[coded.indices.to_numpy()]
    return numbers


def _attributes(part: pa.RecordBatch) -> Iterator[tuple[str, pa.Array]]:
    """Each attribute with its text for every row; those of the op itself, then those that every op has."""
    coded = part.column("attrs").dictionary_encode()
    parsed = [attribute_texts(text) for text in coded.dictionary.to_pylist()]
    for name in sorted({name for texts in parsed for name in texts}):
        texts = pa.array([texts.get(name, "-") for texts in parsed])
        yield name, texts.take(coded.indices)
    for name, column, text in _COMMON:
        coded = part.column(column).dictionary_encode()
        yield name, pa.array([text(value) for value in coded.dictionary.to_pylist()]).take(coded.indices)


@lru_cache(maxsize=4096)
def attribute_texts(attrs: str) -> Mapping[str, str]:
    """The attributes of a case as short texts; for a program, those of all its stages, as ``op.attribute``."""
    try:
        given = json.loads(attrs or "{}")
    except ValueError:
        return {"attributes": "not JSON"}
    if not isinstance(given, dict):
        return {"attributes": "no object"}
    if not isinstance(given.get("stages"), list):
        return {name: value_text(value) for name, value in given.items() if name not in _UNTOLD}
    found: dict[str, set[str]] = {"stages": {str(len(given["stages"]))}}
    for stage in given["stages"]:
        attributes = stage.get("attributes") if isinstance(stage, dict) else None
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            if name not in _UNTOLD:
                found.setdefault(f"{stage.get('op')}.{name}", set()).add(value_text(value))
    return {name: " and ".join(sorted(values)) for name, values in found.items()}


_UNTOLD = ("rule", "output_shape", "shape")
"""Attributes that are not counted: almost every case has other shapes, and rules belong to the aspect ``error``."""


def value_text(value: Any) -> str:
    """An attribute's value in a few characters: ``2×1``; explicit padding by its kind, not its numbers."""
    if isinstance(value, list) and value and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        if not any(n for pair in value for n in pair):
            return "explicit, zero"
        return "explicit, even" if all(a == b for a, b in value) else "explicit, uneven"
    if isinstance(value, list):
        return "×".join(map(str, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)


def _distinct(cell: str) -> str:
    return "+".join(sorted(set(cell.split(";"))))


def _first(cell: str) -> str:
    return cell.partition(";")[0]


def _rank(shapes: str) -> str:
    return str(len(re.findall(r"\d+", _first(shapes))))


def _size(shapes: str) -> str:
    largest = max(math.prod(map(int, re.findall(r"\d+", shape))) for shape in shapes.split(";"))
    empty = any("0" in re.findall(r"\d+", shape) for shape in shapes.split(";"))
    return (
        "empty" if empty else f"a tensor above {LARGE:,} elements" if largest > LARGE else f"up to {LARGE:,} elements"
    )


def _threads(executor: str) -> str:
    several = re.search(r"(\d+) threads", executor)
    return several.group(1) if several else "1"


_COMMON: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("aspect", "aspect", str),
    ("dtype", "dtype", _distinct),
    ("fill", "fill", _distinct),
    ("memory of the first input", "memory", _first),
    ("rank of the first input", "shapes", _rank),
    ("size", "shapes", _size),
    ("threads", "executor", _threads),
)
