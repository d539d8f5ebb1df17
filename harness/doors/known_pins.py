"""Pinned cases of an adapter's facts, refreshed from a run: ``opassay known pins``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opassay.adapters.facts import FILE, Pin, lines, pins_in, read_pins
from opassay.harness.doors.reporting import strange
from opassay.harness.find.bounded import too_many
from opassay.harness.find.located import folder_of
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact, apart
from opassay.harness.model.verdicts import FAILING
from opassay.harness.store.files import FileError, replace_file

MOST = 4
"""Most pins of one fact that are written: one shows it, the others are for modes in which that one does not."""

OURS = "opassay.adapters."
_COLUMNS = ("adapter", "mode", "verdict", "known", "case")


@dataclass
class Covered:
    """What a run saw of one fact: the modes that showed it, with the cases, and the results of its pins by mode."""

    cases: dict[str, list[Case]] = field(default_factory=dict)
    pins: dict[str, dict[str, bool]] = field(default_factory=dict)


def known_pins_command(folder: Path) -> int:
    """Write the file of pins of each adapter that the run in ``folder`` asked; print what changed."""
    registry = Registry()
    try:
        seen = read_covered(folder)
    except ValueError as error:
        raise UsageError(str(error)) from None
    except Exception as error:
        raise strange(error) from None
    for adapter in sorted({name for name, _ in seen} & set(registry.adapters)):
        for line in _refresh(registry, adapter, seen):
            print(f"{adapter}: {line}")
    return 0


def _refresh(registry: Registry, adapter: str, seen: Mapping[tuple[str, str], Covered]) -> Iterator[str]:
    location = registry.adapter(adapter).location
    place = folder_of(location) if location.startswith(OURS) else None
    if place is None:
        yield "not an adapter of this checkout; its pins stay as they are"
        return
    facts, old = registry.known(adapter), read_pins(place)
    if any(fact.pins and fact.id not in old for fact in facts):
        yield f"some of its pins are not in {FILE}; they stay as they are"
    own = {fact.id: fact for fact in facts if fact.id in old or not fact.pins}
    modes = registry.adapter(adapter).modes
    new = {
        name: refreshed(own[name], old.get(name, ()), seen.get((adapter, name), Covered()), own[name].modes or modes)
        for name in (*old, *(name for name in own if name not in old))
    }
    yield from changes(old, new)
    told = {name: pins for name, pins in new.items() if pins}
    if told != {name: pins for name, pins in old.items() if pins}:
        _write(place / FILE, in_place(list(pins_in(place)), told))


def in_place(before: Sequence[Pin], new: Mapping[str, Sequence[Case]]) -> list[Pin]:
    """The pins ``new`` in the order in which those of ``before`` stand; others behind the last one of their fact."""
    kept = [(name, pin) for name, pin in before if pin in new.get(name, ())]
    for name, pins in new.items():
        for pin in pins:
            if (name, pin) not in kept:
                last = [number for number, (other, _) in enumerate(kept, 1) if other == name]
                kept.insert(last[-1] if last else len(kept), (name, pin))
    return kept


def _write(path: Path, pins: Sequence[Pin]) -> None:
    try:
        replace_file(path, "".join(f"{line}\n" for line in lines(pins)).encode())
    except FileError as error:
        raise UsageError(f"{error}; what was in it is still there") from None


def refreshed(fact: Fact, old: Sequence[Case], seen: Covered, modes: Collection[str]) -> tuple[Case, ...]:
    """The pins that still hold and, for each mode without one, the smallest case that shows the fact there.

    ``modes``: all modes of the fact. A pin that was asked in each of them and showed the fact in none is dropped,
    except the last: it reports the fact as out of date.
    """
    kept = [pin for pin in old if fact.flaky or not _gone(seen.pins.get(pin.id, {}), modes)]
    shown = {mode for pin in kept for mode, shows in seen.pins.get(pin.id, {}).items() if shows}
    unasked = [pin for pin in kept if pin.id not in seen.pins]
    missing = [] if unasked else sorted(set(seen.cases) - shown)
    while missing and len(kept) < MOST:
        best = _best(seen.cases, missing)
        kept.append(best)
        missing = [mode for mode in missing if best not in seen.cases[mode]]
    return tuple(kept) or tuple(old[:1])


def _gone(told: Mapping[str, bool], modes: Collection[str]) -> bool:
    """Whether no mode can show it any more: a run of some says nothing of the others."""
    return not any(told.values()) and set(modes) <= set(told)


def _best(cases: Mapping[str, Sequence[Case]], missing: Sequence[str]) -> Case:
    """The case that shows the fact in the most modes; of several, the smallest."""
    every = {case.id: case for mode in missing for case in cases[mode]}
    return min(
        every.values(),
        key=lambda case: (-sum(case in cases[mode] for mode in missing), case.empty, case.size, case.id),
    )


def changes(old: Mapping[str, Sequence[Case]], new: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    """A line per addition and removal, and the number of pins."""
    for name in sorted({*old, *new}):
        before, after = old.get(name, ()), new.get(name, ())
        yield from (f"- {name} {pin.id}" for pin in before if pin not in after)
        yield from (f"+ {name} {pin.id} {pin.op} {pin.aspect}" for pin in after if pin not in before)
    yield f"{sum(map(len, new.values()))} pins of {sum(map(bool, new.values()))} known differences in {FILE}"


def read_covered(folder: Path) -> dict[tuple[str, str], Covered]:
    """What the run in ``folder`` saw, by adapter and id. Raises ``ValueError`` for a folder that holds no run."""
    from opassay.reports.data.run_file import read_run
    from opassay.reports.data.stored_table import read_for_pages

    found: dict[tuple[str, str], Covered] = {}
    for batch in read_for_pages(folder).batches(_COLUMNS):
        for row in batch.to_pylist():
            ids = apart(row["known"]) if row["verdict"] in FAILING else []
            # Where several facts cover one answer, it shows none of them by itself.
            if len(ids) == 1 and not too_many(case := Case.loads(row["case"])):
                covered = found.setdefault((row["adapter"], ids[0]), Covered())
                covered.cases.setdefault(row["mode"], []).append(case)
    run = read_run(folder)
    for entry in run["known"]:
        pins = found.setdefault((entry["adapter"], entry["id"]), Covered()).pins
        pins |= {name: _by_mode(run, told) for name, told in entry.get("pins", {}).items() if told}
    return found


def _by_mode(run: Mapping[str, Any], told: Mapping[str, bool]) -> dict[str, bool]:
    """The results of a pin by mode; any target of the mode counts."""
    found: dict[str, bool] = {}
    for label, shows in told.items():
        mode = str(run["targets"].get(label, {}).get("mode", ""))
        found[mode] = found.get(mode, False) or bool(shows)
    return found
