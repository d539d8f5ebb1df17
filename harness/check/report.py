"""The result of a check, as text for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opassay.harness.check.script import Script
from opassay.harness.check.session import Asked
from opassay.harness.check.sharp import Sharpness
from opassay.harness.check.smallest import Cause
from opassay.harness.hunt.told_values import in_words
from opassay.harness.model.case import Case

INSIDE, OUTSIDE, NOTHING, FAULT = 0, 1, 2, 3
"""Exit statuses, as of ``opassay run``."""

SHOWN = 3


@dataclass(frozen=True)
class Report:
    """The result of a check.

    ``exact``: whether integers give exact answers; empty if no case tells. ``behaves``: by dtype, the widest
    accumulator whose bound covers all answers. ``heuristic``: why the bound is not derived; empty if it is.
    """

    function: str
    op: str
    framework: str
    claims: str
    seed: int
    asked: Sequence[Asked]
    dropped: Mapping[str, str]
    exact: str
    behaves: Mapping[str, str]
    sharp: Sharpness
    planned: int = 0
    smallest: Asked | None = None
    cause: Cause = field(default_factory=Cause)
    script: Script | None = None
    heuristic: str = ""
    seconds: float = 0.0

    @property
    def judged(self) -> list[Asked]:
        return [one for one in self.asked if one.judged]

    @property
    def failed(self) -> list[Asked]:
        return [one for one in self.asked if one.failed]

    @property
    def status(self) -> int:
        if any(one.judgement.verdict == "fault" for one in self.asked):
            return FAULT
        return OUTSIDE if self.failed else INSIDE if self.judged else NOTHING

    @property
    def worst(self) -> Asked | None:
        """The answer with the largest error ÷ bound."""
        return max(self.judged, key=lambda one: one.judgement.rho or 0, default=None)

    def lines(self) -> Iterator[str]:
        """The report as lines of text."""
        failed, judged = len(self.failed), len(self.judged)
        verdict = {INSIDE: "is right", OUTSIDE: "DIFFERS", NOTHING: "was not judged", FAULT: "met a fault of opassay"}
        count = f"{judged - failed} of {judged} cases within the bound"
        yield f"{self.function} as {self.op} {verdict[self.status]}: {count}"
        yield f"  asked with {self.framework}; claimed: {self.claims}; seed {self.seed}; {self.seconds:.1f} s"
        yield from (f"  {line}" for line in (*self._figures(), *self._difference(), *self._sharpness()))

    def _figures(self) -> Iterator[str]:
        if self.heuristic:
            yield f"HEURISTIC: {self.heuristic}"
        if self.exact:
            yield f"exact on integers: {self.exact}"
        if self.worst is not None and self.worst.judgement.rho is not None:
            place = f" at {self.worst.judgement.worst_index}" if self.worst.judgement.worst_index else ""
            yield f"worst error ÷ bound: {self.worst.judgement.rho:.3g}{place} of {shown(self.worst.case)}"
        like = [f"{name} in {dtype}" for dtype, name in self.behaves.items() if name]
        if like:
            yield f"behaves like arithmetic kept in {', '.join(like)}"
        for dtype, why in self.dropped.items():
            yield f"not asked in {dtype}: {why.splitlines()[0][:160]}"
        if len(self.asked) < self.planned:
            yield f"asked {len(self.asked)} of {self.planned} cases, the smallest, in the time that there is"
        others = [one for one in self.asked if not one.judged]
        if others:
            yield f"not judged: {len(others)} cases, such as {others[0].judgement.verdict}: {_line(others[0])}"

    def _difference(self) -> Iterator[str]:
        if self.smallest is None:
            return
        kinds = sorted({one.judgement.verdict for one in self.failed})
        yield f"differs: {', '.join(kinds)}; e.g. {_line(self.smallest)}"
        if self.cause.says:
            yield f"{'cause' if self.cause.sure else 'consistent with this mistake'}: {self.cause.says}"
        yield f"smallest case: {shown(self.smallest.case)}"
        if self.script is not None:
            ran = "was run and shows it" if self.script.shows else "was run and does NOT show it by itself"
            yield f"script, which {ran}: {self.script.command}"

    def _sharpness(self) -> Iterator[str]:
        sharp = self.sharp
        if sharp.tried:
            missed = f"; they miss {_some(sharp.missed)}" if sharp.missed else ""
            idle = f"; no case is about {_some(sharp.idle)}" if sharp.idle else ""
            yield f"sharpness: these cases find {len(sharp.caught)} of {sharp.tried} planted mistakes{missed}{idle}"
        if sharp.cases and 2 * sharp.blind > sharp.cases:
            yield f"WARNING: zeros would pass {sharp.blind} of {sharp.cases} cases: a pass means little"

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        judged, worst = len(self.judged), self.worst
        return {
            "function": self.function,
            "op": self.op,
            "framework": self.framework,
            "claims": self.claims,
            "seed": self.seed,
            "status": self.status,
            "planned": self.planned,
            "cases": judged,
            "inside": judged - len(self.failed),
            "reward": (judged - len(self.failed)) / judged if judged else 0.0,
            "exact_on_integers": self.exact,
            "worst": None if worst is None else _number(worst.judgement.rho),
            "verdicts": sorted({one.judgement.verdict for one in self.failed}),
            "behaves": dict(self.behaves),
            "not_asked": dict(self.dropped),
            "cause": self.cause.says,
            "cause_is_sure": self.cause.sure,
            "smallest": None if self.smallest is None else self.smallest.case.to_json(),
            "message": "" if self.smallest is None else self.smallest.judgement.message,
            "script": "" if self.script is None else str(self.script.file),
            "script_shows": self.script is not None and self.script.shows,
            "mistakes_tried": self.sharp.tried,
            "mistakes_caught": len(self.sharp.caught),
            "zeros_pass": self.sharp.blind,
            "heuristic": self.heuristic,
            "seconds": round(self.seconds, 2),
        }

    def dumps(self) -> str:
        """The JSON on one line."""
        return json.dumps(self.to_json(), sort_keys=True)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _number(value: float | None) -> float | str | None:
    """JSON has no infinity."""
    return "inf" if value == float("inf") else value


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _line(asked: Asked) -> str:
    return (asked.judgement.message or asked.judgement.verdict).splitlines()[0][:200]


def shown(case: Case) -> str:
    """A case in a line: its tensors and its attributes."""
    told = [f"{name}={list(v) if isinstance(v, tuple) else v!r}" for name, v in case.attributes.items()]
    return ", ".join([*map(in_words, case.all_tensors), *told])
