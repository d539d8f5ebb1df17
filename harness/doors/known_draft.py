"""The lines of a baseline after a run: seen, gone, not tested."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from opassay.harness.doors.known_shown import Seen, Shown
from opassay.harness.doors.known_together import Family, alone, shared_by, traits_of, uncovered
from opassay.harness.doors.known_traits import widened
from opassay.harness.model.baseline import Key, Line
from opassay.harness.model.case import Case
from opassay.harness.model.traits import features


@dataclass(frozen=True)
class _Part:
    """Part of a future line, in one mode; ``pins`` are candidates for its pin, the best one first."""

    line: Line
    pins: tuple[Case, ...]


def updated(old: Sequence[Line], shown: Shown, family: Family = alone) -> list[Line]:
    """The lines of ``old`` and of the run's other differences, without those that the run has seen to be gone.

    ``family``: that of an op; see ``shared_by``.
    """
    staying = {(key, mode) for line in old for mode in line.modes if not shown.gone(line, mode) for key in line.keys}
    needed = set(uncovered(shown.differences, staying))
    parts = list(_of_lines(old, shown, needed))
    there = {(key, mode) for part in parts for key in part.line.keys for mode in part.line.modes}
    modes: dict[Key, list[str]] = {}
    for key, mode in shown.differences:
        if (key, mode) in needed - there:
            modes.setdefault(key, []).append(mode)
    by_hand = {key: line for line in reversed(old) for key in line.keys}
    for keys in shared_by(modes, shown, family):
        parts += _of_new(keys, modes[keys[0]], shown, next((by_hand[key] for key in keys if key in by_hand), None))
    return _merged(parts)


def _of_lines(old: Sequence[Line], shown: Shown, needed: Collection[tuple[Key, str]]) -> Iterator[_Part]:
    """The parts of ``old``; of those that the run shows, what is ``needed``, and each difference in one line only."""
    met: set[tuple[Key, str]] = set()
    for line in old:
        for mode, count in line.modes.items():
            seen = {key: told for key in line.keys if (told := shown.differences.get((key, mode))) is not None}
            mine = {key: told for key, told in seen.items() if (key, mode) in needed and (key, mode) not in met}
            if mine:
                met |= {(key, mode) for key in mine}
                yield _seen_again(line, mode, count, mine, shown)
            elif not seen and not shown.gone(line, mode):
                yield _Part(replace(line, modes={mode: count}), (line.pin,))


def _seen_again(line: Line, mode: str, count: int, seen: Mapping[Key, Seen], shown: Shown) -> _Part:
    """The part of ``line`` in a mode of which the run shows ``seen``."""
    cases = [case for told in seen.values() for case in told.cases.values()]
    gone, here = shown.gone(line, mode), {key.op for key in seen}
    pins = tuple(case for case in (line.pin, *_smallest(cases)) if not gone or case != line.pin)
    told = replace(
        line,
        modes={mode: max(count, len(cases))},
        traits=widened(line.traits, [features(case) for case in cases]),
        versions=tuple(sorted({*line.versions, *_versions(seen.values())})),
        processors=tuple(sorted({*line.processors, shown.kinds[line.adapter, mode]})) if line.processors else (),
    )
    # While its pin shows it, it stays about ops that the run did not ask.
    pins = pins or _smallest(cases)
    return _Part(told.about(here if gone else {*line.ops, *here}, pins[0]), pins)


def _of_new(keys: Sequence[Key], modes: Sequence[str], shown: Shown, by_hand: Line | None) -> Iterator[_Part]:
    """The parts of a new line about ``keys``, which differ in their op."""
    traits = traits_of(keys, modes, shown)
    for mode in modes:
        seen = [shown.differences[key, mode] for key in keys]
        pins = _smallest([case for told in seen for case in told.cases.values()])
        line = Line(
            **keys[0]._replace(op=pins[0].op)._asdict(),
            pin=pins[0],
            modes={mode: len(pins)},
            traits=traits[mode],
            versions=tuple(sorted(_versions(seen))),
            processors=(shown.kinds[keys[0].adapter, mode],) if keys[0].device == "cpu" else (),
        )
        yield _Part(_with_hand(line.about([key.op for key in keys], pins[0]), by_hand), pins)


def _with_hand(line: Line, other: Line | None) -> Line:
    """``line`` with the hand-written fields of ``other``, which is about the same difference."""
    return line if other is None else replace(line, owner=other.owner, reason=other.reason, flaky=other.flaky)


def _versions(seen: Iterable[Seen]) -> set[str]:
    return {version for told in seen for version in told.versions}


def _smallest(cases: Iterable[Case]) -> tuple[Case, ...]:
    return tuple(sorted(cases, key=lambda case: (case.empty, case.size, case.id)))


def _merged(parts: Iterable[_Part]) -> list[Line]:
    """One line for lines that differ in their mode alone and share a case."""
    groups: dict[tuple[object, ...], list[_Part]] = {}
    for part in sorted(parts, key=lambda part: sorted(part.line.modes)):
        line = part.line
        about = frozenset(line.keys), line.traits, line.owner, line.reason, line.flaky
        group = groups.setdefault(about, [])
        for number, other in enumerate(group):
            ids = {case.id for case in part.pins}
            if common := tuple(case for case in other.pins if case.id in ids):
                group[number] = _Part(_both(other.line, line), common)
                break
        else:
            group.append(part)
    return [part.line.about(part.line.ops, part.pins[0]) for group in groups.values() for part in group]


def _both(one: Line, other: Line) -> Line:
    versions = tuple(sorted({*one.versions, *other.versions}))
    processors = tuple(sorted({*one.processors, *other.processors})) if one.processors and other.processors else ()
    return replace(one, modes={**one.modes, **other.modes}, versions=versions, processors=processors)
