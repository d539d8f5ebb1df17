"""What Keras' lists of known differences share. Free of Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opassay.harness.model.case import Case

SEEN = "keras 3.15.1 on tensorflow 2.21.0, torch 2.13.0, jax 0.10.2, CPU"


def attributes_and_ops(case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each op of a case, with its attributes."""
    if "stages" not in case.attributes:
        yield case.op, case.attributes
        return
    for stage in case.attributes["stages"]:
        yield stage["op"], stage.get("attributes", {})
