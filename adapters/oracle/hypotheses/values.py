"""Mistakes about values: flushed, rounded, reused, omitted, or kept in too low a precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from opassay.adapters.oracle.geometry import from_nhwc, over_batch, shape_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.located import located
from opassay.adapters.oracle.hypotheses.question import CHOOSING, WINDOWED, References, ask, mapped, summed_to
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

LINEAR = ("conv2d", "conv2d_transpose", "matmul", "avg_pool2d", "scatter_nd", "avg_unpool2d")
PRODUCTS = ("conv2d", "conv2d_transpose", "matmul")
IMAGES = (*WINDOWED, "max_unpool2d", "avg_unpool2d")
LOWER = {"float64": "float32", "float32": "float16", "float16": "bfloat16", "bfloat16": "bfloat16"}


def _each(
    question: Question, change: Callable[[np.ndarray], np.ndarray], only: Sequence[int] | None = None
) -> Question:
    """``change`` applied to the values of float inputs and cotangents: of all, or those at the positions ``only``."""
    count = len(question.inputs)

    def changed(position: int, array: np.ndarray) -> np.ndarray:
        name = dtypes.dtype_name(array)
        wanted = dtypes.is_float(name) and (only is None or position in only)
        return dtypes.narrow(change(dtypes.widen(array)), name) if wanted else array

    inputs = tuple(changed(i, x) for i, x in enumerate(question.inputs))
    cotangents = tuple(None if c is None else changed(count + i, c) for i, c in enumerate(question.cotangents))
    return replace(question, inputs=inputs, cotangents=cotangents)


def _tiny(question: Question) -> float:
    floats = [dtypes.dtype_name(x) for x in question.inputs if dtypes.is_float(dtypes.dtype_name(x))]
    return dtypes.FORMATS[floats[0]].smallest_normal if floats else 0.0


def _flushed(values: np.ndarray, tiny: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < tiny, np.copysign(0.0, values), values)


def _subnormals_flushed(question: Question) -> Iterator[References]:
    """Of all tensors or some, with or without the answer."""
    tiny = _tiny(question)
    arrays = (*question.inputs, *question.cotangents)
    places = [i for i, a in enumerate(arrays) if a is not None and _holds_subnormal(a)]
    for count in range(len(places), -1, -1):
        for only in combinations(places, count):
            found = ask(_each(question, lambda values: _flushed(values, tiny), only))
            if count:
                yield found
            yield tuple(replace(r, exact=_flushed(r.exact, tiny)) if dtypes.is_float(r.dtype) else r for r in found)
    yield from _partly_flushed(question, tiny)


def _partly_flushed(question: Question, tiny: float) -> Iterator[References]:
    """Subnormals of the answer, where it is 0: threads of one kernel differ in whether they flush."""
    found = ask(question)
    if len(question.answers) == len(found) == 1 and question.answers[0] is not None and dtypes.is_float(found[0].dtype):
        exact, told = found[0].exact, dtypes.widen(question.answers[0])
        if told.shape == exact.shape:
            yield (replace(found[0], exact=np.where(told == 0, _flushed(exact, tiny), exact)),)


def _compared_as_zero(question: Question) -> Iterator[References]:
    """Subnormals compare as zero, but are returned unchanged."""
    tiny, layout = _tiny(question), question.attributes["layout"]
    flushed = _each(question, lambda values: _flushed(values, tiny))
    _, indices = located(flushed, lambda new, best: (new > best) | (np.isnan(new) & ~np.isnan(best)))
    image = to_nhwc(dtypes.widen(question.inputs[0]), layout)
    found = image.ravel()[over_batch(indices, math.prod(image.shape[1:]))]
    values, *rest = question.truth
    places = (replace(each, exact=from_nhwc(indices, layout)) for each in rest)
    yield (replace(values, exact=from_nhwc(found, layout)), *places)


def _holds_subnormal(array: np.ndarray) -> bool:
    name = dtypes.dtype_name(array)
    if not dtypes.is_float(name):
        return False
    size = np.abs(dtypes.widen(array))
    return bool(((size > 0) & (size < dtypes.FORMATS[name].smallest_normal)).any())


def _rounded_to(bits: int) -> Callable[[np.ndarray], np.ndarray]:
    """Rounded to so many significant bits, to nearest."""

    def rounded(values: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            mantissa, exponent = np.frexp(values)
            return np.where(np.isfinite(values), np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits), values)

    return rounded


def _truncated_to(bits: int) -> Callable[[np.ndarray], np.ndarray]:
    def truncated(values: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            mantissa, exponent = np.frexp(values)
            return np.where(np.isfinite(values), np.ldexp(np.trunc(np.ldexp(mantissa, bits)), exponent - bits), values)

    return truncated


def _inputs_in(precision: int, question: Question) -> Iterator[References]:
    given = dtypes.dtype_name(question.inputs[-1])
    if dtypes.is_float(given) and dtypes.FORMATS[given].precision > precision:
        for change in (_rounded_to(precision), _truncated_to(precision)):
            yield ask(_each(question, change))


def _in_lower_precision(model: NumericModel) -> NumericModel:
    return replace(model, accumulator=LOWER.get(model.accumulator, model.accumulator))


def _as_asked(question: Question) -> Iterator[References]:
    yield tuple(replace(r, integral=False) for r in ask(question))


def _rows_reused(question: Question) -> Iterator[References]:
    """Each sample gets the answer of another: the first, the previous, or the next."""
    batch = shape_nhwc(question.inputs[0].shape, question.attributes["layout"])[0]
    orders: Sequence[np.ndarray] = (np.zeros(batch, int), np.arange(batch) - 1, (np.arange(batch) + 1) % max(batch, 1))
    for order in orders if batch > 1 else ():
        first, *rest = ask(question)
        yield (mapped(first, lambda v, o=order: v[o]), *(mapped(r, lambda v, o=order: v[o]) for r in rest))  # type: ignore[misc]


def _zeros(question: Question) -> Iterator[References]:
    found = ask(question)
    yield tuple(
        r if r.policy == "unconnected" else Reference(r.name, r.dtype, np.zeros_like(r.exact), free=r.free)
        for r in found
    )


def _nan_to_zero(question: Question) -> Iterator[References]:
    yield ask(_each(question, lambda values: np.where(np.isnan(values), 0, values)))


def _absolute(question: Question) -> Iterator[References]:
    (found,) = ask(question)
    if dtypes.is_float(found.dtype) or found.dtype != "uint8":
        yield (replace(found, exact=np.abs(wide(question.inputs[0]))),)


def _gradient_multiplied(question: Question) -> Iterator[References]:
    if question.op == "where":
        yield from _chosen_by_products(question)
        return
    (found, *others), dy = ask(question), question.cotangents[0]
    if dy is None or found.policy == "unconnected":
        return
    x, g = wide(question.inputs[0]), wide(dy)
    with np.errstate(over="ignore", invalid="ignore"):
        if question.op == "prelu":
            g = wide(dtypes.narrow(g * wide(question.inputs[1]), found.dtype))
        if question.op == "celu":
            g = g * wide(dtypes.narrow(np.exp(x / question.attributes["alpha"]), found.dtype))
        exact = np.where(_CUT.get(question.op, _not_above)(x), found.exact + 0 * g, found.exact)
    yield (replace(found, exact=exact), *others)


def _chosen_by_products(question: Question) -> Iterator[References]:
    """Each operand's gradient is multiplied by the condition, or by what 1 leaves."""
    (dy,), (condition, *operands) = question.cotangents, question.inputs
    if dy is None:
        return
    first, *found = ask(question)
    with np.errstate(invalid="ignore"):
        lost = 0 * wide(dy)
    sides = zip(found, (condition, ~condition), operands, strict=True)
    yield first, *(replace(r, exact=r.exact + summed_to(np.where(at, 0, lost), x.shape)) for r, at, x in sides)


