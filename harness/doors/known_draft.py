"""The lines of a baseline after a run: seen, gone, not tested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from opassay.harness.doors.known_traits import Features, learned, left_over, widened
from opassay.harness.model.baseline import Key, Line
from opassay.harness.model.case import Case
from opassay.harness.model.traits import Trait, features

Place = tuple[str, str, str, str, str]
"""Where a run asks: adapter, op, aspect, device, mode."""


@dataclass
class Seen:
    """The records of one difference in one mode: the cases, by id, and the versions of the framework."""

    cases: dict[str, Case] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Shown:
    """What a run shows: its differences by key and mode, the cases that pass, and where it asked anything.

    ``gone``: whether the run has seen that a line's pin no longer shows the difference in a mode. ``kinds``: by adapter
    and mode, the kind of processor.
    """

    differences: Mapping[tuple[Key, str], Seen]
    passing: Mapping[Place, Sequence[Case]]
    gone: Callable[[Line, str], bool]
    kinds: Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class _Part:
    """Part of a future line, in one mode; ``pins`` are candidates for its pin, the best one first."""

    line: Line
    pins: tuple[Case, ...]


def place_of(key: Key, mode: str) -> Place:
    """Where a run shows the difference; None if it does not."""
    return key.adapter, key.op, key.aspect, key.device, mode


def updated(old: Sequence[Line], shown: Shown) -> list[Line]:
    """The lines of ``old`` and of the run's other differences, without those that the run has seen to be gone."""
    parts = [part for line in old for part in _of_old(line, shown)]
    there = {(part.line.key, mode) for part in parts for mode in part.line.modes}
    fresh: dict[Key, list[str]] = {}
    for key, mode in shown.differences:
        if (key, mode) not in there:
            fresh.setdefault(key, []).append(mode)
    by_hand = {line.key: line for line in reversed(old)}
    for key, modes in fresh.items():
        parts += _of_new(key, modes, shown, by_hand.get(key))
    return _merged(parts)


def _of_old(line: Line, shown: Shown) -> Iterator[_Part]:
    for mode, count in line.modes.items():
        seen = shown.differences.get((line.key, mode))
        alone = replace(line, modes={mode: count})
        if seen is not None:
            gone = shown.gone(line, mode)
            pins = tuple(case for case in (line.pin, *_smallest(seen)) if not gone or case != line.pin)
            pins = pins or _smallest(seen)
            traits = widened(line.traits, [features(case) for case in seen.cases.values()])
            versions = tuple(sorted({*line.versions, *seen.versions}))
            modes = {mode: max(count, len(seen.cases))}
            processors = tuple(sorted({*line.processors, shown.kinds[line.adapter, mode]})) if line.processors else ()
            told = replace(line, modes=modes, traits=traits, versions=versions, processors=processors)
            yield _Part(told, pins)
        elif not shown.gone(line, mode):
            yield _Part(alone, (line.pin,))


def _of_new(key: Key, modes: Sequence[str], shown: Shown, by_hand: Line | None) -> Iterator[_Part]:
    traits = _traits(key, modes, shown)
    for mode in modes:
        seen = shown.differences[key, mode]
        pins = _smallest(seen)
        line = Line(
            **key._asdict(),
            pin=pins[0],
            modes={mode: len(seen.cases)},
            traits=traits[mode],
            versions=tuple(sorted(seen.versions)),
            processors=(shown.kinds[key.adapter, mode],) if key.device == "cpu" else (),
        )
        yield _Part(_with_hand(line, by_hand), pins)


def _with_hand(line: Line, other: Line | None) -> Line:
    """``line`` with the hand-written fields of ``other``, which is about the same difference."""
    return line if other is None else replace(line, owner=other.owner, reason=other.reason, flaky=other.flaky)


def _traits(key: Key, modes: Sequence[str], shown: Shown) -> dict[str, tuple[Trait, ...]]:
    """By mode, the traits; one set for all modes if it separates failing from passing cases."""
    held: dict[str, list[Features]] = {
        mode: [features(case) for case in shown.differences[key, mode].cases.values()] for mode in modes
    }
    # A mistake that reproduces the answer decides itself where it applies.
    passing: dict[str, list[Features]] = {
        mode: [] if key.cause else list(passing_of(key, mode, shown)) for mode in modes
    }
    together = learned(_all(held), _all(passing))
    if not left_over(together, _all(passing)):
        return dict.fromkeys(modes, together)
    return {mode: learned(held[mode], passing[mode]) for mode in modes}


def passing_of(key: Key, mode: str, shown: Shown) -> list[Features]:
    """The features of the passing cases, at the places where the difference is seen."""
    return [features(case) for case in shown.passing.get(place_of(key, mode), ()) if case.rule == key.rule]


def _all(parts: Mapping[str, list[Features]]) -> list[Features]:
    return [told for part in parts.values() for told in part]


def _smallest(seen: Seen) -> tuple[Case, ...]:
    return tuple(sorted(seen.cases.values(), key=lambda case: (case.empty, case.size, case.id)))


def _merged(parts: Iterable[_Part]) -> list[Line]:
    """One line for lines that differ in their mode alone and share a case."""
    groups: dict[tuple[object, ...], list[_Part]] = {}
    for part in sorted(parts, key=lambda part: sorted(part.line.modes)):
        line = part.line
        group = groups.setdefault((line.key, line.traits, line.owner, line.reason, line.flaky), [])
        for number, other in enumerate(group):
            ids = {case.id for case in part.pins}
            if common := tuple(case for case in other.pins if case.id in ids):
                group[number] = _Part(_both(other.line, line), common)
                break
        else:
            group.append(part)
    return [replace(part.line, pin=part.pins[0]) for group in groups.values() for part in group]


def _both(one: Line, other: Line) -> Line:
    versions = tuple(sorted({*one.versions, *other.versions}))
    processors = tuple(sorted({*one.processors, *other.processors})) if one.processors and other.processors else ()
    return replace(one, modes={**one.modes, **other.modes}, versions=versions, processors=processors)
