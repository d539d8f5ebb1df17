"""The file from which a function's worker reads what to load and the shapes and dtypes of outputs; never a value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

KERNEL = "OPASSAY_KERNEL"
"""Where the worker finds what to load: JSON, as ``Function.config`` makes it."""

Kinds = Sequence[tuple[Sequence[int], str]]
"""Shape and dtype of each array."""


def answer_key(inputs: Kinds, attributes: Mapping[str, Any]) -> str:
    """What shapes of outputs follow from."""
    shapes = [[list(shape), dtype] for shape, dtype in inputs]
    return json.dumps([shapes, {name: _listed(attributes[name]) for name in sorted(attributes)}])


def _listed(value: Any) -> Any:
    return [_listed(v) for v in value] if isinstance(value, (list, tuple)) else value


def line(inputs: Kinds, attributes: Mapping[str, Any], outputs: Kinds) -> str:
    """One line of the file."""
    return json.dumps([answer_key(inputs, attributes), [[list(shape), dtype] for shape, dtype in outputs]]) + "\n"
