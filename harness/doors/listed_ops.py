"""``opassay list ops`` and ``opassay list adapters``: which ops there are, what each is, and which adapter has it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from opassay.harness.doors.printed import INDENT, print_docstring, print_entry, print_named, print_text
from opassay.harness.find import found
from opassay.harness.find.completeness import Reader
from opassay.harness.find.manifest import AdapterEntry
from opassay.harness.find.registry import PROGRAMS, Registry
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.plan.plan import aspects

WHOLE, LIMITED, ABSENT = "in full", "with limits", "absent"
"""Whether an adapter has an op: for all that the contract allows, not for every dtype or attribute, not at all."""


def list_ops(registry: Registry, names: Sequence[str]) -> None:
    """Every op by family: how it is called, and what it computes; of ``names``, all that is said of each."""
    having = {adapter: Having(entry) for adapter, entry in registry.adapters.items()}
    for name in names:
        _print_op(registry, name, having)
    if names:
        return
    for family, members in groupby(found.ops(), found.family):
        print(family)
        for name in members:
            print_entry(*contract(registry, name), indent=INDENT // 2)
    print_text(f"{len(found.ops())} ops; opassay list ops NAME: the contract of one, and which adapters have it")


def contract(registry: Registry, name: str) -> tuple[str, str]:
    """How an op is called, and what it computes in one sentence; for a program, its ops."""
    composed = _programs()
    if name in composed:
        return f"{name} = {' + '.join(composed[name].needs)}", composed[name].says
    if (function := _oracle(name)) is not None:
        return name + _signature(function), first_line(function.__doc__)
    op = registry.op(name)
    named: tuple[str, ...] = ("*", *op.attributes) if op.attributes else ()
    given = (f"*{i}" if i == op.variadic else i for i in op.inputs)
    named = named[1:] if op.variadic in op.inputs else named
    return f"{name}({', '.join((*given, *named))})", op.says


def first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _programs() -> Mapping[str, Any]:
    programs: Mapping[str, Any] = importlib.import_module(PROGRAMS).PROGRAMS
    return programs


def _oracle(name: str) -> Callable[..., Any] | None:
    """The oracle's function of the op's name, whose docstring is the contract in full."""
    import opassay.adapters.oracle as oracle

    function = getattr(oracle, name, None)
    return function if callable(function) else None


def _signature(function: Callable[..., Any]) -> str:
    """Its parameters without types, which the op's docstring gives."""
    signature = inspect.signature(function)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))


def _print_op(registry: Registry, name: str, having: Mapping[str, Having]) -> None:
    op = registry.op(name)
    head, says = contract(registry, name)
    print_entry(head, says)
    function = _oracle(name)
    if function is not None and name not in _programs():
        print_docstring(inspect.getdoc(function).partition("\n\n")[2])  # type: ignore[union-attr]
    print()
    print_named("family", [found.family(name)])
    for attribute, says in (op.attributes or {}).items() if function is None else ():
        print_named(attribute, [says])
    if op.example is not None:
        print_named("dtypes", [dtype for dtype in DTYPES if op.example(dtype) is not None])
    print_named("asked", aspects(op))
    print_named("refuses input unless", dict.fromkeys(rule.says for rule in op.rules), "; ")
    print_named("choices (opassay list choices NAME)", [choice.name for choice in op.choices])
    has = {adapter: of.of(name) for adapter, of in having.items()}
    for kind in (WHOLE, LIMITED, ABSENT):
        print_named(f"adapters, {kind}", [adapter for adapter, there in has.items() if there == kind])
    print()


class Having:
    """Which ops an adapter has, by its source; a program where it has all of the program's ops."""

    def __init__(self, entry: AdapterEntry) -> None:
        self._entry = entry

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self._entry.location, [op for op in found.ops() if op not in _programs()])

    @cached_property
    def _single(self) -> Mapping[str, bool]:
        return self._reader.read()

    @property
    def unread(self) -> list[str]:
        """Tables of expressions whose ops are not told, since they are computed."""
        return sorted(self._reader.unread) if self._single is not None else []

    def of(self, op: str) -> str:
        """``WHOLE``, ``LIMITED`` or ``ABSENT``."""
        needs = _programs()[op].needs if op in _programs() else (op,)
        limited = [self._single.get(need) for need in needs]
        return ABSENT if None in limited else LIMITED if any(limited) else WHOLE

    @cached_property
    def by_kind(self) -> Mapping[str, list[str]]:
        """All ops, by how the adapter has them."""
        kinds: dict[str, list[str]] = {WHOLE: [], LIMITED: [], ABSENT: []}
        for op in found.ops():
            kinds[self.of(op)].append(op)
        return kinds


def list_adapters(registry: Registry, names: Sequence[str]) -> None:
    """Every adapter: whether it is installed, its modes, and how many ops it has; of ``names``, which ones."""
    for entry in [registry.adapter(name) for name in names] or registry.adapters.values():
        having = Having(entry)
        kinds = having.by_kind
        here = len(kinds[WHOLE]) + len(kinds[LIMITED])
        print_entry(
            f"{entry.name}: {'installed' if entry.installed else f'not installed: {entry.hint}'}",
            f"modes: {', '.join(entry.modes)}; {here} of {len(found.ops())} ops, {len(kinds[LIMITED])} {LIMITED}",
            entry.location,
            *(f"not read: {table}, which is computed: ops stand in a literal {{...}}" for table in having.unread),
        )
        if names:
            for kind, ops in kinds.items():
                print_named(kind, ops)
    if not names:
        print_text("opassay list adapters NAME: which ops one has, and which of them not for every dtype or attribute")
