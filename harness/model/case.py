"""Tensor and Case: recipes of a few hundred bytes that give the same bits everywhere."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from opassay.harness.model import dtypes, fill_values, fills, memory, strict_json
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

ASPECTS = ("value", "gradient", "error", "shape")


@dataclass(frozen=True)
class Tensor:
    """The recipe of one input: its shape, dtype, values and how they lie in memory."""

    shape: tuple[int, ...]
    dtype: str
    fill: Fill = field(default_factory=lambda: Fill("ones"))
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        dtypes.storage(self.dtype)
        if any(n < 0 for n in self.shape):
            raise ValueError(f"extents must not be negative, got shape {self.shape}")

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    def materialize(self) -> np.ndarray:
        """The array itself: always the same values, with strides as ``memory`` says."""
        distinct = memory.stored_shape(self.memory, self.shape)
        fill = self.fill
        if fill.kind == "literal":
            return memory.lay_out(
                fill_values.values(fill, self.dtype, self.shape), replace_broadcast(self.memory), self.shape
            )
        return memory.lay_out(fill_values.values(fill, self.dtype, distinct), self.memory, self.shape)

    def to_json(self) -> dict[str, Any]:
        return {
            "shape": list(self.shape),
            "dtype": self.dtype,
            "fill": self.fill.to_json(),
            "memory": self.memory.to_json(),
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Tensor:
        data = strict_json.fields(given, "a tensor", ("shape", "dtype"), ("fill", "memory"))
        return cls(
            shape=tuple(strict_json.integer(n) for n in strict_json.entries(data["shape"])),
            dtype=str(data["dtype"]),
            fill=Fill.from_json(data.get("fill", {"kind": "ones"})),
            memory=Memory.from_json(data.get("memory", {"kind": "contiguous"})),
        )


def replace_broadcast(kind: Memory) -> Memory:
    """Literal values need not repeat along an axis, so they are never stored with a zero stride."""
    return Memory() if kind.kind == "broadcast" else kind


@dataclass(frozen=True, eq=False)
class Case:
    """One question to every framework: an op, its inputs and attributes, and what is asked.

    ``rule`` names the contract rule that a case of the aspect ``error`` breaks. ``cotangents`` has one
    entry per output for the aspect ``gradient``: what the vector-Jacobian product multiplies that output's
    Jacobian with, or None where the output is left out. Two cases are equal when their ``id`` is.
    """

    op: str
    tensors: tuple[Tensor, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    aspect: str = "value"
    rule: str = ""
    cotangents: tuple[Tensor | None, ...] = ()

    def __post_init__(self) -> None:
        if self.aspect not in ASPECTS:
            raise ValueError(f"unknown aspect {self.aspect!r}; known: {', '.join(ASPECTS)}")
        if bool(self.cotangents) != (self.aspect == "gradient"):
            raise ValueError(f"aspect {self.aspect!r} with {len(self.cotangents)} cotangents: only gradients have them")
        frozen = {name: _freeze(self.attributes[name]) for name in sorted(self.attributes)}
        object.__setattr__(self, "attributes", MappingProxyType(frozen))
        object.__setattr__(self, "_attributes_text", _encode(_thaw(self.attributes)))

    @cached_property
    def id(self) -> str:
        """16 hex digits of the SHA-256 of the case's canonical JSON."""
        return hashlib.sha256(self._text.encode()).hexdigest()[:16]

    @cached_property
    def _text(self) -> str:
        parts = [
            f'"aspect":{_encode(self.aspect)},"attributes":{self._attributes_text}',  # type: ignore[attr-defined]
            *([f'"cotangents":{_encode(self._cotangents_json())}'] if self.cotangents else ()),
            f'"op":{_encode(self.op)}',
            *([f'"rule":{_encode(self.rule)}'] if self.rule else ()),
            f'"tensors":{_encode([t.to_json() for t in self.tensors])}',
        ]
        return "{" + ",".join(parts) + "}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def exact(self) -> bool:
        """Whether every input has an exact fill, so that small sums have no rounding at all."""
        return all(t.fill.exact for t in self.all_tensors if dtypes.is_float(t.dtype))

    @property
    def all_tensors(self) -> tuple[Tensor, ...]:
        """Inputs, then the cotangents that are given: everything that holds values."""
        return (*self.tensors, *(t for t in self.cotangents if t is not None))

    @property
    def size(self) -> int:
        """How many elements its tensors have together."""
        return sum(tensor.size for tensor in self.all_tensors)

    @property
    def empty(self) -> bool:
        """Whether one of its tensors has no element."""
        return any(tensor.size == 0 for tensor in self.all_tensors)

    @cached_property
    def geometry_key(self) -> str:
        """Equal for cases that one compiled program can run: all but the values is the same."""
        return self.with_fills([_ONES] * len(self.all_tensors)).id

    def with_tensors(self, tensors: Sequence[Tensor]) -> Case:
        """The same case with other tensors, in the order of ``all_tensors``."""
        count, rest = len(self.tensors), iter(tensors[len(self.tensors) :])
        cotangents = tuple(None if t is None else next(rest) for t in self.cotangents)
        # Most of the cost of a new case is checking and freezing its attributes, and these are done.
        same = {name: value for name, value in vars(self).items() if name not in _OF_TENSORS}
        other = object.__new__(Case)
        vars(other).update(same, tensors=tuple(tensors[:count]), cotangents=cotangents)
        return other

    def with_fills(self, fills: Sequence[Fill]) -> Case:
        """The same case with other values, in the order of ``all_tensors``."""
        tensors = self.all_tensors
        other = self.with_tensors(
            [Tensor(t.shape, t.dtype, fill, t.memory) for t, fill in zip(tensors, fills, strict=True)]
        )
        if "geometry_key" in vars(self):
            vars(other)["geometry_key"] = self.geometry_key
        return other

    def inputs(self) -> tuple[np.ndarray, ...]:
        return tuple(t.materialize() for t in self.tensors)

    def cotangent_values(self) -> tuple[np.ndarray | None, ...]:
        """One array per output; None where the output is left out."""
        return tuple(None if t is None else t.materialize() for t in self.cotangents)

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "op": self.op,
            "aspect": self.aspect,
            "tensors": [t.to_json() for t in self.tensors],
            "attributes": {name: _thaw(value) for name, value in self.attributes.items()},
        }
        if self.rule:
            out["rule"] = self.rule
        if self.cotangents:
            out["cotangents"] = self._cotangents_json()
        return out

    def _cotangents_json(self) -> list[dict[str, Any] | None]:
        return [None if t is None else t.to_json() for t in self.cotangents]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Case:
        """Raises ``ValueError`` saying what is wrong when ``given`` does not describe a case."""
        data = strict_json.fields(given, "a case", ("op", "tensors"), ("attributes", "aspect", "rule", "cotangents"))
        return cls(
            op=str(data["op"]),
            tensors=tuple(Tensor.from_json(t) for t in strict_json.entries(data["tensors"])),
            attributes=strict_json.mapping(data.get("attributes", {}), "its attributes"),
            aspect=str(data.get("aspect", "value")),
            rule=str(data.get("rule", "")),
            cotangents=tuple(
                None if t is None else Tensor.from_json(t) for t in strict_json.entries(data.get("cotangents", []))
            ),
        )

    def dumps(self) -> str:
        """Canonical JSON: sorted keys, no spaces."""
        return self._text

    @classmethod
    def loads(cls, text: str) -> Case:
        data = strict_json.loads(text)
        if not isinstance(data, dict):
            raise ValueError(f"not a case: expected a JSON object, got {type(data).__name__}")
        return cls.from_json(data)


