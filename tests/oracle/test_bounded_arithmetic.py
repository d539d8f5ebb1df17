"""Bounded arithmetic, judged end to end: what NumPy answers in the dtype passes, what is a little wrong does not."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.bounded.formats import sizes
from opassay.harness.model.numeric_model import NumericModel

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
DTYPES, judged, normal, one = helpers.DTYPES, helpers.judged, helpers.normal, helpers.one

ARITHMETIC: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (lambda a, b: a + b, np.add),
    "sub": (lambda a, b: a - b, np.subtract),
    "mul": (lambda a, b: a * b, np.multiply),
    "div": (lambda a, b: a / b, np.divide),
}

EXACT: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "neg": (lambda a: -a, np.negative),
    "abs": (bounded.absolute, np.abs),
    "sign": (bounded.sign, lambda a: np.where(a == 0, a, np.sign(a))),
    "floor": (bounded.floor, np.floor),
    "ceil": (bounded.ceil, np.ceil),
    "trunc": (bounded.trunc, np.trunc),
    "round": (bounded.round_even, np.rint),
    "clamp": (lambda a: bounded.clamp(a, -1, 2), lambda a: np.clip(a, -1, 2)),
}

SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.5, 2.5, 1e-3)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ARITHMETIC)
def test_a_result_rounded_to_nearest_passes_and_its_neighbour_two_further_does_not(name: str, dtype: str) -> None:
    define, numpy = ARITHMETIC[name]
    a, b = normal(9, 5, dtype=dtype), normal(5, dtype=dtype, key=1)
    reference, answer = one(define, a, b), numpy(a, b)
    found = judged(answer, reference)
    assert (found.verdict, found.elements) == ("pass", 45)
    assert found.rho
    assert found.rho <= 1
    ulps = 4 if name == "div" else 2
    assert judged(answer + (ulps * np.spacing(np.abs(answer))).astype(dtype), reference).bad_elements == 45


@pytest.mark.parametrize("name", ARITHMETIC)
def test_integers_are_exact_and_any_difference_is_structural(name: str) -> None:
    define, numpy = ARITHMETIC[name]
    a, b = np.array([4, -12, 8], np.float32), np.array([2, -4, 8], np.float32)
    reference, answer = one(define, a, b), numpy(a, b)
    assert judged(answer, reference, exact_fill=True).rho == 0
    assert judged(np.nextafter(answer, np.float32(np.inf)), reference, exact_fill=True).verdict == "structural"


@pytest.mark.parametrize("name", EXACT)
def test_an_exact_op_is_met_bit_for_bit(name: str) -> None:
    define, numpy = EXACT[name]
    x = np.concatenate([np.asarray(SPECIAL, np.float32), 3 * normal(20)])
    reference, answer = one(define, x), numpy(x).astype(np.float32)
    assert not np.any(reference.allowed_by(NumericModel("float32")))  # type: ignore[misc]
    assert judged(answer, reference).rho == 0
    assert judged(answer + np.float32(2.0**-20), reference).verdict != "pass"


@pytest.mark.parametrize("name", ["neg", "abs", "floor", "ceil", "trunc", "round"])
def test_the_sign_of_a_zero_counts(name: str) -> None:
    define, numpy = EXACT[name]
    x = np.array([0.0, -0.0], np.float32)
    assert judged(numpy(x), one(define, x)).verdict == "pass"
    found = judged(-numpy(x), one(define, x))
    assert (found.verdict, found.bad_elements) == ("special", 2)
    assert "other sign of zero" in found.message


def test_a_maximum_of_zeros_may_have_either_sign_and_propagates_nan() -> None:
    a, b = np.array([0.0, -0.0, np.nan, 1], np.float32), np.array([-0.0, 0.0, 1, np.nan], np.float32)
    answer = np.array([-0.0, 0.0, np.nan, np.nan], np.float32)
    assert judged(answer, one(bounded.maximum, a, b)).verdict == "pass"
    assert judged(np.fmax(a, b), one(bounded.maximum, a, b)).message.startswith("NaN dropped")
    assert judged(np.fmax(a, b), one(bounded.fmax, a, b)).verdict == "pass"


@pytest.mark.parametrize(
    ("define", "inputs", "expected"),
    [
        (lambda a, b: a + b, ([127, -128], [1, -1]), [-128, 127]),
        (lambda a, b: a * b, ([64, -3], [2, 5]), [-128, -15]),
        (bounded.maximum, ([3, -4], [-5, 6]), [3, 6]),
        (bounded.bitwise_xor, ([12, -1], [10, 1]), [6, -2]),
        (bounded.shift_right, ([-8, 7], [1, 2]), [-4, 1]),
        (lambda a, b: bounded.where(bounded.less(a, b), a, b), ([1, 5], [2, 3]), [1, 3]),
    ],
    ids=["add", "mul", "maximum", "xor", "shift", "where"],
)
def test_integers_are_met_bit_for_bit(define: Callable[..., Any], inputs: Sequence[Any], expected: list[int]) -> None:
    reference = one(define, *(np.asarray(values, np.int8) for values in inputs))
    answer = np.asarray(expected, np.int8)
    assert judged(answer, reference).verdict == "pass"
    assert judged(answer + np.int8(1), reference).verdict == "structural"


def test_a_shift_by_the_width_is_left_open() -> None:
    reference = one(bounded.shift_left, np.array([1, 1], np.int8), np.array([3, 8], np.int8))
    assert judged(np.array([8, 99], np.int8), reference).verdict == "pass"
    assert judged(np.array([9, 99], np.int8), reference).verdict == "structural"


def test_a_comparison_gives_truth_values() -> None:
    x = np.array([np.nan, 1, 2], np.float32)
    reference = one(lambda a: bounded.not_equal(a, 1.0), x, dtype="bool")
    assert judged(np.array([True, False, True]), reference).verdict == "pass"
    assert judged(np.array([False, False, True]), reference).verdict == "structural"


def test_a_target_that_flushes_may_take_a_subnormal_for_zero_and_no_other() -> None:
    x = np.array([1e-40, 1.0], np.float32)
    reference, flushed = one(lambda x: x * 1.0, x), np.array([0, 1], np.float32)
    assert judged(flushed, reference, flushes=True).verdict == "pass"
    found = judged(flushed, reference, flushes=False)
    assert (found.verdict, "subnormal flushed" in found.message) == ("special", True)


def test_a_result_near_the_largest_number_may_overflow_and_one_far_beyond_must() -> None:
    largest = np.finfo(np.float32).max
    x, y = np.array([largest, largest], np.float32), np.array([largest * 2.0**-25, largest], np.float32)
    reference = one(lambda a, b: a + b, x, y)
    assert judged(np.array([np.inf, np.inf], np.float32), reference).verdict == "pass"
    assert judged(np.array([largest, np.inf], np.float32), reference).verdict == "pass"
    assert judged(np.array([largest, largest], np.float32), reference).message.startswith("infinity lost")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_number_is_no_infinity(dtype: str) -> None:
    x = np.array([np.finfo(dtype).max, -np.finfo(dtype).max])
    assert judged(np.abs(x), one(bounded.absolute, x)).rho == 0
    assert judged(np.array([np.inf] * 2, dtype), one(bounded.absolute, x)).message.startswith("infinity appeared")


def test_a_limit_of_zero_gives_a_zero_of_either_sign() -> None:
    x = np.array([-0.0], np.float32)
    for answer in (x, -x):
        assert judged(answer, one(lambda x: bounded.clamp(x, 0, 3), x)).verdict == "pass"
    assert judged(-x, one(lambda x: bounded.clamp(x, -1, 3), x)).verdict == "special"


def test_infinity_by_a_huge_number_is_left_open_where_reciprocals_are_right() -> None:
    x, y = np.array([np.inf, np.inf], np.float32), np.array([3e38, 3.0], np.float32)
    reference, answer = one(lambda x, y: x / y, x, y), np.array([np.nan, np.inf], np.float32)
    assert judged(answer, reference).free_elements == 1
    assert judged(answer, reference, functions="libm").message.startswith("NaN appeared")


def test_what_may_have_overflowed_inside_is_not_judged() -> None:
    x = np.array([3e38, 1.0], np.float32)
    reference = one(lambda x: (x * 2) / 4, x)
    assert np.isinf(reference.allowed_by(NumericModel("float32"))).tolist() == [True, False]  # type: ignore[misc]
    found = judged(np.array([7.0, 0.5], np.float32), reference)
    assert (found.verdict, found.free_by_bound) == ("pass", 1)


def test_one_run_of_several_has_a_bound_of_its_own() -> None:
    x = normal(4, 3)
    whole = one(lambda x: x / 3, x)
    part = whole.at(2)
    model = NumericModel("float32")
    assert part.allowed_by
    assert whole.allowed_by
    assert np.array_equal(part.allowed_by(model), whole.allowed_by(model)[2])


@pytest.mark.parametrize("kept", ["", "bfloat16"])
def test_what_is_kept_in_a_narrow_format_inside_errs_more(kept: str) -> None:
    x = np.array([1.7], np.float32)
    reference = one(lambda x: x * 1.3 - x, x)
    model = NumericModel("float32", kept=kept)
    assert reference.allowed_by is not None
    assert (reference.allowed_by(model)[0] > 2.0**-9) == bool(kept)


def test_an_unknown_profile_is_named() -> None:
    reference = one(lambda x: x / 3, np.ones(1, np.float32))
    with pytest.raises(ValueError, match=r"unknown profile 'libn'.*known: "):
        judged(np.ones(1, np.float32), reference, functions="libn")


def test_a_definition_makes_nodes() -> None:
    assert isinstance(bounded.absolute(Real(np.ones(2))), Real)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="longdouble is a double here")
def test_a_size_beyond_float64_is_its_largest_number_and_only_infinities_are_infinite() -> None:
    far = np.longdouble(np.finfo(np.float64).max) * 4
    given = np.array([far, -far, -np.inf, np.nan, -0.0, -3], np.longdouble)
    largest = np.finfo(np.float64).max
    np.testing.assert_array_equal(sizes(given), [largest, largest, np.inf, np.nan, 0, 3])
    assert sizes(given).dtype == np.float64
