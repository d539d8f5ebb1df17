"""Differences of pools of which the last window may be cut off. Does not import Paddle."""

from __future__ import annotations

from collections.abc import Iterator

from opassay.adapters.paddle.known_shown import BOTH, shows
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


CEILED = (
    shows(
        "divisor-shrinks",
        "where a window is cut off, its divisor is multiplied by the share that is left",
        ("ceil_avg_pool2d",),
        BOTH,
        "structural numeric special",
        divides_less,
    ),
    shows(
        "window-outside",
        "with ceil_mode the last window may start outside of the image and its padding",
        ("ceil_avg_pool2d",),
        ("value", "shape"),
        "shape",
        starts_outside,
    ),
    shows(
        "window-behind",
        "the gradient is read by the shape of the answer, which has a further row or column of windows",
        ("ceil_avg_pool2d",),
        ("gradient",),
        "crash structural numeric special nondeterministic",
        starts_outside,
        flaky="what lies in memory behind the cotangent",
    ),
)
