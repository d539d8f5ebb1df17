"""The file from which a function's worker reads its configuration, and the shapes and dtypes of outputs; never a
value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

KERNEL = "OPASSAY_KERNEL"
"""Where the worker finds its configuration: JSON, from ``Function.config``."""

Kinds = Sequence[tuple[Sequence[int], str]]
"""Shape and dtype of each array."""


def answer_key(inputs: Kinds, attributes: Mapping[str, Any]) -> str:
    """The key from which the shapes of outputs follow."""
    shapes = [[list(shape), dtype] for shape, dtype in inputs]
    return json.dumps([shapes, {name: _listed(attributes[name]) for name in sorted(attributes)}])


def _listed(value: Any) -> Any:
    return [_listed(v) for v in value] if isinstance(value, (list, tuple)) else value


def line(inputs: Kinds, attributes: Mapping[str, Any], outputs: Kinds) -> str:
    """One line of the file."""
    return json.dumps([answer_key(inputs, attributes), [[list(shape), dtype] for shape, dtype in outputs]]) + "\n"
