"""How TensorFlow's kernels accumulate."""

from __future__ import annotations

from harness.model.numeric_model import NumericRule

RULES: tuple[NumericRule, ...] = ()
