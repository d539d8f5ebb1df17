"""Simpler draws: Hypothesis' own shrinker, applied to one number of a case stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from opassay.harness.hunt.asking import Asking
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import EXACT_KINDS
from opassay.harness.model.op import Op
from opassay.harness.plan import generate
from opassay.harness.plan.deal import Places

# Importing Hypothesis takes longer than a small run, and a run without new differences needs none of it.
if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class StillFails(Exception):
    """Tells Hypothesis that an example is interesting; carries its case."""


KEYS = 4
"""Number of keys tried for special values: a small tensor may get none of them."""


def simplest(op: Op, case: Case) -> Case:
    """The case of the simplest draws, where shrinking ends if nothing matters.

    ``case`` itself if the op has no stream of its aspect.
    """
    found = generate.source(op, case.aspect).draws
    if not found:
        return case
    rules = [rule.name for rule in op.rules]
    place = rules.index(case.rule) if case.rule in rules else 0
    geometry: Geometry = found[place].simplest
    return geometry.dress(0, 0)


def shrink_draws(op: Op, case: Case, seed: int, number: int, fails: Asking) -> Case:
    """The case of the simplest draws that still fails; ``case`` itself if it is not one of the stream.

    ``case`` is number ``number`` of the stream of ``seed``, with any of its fills. Each draw is an entry of a table
    whose simplest entry is the first. Earlier draws are simplified first: fill, memory, dtype, attributes, extents.
    """
    source = generate.source(op, case.aspect)
    if not source.draws or number < 0:
        return case
    key = generate.fill_key(seed, op.name, case.aspect, number)
    draw, row = source.at(seed, case.aspect, number)
    geometry = generate.keyed(draw.made(row), key)
    position = next((i for i in range(len(geometry.kinds)) if geometry.dress(i, key) == case), None)
    if position is None:
        return case
    # A geometry's first fill is exact, and so simpler than the others.
    position = next((i for i in range(position) if fails(geometry.dress(i, key))), position)

    def dressed(drawn: Geometry) -> list[Case]:
        own, kind = generate.keyed(drawn, key), drawn.kinds[position % len(drawn.kinds)]
        if kind == "special":
            return [own.dress(position, key + i) for i in range(KEYS)]
        # Equal values hide a wrong position: a simpler geometry with other values is simpler still.
        others = [replace(own, kinds=("ints",))] if kind in EXACT_KINDS else []
        return [geometry.dress(position, key) for geometry in (own, *others)]

    # Draws that depend on each other can only be simplified together.
    if fails.first(dressed(draw.made(draw.apart(row)))):
        row = draw.apart(row)
    return _shrink(draw, row, lambda drawn: fails.first(dressed(drawn))) or case


def encoded(draw: Draw, row: Places) -> bytes:
    """The bytes from which Hypothesis draws ``row``: each index big-endian, in as few bytes as its table needs."""
    widths = [(len(table) - 1).bit_length() for table in draw.tables]
    return b"".join(place.to_bytes(-(-width // 8), "big") for place, width in zip(row, widths, strict=True))


def strategy(draw: Draw) -> SearchStrategy[Any]:
    """The draw as a Hypothesis strategy."""
    from hypothesis import strategies as st

    return st.tuples(*map(st.sampled_from, draw.tables)).map(draw.build)


def _shrink(draw: Draw, row: Places, failing: Callable[[Geometry], Case | None]) -> Case | None:
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis.database import InMemoryExampleDatabase

    # Only an in-memory database keeps the one failure: Hypothesis saves what fuzz_one_input found, then reuses
    # it.
    @settings(
        database=InMemoryExampleDatabase(),
        deadline=None,
        max_examples=10**6,
        phases=[Phase.reuse, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(strategy(draw))
    def check(drawn: Geometry) -> None:
        case = failing(drawn)
        if case is not None:
            raise StillFails(case)

    if not _fails_on(check, encoded(draw, row)):
        return None
    try:
        check()
    except StillFails as smallest:
        case: Case = smallest.args[0]
        return case
    return None


def _fails_on(check: Any, drawn: bytes) -> bool:
    """Whether ``check`` fails on the case that these bytes draw."""
    try:
        check.hypothesis.fuzz_one_input(drawn)
    except StillFails:
        return True
    return False
