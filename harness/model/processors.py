"""Kinds of processor, by the instruction sets that a framework uses of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

KINDS = (("amx", "amx_tile"), ("avx512", "avx512f"), ("avx2", "avx2"))
"""Kinds of processor by the instruction set that chooses other kernels, the richest first."""

LIMITED = "limited"
"""The kind of one of which a target is told not to use all: not all of its libraries go by that."""

WITHHELD = "withheld"
"""The setting of a target whose words are how the names of instruction sets begin that it is told not to use."""


def kind_of(instructions: Collection[str], settings: Mapping[str, str]) -> str:
    """The kind of a processor that has these instruction sets, as Linux names them, to a target with these settings.

    ``other`` where none is known.
    """
    if settings.get(WITHHELD):
        return LIMITED
    return next((kind for kind, flag in KINDS if flag in instructions), "other")


def used(instructions: Iterable[str], settings: Mapping[str, str]) -> tuple[str, ...]:
    """Those of a processor's instruction sets that a target with these settings may use."""
    withheld = tuple(filter(None, settings.get(WITHHELD, "").split(",")))
    return tuple(name for name in instructions if not name.startswith(withheld))
