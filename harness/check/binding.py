"""Which parameter of a function takes which input, attribute or output of an op. Needs the standard library only."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class Misfit(Exception):
    """The function does not fit the op. The message says why and what to do."""


@dataclass(frozen=True)
class Interface:
    """Names of an op's inputs, attributes and outputs, and the user's options about the function.

    ``mapped``: parameters by the op's names. ``fixed``: attributes with the same value in every case.
    """

    op: str
    inputs: Sequence[str]
    attributes: Sequence[str]
    outputs: Sequence[str]
    mapped: Mapping[str, str] = field(default_factory=dict)
    fixed: Sequence[str] = ()


@dataclass(frozen=True)
class Binding:
    """Parameters by the op's names. ``positional``: those that are passed by position, in order.

    ``outs``: parameters of outputs that the function writes to. If one is an input's parameter too, the function works
    in place.
    """

    parameters: Mapping[str, str]
    positional: Sequence[str] = ()
    outs: Mapping[str, str] = field(default_factory=dict)

    def call(self, function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
        """Call ``function`` with values by parameter, and return what it returns."""
        by_place = [given[name] for name in self.positional if name in given]
        return function(*by_place, **{name: value for name, value in given.items() if name not in self.positional})


def bind(function: Callable[..., Any], asked: Interface) -> Binding:
    """The binding of ``function``. Raises ``Misfit`` if its parameters do not match the op's names."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # A compiled function without a signature: inputs by position, attributes by name.
        names = [asked.mapped.get(name, name) for name in (*asked.inputs, *asked.attributes)]
        own = dict(zip((*asked.inputs, *asked.attributes), names, strict=True))
        return Binding(own, [own[name] for name in asked.inputs])
    return _Bound(list(signature.parameters.values()), asked).binding()


class _Bound:
    def __init__(self, parameters: Sequence[inspect.Parameter], asked: Interface) -> None:
        self._asked = asked
        several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        self._named = {p.name: p for p in parameters if p.kind not in several}
        self._any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
        for name, parameter in asked.mapped.items():
            self._check_mapped(name, parameter)

    def _check_mapped(self, name: str, parameter: str) -> None:
        own = (*self._asked.inputs, *self._asked.attributes, *self._asked.outputs)
        if name not in own:
            raise Misfit(f"--map names {name!r}, which {self._asked.op} does not have; it has {', '.join(own)}")
        if parameter not in self._named and not self._any:
            raise Misfit(f"--map names the parameter {parameter!r}; the function has {', '.join(self._named)}")

    def binding(self) -> Binding:
        found = {name: p for name in self._asked.inputs if (p := self._parameter(name))}
        missing = [name for name in self._asked.inputs if name not in found]
        free = self._free(found, missing)
        found |= dict(zip(missing, free, strict=False))
        found |= {name: p for name in self._asked.attributes if (p := self._parameter(name))}
        outs = self._outs()
        self._check(found, [] if free else missing, {*found.values(), *outs.values()})
        places = [n for n, p in self._named.items() if p.kind is inspect.Parameter.POSITIONAL_ONLY]
        return Binding(found, places, outs)

    def _parameter(self, name: str) -> str:
        chosen = self._asked.mapped.get(name, name)
        return chosen if chosen in self._named or self._any else ""

    def _free(self, found: Mapping[str, str], missing: Sequence[str]) -> list[str]:
        """The parameters of inputs without a matching name. If no input has one: the first parameters, in order."""
        taken = {*found.values(), *self._asked.mapped.values(), *self._asked.attributes, *self._asked.outputs, "out"}
        free = [name for name in self._named if name not in taken]
        if len(missing) < len(self._asked.inputs) or len(free) < len(missing):
            return []
        return free[: len(missing)]

    def _check(self, found: Mapping[str, str], inputs: Sequence[str], taken: set[str]) -> None:
        """Everything that does not fit is told at once."""
        values = [name for name in self._asked.attributes if name not in found and name not in self._asked.fixed]
        left = [n for n, p in self._named.items() if p.default is inspect.Parameter.empty and n not in taken]
        told = [*_untaken("input", inputs), *_untaken("attribute", values), *_unfed(left)]
        if told:
            advice = _advice(inputs, values, left)
            own = f"{self._asked.op}({_listed(self._asked.inputs, self._asked.attributes)})"
            raise Misfit(f"the function has ({', '.join(self._named)}), the op is {own}: {', '.join(told)}. {advice}")

    def _outs(self) -> dict[str, str]:
        mapped = {name: self._asked.mapped[name] for name in self._asked.outputs if name in self._asked.mapped}
        if not mapped and len(self._asked.outputs) == 1 and "out" in self._named:
            return {self._asked.outputs[0]: "out"}
        return mapped


def _untaken(kind: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"no parameter for the {kind}{'s' * (len(names) > 1)} {', '.join(names)}"


def _unfed(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"nothing for the parameter{'s' * (len(names) > 1)} {', '.join(names)}"


def _advice(inputs: Sequence[str], values: Sequence[str], left: Sequence[str]) -> str:
    """Which options would help; by name where one is missing and one is left."""
    names = [*inputs, *values]
    parameter = left[0] if len(left) == len(names) == 1 else "PARAMETER"
    said = [f"--map {names[0]}={parameter}"] if names else []
    said += [f"--where {values[0]}=VALUE for one value in all cases"] if values else []
    said += [f"--map NAME={left[0]}" if not names else "", f"a default for {left[0]}"] if left else []
    return f"Say {', or '.join(filter(None, said))}"


def _listed(inputs: Sequence[str], attributes: Sequence[str]) -> str:
    return ", ".join([*inputs, *(["*", *attributes] if attributes else [])])