def _not_above(x: np.ndarray) -> np.ndarray:
    return ~(x > 0)


_CUT: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "nan_to_num": lambda x: ~np.isfinite(x),
    "leaky_relu": lambda x: np.full(x.shape, True),
    "prelu": lambda x: x > 0,
    "celu": lambda x: x > 0,
}
"""Where a factor is 0: of the slopes of one side of a maximum, where the other is taken."""


def _gradient_at_zero(question: Question) -> Iterator[References]:
    (found,), dy = ask(question), question.cotangents[0]
    if dy is None or found.policy == "unconnected":
        return
    at_zero = wide(question.inputs[0]) == 0
    for share in (1.0, 0.5):
        yield (replace(found, exact=np.where(at_zero, wide(dy) * share, found.exact)),)


def _signs_lost(question: Question) -> Iterator[References]:
    found = ask(question)
    if any(r.signed_zeros is not None for r in found):
        yield tuple(replace(r, signed_zeros=None) for r in found)


HYPOTHESES = (
    Hypothesis("subnormals_flushed", "subnormal numbers are taken for zero", _subnormals_flushed),
    Hypothesis(
        "subnormals_compared_as_zero",
        "subnormal numbers are compared as zero, and answered as they are",
        _compared_as_zero,
        CHOOSING,
        ("value",),
    ),
    Hypothesis("nan_to_zero", "NaN is taken for zero", _nan_to_zero, ("relu",)),
    Hypothesis(
        "absolute_value", "negative values change their sign instead of becoming zero", _absolute, ("relu",), ("value",)
    ),
    Hypothesis(
        "gradient_multiplied",
        "the gradient is multiplied by 0 where it should be cut off, and 0 times what is not finite is NaN",
        _gradient_multiplied,
        ("relu", "nan_to_num", "leaky_relu", "prelu", "celu", "where"),
        ("gradient",),
    ),
    Hypothesis(
        "gradient_at_zero", "the gradient at 0 is 1 or 1/2 instead of 0", _gradient_at_zero, ("relu",), ("gradient",)
    ),
    Hypothesis(
        "batch_row_reused", "a sample is answered with the values of another one", _rows_reused, IMAGES, ("value",)
    ),
    Hypothesis("zeros_of_other_sign", "all is right but for the signs of zeros", _signs_lost, general=True),
    Hypothesis("all_zeros", "the answer holds zeros only", _zeros, general=True),
)

PRECISION = (
    Hypothesis(
        "inputs_in_tf32",
        "operands are rounded to TF32 (11 significant bits) first",
        lambda q: _inputs_in(11, q),
        PRODUCTS,
        general=True,
    ),
    Hypothesis(
        "inputs_in_bfloat16",
        "operands are rounded to bfloat16 (8 significant bits) first",
        lambda q: _inputs_in(8, q),
        PRODUCTS,
        general=True,
    ),
    Hypothesis(
        "accumulated_in_lower_precision",
        "partial sums are kept in the next lower precision",
        _as_asked,
        LINEAR,
        model=_in_lower_precision,
        looser=True,
    ),
)
"""Computation in too low a precision."""
