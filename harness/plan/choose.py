"""Chooses the few of many cases that find the most named mistakes and contain the most pairs of properties.

Whole geometries are chosen, since a second set of values costs little once the first is compiled.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby

from opassay.harness.model.case import Case
from opassay.harness.model.mistake import Mistake
from opassay.harness.model.op import Op
from opassay.harness.plan import generate
from opassay.harness.plan.plan import ANSWER, kind
from opassay.harness.plan.sharpness import kills

POOL = {"value": 48, "gradient": 32, "shape": 8, "error": 0}
"""Geometries per op and aspect in the pool, besides pins; for invalid input, one per rule."""

FURTHER = 200
"""Up to this number the stream is searched for mistakes that no case of the pool finds."""

PAIRED = ("value", "gradient")
"""Aspects whose cases are chosen for their pairs. Shapes and refusals hardly depend on the rest."""

LEAST = 2
"""Geometries per op and aspect at least, where the pool has so many."""

LARGE = 4096
"""Elements from which on kernels change their path: small and large are two properties."""

HEAVY = 2.0**16
"""Elements that cost about as much as a case itself: the oracle's time grows with them."""

Key = tuple[str, str]
Say = Callable[[str], None]


@dataclass(eq=False)
class Candidate:
    """A geometry with its values: which mistakes it ``finds``, which pairs of properties it ``meets``."""

    op: Op
    cases: Sequence[Case]
    finds: frozenset[str] = frozenset()
    meets: frozenset[tuple[object, object]] = frozenset()

    @property
    def key(self) -> Key:
        return self.op.name, self.cases[0].aspect

    @property
    def cost(self) -> float:
        """In seconds of a target that compiles each geometry, about."""
        return ANSWER[kind(self.op), True] * (1 + sum(case.size for case in self.cases) / HEAVY)


@dataclass
class Chosen:
    """What was chosen so far: its cases, and after each step how many there are, what they find and meet."""

    cases: dict[str, Case] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    met: dict[Key, set[tuple[object, object]]] = field(default_factory=dict)
    per: Counter[Key] = field(default_factory=Counter)
    curve: list[tuple[int, int, int]] = field(default_factory=list)

    def take(self, candidate: Candidate) -> None:
        self.cases.update((case.id, case) for case in candidate.cases)
        self.found |= candidate.finds
        self.met.setdefault(candidate.key, set()).update(candidate.meets)
        self.per[candidate.key] += 1
        self.curve.append((len(self.cases), len(self.found), sum(map(len, self.met.values()))))

    def new_pairs(self, candidate: Candidate) -> int:
        return len(candidate.meets - self.met.get(candidate.key, set()))


def candidates(
    op: Op, aspect: str, mistakes: Sequence[Mistake], seed: int, fills: int, given: Sequence[Case] = ()
) -> tuple[list[Candidate], list[Candidate]]:
    """The geometries that are there to choose from, and those of ``given``, each with what it finds and meets."""
    count = len(op.rules) if aspect == "error" else POOL[aspect]
    groups = [*_groups(op, aspect, seed, 0, count, fills), *([pin.case] for _, pin in generate.pins(op, aspect))]
    own = [m for m in mistakes if m.aspect == aspect]
    there = [_candidate(op, [case], own) for case in given]
    pool = [_candidate(op, group, own) for group in groups]
    return [*pool, *_further(op, aspect, seed, count, fills, own, pool + there)], there


def _groups(op: Op, aspect: str, seed: int, start: int, stop: int, fills: int) -> Iterator[list[Case]]:
    drawn = generate.cases(op, aspect, seed, start, stop, fills)
    for _, group in groupby(drawn, key=lambda numbered: numbered[0]):
        yield [case for _, case in group]


def _further(
    op: Op, aspect: str, seed: int, start: int, fills: int, mistakes: Sequence[Mistake], pool: Sequence[Candidate]
) -> Iterator[Candidate]:
    """Geometries beyond the pool, where each finds a mistake that none before it finds."""
    open_ = {m.id: m for m in mistakes if not any(m.id in c.finds for c in pool)}
    for group in _groups(op, aspect, seed, start, FURTHER, fills):
        if not open_:
            return
        candidate = _candidate(op, group, list(open_.values()))
        if candidate.finds:
            open_ = {id: m for id, m in open_.items() if id not in candidate.finds}
            yield candidate


