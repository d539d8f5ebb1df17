"""Mistakes of element-wise ops: NaN, -0, integers and remainders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.bounded.formats import sizes, ulp
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference

Exactly = Callable[..., np.ndarray]

SATURATES: Mapping[str, tuple[Exactly, ...]] = {
    "neg": (np.negative,),
    "abs": (np.abs,),
    "square": (np.square,),
    "add": (np.add,),
    "mul": (np.multiply,),
    "sub": (np.subtract, lambda a, b: a + np.minimum(-b, 127)),
}
"""8-bit integers computed in 16 or 32 bits and packed with saturation. A difference may be a sum with a negated
operand, as ``packsswb`` packs it.
"""

WIDE_INTEGERS = ("int32", "uint32", "int64", "uint64")


def _saturated(question: Question) -> Iterator[References]:
    """Source: Intel's Software Developer's Manual, volume 2, PACKSSWB and PACKUSWB, whose operands are signed."""
    (found,) = ask(question)
    if found.dtype not in ("int8", "uint8"):
        return
    ends = np.iinfo(found.dtype)
    operands = [x.astype(np.int64) for x in question.inputs]
    for compute in SATURATES[question.op]:
        made = compute(*operands)
        for packed in (made.astype(np.int16), made):
            yield (replace(found, exact=np.clip(packed, ends.min, ends.max).astype(found.exact.dtype)),)


def _in_single(question: Question) -> Iterator[References]:
    """Wide integers are converted to float32 first."""
    if dtypes.dtype_name(question.inputs[0]) not in WIDE_INTEGERS:
        return
    yield ask(question.but(inputs=tuple(x.astype(np.float32) for x in question.inputs)))


def _moved_in_single(question: Question) -> Iterator[References]:
    """Moved elements are float32 on the way; a value outside the integer's range becomes its largest or lowest."""
    (found,) = ask(question)
    if found.dtype not in WIDE_INTEGERS:
        return
    limits = np.iinfo(found.dtype)
    made = np.asarray(found.exact).astype(np.float32).astype(object)
    for beyond in (limits.max, limits.min):
        whole = [int(v) if v <= limits.max else beyond for v in made.ravel()]
        yield (replace(found, exact=np.array(whole, found.exact.dtype).reshape(made.shape)),)


def _in_float32(question: Question) -> Iterator[References]:
    yield from (_moved_in_single if question.op in ("resize_nearest", "roll") else _in_single)(question)


def _compared(question: Question) -> Iterator[References]:
    """As x86's ``maxps`` compares: where one of two is NaN, the answer is the second, or the first."""
    (found,) = ask(question)
    if not dtypes.is_float(found.dtype):
        return
    for place in (1, 0):
        exact = _chosen(question, place)
        yield (replace(found, exact=np.broadcast_to(exact, found.exact.shape)),)


LIMITS: Mapping[str, tuple[float, float]] = {"clamp": (0, 0), "relu6": (0, 6), "hard_tanh": (-1, 1)}
"""The smallest and the largest answer, where no attribute states them."""


def _chosen(question: Question, place: int) -> np.ndarray:
    if question.op not in LIMITS:
        a, b = (wide(x) for x in question.inputs)
        return _second(question.op, a, b) if place else _second(question.op, b, a)
    x, (low, high) = wide(question.inputs[0]), LIMITS[question.op]
    low, high = (question.attributes.get(name, limit) for name, limit in (("low", low), ("high", high)))
    return np.asarray(np.where(np.isnan(x), low if place else high, np.minimum(np.maximum(x, low), high)))


