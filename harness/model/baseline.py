"""A line of a baseline: a difference that nobody has explained yet, written by a machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

from opassay.harness.model import strict_json
from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.fact import ANSWERED, OWNERS, Fact
from opassay.harness.model.messages import signature
from opassay.harness.model.traits import Trait, features
from opassay.harness.model.verdicts import FAILING

NOBODY = "nobody"
"""The owner of a baseline's line until a person writes one."""

GRAVE = ("crash", "hang", "nondeterministic")
"""Verdicts that a line covers only once it has an owner: a lost process, or memory that somebody wrote to."""

PREFIX = "baseline:"
DIGITS = 8
"""Hex digits of an id: two of a thousand lines are alike in one of eight thousand baselines."""


class Key(NamedTuple):
    """What a line is about, in any mode. A ``cause`` says more than a ``message``, which is empty beside it."""

    adapter: str
    op: str
    aspect: str
    rule: str
    verdict: str
    device: str
    cause: str
    message: str


@dataclass(frozen=True)
class Unexplained(Fact):
    """A line as a fact, which covers a record only if its message says what the line's cases said.

    ``message`` is that, without numbers; empty where ``reproduces`` decides. ``tested`` are the line's versions,
    ``processors`` its processors.
    """

    owners: ClassVar[tuple[str, ...]] = (*OWNERS, NOBODY)
    executes: ClassVar[bool] = False

    message: str = ""
    tested: tuple[str, ...] = ()
    processors: tuple[str, ...] = ()

    def tells(self, message: str) -> bool:
        if self.owner == NOBODY and set(self.verdicts) & set(GRAVE):
            return False
        return bool(self.reproduces) or signature(self.verdicts[0], message) == self.message

    @property
    def seen(self) -> frozenset[str]:
        return frozenset(self.tested)


@dataclass(frozen=True)
class Line:
    """Records of one adapter, aspect and verdict that have one cause, or say the same, in ``op`` and those of ``also``.

    ``modes`` has how many records showed it in each mode. ``device`` is ``cpu``, ``cuda`` or another kind. ``cause``
    names the mistake of the oracle that reproduces the answers; where there is none, ``message`` is what the records
    say without numbers, and ``traits`` are what their cases share and others, which pass, lack. ``versions`` are those
    of the framework in which it was seen, and ``processors`` the kinds of processor (``processors.KINDS``), for a
    line that others need not show; empty for any. ``owner``, ``reason`` and ``flaky`` are written by hand, as in a
    fact.
    """

    adapter: str
    op: str
    aspect: str
    verdict: str
    pin: Case
    modes: Mapping[str, int]
    device: str = "cpu"
    rule: str = ""
    cause: str = ""
    message: str = ""
    traits: tuple[Trait, ...] = ()
    also: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    processors: tuple[str, ...] = ()
    owner: str = ""
    reason: str = ""
    flaky: str = ""
    id: str = field(init=False, default="")

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise ValueError(problem)
        told = json.dumps([*self.key, sorted(self.modes)])
        object.__setattr__(self, "id", PREFIX + hashlib.sha256(told.encode()).hexdigest()[:DIGITS])

    def _problems(self) -> Any:
        for what, given, allowed in (
            ("aspect", self.aspect, ASPECTS),
            ("verdict", self.verdict, FAILING),
            ("owner", self.owner, ("", *OWNERS)),
        ):
            if given not in allowed:
                yield f"unknown {what} {given!r:.60}, expected one of {', '.join(filter(None, allowed))}"
        if (self.pin.op, self.pin.aspect, self.pin.rule) != (self.op, self.aspect, self.rule):
            yield f"its pin is a case of {self.pin.op!r:.60}, {self.pin.aspect!r:.60}, not of its op, aspect and rule"
        if self.cause and self.verdict not in ANSWERED:
            yield f"a cause gives an answer ({', '.join(ANSWERED)}), which {self.verdict!r} is not"
        if self.op in self.also or len(set(self.also)) < len(self.also):
            yield "an op is there twice"
        if not self.modes or any(count < 0 for count in self.modes.values()):
            yield "expected its modes, each with how many records showed it"

    @property
    def key(self) -> Key:
        """Lines of the same key are one difference with different traits or pins."""
        said = "" if self.cause else self.message
        return Key(self.adapter, self.op, self.aspect, self.rule, self.verdict, self.device, self.cause, said)

    @property
    def ops(self) -> tuple[str, ...]:
        return self.op, *self.also

    @property
    def keys(self) -> tuple[Key, ...]:
        """One for each op."""
        return tuple(self.key._replace(op=op) for op in self.ops)

    def about(self, ops: Collection[str], pin: Case) -> Line:
        """The same line of other ``ops``, with the pin of one of them."""
        return replace(self, op=pin.op, also=tuple(sorted(set(ops) - {pin.op})), pin=pin)

    @property
    def count(self) -> int:
        return sum(self.modes.values())

    @property
    def covers_nothing(self) -> bool:
        """Whether it needs an owner before it covers anything."""
        return self.verdict in GRAVE and not self.owner

    def has(self, case: Case) -> bool:
        """Whether ``case``, of one of its ops and its aspect, has its traits."""
        told = features(case)
        return case.rule == self.rule and all(trait.holds(told) for trait in self.traits)

    def fact(self) -> Unexplained:
        """The line as the fact that a run uses."""
        said = self.cause or self.message or self.verdict
        return Unexplained(
            self.id,
            self.owner or NOBODY,
            self.reason or f"nobody has explained it yet: {said}",
            ops=self.ops,
            aspects=(self.aspect,),
            verdicts=(self.verdict,),
            when=self.has,
            reproduces=self.cause,
            modes=tuple(self.modes),
            versions=" and ".join(f"{self.adapter} {version}" for version in self.versions),
            flaky=self.flaky,
            needs=(f"device={self.device}",),
            pins=() if self.covers_nothing else (self.pin,),
            message="" if self.cause else self.message,
            tested=self.versions,
            processors=self.processors,
        )

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {name: getattr(self, name) for name in (*_WORDS, *_BY_HAND) if getattr(self, name)}
        told |= {"modes": dict(sorted(self.modes.items())), "pin": self.pin.to_json()}
        return (
            told
            | ({"traits": [trait.to_json() for trait in self.traits]} if self.traits else {})
            | {name: list(told) for name in _LISTS if (told := getattr(self, name))}
        )

    @classmethod
    def from_json(cls, data: Any) -> Line:
        """Raises ``ValueError`` saying what is wrong when ``data`` does not describe a line."""
        may = (*_WORDS[4:], *_BY_HAND, *_LISTS, "traits")
        given = strict_json.fields(data, "a line", (*_WORDS[:4], "modes", "pin"), may)
        words: dict[str, Any] = {name: _text(name, given[name]) for name in (*_WORDS, *_BY_HAND) if name in given}
        modes = strict_json.mapping(given["modes"], "its modes")
        lists: dict[str, Any] = {name: _texts(name, given.get(name, [])) for name in _LISTS}
        return cls(
            **words,
            pin=Case.from_json(given["pin"]),
            modes={mode: strict_json.integer(count) for mode, count in modes.items()},
            traits=tuple(Trait.from_json(trait) for trait in strict_json.entries(given.get("traits", []))),
            **lists,
        )


_WORDS = ("adapter", "op", "aspect", "verdict", "device", "rule", "cause", "message")
_BY_HAND = ("owner", "reason", "flaky")
_LISTS = ("also", "versions", "processors")


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(name, one) for one in strict_json.entries(value))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} holds text, got {value!r:.60}")
    return value
