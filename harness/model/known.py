"""Known: a difference that is already understood, with a pinned case that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from opassay.harness.model.case import Case
from opassay.harness.model.dtypes import DTYPES

OWNERS = ("ours", "upstream", "by design")


@dataclass(frozen=True)
class Known:
    """A known difference of one framework.

    ``covers`` is a predicate over the case, ``verdict`` the only verdict it covers. ``modes`` restricts
    it to some modes (empty: all). ``owner`` says who must act. ``title`` is the title of the page at
    ``url``; both are empty where there is none. ``versions`` names those of the framework in which it was seen, as
    ``jax 0.9.2 and 0.10.2, CPU``; an entry that names none was seen wherever others of the framework were.
    ``pin`` is a case that must show it: when it no longer does, the entry is out of date.
    ``chance`` says what decides, from one execution to the next, whether a covered case shows it, such as what lies in
    memory: covered cases may then pass, and the pin may differ with any verdict. Empty where every case must show it.
    ``needs`` lists switches of a target (``Adapter.settings``) that must hold for it, each as ``name=word``: where the
    words of setting ``name``, with commas between, are other ones, other kernels answer and the entry is no concern.
    ``name!=word`` asks that the word is not among them, and the word ``{dtype}`` is the dtype of a case's first tensor.
    All targets have the settings ``device``, ``cpu`` or ``cuda``; ``instructions``, instruction sets of the processor
    as Linux names them, none for a GPU; and ``parallel``, ``yes`` where they compute with several threads.
    """

    id: str
    op: str
    verdict: str
    covers: Callable[[Case], bool]
    owner: str
    reason: str
    versions: str
    pin: Case
    url: str = ""
    title: str = ""
    modes: tuple[str, ...] = ()
    aspect: str = "value"
    chance: str = ""
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.owner not in OWNERS:
            raise ValueError(f"owner of known difference {self.id!r} must be one of {OWNERS}, got {self.owner!r}")
        if bool(self.url) != bool(self.title):
            raise ValueError(f"known difference {self.id!r}: a URL is quoted with its title, or both are empty")
        if any("=" not in need for need in self.needs):
            raise ValueError(f"known difference {self.id!r}: expected needs like 'name=word', got {self.needs!r}")

    @property
    def seen(self) -> frozenset[str]:
        """The versions of the framework that it names, which come before those of what that computes on."""
        return frozenset(_VERSION.findall(self.versions.partition(" on ")[0]))

    def fits(self, settings: Mapping[str, str], dtype: str) -> bool:
        """Whether a target with these settings has what the entry needs for cases of ``dtype``."""
        return all(_met(need.replace(_DTYPE, dtype), settings) for need in self.needs)

    def on(self, settings: Mapping[str, str]) -> Known | None:
        """The entry as it holds for a target with these settings; None where it is no concern of the target's."""
        if not any(_DTYPE in need for need in self.needs):
            return self if self.fits(settings, "") else None
        fitting = frozenset(dtype for dtype in DTYPES if self.fits(settings, dtype))
        if not fitting:
            return None
        return replace(self, covers=lambda case: case.tensors[0].dtype in fitting and self.covers(case))


_DTYPE = "{dtype}"
_VERSION = re.compile(r"\d+(?:\.\w+)+")


def _met(need: str, settings: Mapping[str, str]) -> bool:
    name, _, word = need.partition("=")
    there = word in settings.get(name.removesuffix("!"), "").split(",")
    return there != name.endswith("!")