def load_cases(texts: Sequence[str]) -> list[Case]:
    """Each case as ``Case.loads`` returns it. Cases that differ in their values alone share what they have in
    common."""
    made: dict[str, Case] = {}
    cases = []
    for text in texts:
        data = json.loads(text)
        tensors = [t for t in (*data["tensors"], *data.get("cotangents", ())) if t is not None]
        fills = [Fill.from_json(t["fill"]) for t in tensors]
        for tensor in tensors:
            tensor["fill"] = {"kind": "ones"}
        geometry = repr(data)
        if geometry not in made:
            made[geometry] = Case.from_json(data)
            vars(made[geometry])["geometry_key"] = made[geometry].id
        cases.append(made[geometry].with_fills(fills))
    return cases


@dataclass(frozen=True)
class Geometry:
    """A case without its values: compiled once, run with several fills.

    ``kinds`` lists fill kinds in the order in which they are used; fill number i uses
    ``kinds[i % len(kinds)]``. Tensors whose fill is not ``ones`` keep it (indices). ``share``: how many of 256 values
    a ``sparse`` fill makes other than 0. ``points``: what values of the kind ``near`` are about.
    """

    case: Case
    kinds: tuple[str, ...]
    share: int = fills.WHOLE
    points: tuple[float, ...] = ()

    def dress(self, number: int, key: int) -> Case:
        """The case with fill ``number``; ``key`` seeds the values."""
        keys = ((key + 2 * number) * 2 + i % 2 + (i << 40) for i in range(len(self.case.all_tensors)))
        found = zip(self.case.all_tensors, keys, strict=True)
        return self.case.with_fills([self._values(number, t, key) if t.fill == _ONES else t.fill for t, key in found])

    def _values(self, number: int, tensor: Tensor, key: int) -> Fill:
        kind = self.kinds[number % len(self.kinds)]
        if kind == "sparse":
            return Fill(kind, key, limits=(self.share,))
        if kind == "special" and dtypes.is_float(tensor.dtype):
            return Fill(kind, key, limits=fills.PLACES[(key >> 8) % len(fills.PLACES)])
        return Fill(kind, key, self.points if kind == "near" else ())


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_ONES = Fill("ones")
_OF_TENSORS = ("_text", "id", "geometry_key")
"""What a case remembers that other tensors change."""


def _freeze(value: Any) -> Any:
    if isinstance(value, Mapping):
        return MappingProxyType({name: _freeze(v) for name, v in value.items()})
    return tuple(_freeze(v) for v in value) if isinstance(value, (list, tuple)) else value


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _thaw(v) for name, v in value.items()}
    return [_thaw(v) for v in value] if isinstance(value, tuple) else value
