"""Mistakes of gradients only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product

import numpy as np

from opassay.adapters.oracle.geometry import Windows, from_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.question import References, ask, windows_of
from opassay.adapters.oracle.linear import linear_reference, wide
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference, unconnected


def _cotangent_ignored(question: Question) -> Iterator[References]:
    ones = tuple(
        None if c is None else dtypes.narrow(np.ones(c.shape), dtypes.dtype_name(c)) for c in question.cotangents
    )
    yield ask(replace(question, cotangents=ones))


def zeros_for_all(question: Question) -> Iterator[References]:
    """Zeros for every input without a gradient; None where each input has one."""
    yield from islice(_zeros_for_none(question), 1)


def _zeros_for_none(question: Question) -> Iterator[References]:
    """A program's gradients, one per input, follow its values. Some or all inputs without a gradient may get zeros."""
    found = ask(question) if question.inner else tuple(question.truth)
    first = len(found) - len(question.inputs)
    pairs = [(first + i, x.shape) for i, x in enumerate(question.inputs) if dtypes.is_float(dtypes.dtype_name(x))]
    missing = [(place, shape) for place, shape in pairs if found[place].policy == "unconnected"]
    for some in (missing, *([one] for one in missing)):
        zeros = {place: np.zeros(shape) for place, shape in some}
        if zeros:
            yield tuple(Reference(r.name, r.dtype, zeros[i]) if i in zeros else r for i, r in enumerate(found))


def _none_for_gradient(question: Question) -> Iterator[References]:
    found = ask(question) if question.inner else tuple(question.truth)
    first = len(found) - len(question.inputs)
    for i, reference in enumerate(found):
        if i >= first and reference.policy != "unconnected":
            yield (*found[:i], unconnected(reference.name, reference.dtype), *found[i + 1 :])


def _not_stopped(question: Question) -> Iterator[References]:
    (dy,), (found,) = question.cotangents, ask(question)
    if dy is not None and dtypes.is_float(found.dtype):
        yield (Reference(found.name, found.dtype, wide(dy)),)


def _zero_stays(question: Question) -> Iterator[References]:
    """0 times an infinite or NaN slope."""
    (found,), (dy,) = ask(question), question.cotangents
    lost = np.isnan(found.exact) & (wide(dy) == 0) if dy is not None else np.zeros(())
    if lost.any():
        yield (replace(found, exact=np.where(lost, 0, found.exact)),)


def _reached(windows: Windows, axis: int, grown: bool) -> list[slice]:
    """The image rows under each window; if ``grown``, all under one larger than the image that starts before it."""
    extent, window = windows.extents[axis], windows.window[axis]
    found = []
    for position in range(windows.outputs[axis]):
        first = position * windows.stride[axis] - windows.before[axis]
        whole = grown and first < 0 and window > extent
        found.append(slice(max(first, 0), extent if whole else min(first + window, extent)))
    return found


def _window_grown(question: Question) -> Iterator[References]:
    (true,), (dy,), layout = ask(question), question.cotangents, question.attributes["layout"]
    windows, shape = windows_of(question), to_nhwc(question.inputs[0], layout).shape
    rows, columns = (_reached(windows, axis, True) for axis in (0, 1))
    if dy is None or [rows, columns] == [_reached(windows, axis, False) for axis in (0, 1)]:
        return

    def spread(dy: np.ndarray) -> np.ndarray:
        dx, arrived = np.zeros(shape, dtype=dy.dtype), to_nhwc(dy, layout)
        for (i, down), (j, across) in product(enumerate(rows), enumerate(columns)):
            size = (down.stop - down.start) * (across.stop - across.start)
            dx[:, down, across] += arrived[:, i : i + 1, j : j + 1] / size
        return from_nhwc(dx, layout)

    terms = np.full(true.exact.shape, len(rows) * len(columns), dtype=np.int64)
    found = linear_reference(true.name, spread, (dy,), lambda: terms)
    yield (replace(found, unit=np.full(terms.shape, np.nan), roundings=2),)


CONNECTION = (
    Hypothesis(
        "zeros_for_no_gradient",
        "an input that no output depends on gets zeros instead of no gradient",
        _zeros_for_none,
        aspects=("gradient",),
    ),
    Hypothesis(
        "no_gradient_for_one",
        "an input that the output depends on gets no gradient",
        _none_for_gradient,
        aspects=("gradient",),
    ),
)
"""These hold of programs, too."""

HYPOTHESES = (
    Hypothesis("gradient_not_stopped", "the gradient passes through", _not_stopped, ("stop_gradient",), ("gradient",)),
    *CONNECTION,
    Hypothesis(
        "gradient_window_grown",
        "a window that is larger than the image and begins before it is taken to cover all of it",
        _window_grown,
        ("avg_pool2d",),
        ("gradient",),
    ),
    Hypothesis(
        "zero_gradient_stays",
        "a cotangent of 0 gives 0, whatever it is multiplied with",
        _zero_stays,
        ("sqrt", "rsqrt", "reciprocal"),
        ("gradient",),
    ),
    Hypothesis("cotangent_ignored", "cotangents are taken for ones", _cotangent_ignored, aspects=("gradient",)),
)
