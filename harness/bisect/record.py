"""``record``: the layers of a model, written down by whoever knows its framework."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.find.located import beside
from opassay.harness.find.registry import Registry
from opassay.harness.model.layers import Layer, write


def record(model: Any, inputs: Any, folder: Path | str) -> Path:
    """Run ``model`` on ``inputs`` and write into ``folder`` what each of its layers was given and made of it.

    ``model``: a torch module, a Keras model, or functions by name, each of which is given what the one before made (of
    JAX, say). ``inputs``: an array, or a tuple of them. Raises ``ValueError`` for any other model.
    """
    given = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    layers = _functions(model, given) if isinstance(model, Mapping) else _recorder(model)(model, given)
    write(Path(folder), layers)
    return Path(folder)


def _recorder(model: Any) -> Callable[[Any, Any], list[Layer]]:
    registry = Registry()
    tops = {cls.__module__.partition(".")[0] for cls in type(model).__mro__}
    for name, entry in registry.adapters.items():
        module = beside(entry.location, "layers") if name in tops else ""
        if module:
            found: Callable[[Any, Any], list[Layer]] = importlib.import_module(module).record
            return found
    raise ValueError(
        f"a {type(model).__name__} is no model that is known: give a torch module, a Keras model, or functions by name"
    )


def _functions(functions: Mapping[str, Callable[..., Any]], given: Any) -> list[Layer]:
    found, value = [], given
    for name, function in functions.items():
        made = function(*value)
        inputs = [np.asarray(x) for x in value]
        found.append(Layer(name, getattr(function, "__name__", "function"), "", inputs, np.asarray(made)))
        value = (made,)
    return found
