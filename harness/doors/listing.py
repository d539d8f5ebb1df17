"""``opassay list``, without importing a framework, pandas or Hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from opassay.harness.doors.listed_known import Chosen, list_known
from opassay.harness.doors.listed_ops import list_adapters, list_ops
from opassay.harness.doors.printed import INDENT, Row, print_entry, print_rows, print_text
from opassay.harness.find.registry import Registry, UsageError, unknown
from opassay.harness.model.target import Target

EVERYTHING = Chosen()


def list_command(what: str, adapters: list[str], chosen: Chosen = EVERYTHING, names: Sequence[str] = ()) -> int:
    """Print the list of ``what``, or those of its entries that are named; ``chosen`` is about known differences."""
    if what not in (*_NAMED, *_WHOLE):
        raise UsageError(unknown("list", what, (*_NAMED, *_WHOLE)))
    if what != "known" and chosen != EVERYTHING:
        raise UsageError(
            f"--target, --op, --owner and --baseline are about known differences: opassay list known, not list {what}"
        )
    registry = Registry(adapters, Path())
    if what in _NAMED:
        _NAMED[what](registry, names)
        return 0
    if names:
        more = "; choose by --target, --op and --owner" if what == "known" else ""
        raise UsageError(f"list {what} takes no names, got {', '.join(names)}{more}")
    _WHOLE[what](registry, chosen)
    return 0


def _targets(registry: Registry, chosen: Chosen) -> None:
    print_rows(list(_every_target(registry)))


def _every_target(registry: Registry) -> Iterator[Row]:
    for entry in registry.installed():
        for mode in entry.modes:
            note = "default" if mode == entry.modes[0] else ""
            yield f"{entry.name}:{mode}", note
    for user in registry.described.values():
        target = Target(user.adapter, user.mode, user.device)
        yield user.name, f"{target}{' under a Python of its own' if user.python else ''}: {user.place}"


def _choices(registry: Registry, names: Sequence[str]) -> None:
    """Choices of the contract with their options, and which adapters follow which."""
    every = {choice.name: choice for op in registry.ops() for choice in op.choices}
    for name in names:
        if name not in every:
            raise UsageError(unknown("choice", name, every))
    for choice in [every[name] for name in names] or every.values():
        options = [f"{choice.contract} (the contract)", *(f"{n}: {o.says}" for n, o in choice.options.items())]
        print_entry(f"{choice.name}  {choice.asks}", "; ".join(options))
        having = {op.name for op in registry.ops() if choice.name in {c.name for c in op.choices}}
        for adapter in registry.adapters:
            for follows in (f for f in registry.follows(adapter) if f.choice == choice.name):
                modes = f" ({', '.join(follows.modes)})" if follows.modes else ""
                where = "" if set(follows.ops) == having else f" of {', '.join(follows.ops)}"
                print_text(f"{adapter}{modes} follows {follows.option}{where}", INDENT, 2 * INDENT)


_NAMED: dict[str, Callable[[Registry, Sequence[str]], None]] = {
    "ops": list_ops,
    "adapters": list_adapters,
    "choices": _choices,
}
_WHOLE: dict[str, Callable[[Registry, Chosen], None]] = {"targets": _targets, "known": list_known}
