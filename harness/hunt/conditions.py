"""When a difference shows, in a few words about dtype, memory, extents, attributes or values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

SIZES = (256, 4096, 16384, 65535)
"""Numbers of elements beyond which kernels take other paths."""

EXTENTS = (16, 32, 64, 256)


@dataclass(frozen=True)
class Condition:
    """``says``: the property, as it follows "fails with"."""

    says: str
    holds: Callable[[Case], bool]


def conditions(case: Case) -> list[Condition]:
    """All conditions that ``case`` meets, the plainest first."""
    of_shape = (*_of_filters(case), *_of_extents())
    given = (*_of_dtypes(case), *_of_attributes(case), *_of_memory(), *of_shape, *_of_values())
    return [condition for condition in given if condition.holds(case)]


def likeliest(failing: Sequence[Case], passing: Sequence[Case]) -> Condition | None:
    """The condition, or two of them, that all ``failing`` cases meet and the fewest ``passing`` ones.

    None if no condition separates them, or if only one case fails: it meets too many.
    """
    if len(failing) < 2 or not passing:
        return None
    common = [c for c in conditions(failing[0]) if all(c.holds(case) for case in failing)]
    held = {c.says: np.array([c.holds(case) for case in passing]) for c in common}
    single = min(common, key=lambda c: int(held[c.says].sum()), default=None)
    if single is None or held[single.says].all():
        return None
    both = min(combinations(common, 2), key=lambda p: int((held[p[0].says] & held[p[1].says]).sum()), default=None)
    if both is None:
        return single
    first, second = both
    left, right = int(held[single.says].sum()), int((held[first.says] & held[second.says]).sum())
    # A second condition must exclude at least half of the passing cases that the first one leaves.
    return _joined(first, second) if 2 * right < left else single


def _joined(first: Condition, second: Condition) -> Condition:
    return Condition(f"{first.says} and {second.says}", lambda case: first.holds(case) and second.holds(case))


def _of_dtypes(case: Case) -> Iterator[Condition]:
    for name in dict.fromkeys(t.dtype for t in case.all_tensors):
        yield Condition(name, lambda c, n=name: any(t.dtype == n for t in c.all_tensors))  # type: ignore[misc]
    yield Condition("integers", lambda c: not any(dtypes.is_float(t.dtype) for t in c.all_tensors))
    yield Condition("a narrow dtype", lambda c: any(t.dtype in ("float16", "bfloat16") for t in c.all_tensors))


def _of_attributes(case: Case) -> Iterator[Condition]:
    for name, value in case.attributes.items():
        if isinstance(value, (str, bool)):
            yield Condition(f"{name} {value}", lambda c, n=name, v=value: c.attributes.get(n) == v)  # type: ignore[misc]
        elif name not in ("output_shape", "shape", "stages") and _numbers(value):
            says = f"{name} beyond 1" if name != "padding" else "explicit padding"
            yield Condition(says, lambda c, n=name: _beyond_one(n, c.attributes))  # type: ignore[misc]
            yield Condition(f"{name} {_told(value)}", lambda c, n=name, v=value: c.attributes.get(n) == v)  # type: ignore[misc]
            yield Condition(f"an uneven {name}", lambda c, n=name: len(set(_numbers(c.attributes.get(n)))) > 1)  # type: ignore[misc]


def _told(value: Any) -> str:
    return "(" + ", ".join(map(_told, value)) + ")" if isinstance(value, (list, tuple)) else str(value)


def _beyond_one(name: str, attributes: Mapping[str, Any]) -> bool:
    found = _numbers(attributes.get(name))
    return any(n > (0 if name == "padding" else 1) for n in found)


def _numbers(value: Any) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [n for part in value for n in _numbers(part)]
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def _of_memory() -> Iterator[Condition]:
    yield Condition("a tensor that is not contiguous", lambda c: any(_memory(c) - {"contiguous"}))
    for kind in ("transposed", "reversed", "channels_last", "offset", "sliced", "broadcast"):
        yield Condition(f"a tensor in memory {kind}", lambda c, k=kind: k in _memory(c))  # type: ignore[misc]


def _memory(case: Case) -> set[str]:
    return {tensor.memory.kind for tensor in case.all_tensors}


def _of_filters(case: Case) -> Iterator[Condition]:
    """The second tensor, if it has rank 4 and stands beside an image."""
    if len(_window(case)) == 2:
        rows, columns = _window(case)
        yield Condition(f"filters of {rows} x {columns}", lambda c: _window(c) == (rows, columns))


def _window(case: Case) -> tuple[int, ...]:
    second = case.tensors[1].shape if len(case.tensors) > 1 else ()
    return second[:2] if len(second) == len(case.tensors[0].shape) == 4 and "stride" in case.attributes else ()


def _of_extents() -> Iterator[Condition]:
    yield Condition("an empty tensor", lambda c: c.empty)
    yield Condition("a batch of 2 or more", lambda c: bool(c.tensors[0].shape[:1] > (1,)))
    yield Condition("a first tensor of rank 3 or more", lambda c: len(c.tensors[0].shape) > 2)
    for size in SIZES:
        yield Condition(f"more than {size:,} elements", lambda c, s=size: any(t.size > s for t in c.all_tensors))  # type: ignore[misc]
    for extent in EXTENTS:
        yield Condition(f"an extent beyond {extent}", lambda c, e=extent: any(n > e for n in _extents(c)))  # type: ignore[misc]
        yield Condition(  # The last tile is then not full.
            f"an extent beyond {extent} that {extent} does not divide",
            lambda c, e=extent: any(n > e and n % e for n in _extents(c)),  # type: ignore[misc]
        )
    yield from _of_last_axis()
    yield Condition("an odd extent", lambda c: any(n % 2 for n in _extents(c) if n > 1))
    yield Condition("an even extent", lambda c: any(n % 2 == 0 for n in _extents(c) if n))


def _of_last_axis() -> Iterator[Condition]:
    """The last axis of the first tensor: what a product sums over, or an image's channels."""
    for extent in EXTENTS:
        yield Condition(f"a last axis beyond {extent}", lambda c, e=extent: _last(c) > e)  # type: ignore[misc]
        yield Condition(
            f"a last axis beyond {extent} that {extent} does not divide",
            lambda c, e=extent: _last(c) > e and _last(c) % e > 0,  # type: ignore[misc]
        )


