"""How extents are fitted to a budget: moved along a table until the case costs no more than allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

STEPS = (1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65, 127, 128, 129, 256, 257)
"""Every extent in use, ascending: small primes, and both sides of the tile sizes of kernels."""

LARGEST_TENSOR = 65_536
"""Elements of a tensor, except for those grown beyond along one axis."""

TOO_MUCH = 10**9
"""A cost that no budget allows."""

MULTIPLY_ADDS: Mapping[str, int] = {"float64": 250_000}
MOST_MULTIPLY_ADDS = 1_000_000


def most_multiply_adds(dtype: str) -> int:
    """The budget of a case: longdouble, which the oracle needs for float64, is slow."""
    return MULTIPLY_ADDS.get(dtype, MOST_MULTIPLY_ADDS)


def at_most(limit: int) -> int:
    """The largest extent in use that does not exceed ``limit``."""
    return max((n for n in STEPS if n <= limit), default=max(limit, 0))


Cost = Callable[[Sequence[int]], tuple[int, int]]
"""From extents to (elements of the largest tensor, multiply-adds)."""


@dataclass(frozen=True)
class Budget:
    """The cost limit of a case, and the target size of its largest tensor: ``wanted`` is an entry of ``SIZES``."""

    multiply_adds: int = MOST_MULTIPLY_ADDS
    elements: int = LARGEST_TENSOR
    wanted: int = 0

    @property
    def lengthened(self) -> Budget:
        """The same where one axis alone is grown: a factor of two leaves room for a batch or a stride."""
        return replace(self, elements=max(self.elements, -2 * self.wanted))

    def allows(self, cost: tuple[int, int]) -> bool:
        return cost[0] <= self.elements and cost[1] <= self.multiply_adds


def fit(extents: Sequence[int], least: Sequence[int], cost: Cost, budget: Budget) -> list[int]:
    """``extents`` moved along the table until they fit the budget, none below ``least``.

    The largest is shortened first. Raises ``ValueError`` when even the least extents cost too much.
    """
    found = [max(n, low) for n, low in zip(extents, least, strict=True)]
    while not budget.allows(cost(found)):
        slack = [n if n > low else 0 for n, low in zip(found, least, strict=True)]
        if not any(slack):
            raise ValueError(f"extents {found} cannot be less and cost {cost(found)}; the budget is {budget}")
        axis = slack.index(max(slack))
        found[axis] = max(at_most(found[axis] - 1), least[axis])
    if budget.wanted < 0:
        return _lengthen(found, least, cost, budget.lengthened)
    return _grow(found, cost, budget) if budget.wanted else found


def _lengthen(extents: list[int], least: Sequence[int], cost: Cost, budget: Budget) -> list[int]:
    """The longest axis made longer, the others as short as possible; if it cannot grow, the next."""
    for axis in sorted(range(len(extents)), key=lambda a: -extents[a]):
        short = put(least, axis, extents[axis])
        # One more, so that it is no multiple of a tile.
        longer = short[axis] * -(budget.wanted // max(1, cost(short)[0])) + 1
        while longer > extents[axis] and not budget.allows(cost(put(short, axis, longer))):
            longer //= 2
        if longer > extents[axis] and cost(put(short, axis, longer))[0] > cost(extents)[0]:
            return put(short, axis, longer)
    return extents


def put(extents: Sequence[int], axis: int, extent: int) -> list[int]:
    """``extents`` with the one at ``axis`` replaced."""
    return [*extents[:axis], extent, *extents[axis + 1 :]]


def _grow(extents: list[int], cost: Cost, budget: Budget) -> list[int]:
    open_axes = list(range(len(extents)))
    while open_axes and cost(extents)[0] < budget.wanted:
        axis = min(open_axes, key=lambda a: extents[a])
        longer = put(extents, axis, _next(extents[axis]))
        if longer != extents and budget.allows(cost(longer)):
            extents = longer
        else:
            open_axes.remove(axis)
    return extents


def _next(extent: int) -> int:
    return next((n for n in STEPS if n > extent), extent)
