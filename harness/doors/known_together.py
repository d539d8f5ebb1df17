"""Which differences of several ops share a line of a baseline, and the traits of their cases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from opassay.harness.doors.known_shown import Seen, Shown, place_of
from opassay.harness.doors.known_traits import Features, learned, left_over
from opassay.harness.model.baseline import Key
from opassay.harness.model.case import Case
from opassay.harness.model.messages import tells_alone
from opassay.harness.model.program import stage_ops
from opassay.harness.model.traits import Trait, features

Family = Callable[[str], str]
"""The family of an op; empty for one without."""


def alone(op: str) -> str:
    """The family of ops that share no line, not even for one message."""
    return f"{op} alone"


def shared_by(modes: Mapping[Key, Sequence[str]], shown: Shown, family: Family) -> Iterator[Sequence[Key]]:
    """The keys of ``modes``, those of one line together: they have one cause, or say the same in the same modes; what
    does not tell alone what it is, only in the ops of one family.

    Their common traits leave out as many passing cases as the traits of each would.
    """
    alike: dict[tuple[object, ...], list[list[Key]]] = {}
    for key, where in modes.items():
        groups = alike.setdefault(_about(key, where, family), [])
        for group in groups:
            if _left(group, where, shown) + _left([key], where, shown) >= _left([*group, key], where, shown):
                group.append(key)
                break
        else:
            groups.append([key])
    for groups in alike.values():
        yield from groups


def _about(key: Key, modes: Sequence[str], family: Family) -> tuple[object, ...]:
    anywhere = (key.cause or tells_alone(key.verdict, key.message)) and family is not alone
    return key._replace(op=""), tuple(sorted(modes)), "" if anywhere else family(key.op) or alone(key.op)


def _left(keys: Sequence[Key], modes: Sequence[str], shown: Shown) -> int:
    """How many passing cases have the traits of ``keys``."""
    traits = traits_of(keys, modes, shown)
    return sum(left_over(traits[mode], _passing(keys, mode, shown)) for mode in modes)


def traits_of(keys: Sequence[Key], modes: Sequence[str], shown: Shown) -> dict[str, tuple[Trait, ...]]:
    """By mode, the traits of all ``keys``; one set for all modes if it separates failing from passing cases."""
    held = {mode: _failing(keys, mode, shown) for mode in modes}
    passing = {mode: _passing(keys, mode, shown) for mode in modes}
    together = learned(_all(held), _all(passing))
    if not left_over(together, _all(passing)):
        return dict.fromkeys(modes, together)
    return {mode: learned(held[mode], passing[mode]) for mode in modes}


def _failing(keys: Sequence[Key], mode: str, shown: Shown) -> list[Features]:
    return [features(case) for key in keys for case in _cases(shown.differences[key, mode])]


def _passing(keys: Sequence[Key], mode: str, shown: Shown) -> list[Features]:
    """The features of the passing cases, at the places where the differences are seen."""
    # A mistake that reproduces the answer decides itself where it applies.
    cases = ((key, case) for key in keys if not key.cause for case in shown.passing.get(place_of(key, mode), ()))
    return [features(case) for key, case in cases if case.rule == key.rule]


def _cases(seen: Seen) -> Collection[Case]:
    return seen.cases.values()


def _all(parts: Mapping[str, list[Features]]) -> list[Features]:
    return [told for part in parts.values() for told in part]


def uncovered(
    differences: Mapping[tuple[Key, str], Seen], staying: Collection[tuple[Key, str]]
) -> Iterator[tuple[Key, str]]:
    """Those of ``differences`` that need a line: no other one of them covers them, and no line that is ``staying``.

    A mistake in an op is one in the programs that use it: the op's line covers them.
    """
    every = {*differences, *staying}
    for (key, mode), seen in differences.items():
        stages = [stage_ops(case.attributes) for case in _cases(seen)] if key.cause else []
        inner = {op for op in frozenset().union(*stages) if (key._replace(op=op), mode) in every}
        if not stages or not all(inner & ops for ops in stages):
            yield key, mode