def _last(case: Case) -> int:
    return next(iter(case.tensors[0].shape[::-1]), 0)


def _extents(case: Case) -> list[int]:
    return [n for tensor in case.all_tensors for n in tensor.shape]


def _of_values() -> Iterator[Condition]:
    yield Condition("values that are not finite", lambda c: _any_value(c, lambda v: ~np.isfinite(v)))
    yield Condition("values that round", lambda c: not c.exact)


def _any_value(case: Case, what: Callable[[np.ndarray], np.ndarray]) -> bool:
    kinds = [t for t in case.all_tensors if dtypes.is_float(t.dtype) and t.fill.kind in ("special", "literal", "bits")]
    return any(bool(what(dtypes.widen(t.materialize())).any()) for t in kinds)


@dataclass(frozen=True)
class Tested:
    """A condition, and how many of the cases drawn to test it failed: of those that meet it, and of the others."""

    says: str
    with_it: tuple[int, int]
    without: tuple[int, int]

    @property
    def borne_out(self) -> bool:
        """Whether new cases that meet it fail and others pass. If not, it is not the cause."""
        return self.with_it[0] > 0 and self.without[0] == 0

    def __str__(self) -> str:
        (failed, drawn), (other, rest) = self.with_it, self.without
        return f"{self.says}: {failed} of {drawn} new cases that have it fail, {other} of {rest} that have not"


MOST = 8
"""Number of new cases, with and without the condition each, that test it."""


def on_new_cases(condition: Condition, drawn: Iterable[Case], fails: Callable[[Case], bool]) -> Tested:
    """``condition`` tested on the first cases of ``drawn`` that meet it, and the first that do not."""
    counts: dict[bool, list[bool]] = {True: [], False: []}
    for case in drawn:
        asked = counts[condition.holds(case)]
        if len(asked) < MOST:
            asked.append(fails(case))
        if all(len(found) >= MOST for found in counts.values()):
            break
    told = {has: (sum(found), len(found)) for has, found in counts.items()}
    return Tested(condition.says, told[True], told[False])
