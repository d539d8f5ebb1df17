"""Ops whose output shape depends on values."""

from __future__ import annotations

SIZED = frozenset({"nonzero", "masked_select", "unique"})


def unsized(op: str) -> str | None:
    """Why a program with static shapes cannot contain ``op``, or None."""
    return f"how long the answer of {op} is depends on values, and a traced program fixes it" if op in SIZED else None
