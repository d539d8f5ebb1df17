"""How torch accumulates, per op, output and dtype."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.numeric_model import NumericRule


def rules(device: str) -> Sequence[NumericRule]:
    return ()