def _second(op: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    larger = np.maximum(a, b) if op == "maximum" else np.minimum(a, b)
    return np.where(np.isnan(a) | np.isnan(b), b, larger)


SIGNED = (
    *("where", "neg", "abs", "sqrt", "erf", "erfinv", "round", "pow", "sinh", "tanh", "asin", "atan", "asinh", "atanh"),
)


def _minus_zero(question: Question) -> Iterator[References]:
    """For the condition of a choice; the scalar tail of a vector loop may keep its sign."""
    (found,) = ask(question)
    if dtypes.is_float(found.dtype):
        chosen = np.broadcast_to(question.inputs[0] if question.op == "where" else True, found.exact.shape)
        zeros = chosen & (found.exact == 0)
        yield (replace(found, exact=np.where(zeros, 0.0, found.exact)),)
        if found.signed_zeros is not None:
            yield (replace(found, signed_zeros=found.signed_zeros & ~zeros),)


def _next_in_double(question: Question) -> Iterator[References]:
    """Of all formats but float64, the next number of float64 rounds to the operand itself."""
    (found,) = ask(question)
    if found.dtype != "float64":
        a, b = np.broadcast_arrays(*(wide(x) for x in question.inputs))
        exact = np.where(np.isnan(a) | np.isnan(b), np.nan, np.where(a == b, b, a))
        yield (replace(found, exact=exact, signed_zeros=None),)


def _zero_times_log(question: Question) -> Iterator[References]:
    (found,) = ask(question)
    a, b = np.broadcast_arrays(*(wide(x) for x in question.inputs))
    lost = (a == 0) & ~((b > 0) & np.isfinite(b))
    yield (replace(found, exact=np.where(lost, np.nan, found.exact)),)


def _unordered(question: Question) -> Iterator[References]:
    """As ``cmpps`` with an unordered predicate."""
    (found,), (a, b) = ask(question), question.inputs
    if dtypes.is_float(dtypes.dtype_name(a)):
        unordered = np.isnan(dtypes.widen(a)) | np.isnan(dtypes.widen(b))
        yield (replace(found, exact=found.exact | unordered),)


def _equal_if_close(question: Question) -> Iterator[References]:
    if dtypes.is_float(dtypes.dtype_name(question.inputs[0])):
        a, b = (dtypes.widen(x) for x in question.inputs)
        with np.errstate(all="ignore"):
            close = (a == b) | (np.abs(a - b) < 1e-15)
        (found,) = ask(question)
        yield (replace(found, exact=close if question.op == "equal" else ~close),)


def _by_quotient(question: Question) -> Iterator[References]:
    """a - b · trunc(a / b), or by ⌊a / b⌋, each step rounded to the computing format; or with the product fused.

    A quotient may be the product with a reciprocal, and float16 its own computing format.
    """
    (found,) = ask(question)
    if not dtypes.is_float(found.dtype):
        return
    whole = np.trunc if question.op == "fmod" else np.floor
    forms = {"float64": ("float64",), "float16": ("float32", "float16")}.get(found.dtype, ("float32",))
    for form in forms:
        a, b = (np.asarray(wide(x).astype(form)) for x in question.inputs)
        for rest in _rests(a, b, whole):
            yield (_stored(found, rest.astype(form).astype(np.float64)),)


def _rests(a: np.ndarray, b: np.ndarray, whole: np.ufunc) -> list[np.ndarray]:
    """a - b · ``whole`` (a / b), by a quotient and by a reciprocal, rounded after the product and fused with it."""
    with np.errstate(all="ignore"):
        found = []
        for quotient in (whole(a / b), whole(a * np.reciprocal(b))):
            product = b * quotient
            lost = np.where(np.isfinite(product), _lost(b, quotient), 0)
            found += [a - product, a.astype(np.longdouble) - product - lost]
        return found


def _lost(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What the rounding of a · b takes off, for float64 by T. J. Dekker's product of halves, 1971."""
    if a.dtype != np.float64:
        return np.asarray(a.astype(np.longdouble) * b - a * b)
    (m, i), (n, j) = np.frexp(a), np.frexp(b)
    halves = [((m * (2**27 + 1)) - (m * (2**27 + 1) - m)), ((n * (2**27 + 1)) - (n * (2**27 + 1) - n))]
    (high, top), (low, bottom) = halves, (m - halves[0], n - halves[1])
    error = ((high * top - m * n) + high * bottom + low * top) + low * bottom
    return np.asarray(np.ldexp(np.where(np.isfinite(error), error, 0), i + j))


def _stored(found: Reference, made: np.ndarray) -> Reference:
    """As stored; in bfloat16 either neighbour, since some kernels round and some truncate."""
    if found.dtype != "bfloat16":
        return replace(found, exact=dtypes.widen(dtypes.narrow(made, found.dtype)))
    return replace(found, exact=made, allowed_by=lambda _: ulp(sizes(made), found.dtype))


HYPOTHESES = (
    Hypothesis(
        "saturated",
        "what 8 bits cannot hold becomes the nearest that they can, where it should wrap",
        _saturated,
        tuple(SATURATES),
        ("value",),
    ),
    Hypothesis(
        "integers_in_float32",
        "integers are made float32 first, which holds 24 bits",
        _in_float32,
        ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "cast", "resize_nearest", "roll"),
        ("value",),
    ),
    Hypothesis(
        "nan_replaced",
        "where one of two numbers is NaN, the other may be the answer",
        _compared,
        ("maximum", "minimum", *LIMITS),
        ("value",),
    ),
    Hypothesis("minus_zero_lost", "-0 is answered as 0", _minus_zero, SIGNED, ("value",)),
    Hypothesis(
        "neighbour_of_float64",
        "the next number is that of float64, rounded back to the operand",
        _next_in_double,
        ("nextafter",),
        ("value",),
    ),
    Hypothesis(
        "zero_times_log",
        "0 is multiplied by a logarithm that is not finite, which is NaN",
        _zero_times_log,
        ("xlogy",),
        ("value",),
    ),
    Hypothesis(
        "unordered_is_true",
        "a comparison with NaN is true",
        _unordered,
        ("less", "less_equal", "greater", "greater_equal"),
        ("value",),
    ),
    Hypothesis(
        "equal_if_close",
        "floats are equal if they differ by less than 1e-15",
        _equal_if_close,
        ("equal", "not_equal"),
        ("value",),
    ),
    Hypothesis(
        "remainder_by_quotient",
        "a remainder is what a rounded quotient leaves, and loses the digits that these share",
        _by_quotient,
        ("fmod", "remainder"),
        ("value",),
    ),
)
