"""The adapter of one function, in its worker: the framework's adapter with the function as its only op."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from opassay.harness.check.binding import Binding, Interface, Misfit, bind
from opassay.harness.check.guards import POISON, Guards, poison_new_memory
from opassay.harness.check.own import borrowed, computed_by
from opassay.harness.check.written import KERNEL, answer_key
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, as_tuple
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.worker.worker import Unfit

Config = Mapping[str, Any]


def loaded(file: str, name: str) -> tuple[ModuleType, Callable[..., Any]]:
    """The module of a file and its function. Raises ``Unfit`` with one line."""
    path = Path(file)
    poison_new_memory()
    try:
        module = _module(path)
    except BaseException as error:
        raise Unfit(f"{path.name} cannot be imported: {type(error).__name__}: {error}") from None
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        there = ", ".join(n for n, v in vars(module).items() if callable(v) and not n.startswith("_"))
        raise Unfit(f"{path.name} has no function {name!r}; it has {there or 'none'}")
    return module, found


def _module(path: Path) -> ModuleType:
    folder, dotted = path.parent, path.stem
    while (folder / "__init__.py").is_file():
        folder, dotted = folder.parent, f"{folder.name}.{dotted}"
    sys.path.insert(0, str(folder))
    if "." in dotted:
        return importlib.import_module(dotted)
    spec = importlib.util.spec_from_file_location(dotted, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    # Registered under its own name, so that code which looks its module up finds it.
    module = sys.modules[dotted] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def adapter_of(config: Config) -> type[Adapter]:
    """An adapter class whose only op is the function that ``config`` names."""
    module, function = loaded(config["file"], config["function"])
    interface = Interface(**config["interface"])
    try:
        binding = bind(function, interface)
    except Misfit as error:
        raise Unfit(str(error)) from None
    location, _, name = config["base"].partition(":")
    base: Any = getattr(importlib.import_module(location), name)
    own = {"config": config, "binding": binding, "interface": interface, "function": staticmethod(function)}
    own |= {
        "frameworks": (module.__name__, *(base.frameworks or (config["framework"],))),
        "trampoline": staticmethod(_within(module)),
    }
    own |= {interface.op: _Asked.answer, "name": "kernel", "lacking": {}}
    return type("KernelAdapter", (_Asked, base), own)


def _within(module: ModuleType) -> Callable[..., Any]:
    """``_call`` as a function of the user's module, so that an exception below it counts as raised by that module."""
    return FunctionType(_call.__code__, {"__name__": module.__name__, "__builtins__": __builtins__})


def _call(binding: Any, function: Any, given: Any) -> Any:
    return binding.call(function, given)


class _Asked(Adapter):
    """The part of the class that precedes the framework's adapter."""

    config: Config
    binding: Binding
    interface: Interface
    function: Callable[..., Any]
    trampoline: Callable[..., Any]

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        self._guards = Guards()
        self._borrowed = ""

    def settings(self) -> Mapping[str, str]:
        return {**super().settings(), "binding": json.dumps(asdict(self.binding))}

    def numeric_rules(self) -> Sequence[NumericRule]:
        return [NumericRule.from_json(rule) for rule in self.config["rules"]]

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        return None

    @classmethod
    def ops(cls) -> tuple[str, ...]:
        return (cls.interface.op,)

    def to_native(self, array: np.ndarray) -> Any:
        """In guarded memory, if the framework can use memory that it does not own."""
        there = self.alias(self._guards.guarded(array)) if self.device == "cpu" else None
        return super().to_native(array) if there is None else there

    def damage(self) -> str:
        return self._guards.damage()

    def fallback(self) -> str:
        return self._borrowed or super().fallback()

    def answer(self, *inputs: Any, **attributes: Any) -> Any:
        """The function's answer to the op's inputs and attributes."""
        given = dict(zip(self.interface.inputs, inputs, strict=True))
        outs = self._outs(given, attributes)
        by_parameter = {p: {**given, **attributes}[name] for name, p in self.binding.parameters.items()}
        by_parameter |= {self.binding.outs[name]: value for name, value in outs.items()}
        returned = self._called(by_parameter, inputs, attributes)
        if outs:
            return tuple(outs.values())
        if returned is None:
            out = self.interface.outputs[0]
            raise Misfit(f"the function returned None: name the parameter that it writes to, --map {out}=…")
        return self._checked(returned)

    def _called(self, given: Mapping[str, Any], inputs: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
        if not self.config["own"]:
            return self.trampoline(self.binding, self.function, given)
        method = getattr(super(), self.interface.op)
        _, own = computed_by(lambda: method(*inputs, **attributes))
        returned, seen = computed_by(lambda: self.trampoline(self.binding, self.function, given))
        self._borrowed = borrowed(own, seen)
        return returned

    def _checked(self, returned: Any) -> tuple[Any, ...]:
        """The outputs. Raises ``Misfit`` if one of them is not an array of the framework."""
        found = as_tuple(returned)
        if len(found) != len(self.interface.outputs):
            raise Misfit(f"the function returned {len(found)} values, expected {', '.join(self.interface.outputs)}")
        for value in found:
            if type(value).__module__.partition(".")[0] not in self.frameworks[1:]:
                kind = f"{type(value).__module__}.{type(value).__qualname__}"
                raise Misfit(f"the function returned a {kind}, expected an array of {self.config['framework']}")
        return found

    def _outs(self, given: dict[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Arrays for outputs that the function writes to, poisoned; copies of inputs if it works in place."""
        names = {p: name for name, p in self.binding.parameters.items()}
        found: dict[str, Any] = {}
        shapes: list[Any] | None = None
        for output, parameter in self.binding.outs.items():
            if parameter in names:
                found[output] = self.to_native(self.to_numpy(given[names[parameter]]))
                continue
            shapes = shapes or self._shapes(given.values(), attributes)
            shape, dtype = shapes[self.interface.outputs.index(output)]
            bytes_ = np.full(int(np.prod(shape)) * dtypes.storage(dtype).itemsize, POISON, np.uint8)
            found[output] = self.to_native(bytes_.view(dtypes.storage(dtype)).reshape(shape))
        return found

    def _shapes(self, inputs: Any, attributes: Mapping[str, Any]) -> list[Any]:
        """Shape and dtype of each output, which the parent wrote to a file before it asked."""
        arrays = [self.to_numpy(x) for x in inputs]
        key = answer_key([(a.shape, dtypes.dtype_name(a)) for a in arrays], attributes)
        lines = Path(self.config["shapes"]).read_text(encoding="utf-8").splitlines()
        told: list[Any] = next(json.loads(line)[1] for line in reversed(lines) if json.loads(line)[0] == key)
        return told


def __getattr__(name: str) -> Any:
    if name != "KernelAdapter":
        raise AttributeError(name)
    return adapter_of(json.loads(os.environ[KERNEL]))
