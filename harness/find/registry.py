"""Finds ops and adapters: manifests, installed entry points, and what the command line names.

Imports no framework: an adapter's module is imported by its worker only.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from opassay.harness.find import found
from opassay.harness.find.located import UsageError as UsageError
from opassay.harness.find.located import beside, declare, folder_of
from opassay.harness.find.located import unknown as unknown
from opassay.harness.find.manifest import AdapterEntry as AdapterEntry
from opassay.harness.find.manifest import built_in, entry_at
from opassay.harness.find.user_targets import UserTarget, interpreter_problem, read_targets
from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import Fact
from opassay.harness.model.mistake import Mistake
from opassay.harness.model.op import Op
from opassay.harness.model.reference import Reference
from opassay.harness.model.script import Asked, Idiom
from opassay.harness.model.target import BACKEND, Target

PROGRAMS = "opassay.adapters.programs"
"""The module with the ops that every adapter gets for free; a worker imports it like an adapter."""

MISTAKES = "opassay.adapters.oracle.mistakes"
"""The module with every mistake that has a name, ``ALL``."""

TRACED = "opassay.adapters.oracle.traced"
"""The module that follows a function written with NumPy as bounded arithmetic."""

PLAIN_SCRIPTS = "opassay.adapters.script_plain"
"""The module that writes scripts by the expressions of an adapter, where it has no writer of its own."""

CONTRACT_EXAMPLES = "opassay.cases.contract_examples"
"""The module with the literal questions that ``AdapterContract`` asks."""

ENTRY_POINTS = "opassay.adapters"

BASELINE = "baseline.jsonl"
"""The file beside an adapter that holds the differences nobody has explained yet."""


@cache
def _installed() -> tuple[str, ...]:
    """The adapters of other packages, as module:Class: read once, since each distribution is opened for it."""
    return tuple(point.value for point in importlib.metadata.entry_points(group=ENTRY_POINTS))


class Registry:
    """Ops and adapters by name. ``extra`` lists further adapters as module:Class.

    ``folder`` is where files may describe targets of the user's. ``python`` maps adapters and such targets to the
    interpreters that run them. ``elsewhere``: the adapters that answer on other machines; None where this one does.
    """

    def __init__(
        self,
        extra: Iterable[str] = (),
        folder: Path | None = None,
        python: Mapping[str, str] | None = None,
        elsewhere: Collection[str] | None = None,
    ) -> None:
        self._elsewhere = elsewhere
        self.folder = folder
        self.adapters = {entry.name: entry for entry in built_in()}
        for location in _installed():
            self._add(location)
        for location in extra:
            self._add(location)
        self.described = self._read(folder) if folder is not None else {}
        self._python = dict(python or {})
        for name in self._python:
            self._check_name("adapter or target", name)

    def _add(self, location: str) -> None:
        entry = entry_at(location)
        self.adapters[entry.name] = entry

    def _read(self, folder: Path) -> dict[str, UserTarget]:
        try:
            described = read_targets(folder)
        except ValueError as error:
            raise UsageError(str(error)) from None
        for name, user in described.items():
            if name in self.adapters or name == "all":
                taken = "an adapter's name" if name in self.adapters else "a word of --target"
                raise UsageError(f"{user.place}: {name!r} is {taken}; choose another")
        return described

    def _check_name(self, what: str, name: str) -> None:
        if name not in self.adapters and name not in self.described:
            raise UsageError(unknown(what, name, [*self.adapters, *self.described]))

    def adapter(self, name: str) -> AdapterEntry:
        if name not in self.adapters:
            raise UsageError(unknown("adapter", name, self.adapters))
        return self.adapters[name]

    def installed(self) -> list[AdapterEntry]:
        """The adapters whose framework is here, or that another interpreter was named for."""
        return [entry for entry in self.there() if not entry.named_only]

    def there(self) -> list[AdapterEntry]:
        """The same, and those that are asked only where they are named."""
        return [entry for _, entry in sorted(self.adapters.items()) if self._there(entry) or entry.name in self._python]

    def _there(self, entry: AdapterEntry) -> bool:
        return entry.installed if self._elsewhere is None else entry.name in self._elsewhere

    def target(self, text: str) -> Target:
        """A target with its mode filled in."""
        try:
            target = Target.parse(text)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if text in self.described:
            return self._described(self.described[text])
        self._check_name("target", target.adapter)
        if target.adapter in self.described:
            place = self.described[target.adapter].place
            raise UsageError(
                f"target {text!r}: {place} says mode and device of {target.adapter!r}; describe another one"
            )
        return self._resolved(target, f"target {text!r}")

    def _described(self, user: UserTarget) -> Target:
        try:
            self.adapter(user.adapter)
            Target.parse(f"{user.adapter}:{user.mode or 'default'}@{user.device}")
            target = self._resolved(Target(user.adapter, user.mode, user.device, user.name), f"target {user.name!r}")
        except (UsageError, ValueError) as error:
            raise UsageError(f"{user.place}: {error}") from None
        if user.backend and not self.adapter(user.adapter).backend:
            raise UsageError(f"{user.place}: {self._no_backend(user.adapter)}")
        problem = interpreter_problem(self.interpreter(target))
        if problem and self._elsewhere is None:
            raise UsageError(f"{user.place}: {problem}")
        return target

    def _no_backend(self, adapter: str) -> str:
        """Why a target of ``adapter`` cannot name a backend."""
        those = ", ".join(name for name, entry in sorted(self.adapters.items()) if entry.backend)
        return f"the adapter {adapter!r} takes no backend; remove the key, or name one that does: {those}"

    def _resolved(self, target: Target, what: str) -> Target:
        entry = self.adapter(target.adapter)
        if not self._there(entry) and self.interpreter(target) == sys.executable:
            raise UsageError(f"{what} needs {entry.requires}, which is not installed; try: {entry.hint}")
        if target.mode and target.mode not in entry.modes:
            raise UsageError(unknown(f"mode of {entry.name}", target.mode, entry.modes))
        return replace(target, mode=target.mode or entry.modes[0])

    def interpreter(self, target: Target) -> str:
        """The target's interpreter: from the command line, else from its file, else its adapter's from the command
        line."""
        written = self.described[target.name].python if target.name else ""
        return self._python.get(target.name) or written or self._python.get(target.adapter) or sys.executable

    def environment(self, target: Target) -> Mapping[str, str]:
        """Variables that its file adds to the worker's own."""
        if not target.name:
            return {}
        user = self.described[target.name]
        return {**user.env, BACKEND: user.backend} if user.backend else user.env

    def costly(self, target: Target) -> bool:
        """Whether compiling takes so long in its mode that only some cases are compiled one by one."""
        return target.mode in declare(self.adapter(target.adapter).location).costly_modes

    def compiled(self, target: Target) -> bool:
        """Whether its mode compiles a function anew for each geometry."""
        return target.mode in declare(self.adapter(target.adapter).location).fused_modes

    def label(self, target: Target) -> str:
        """The target as people write it: its name, or without its mode where that is the default."""
        if target.name:
            return target.name
        default = target.mode == self.adapter(target.adapter).modes[0]
        return str(Target(target.adapter, "" if default else target.mode, target.device))

    def targets(self, texts: Iterable[str]) -> list[Target]:
        """The named targets; every installed framework when none is named, every mode for ``all``."""
        named = list(dict.fromkeys(texts))
        if not named:
            chosen = [Target(entry.name, entry.modes[0]) for entry in self.installed()]
        else:
            chosen = [t for text in named for t in (self._all() if text == "all" else [self.target(text)])]
        if not chosen:
            hints = "; ".join(entry.hint for entry in self.adapters.values() if entry.hint)
            raise UsageError(f"no framework is installed, so there is nothing to test; try one of: {hints}")
        return list(dict.fromkeys(chosen))

    def _all(self) -> list[Target]:
        return [Target(entry.name, mode) for entry in self.installed() for mode in entry.modes]

    def ops(self, names: Iterable[str] = ()) -> list[Op]:
        """The named ops, all of them when none is named."""
        return [self.op(name) for name in (list(dict.fromkeys(names)) or found.ops())]

    @property
    def names(self) -> list[str]:
        """The names of all ops."""
        return list(found.ops())

    def op(self, name: str) -> Op:
        modules = found.ops()
        if name not in modules:
            raise UsageError(unknown("op", name, modules))
        op = getattr(importlib.import_module(modules[name]), name)
        if not isinstance(op, Op):
            raise UsageError(f"{name} of {modules[name]} is a {type(op).__name__}, not an Op; see docs/adding-an-op.md")
        for module in set(modules.values()) if op.staged else ():
            # Any op may be a stage of a program, and its judge is found by the module of its entry.
            importlib.import_module(module)
        return op

    def mistakes(self, op: str) -> tuple[Mistake, ...]:
        """The mistakes that kernels of an op make, by name."""
        return tuple(m for m in importlib.import_module(MISTAKES).ALL if m.op == op)

    def traced(self) -> Callable[..., tuple[Reference, ...]]:
        """What makes references of a function that is written with NumPy, and of its inputs."""
        found: Callable[..., tuple[Reference, ...]] = importlib.import_module(TRACED).references
        return found

    def known(self, adapter: str) -> tuple[Fact, ...]:
        """The known differences an adapter ships with."""
        module = self.adapter(adapter).known
        if not module or importlib.util.find_spec(module) is None:
            return ()
        try:
            return tuple(fact.of(self.ops()) for fact in importlib.import_module(module).KNOWN)
        except Exception as error:
            raise UsageError(
                f"the known differences of {adapter!r} cannot be read: {module}: {type(error).__name__}: {error}"
            ) from None

    def follows(self, adapter: str) -> tuple[Follows, ...]:
        """The choices of the contract that an adapter declares to follow: ``FOLLOWS`` in ``choices.py`` beside it."""
        module = beside(self.adapter(adapter).location, "choices")
        if not module:
            return ()
        try:
            declared = importlib.import_module(module).FOLLOWS
            return tuple(follows.of(self.ops()) for follows in declared)
        except Exception as error:
            raise UsageError(
                f"the choices of {adapter!r} cannot be read: {module}: {type(error).__name__}: {error}"
            ) from None

    def baseline(self, adapter: str) -> Path | None:
        """The file with the differences that nobody has explained, beside the adapter; None where it has none."""
        path = folder_of(self.adapter(adapter).location)
        return path / BASELINE if path is not None and (path / BASELINE).is_file() else None

    def writer(self, adapter: str) -> Callable[[Asked], Idiom] | None:
        """What writes the framework's part of a standalone script, None for an adapter that has no such thing."""
        module = self.adapter(adapter).script
        if not module or importlib.util.find_spec(module) is None:
            return self._plain_writer(adapter)
        found: Callable[[Asked], Idiom] = importlib.import_module(module).idiom
        return found

    def _plain_writer(self, adapter: str) -> Callable[[Asked], Idiom] | None:
        """The one that goes by ``expressions.py`` beside the adapter, where that has the words for it."""
        beside_it = beside(self.adapter(adapter).location, "expressions")
        module = importlib.import_module(beside_it) if beside_it else None
        if not hasattr(module, "SCRIPT"):
            return None
        found: Callable[[Asked], Idiom] = importlib.import_module(PLAIN_SCRIPTS).writer(module)
        return found