def _candidate(op: Op, cases: Sequence[Case], mistakes: Sequence[Mistake]) -> Candidate:
    found = frozenset(m.id for case in cases for m in kills(op, mistakes, case)) if mistakes else frozenset()
    return Candidate(op, cases, found, frozenset(pair for case in cases for pair in pairs(case)))


def pairs(case: Case) -> Iterator[tuple[object, object]]:
    """The pairs of properties that a case has."""
    return combinations(sorted(_properties(case)), 2)


def _properties(case: Case) -> Iterator[tuple[str, str]]:
    """Attributes, rule, dtypes, fills, memory, ranks and sizes, as texts."""
    for name, value in case.to_json()["attributes"].items():
        yield name, json.dumps(value)[:60]
    yield "rule", case.rule
    yield "fill", "+".join(sorted({t.fill.kind for t in case.all_tensors}))
    yield "size", "empty" if case.empty else str(max((t.size for t in case.all_tensors), default=0) > LARGE)
    for place, tensor in enumerate(case.tensors):
        yield f"dtype {place}", tensor.dtype
        yield f"memory {place}", tensor.memory.kind
        yield f"rank {place}", str(len(tensor.shape))


def choose(pool: Sequence[Candidate], given: Sequence[Candidate], size: int) -> Chosen:
    """At most ``size`` cases: those ``given``, then what finds mistakes, then one of every op and aspect, then more.

    The rest is for new pairs. Of equals, what is cheaper: each step takes the most for its cost.
    """
    chosen = Chosen()
    for candidate in given:
        chosen.take(candidate)
    totals = Counter[Key]()
    for key, members in _by_key(pool).items():
        totals[key] = len(frozenset[tuple[object, object]]().union(*(c.meets for c in members)))

    def share(candidate: Candidate) -> float:
        return chosen.new_pairs(candidate) / max(1, totals[candidate.key])

    _greedy(chosen, pool, size, lambda c: (len(c.finds - chosen.found), share(c)), least=1)
    for rounds in (1, LEAST):
        for (op, aspect), members in _by_key(pool).items():
            wanted = len(members) if aspect == "error" and rounds == LEAST else rounds
            _greedy(chosen, members, size, lambda c: (share(c),), least=0, count=wanted - chosen.per[op, aspect])
    paired = [c for c in pool if c.key[1] in PAIRED]
    _greedy(chosen, paired, size, lambda c: (share(c) / c.cost,), least=0)
    return chosen


def _by_key(pool: Sequence[Candidate]) -> dict[Key, list[Candidate]]:
    found: dict[Key, list[Candidate]] = {}
    for candidate in pool:
        found.setdefault(candidate.key, []).append(candidate)
    return found


def _greedy(
    chosen: Chosen,
    pool: Sequence[Candidate],
    size: int,
    gain: Callable[[Candidate], tuple[float, ...]],
    least: float,
    count: int | None = None,
) -> None:
    """Take ``count`` (None: all there is room for), best first, while the first part of ``gain`` is above or at it.

    What a candidate gains only shrinks while others are taken, so only the best one is measured again.
    """
    waiting = [(tuple(-part for part in gain(c)), n) for n, c in enumerate(pool) if c.cases[0].id not in chosen.cases]
    heapq.heapify(waiting)
    while waiting and len(chosen.cases) < size and (count is None or count > 0):
        _, number = heapq.heappop(waiting)
        candidate = pool[number]
        now = gain(candidate)
        told = tuple(-part for part in now)
        if waiting and told > waiting[0][0]:
            heapq.heappush(waiting, (told, number))
        elif now[0] >= least and now[0] > 0 and len(chosen.cases) + len(candidate.cases) <= size:
            chosen.take(candidate)
            count = None if count is None else count - 1
