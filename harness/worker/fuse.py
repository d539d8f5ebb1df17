"""Which cases of a batch are compiled as one program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from opassay.harness.model.case import Case

GRADIENT = 3
"""How many times the ops of a function there are in its gradient, about: itself, and one for each input."""


def parts(positions: Sequence[int], cases: Sequence[Case], limit: int) -> Iterator[list[int]]:
    """Splits a batch into layers that hold every geometry once, so that one program serves all layers.

    Where the ops of a layer are more than ``limit``, several programs share it: each geometry is in the same one
    throughout. A case alone may have more. Geometries of one layer and of several share none.
    """
    depths = Counter(cases[position].geometry_key for position in positions)
    for depth in sorted(set(depths.values())):
        alike = [position for position in positions if depths[cases[position].geometry_key] == depth]
        yield from _alike(alike, cases, limit)


def _alike(positions: Sequence[int], cases: Sequence[Case], limit: int) -> Iterator[list[int]]:
    layers = _layers(positions, cases)
    share = _shares(layers[0], cases, limit)
    for layer in layers:
        found: dict[int, list[int]] = {}
        for position in layer:
            found.setdefault(share[cases[position].geometry_key], []).append(position)
        yield from found.values()


def _shares(layer: Sequence[int], cases: Sequence[Case], limit: int) -> dict[str, int]:
    """The number of the program that each geometry belongs to."""
    share, number, held = {}, 0, 0
    for position in layer:
        ops = _ops(cases[position])
        if held and held + ops > limit:
            number, held = number + 1, 0
        held += ops
        share[cases[position].geometry_key] = number
    return share


def _ops(case: Case) -> int:
    return len(case.attributes.get("stages", (case.op,))) * (GRADIENT if case.aspect == "gradient" else 1)


def _layers(positions: Sequence[int], cases: Sequence[Case]) -> list[list[int]]:
    layers: list[list[int]] = []
    seen: dict[str, int] = {}
    for position in positions:
        depth = seen.get(cases[position].geometry_key, 0)
        seen[cases[position].geometry_key] = depth + 1
        if depth == len(layers):
            layers.append([])
        layers[depth].append(position)
    return layers
