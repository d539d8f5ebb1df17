"""``opassay list``, without importing a framework, pandas or Hypothesis."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opassay.harness.doors.consoles import stdout, watched
from opassay.harness.find import found
from opassay.harness.find.completeness import Reader
from opassay.harness.find.registry import PROGRAMS, Registry, UsageError, unknown
from opassay.harness.model.baseline import Unexplained
from opassay.harness.model.fact import Fact
from opassay.harness.model.target import Target
from opassay.harness.store.baseline import read_optional, unexplained

Row = tuple[str, ...]
INDENT = 4
ALIGNED = 60
"""Characters up to which a column is aligned. A longer cell shifts the rest of its own line only."""
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


def list_command(what: str, adapters: list[str], chosen: Chosen = Chosen()) -> int:
    """Print the list of ``what``; ``chosen`` applies to known differences only."""
    if what not in _LISTS:
        raise UsageError(unknown("list", what, _LISTS))
    if what != "known" and chosen != Chosen():
        raise UsageError(
            f"--target, --op, --owner and --baseline are about known differences: opassay list known, not list {what}"
        )
    _LISTS[what](Registry(adapters, Path()), chosen)
    return 0


def _print(rows: list[Row]) -> None:
    """Rows in aligned columns."""
    widths = [min(ALIGNED, max(map(len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_entry(head: str, says: str) -> None:
    """A head and, below it, text as wide as the terminal."""
    room = stdout().width
    print(textwrap.fill(head, room, subsequent_indent=" " * 2 * INDENT, break_long_words=False))
    print(textwrap.fill(says, room, initial_indent=" " * INDENT, subsequent_indent=" " * INDENT))


def _ops(registry: Registry, chosen: Chosen) -> None:
    for name in found.ops():
        _print_entry(*contract(registry, name))


def contract(registry: Registry, name: str) -> tuple[str, str]:
    """How an op is called, and what it computes in one sentence; for a program, its ops."""
    import opassay.adapters.oracle as oracle

    composed = importlib.import_module(PROGRAMS).PROGRAMS
    if name in composed:
        return f"{name} = {' + '.join(composed[name].needs)}", composed[name].says
    if callable(function := getattr(oracle, name, None)):
        return name + _signature(function), first_line(function.__doc__)
    op = registry.op(name)
    named: tuple[str, ...] = ("*", *op.attributes) if op.attributes else ()
    given = (f"*{i}" if i == op.variadic else i for i in op.inputs)
    named = named[1:] if op.variadic in op.inputs else named
    return f"{name}({', '.join((*given, *named))})", op.says


def _signature(function: Callable[..., Any]) -> str:
    """Its parameters without types, which the op's docstring gives."""
    import inspect

    signature = inspect.signature(function)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))


def first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _adapters(registry: Registry, chosen: Chosen) -> None:
    _print(list(_installed(registry)))
    print()
    _print(list(_completeness(registry)))


def _installed(registry: Registry) -> Iterator[Row]:
    for entry in registry.adapters.values():
        state = "installed" if entry.installed else f"not installed: {entry.hint}"
        yield entry.name, f"modes: {', '.join(entry.modes)}", entry.location, state


def _completeness(registry: Registry) -> Iterator[Row]:
    """Op × adapter: ``yes``, ``limits`` where the adapter declares some, ``-`` where the op is absent."""
    composed = importlib.import_module(PROGRAMS).PROGRAMS
    ops = found.ops()
    single = [op for op in ops if op not in composed]
    has = [Reader(entry.location, single).read() for entry in registry.adapters.values()]
    yield "op", *registry.adapters
    for op in ops:
        needs = composed[op].needs if op in composed else (op,)
        yield op, *(_cell([found.get(need) for need in needs]) for found in has)


def _cell(limited: list[bool | None]) -> str:
    return "-" if None in limited else "limits" if any(limited) else "yes"


def _targets(registry: Registry, chosen: Chosen) -> None:
    _print(list(_every_target(registry)))


def _every_target(registry: Registry) -> Iterator[Row]:
    for entry in registry.installed():
        for mode in entry.modes:
            note = "default" if mode == entry.modes[0] else ""
            yield f"{entry.name}:{mode}", note
    for user in registry.described.values():
        target = Target(user.adapter, user.mode, user.device)
        yield user.name, f"{target}{' under a Python of its own' if user.python else ''}: {user.place}"


def _known(registry: Registry, chosen: Chosen) -> None:
    """In a pipe one entry per line, for grep; on a terminal the reason below it."""
    apart: dict[bool, list[tuple[str, Fact]]] = {False: [], True: []}
    for adapter, known in _chosen_entries(registry, chosen):
        apart[isinstance(known, Unexplained)].append((adapter, known))
    _print_known(apart[False], KNOWN)
    _print_known(apart[True], UNEXPLAINED)


def _print_known(found: list[tuple[str, Fact]], what: str) -> None:
    """Entries of one kind, on a terminal with their number; baseline entries only if there are any."""
    if not found and what != KNOWN:
        return
    if not watched(sys.stdout):
        _print([(a, k.id, *_lists(k), k.owner, k.versions, k.reason) for a, k in found])
        return
    for adapter, known in found:
        _, aspects, verdicts = _lists(known)
        says = f"{known.reason}." + (f" Seen in {known.versions}." if known.versions else "")
        _print_entry(f"{known.id}  {_ops_of(known)}: {aspects} {verdicts}, {known.owner} ({adapter})", says)
    owners = Counter(known.owner for _, known in found)
    count = f"1 {what}" if len(found) == 1 else f"{len(found):,} {what}s"
    print(f"{count}{': ' if owners else ''}{', '.join(f'{n:,} {owner}' for owner, n in owners.most_common())}")


def _ops_of(fact: Fact) -> str:
    return "all ops" if len(fact.ops) == len(found.ops()) else ", ".join(fact.ops)


def _lists(fact: Fact) -> Row:
    """Ops, aspects and verdicts."""
    verdicts = ",".join(fact.verdicts) or f"reproduces {fact.reproduces}"
    return _ops_of(fact).replace(", ", ","), ",".join(fact.aspects), verdicts


def _chosen_entries(registry: Registry, chosen: Chosen) -> Iterator[tuple[str, Fact]]:
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


def _choices(registry: Registry, chosen: Chosen) -> None:
    """Every choice of the contract with its options, and which adapters follow which."""
    for choice in {choice.name: choice for op in registry.ops() for choice in op.choices}.values():
        options = [f"{choice.contract} (the contract)", *(f"{n}: {o.says}" for n, o in choice.options.items())]
        _print_entry(f"{choice.name}  {choice.asks}", "; ".join(options))
        for adapter in registry.adapters:
            for follows in (f for f in registry.follows(adapter) if f.choice == choice.name):
                modes = f" ({', '.join(follows.modes)})" if follows.modes else ""
                every = {op.name for op in registry.ops() if choice.name in {c.name for c in op.choices}}
                where = "" if set(follows.ops) == every else f" of {', '.join(follows.ops)}"
                print(f"{' ' * INDENT}{adapter}{modes} follows {follows.option}{where}")


_LISTS = {"ops": _ops, "adapters": _adapters, "targets": _targets, "known": _known, "choices": _choices}
