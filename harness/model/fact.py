"""Fact: a known difference of a framework, or of a library that it calls, stated once for all ops it affects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from opassay.harness.model.case import ASPECTS, Case
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.op import Op
from opassay.harness.model.verdicts import FAILING

BY_DESIGN = "by design"
OWNERS = ("ours", "upstream", BY_DESIGN)
SEPARATOR = "; "
"""Between the ids of facts that cover a record together, and between choices that decide one together."""

ANSWERED = ("special", "structural", "numeric", "shape", "dtype")
"""Verdicts on an answer, which a mistake can reproduce."""


@dataclass(frozen=True)
class Fact:
    """A known difference of one framework, recognised in one of four ways.

    ``reproduces`` names a mistake of the oracle (``adapters/oracle/hypotheses``): the fact covers an answer only if
    the oracle, asked as if the target made that mistake, gives it, element by element within the bound. Where several
    facts concern an answer, the smallest set that gives it together covers it.
    ``rules`` names rules of invalid input: every case in scope that breaks one of them must show it.
    ``words`` are what the framework says where it refuses a valid case, or which dtypes were expected and given: the
    fact covers a record only if one of them stands in its message. Other cases may pass, and what says something else
    is another difference.
    ``when`` is a predicate over the case, for what must be known before the call or cannot be seen in an answer;
    beside ``rules`` or ``words`` it narrows them.

    ``ops`` are names or traits of ops (``Op.known_as``); empty: all. ``verdicts``: those that it covers; empty, for
    ``reproduces``: any on an answer. ``modes`` restricts it to some modes (empty: all). ``owner`` says who must act.
    ``title`` is the title of the page at ``url``; both are empty where there is none. ``versions`` names those of the
    framework in which it was seen, as ``jax 0.9.2 and 0.10.2, CPU``; a fact that names none was seen wherever others
    of the framework were. ``pins`` are cases that show it: when in some mode none of them does, it is out of date.
    ``flaky`` says what decides, from one execution to the next, whether a covered case shows it, such as what lies in
    memory: covered cases may then pass, and a pin may differ with any verdict. Empty where every case must show it.
    ``needs`` lists switches of a target (``Adapter.settings``) that must hold for it, each as ``name=word``: where the
    words of setting ``name``, with commas between, are other ones, other kernels answer and the fact is no concern.
    ``name!=word`` asks that the word is not among them, and the word ``{dtype}`` is the dtype of a case's first tensor.
    All targets have the settings ``device``, ``cpu`` or ``cuda``; ``instructions``, instruction sets of the processor
    as Linux names them, without those that are ``withheld`` from the target, none for a GPU; and ``parallel``, ``yes``
    where they compute with several threads.
    """

    owners: ClassVar[tuple[str, ...]] = OWNERS
    executes: ClassVar[bool] = True
    """Whether what it says of forward results, it says of the aspect ``shape``, which makes the same call, as well."""

    id: str
    owner: str
    reason: str
    ops: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ("value",)
    verdicts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    when: Callable[[Case], bool] | None = None
    reproduces: str = ""
    words: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    versions: str = ""
    url: str = ""
    title: str = ""
    flaky: str = ""
    needs: tuple[str, ...] = ()
    pins: tuple[Case, ...] = ()

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise ValueError(f"known difference {self.id!r}: {problem}")

    def _problems(self) -> Iterable[str]:
        if self.owner not in self.owners:
            yield f"owner must be one of {self.owners}, got {self.owner!r}"
        if bool(self.url) != bool(self.title):
            yield "a URL is quoted with its title, or both are empty"
        if any("=" not in need for need in self.needs):
            yield f"expected needs like 'name=word', got {self.needs!r}"
        if not (self.reproduces or self.rules or self.when or self.words):
            yield "say how it is recognised: reproduces, rules, words or when"
        if self.words and self.verdicts not in (("rejects",), ("dtype",)):
            yield f"words are those of a refusal, verdicts=('rejects',), or name dtypes, got {self.verdicts!r}"
        if not all(self.words) or isinstance(self.words, str):
            yield f"words are a tuple of texts that are not empty, got {self.words!r}"
        if self.rules and self.aspects != ("error",):
            yield f"rules are those of invalid input, aspects=('error',), got {self.aspects!r}"
        if not self.verdicts and not self.reproduces:
            yield "name the verdicts that it covers"
        for what, given, allowed in (("aspect", self.aspects, ASPECTS), ("verdict", self.verdicts, FAILING)):
            for name in given:
                if name not in allowed:
                    yield f"unknown {what} {name!r}, expected one of {', '.join(allowed)}"
        if self.reproduces and not set(self.verdicts) <= set(ANSWERED):
            yield f"a mistake can reproduce {', '.join(ANSWERED)} only, got {self.verdicts!r}"

    def covers(self, case: Case) -> bool:
        """Whether the case lies where it must show; of a mistake, where its answer is looked at."""
        return (not self.rules or case.rule in self.rules) and (self.when is None or self.when(case))

    def says(self, verdict: str) -> bool:
        """Whether the fact covers this verdict."""
        return verdict in (self.verdicts or ANSWERED)

    @property
    def foretells(self) -> bool:
        """Whether the case alone says that it shows; mistakes and refusals are looked for in the answer."""
        return not (self.reproduces or self.words)

    def tells(self, message: str) -> bool:
        """Whether a record's message holds one of its words; always, where it names none."""
        return not self.words or any(words in message for words in self.words)

    def of(self, ops: Iterable[Op]) -> Fact:
        """The fact with the names of those of ``ops`` that it concerns in place of traits.

        Of a mistake these are ops in which it is made; a program may make it in any stage. Raises ``ValueError`` where
        it names what no op is called, or a mistake of none.
        """
        given = list(ops)
        known = {name for op in given for name in op.known_as}
        for name in self.ops:
            if name not in known:
                raise ValueError(f"known difference {self.id!r}: no op has the name or trait {name!r}")
        named = [op for op in given if not self.ops or op.known_as & set(self.ops)]
        concerned = tuple(op.name for op in named if not self.reproduces or self._made_in(op))
        if self.reproduces and not concerned:
            told = f" named {', '.join(self.ops)}" if self.ops else ""
            raise ValueError(f"known difference {self.id!r}: no op{told} makes the mistake {self.reproduces!r}")
        return replace(self, ops=concerned)

    def _made_in(self, op: Op) -> bool:
        """Whether the mistake that it names is one of ``op``, in an aspect of its."""
        mistakes = (h for h in op.hypotheses if h.name == self.reproduces)
        return any(mistake.concerns(op.name, aspect) for mistake in mistakes for aspect in self.aspects)

    @property
    def seen(self) -> frozenset[str]:
        """The versions of the framework that it names, which come before those of what that computes on."""
        return frozenset(_VERSION.findall(self.versions.partition(" on ")[0]))

    def fits(self, settings: Mapping[str, str], dtype: str) -> bool:
        """Whether a target with these settings has what the fact needs for cases of ``dtype``."""
        return all(_met(need.replace(_DTYPE, dtype), settings) for need in self.needs)

    def on(self, settings: Mapping[str, str]) -> Fact | None:
        """The fact as it holds for a target with these settings; None where it is no concern of the target's."""
        if not any(_DTYPE in need for need in self.needs):
            return self if self.fits(settings, "") else None
        fitting = frozenset(dtype for dtype in DTYPES if self.fits(settings, dtype))
        if not fitting:
            return None
        return replace(self, when=lambda case: case.tensors[0].dtype in fitting and self.covers(case))


def together(ids: Iterable[str]) -> str:
    """The ids of facts that cover a record as the column ``known`` has them; choices as ``choice`` has them."""
    return SEPARATOR.join(ids)


def apart(known: str) -> list[str]:
    """The ids in a cell of the column ``known``, or the choices in one of ``choice``."""
    return known.split(SEPARATOR) if known else []


_DTYPE = "{dtype}"
_VERSION = re.compile(r"\d+(?:\.\w+)+")


def _met(need: str, settings: Mapping[str, str]) -> bool:
    name, _, word = need.partition("=")
    there = word in settings.get(name.removesuffix("!"), "").split(",")
    return there != name.endswith("!")
