"""Numeric rules of narrow floats from a table that ``docs/tools/models.py`` wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opassay.harness.model.numeric_model import NumericModel, NumericRule

Models = Mapping[str, Mapping[str, str]]
"""``float32`` or ``kept``, and a dtype -> output -> ops: all in float32, or intermediate results kept in the dtype."""


def model_rules(models: Models) -> Iterator[NumericRule]:
    """A rule per op and output of the table."""
    for named, outputs in models.items():
        how, dtype = named.split()
        model = NumericModel("float32", kept=dtype if how == "kept" else "")
        for output, ops in outputs.items():
            yield from (NumericRule(model, op, output, dtype) for op in ops.split())
