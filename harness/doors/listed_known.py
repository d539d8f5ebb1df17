"""``opassay list known``: known differences by target, op and owner."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from opassay.harness.doors.consoles import watched
from opassay.harness.doors.printed import Row, print_entry, print_rows
from opassay.harness.find import found
from opassay.harness.find.registry import Registry, UsageError, unknown
from opassay.harness.model.baseline import Unexplained
from opassay.harness.model.fact import Fact
from opassay.harness.model.target import Target
from opassay.harness.store.baseline import read_optional, unexplained

KNOWN, UNEXPLAINED = "known difference", "unexplained difference"


@dataclass(frozen=True)
class Chosen:
    """Targets, ops and owners of the known differences to list; all if empty.

    ``baseline``: a file of unexplained differences, listed last.
    """

    targets: Sequence[str] = ()
    ops: Sequence[str] = ()
    owners: Sequence[str] = ()
    baseline: Path | None = None


def list_known(registry: Registry, chosen: Chosen) -> None:
    """In a pipe one entry per line, for grep; on a terminal the reason below it."""
    apart: dict[bool, list[tuple[str, Fact]]] = {False: [], True: []}
    for adapter, known in _entries(registry, chosen):
        apart[isinstance(known, Unexplained)].append((adapter, known))
    _print_known(apart[False], KNOWN)
    _print_known(apart[True], UNEXPLAINED)


def _print_known(found: list[tuple[str, Fact]], what: str) -> None:
    """Entries of one kind, on a terminal with their number; baseline entries only if there are any."""
    if not found and what != KNOWN:
        return
    if not watched(sys.stdout):
        print_rows([(a, k.id, *_lists(k), k.owner, k.versions, k.reason) for a, k in found])
        return
    for adapter, known in found:
        _, aspects, verdicts = _lists(known)
        says = f"{known.reason}." + (f" Seen in {known.versions}." if known.versions else "")
        print_entry(f"{known.id}  {_ops_of(known)}: {aspects} {verdicts}, {known.owner} ({adapter})", says)
    owners = Counter(known.owner for _, known in found)
    count = f"1 {what}" if len(found) == 1 else f"{len(found):,} {what}s"
    print(f"{count}{': ' if owners else ''}{', '.join(f'{n:,} {owner}' for owner, n in owners.most_common())}")


def _ops_of(fact: Fact) -> str:
    return "all ops" if len(fact.ops) == len(found.ops()) else ", ".join(fact.ops)


def _lists(fact: Fact) -> Row:
    """Ops, aspects and verdicts."""
    verdicts = ",".join(fact.verdicts) or f"reproduces {fact.reproduces}"
    return _ops_of(fact).replace(", ", ","), ",".join(fact.aspects), verdicts


def _entries(registry: Registry, chosen: Chosen) -> Iterator[tuple[str, Fact]]:
    for name in chosen.ops:
        registry.op(name)
    owners = Unexplained.owners
    for owner in chosen.owners:
        if owner not in owners:
            raise UsageError(unknown("owner", owner, owners))
    given = read_optional(chosen.baseline)
    targets = [_target(registry, text) for text in chosen.targets]
    for adapter in registry.adapters:
        for known in (*registry.known(adapter), *unexplained(registry, adapter, given)):
            here = not targets or any(_concerns(known, adapter, target) for target in targets)
            if here and set(known.ops) & set(chosen.ops or known.ops) and known.owner in (chosen.owners or owners):
                yield adapter, known


def _target(registry: Registry, text: str) -> Target:
    """A target whose framework need not be installed; without a mode or device, it means all of them."""
    if text in registry.described:
        return registry.target(text)
    try:
        target = Target.parse(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
    modes = registry.adapter(target.adapter).modes
    if target.mode and target.mode not in modes:
        raise UsageError(unknown(f"mode of {target.adapter}", target.mode, modes))
    return target if "@" in text else replace(target, device="")


def _concerns(known: Fact, adapter: str, target: Target) -> bool:
    kind = target.device.partition(":")[0]
    elsewhere = target.device and any(n.startswith("device=") and n != f"device={kind}" for n in known.needs)
    return target.adapter == adapter and target.mode in ("", *(known.modes or (target.mode,))) and not elsewhere
