"""Predicates over pools of which the last window may be cut off. Does not import Paddle."""

from __future__ import annotations

from collections.abc import Iterator

from opassay.harness.model.case import Case


def _axes(case: Case) -> Iterator[tuple[int, int, int, int, int]]:
    """Per axis: extent, padding before and after, window, stride."""
    asked = case.attributes
    extents = [case.tensors[0].shape[asked["layout"].index(axis)] for axis in "HW"]
    for n, (low, high), k, s in zip(extents, asked["padding"], asked["window"], asked["stride"], strict=True):
        yield n, low, high, k, s


def _last(n: int, low: int, high: int, k: int, s: int) -> int:
    """Where the last window starts, counted from the padding, by a number of windows that is rounded up."""
    return -(-(n + low + high - k) // s) * s


def starts_outside(case: Case) -> bool:
    """The last window starts behind the image and the padding before it."""
    told = not case.rule and not isinstance(case.attributes["padding"], str)
    return told and any(_last(*axis) >= axis[0] + axis[1] for axis in _axes(case))


def divides_less(case: Case) -> bool:
    """There is a divisor, and a window reaches beyond what is counted: the image, or its padding as well."""
    if case.attributes["divisor"] is False or isinstance(case.attributes["padding"], str) or starts_outside(case):
        return False
    counted = case.attributes["count_padding"]
    return any(
        _last(n, low, high, k, s) + k > n + low + (high if counted else 0) or (low > 0 and not counted)
        for n, low, high, k, s in _axes(case)
    )
