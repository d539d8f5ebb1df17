"""What frameworks take where nobody says, read from those that are installed."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opassay.harness.find.located import beside
from opassay.harness.find.registry import Registry

SECONDS = 120.0

READ = """
import importlib, inspect, json, sys
found = []
for function, parameter in json.loads(sys.argv[1]):
    parts = function.split(".")
    value = importlib.import_module(parts[0])
    for part in parts[1:]:
        value = getattr(value, part)
    found.append(repr(inspect.signature(value).parameters[parameter].default))
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Taken:
    """``value`` is the default of ``parameter`` of ``function``, as source; ``means`` it in the op's own words."""

    attribute: str
    function: str
    parameter: str
    value: str
    means: str


def taken(registry: Registry, framework: str, op: str, python: str = sys.executable) -> dict[str, Taken]:
    """The defaults of the framework's functions for an op, by attribute; none where nobody has written down which."""
    told = _table(registry, framework).get(op, ())
    values = read_defaults(python, [(one.function, one.parameter) for one in told])
    return {
        one.attribute: Taken(one.attribute, one.function, one.parameter, value, repr(one.means[value]))
        if value in one.means
        else Taken(one.attribute, one.function, one.parameter, value, value)
        for one, value in zip(told, values, strict=True)
    }


def _table(registry: Registry, framework: str) -> Mapping[str, Sequence[Any]]:
    module = beside(registry.adapter(framework).location, "defaults")
    found: Mapping[str, Sequence[Any]] = importlib.import_module(module).DEFAULTS if module else {}
    return found


def read_defaults(python: str, asked: Sequence[tuple[str, str]]) -> list[str]:
    """The values as source, from a process that imports the framework."""
    if not asked:
        return []
    command = [python, "-c", READ, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def differing(one: Mapping[str, Taken], other: Mapping[str, Taken]) -> list[str]:
    """A line for each attribute of which both have a default, and not the same."""
    return [
        f"{name}: {_said(one[name])}, {_said(other[name])}"
        for name in one
        if name in other and one[name].means != other[name].means
    ]


def _said(taken: Taken) -> str:
    means = "" if taken.means == taken.value else f", which is {taken.means}"
    return f"{taken.function} takes {taken.parameter}={taken.value}{means}"
