"""The stream of cases: number k is the same in every process, whoever asks for it.

Hypothesis is used as a decoder only: bytes derived from seed, op, aspect and number go in, a geometry
comes out. So slices concatenate exactly, and a shard needs nothing but its bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import shake_256
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Op, Pin

BYTES = 256
"""How many bytes are tried first; more are taken from the same hash when these run out."""

LONGEST = 1 << 20

INDEX_KINDS = ("cells", "positions")
"""Fills that belong to the geometry; their key is derived like every other."""

Decoder = Callable[[Callable[[int], bytes]], Any]

_MADE: dict[tuple[int, str], tuple[Op, Sequence[Decoder]]] = {}

RULE_KINDS = ("ints",)
"""What fills the data of cases that break a rule: the values do not matter, but must not be all equal."""


def geometries(op: Op, aspect: str, seed: int, start: int, stop: int) -> Iterator[tuple[int, Geometry]]:
    """Numbers and geometries of the slice [start, stop) of the stream of ``op`` and ``aspect``.

    For ``error``, number k breaks rule k % len(op.rules); an op without rules has an empty stream.
    Raises ``ValueError`` on a slice that begins below 0 or ends before it begins.
    """
    if not 0 <= start <= stop:
        raise ValueError(f"a slice needs 0 <= start <= stop, got start {start}, stop {stop}")
    decoders = _decoders(op, aspect)
    for number in range(start, stop if decoders else start):
        drawn = decoders[number % len(decoders)](stream(seed, op.name, aspect, number))
        yield number, keyed(drawn, fill_key(seed, op.name, aspect, number))


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
    return int.from_bytes(stream(seed, op, aspect, number, "fill")(8), "big") >> 2


def stream(seed: int, op: str, aspect: str, number: int, *more: str) -> Callable[[int], bytes]:
    """A function from a length to that many bytes; a longer answer begins with the shorter one."""
    return shake_256("/".join((str(seed), op, aspect, str(number), *more)).encode()).digest


def draws(op: Op, aspect: str) -> list[Draw]:
    """What the stream is drawn from: number k comes from draw k % len; none where the op has no such cases."""
    if aspect == "error":
        return [rule.cases().map(_as_geometry) for rule in op.rules]
    if aspect == "gradient":
        return [op.gradients()] if op.gradients else []
    geometries = (aspect == "shape" and op.shapes) or op.geometries
    if geometries is None:
        return []
    return [geometries().map(lambda geometry: _with_aspect(geometry, aspect))]


def _decoders(op: Op, aspect: str) -> Sequence[Decoder]:
    """Made once: Hypothesis never forgets a strategy, so one per batch would fill the memory of a long run."""
    if (id(op), aspect) not in _MADE:
        # The op is held, too, so that no other one can come by its id.
        _MADE[id(op), aspect] = op, [decoder(draw) for draw in draws(op, aspect)]
    return _MADE[id(op), aspect][1]


def strategy(draw: Draw) -> st.SearchStrategy[Any]:
    """The same for Hypothesis."""
    return st.tuples(*map(st.sampled_from, draw.tables)).map(draw.build)


def decoder(draw: Draw) -> Decoder:
    """A function from a stream of bytes to what ``draw`` makes of it.

    Raises ``ValueError`` when a megabyte is not enough.
    """
    caught: list[Any] = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy(draw))
    def catch(drawn: Any) -> None:
        caught.append(drawn)

    fuzz = catch.hypothesis.fuzz_one_input  # type: ignore[attr-defined]

    def decode(stream: Callable[[int], bytes]) -> Any:
        length = BYTES
        while fuzz(stream(length)) is None:
            caught.clear()
            length *= 2
            if length > LONGEST:
                raise ValueError(f"{draw!r} made nothing of {length // 2} bytes")
        return caught.pop()

    return decode


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
