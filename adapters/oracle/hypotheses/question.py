"""Asking the oracle a changed question, and changing its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.definition import OPS
from opassay.adapters.oracle.geometry import Windows, any_amount, channels_last, shape_nhwc
from opassay.adapters.oracle.pool import MAXIMA
from opassay.adapters.oracle.windowed import CEIL, ceiled, windows_over
from opassay.harness.model.hypothesis import Question, asked_of_inner
from opassay.harness.model.op import ContractError
from opassay.harness.model.reference import Reference

References = tuple[Reference, ...]
CONVS = ("conv2d", "conv2d_transpose")
MAX_POOLS = ("max_pool2d", "max_pool2d_with_argmax")
CHOOSING = (*MAXIMA, "max_pool2d_with_argmax", "ceil_max_pool2d")
"""Max pools over any number of axes."""

WINDOWED = (*CONVS, *MAX_POOLS, "avg_pool2d")


def ask(question: Question) -> References:
    """The oracle's references for a case, or those with further mistakes.

    Raises ``ContractError`` for an invalid question.
    """
    inner = asked_of_inner(question)
    if inner is not None:
        return tuple(inner)
    if question.oracle is None and question.op not in OPS:
        return tuple(question.truth)
    return tuple(question.kept.answer(question, lambda: _oracle(question)))


def _oracle(question: Question) -> References:
    if question.oracle is not None:
        return tuple(question.oracle(question))
    if question.gradient:
        return OPS[question.op].vjp(question.attributes, question.inputs, question.cotangents)
    return OPS[question.op].reference(question.attributes, question.inputs)


def attempts(*questions: Question) -> Iterator[References]:
    """The answers to the valid questions."""
    for question in questions:
        try:
            found = ask(question)
        except ContractError:
            continue
        yield found


def mapped(reference: Reference, change: Callable[[np.ndarray], np.ndarray]) -> Reference:
    """``change`` applied to every array of the answer's shape; unconnected gradients stay so."""
    if reference.policy == "unconnected":
        return reference
    values = {f.name: getattr(reference, f.name) for f in fields(reference)}
    changed: dict[str, Any] = {n: change(v) for n, v in values.items() if isinstance(v, np.ndarray)}
    return replace(reference, **changed)


def surely(reference: Reference, there: np.ndarray, told: np.ndarray | float) -> Reference:
    """The same reference, but exactly ``told`` where it is ``there``: no bound is left that could allow more."""
    allowed, bounds = reference.allowed_by, {name: getattr(reference, name) for name in ("magnitude", "slack", "flush")}
    cut: dict[str, Any] = {name: np.where(there, 0, bound) for name, bound in bounds.items() if bound is not None}
    of_model = None if allowed is None else lambda model: np.where(there, 0.0, allowed(model))
    return replace(reference, exact=np.where(there, told, reference.exact), allowed_by=of_model, **cut)


def summed_to(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The sum over the axes along which an operand of ``shape`` was broadcast."""
    padded = (1,) * (values.ndim - len(shape)) + shape
    axes = tuple(i for i, extent in enumerate(padded) if extent != values.shape[i])
    with np.errstate(invalid="ignore"):
        return np.asarray(values.sum(axis=axes, keepdims=True).reshape(shape))


def windows_of(question: Question) -> Windows:
    """The windows over the image; for a transposed convolution, over its answer."""
    a, window = question.attributes, window_of(question)
    shape = a.get("output_shape", question.inputs[0].shape)
    padding = a["padding"] if "window" in a else any_amount(a["padding"])
    dilation = a.get("dilation", (1,) * len(window))
    laid = ceiled if question.op.startswith(CEIL) else windows_over
    return laid(question.op, shape_nhwc(shape, a["layout"])[1:-1], window, a["stride"], dilation, padding)


def window_of(question: Question) -> tuple[int, ...]:
    """The extents of the window: a pool's own, or those of the filter."""
    window: tuple[int, ...] = question.attributes.get("window") or question.inputs[1].shape[:-2]
    return window


def pads_of(question: Question) -> tuple[tuple[int, int], ...]:
    """The padding as a pair for each axis, as far as windows reach."""
    found = windows_of(question)
    each = zip(found.outputs, found.stride, found.spans.window, found.before, found.extents, strict=True)
    return tuple((before, max(0, (o - 1) * s + span - before - extent)) for o, s, span, before, extent in each)


def in_layout(values: np.ndarray, layout: str) -> tuple[int, ...]:
    """The spatial axes of an image."""
    first = 1 if channels_last(layout) else 2
    return tuple(range(first, first + len(layout) - 2))


def channel_axis(layout: str) -> int:
    return len(layout) - 1 if channels_last(layout) else 1


def permuted(values: np.ndarray, order: Sequence[int] | np.ndarray, axis: int) -> np.ndarray:
    return np.take(values, np.asarray(order, dtype=int), axis=axis)
