"""Differences of two runs, or two targets, other than answers: versions, seeds, options, targets, settings."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from opassay.reports.data.text import clean

Run = Mapping[str, Any]
Step = tuple[str, str, str]
"""Name, before, now."""

STREAM = ("seed", "cases", "fills")
"""Settings that decide which cases run."""

OF_NO_CONCERN = ("--out", "--resume", "--findings", "--strict", "--target", "-t", *(f"--{name}" for name in STREAM))
"""Options that change no answer, or are compared separately."""

OF_TARGETS = ("version", "mode", "device", "executor", "python", "numpy")


def versions(old: Run, new: Run) -> list[Step]:
    """The versions of each target, before and now."""
    before, after = (
        {name: str(info.get("version", "")) for name, info in run["targets"].items()} for run in (old, new)
    )
    return [_step(name, before.get(name, ""), after.get(name, "")) for name in before | after]


def differing(old: Run, new: Run) -> list[Step]:
    """All other differences that may change answers or cases."""
    return [_step(*step) for step in (*_stream(old, new), *_options(old, new), *_targets(old, new))]


def between_targets(old: Run, first: str, new: Run, second: str) -> list[Step]:
    """The same for two targets."""
    a, b = old["targets"][first], new["targets"][second]
    told = [(name, str(a.get(name, "")), str(b.get(name, ""))) for name in OF_TARGETS]
    steps = [step for step in (*told, *_switches("", a, b)) if step[1] != step[2]]
    return [_step(*step) for step in (*_stream(old, new), *_options(old, new), *steps)]


def _stream(old: Run, new: Run) -> Iterator[Step]:
    for name in (*STREAM, "opassay"):
        if old[name] != new[name]:
            yield name, str(old[name]), str(new[name])


def _options(old: Run, new: Run) -> Iterator[Step]:
    before, after = _given(old), _given(new)
    gone, come = ([text for text in one if text not in other] for one, other in ((before, after), (after, before)))
    if gone or come:
        yield "options", " ".join(gone), " ".join(come)


def _given(run: Run) -> list[str]:
    """The relevant options of the run's command, each with its value."""
    try:
        words = shlex.split(str(run["command"]))[1:]
    except ValueError:
        return []
    options: list[list[str]] = []
    for word in words:
        if word.startswith("-"):
            options.append(word.split("=", 1))
        elif options:
            options[-1].append(word)
    return [shlex.join(option) for option in options if option[0] not in OF_NO_CONCERN]


def _targets(old: Run, new: Run) -> Iterator[Step]:
    for name in old["targets"] | new["targets"]:
        before, after = old["targets"].get(name), new["targets"].get(name)
        if before is None or after is None:
            yield f"target {name}", "" if before is None else "run", "" if after is None else "run"
        else:
            yield from _switches(f"{name} ", before, after)


def _switches(whose: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    before, after = old.get("settings") or {}, new.get("settings") or {}
    for name in before | after:
        if before.get(name) != after.get(name):
            yield f"{whose}{name}", str(before.get(name, "")), str(after.get(name, ""))


def _step(what: str, old: str, new: str) -> Step:
    return clean(what), clean(old), clean(new)
