"""The stream of cases: number k is the same in every process.

Seed, op, aspect and number give a row of entries of the op's tables, and a row gives a geometry. So slices concatenate
exactly, and a shard needs nothing but its bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import shake_256

from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import INDEX_KINDS, Fill
from opassay.harness.model.op import Op, Pin
from opassay.harness.plan.deal import Dealer, Places


@dataclass(frozen=True)
class Source:
    """The draws of one op and aspect, and the dealers of their rows, by key."""

    op: Op
    draws: tuple[Draw, ...]
    dealers: dict[str, Dealer] = field(default_factory=dict)

    def at(self, seed: int, aspect: str, number: int) -> tuple[Draw, Places]:
        """What number ``number`` of the stream is drawn from, and its row."""
        turn, place = divmod(number, len(self.draws))
        key = "/".join(map(str, (seed, self.op.name, aspect, place)))
        if key not in self.dealers:
            self.dealers[key] = Dealer(self.draws[place], key)
        return self.draws[place], self.dealers[key].row(turn)


_MADE: dict[tuple[int, str], Source] = {}

RULE_KINDS = ("ints",)
"""The fill of data in cases that break a rule: values do not matter, but must not be all equal."""


def geometries(op: Op, aspect: str, seed: int, start: int, stop: int) -> Iterator[tuple[int, Geometry]]:
    """Numbers and geometries of the slice [start, stop) of the stream of ``op`` and ``aspect``.

    For ``error``, number k breaks rule k % len(op.rules); an op without rules has an empty stream.
    Raises ``ValueError`` on a slice that begins below 0 or ends before it begins.
    """
    if not 0 <= start <= stop:
        raise ValueError(f"a slice needs 0 <= start <= stop, got start {start}, stop {stop}")
    for number in range(start, stop if source(op, aspect).draws else start):
        draw, row = source(op, aspect).at(seed, aspect, number)
        yield number, keyed(draw.made(row), fill_key(seed, op.name, aspect, number))


def cases(op: Op, aspect: str, seed: int, start: int, stop: int, fills: int) -> Iterator[tuple[int, Case]]:
    """Numbers and cases of a slice: each geometry with as many fills as ``values_of`` says."""
    for number, geometry in geometries(op, aspect, seed, start, stop):
        key = fill_key(seed, op.name, aspect, number)
        for position in range(values_of(aspect, fills)):
            yield number, geometry.dress(position, key)


def values_of(aspect: str, fills: int) -> int:
    """How many fills a geometry has: one where the values do not matter."""
    return 1 if aspect in ("error", "shape") else fills


def pins(op: Op, aspect: str) -> Iterator[tuple[int, Pin]]:
    """The op's pins of ``aspect``, numbered -len(pins) … -1: they run before the stream."""
    chosen = [pin for pin in op.pins if pin.case.aspect == aspect]
    yield from zip(range(-len(chosen), 0), chosen, strict=True)


def fill_key(seed: int, op: str, aspect: str, number: int) -> int:
    """The key, below 2**62, that seeds all values of one geometry."""
    told = "/".join((str(seed), op, aspect, str(number), "fill"))
    return int.from_bytes(shake_256(told.encode()).digest(8), "big") >> 2


def _draws(op: Op, aspect: str) -> list[Draw]:
    if aspect == "error":
        return [rule.cases().map(_as_geometry) for rule in op.rules]
    if aspect == "gradient":
        return [op.gradients()] if op.gradients else []
    geometries = (aspect == "shape" and op.shapes) or op.geometries
    if geometries is None:
        return []
    return [geometries().map(lambda geometry: _with_aspect(geometry, aspect))]


def source(op: Op, aspect: str) -> Source:
    """What the stream is drawn from: number k comes from draw k % len; of none where the op has no such cases."""
    if (id(op), aspect) not in _MADE:
        # The op is held as well, so that no other object can get its id().
        _MADE[id(op), aspect] = Source(op, tuple(_draws(op, aspect)))
    return _MADE[id(op), aspect]


def _as_geometry(case: Case) -> Geometry:
    return Geometry(case, RULE_KINDS)


def _with_aspect(geometry: Geometry, aspect: str) -> Geometry:
    return geometry if geometry.case.aspect == aspect else replace(geometry, case=replace(geometry.case, aspect=aspect))


def keyed(geometry: Geometry, key: int) -> Geometry:
    """The geometry with a key of its own in each index tensor."""
    if all(t.fill.kind not in INDEX_KINDS for t in geometry.case.tensors):
        return geometry
    tensors = tuple(
        replace(t, fill=_rekeyed(t.fill, key)) if t.fill.kind in INDEX_KINDS else t for t in geometry.case.tensors
    )
    return replace(geometry, case=replace(geometry.case, tensors=tensors))


def _rekeyed(fill: Fill, key: int) -> Fill:
    return replace(fill, key=key)
