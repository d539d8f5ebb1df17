"""The loosest assumption, by which a target is judged whose adapter does not declare how it computes."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.harness.model.op import Op

SUMS = "sums"
"""The trait of ops that add up products or values."""

NAMED = 4


def unstated(label: str, ops: Sequence[Op]) -> str:
    """In a line, which sums are judged by the loosest assumption, and what passes by it; empty where none is asked."""
    names = [op.name for op in ops if SUMS in op.traits]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more ops" if len(names) > NAMED else ""
    summing = ", ".join(names[:NAMED]) + more
    return (
        f"{label}: its adapter has no numeric_rules, so sums of float16 and bfloat16 ({summing}) "
        "are judged as if each step were rounded to these formats: an accumulator as narrow passes, and so do operands "
        "that are rounded first; opassay doctor --numeric measures what it does, and prints the rules"
    )
