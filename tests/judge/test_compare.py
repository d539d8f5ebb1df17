"""The comparator's traps, one by one: each wrong answer gets its verdict, each right one passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from opassay.harness.judge import numerics
from opassay.harness.judge.compare import Judgement, compare
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference, constant, unconnected

F32 = NumericModel("float32", flushes=False)
U = 2.0**-24


def bitwise(values: Any, dtype: str = "float32", **more: Any) -> Reference:
    return Reference("y", dtype, np.asarray(values, dtype=np.float64 if dtypes.is_float(dtype) else dtype), **more)


def linear(exact: Any, magnitude: Any, terms: Any, dtype: str = "float32", **more: Any) -> Reference:
    values = np.asarray(exact, dtype=np.float64)
    filled = [np.broadcast_to(np.asarray(v, dtype=np.float64), values.shape) for v in (magnitude, terms)]
    return Reference("y", dtype, values, "linear", filled[0], filled[1], **more)


def judge(actual: Any, reference: Reference, exact_fill: bool = False, model: NumericModel = F32) -> Judgement:
    array = dtypes.narrow(np.asarray(actual), reference.dtype) if isinstance(actual, list) else actual
    return compare(array, reference, model, exact_fill)


def allowed(reference: Reference, exact_fill: bool = False, model: NumericModel = F32) -> float:
    return float(numerics.bound(reference, model, exact_fill).allowed.ravel()[0])


@pytest.mark.parametrize("nothing", [None, 1.0, [1.0], (np.ones(1),)], ids=["none", "float", "list", "tuple"])
def test_something_else_than_an_array(nothing: object) -> None:
    assert compare(nothing, bitwise([1.0]), F32, False).verdict == "shape"


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 2), (0,)], ids=str)
def test_wrong_shape(shape: tuple[int, ...]) -> None:
    assert judge(np.ones(shape, np.float32), bitwise([1.0, 1.0])).verdict == "shape"


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_wrong_dtype(dtype: str) -> None:
    found = judge(np.ones(1, dtype), bitwise([1.0]))
    assert found.verdict == "dtype"
    assert "expected float32" in found.message


def test_wrong_integer_dtype() -> None:
    assert judge(np.ones(1, np.int64), bitwise([1], "int32")).verdict == "dtype"


def test_shape_comes_before_dtype_and_dtype_before_values() -> None:
    assert judge(np.full(2, np.nan), bitwise([1.0])).verdict == "shape"
    assert judge(np.full(1, np.nan), bitwise([1.0])).verdict == "dtype"


@pytest.mark.parametrize(("got", "wanted"), [(-0.0, 0.0), (0.0, -0.0)])
@pytest.mark.parametrize("dtype", dtypes.FLOATS)
def test_signs_of_zero_are_equal(got: float, wanted: float, dtype: str) -> None:
    assert judge([got], bitwise([wanted], dtype)).verdict == "pass"
    model = NumericModel(dtype)
    assert judge([got], linear([wanted], 0, 3, dtype), True, model).verdict == "pass"


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        (np.nan, 1.0, "NaN appeared"),
        (1.0, np.nan, "NaN dropped"),
        (0.0, np.nan, "NaN dropped"),
        (np.inf, np.nan, "NaN dropped"),
        (np.nan, np.inf, "NaN appeared"),
        (3e38, np.inf, "infinity lost"),
        (-np.inf, np.inf, "infinity lost"),
        (np.inf, 1.0, "infinity appeared"),
    ],
)
@pytest.mark.parametrize("exact_fill", [False, True])
def test_special_values(got: float, wanted: float, words: str, exact_fill: bool) -> None:
    for reference in (bitwise([2.0, wanted]), linear([2.0, wanted], [2.0, abs(wanted)], 1)):
        free_of_magnitude = np.where(np.isfinite(reference.exact), np.abs(reference.exact), 1.0)
        if reference.policy == "linear":
            reference = linear(reference.exact, free_of_magnitude, 1)
        found = judge([2.0, got], reference, exact_fill)
        assert found.verdict == "special"
        assert words in found.message
        assert "y[1]" in found.message
        assert found.bad_elements == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_equal_special_values(value: float) -> None:
    assert judge([value, 1.0], bitwise([value, 1.0])).verdict == "pass"
    assert judge([value, 1.0], linear([value, 1.0], 1.0, 1)).verdict == "pass"


def test_flushed_subnormal_of_a_movement() -> None:
    found = judge([0.0], bitwise([2.0**-140]))
    assert found.verdict == "special"
    assert "subnormal flushed" in found.message


def test_nan_where_either_is_right() -> None:
    open_to_nan = linear([1.0], 1.0, 1, may_be_nan=np.array([True]))
    assert judge([np.nan], open_to_nan).verdict == "pass"
    assert judge([1.0], open_to_nan).verdict == "pass"
    assert judge([np.inf], open_to_nan).verdict == "special"


def test_relative_error_near_zero() -> None:
    # 1 + (-1) with rounding on the way: wholly wrong relatively, right by the bound on |x| |w|.
    assert judge([U], linear([0.0], 2.0, 2)).verdict == "pass"
    # A tiny answer from tiny products: any fixed absolute tolerance would let this by.
    assert judge([2e-20], linear([1e-20], 1e-20, 1)).verdict == "numeric"


def test_bound_does_not_grow_with_the_array() -> None:
    exact = np.ones(1000)
    actual = exact.astype(np.float32)
    actual[777] += np.float32(1e-4)
    found = judge(actual, linear(exact, 1.0, 9))
    assert (found.verdict, found.bad_elements, found.worst_index) == ("numeric", 1, "y[777]")


def test_dropped_tap_under_exact_fill() -> None:
    # 9 taps of 1 * 1 against 8 of them; then one tap of 1 beside huge ones, which only exactness can see.
    assert judge([8.0], linear([9.0], 9.0, 9), True).verdict == "structural"
    assert judge([2.0**23], linear([2.0**23 + 1], 2.0**23 + 1, 9), True).verdict == "structural"
    assert judge([2.0**23 + 1], linear([2.0**23 + 1], 2.0**23 + 1, 9), True).verdict == "pass"
    assert judge([2.0**23], linear([2.0**23 + 1], 2.0**23 + 1, 9)).verdict == "pass"


def test_exactness_ends_where_the_format_does() -> None:
    assert allowed(linear([2.0**24], 2.0**24, 9), True) == 0
    assert allowed(linear([2.0**24 + 2], 2.0**24 + 2, 9), True) > 0
    assert allowed(linear([256.0], 256.0, 9, "bfloat16"), True) == 0
    assert allowed(linear([258.0], 258.0, 9, "bfloat16"), True) > 0


@pytest.mark.parametrize("sign", [-1, 1])
def test_terms_of_both_signs_are_exact_up_to_twice_as_many(sign: int) -> None:
    # 256 of one sign and 254 of the other: no order of summation leaves [-256, 256].
    assert allowed(linear([2.0 * sign], 510.0, 9, "bfloat16"), True) == 0
    assert allowed(linear([4.0 * sign], 510.0, 9, "bfloat16"), True) > 0


def test_zero_magnitude_allows_nothing() -> None:
    assert allowed(linear([0.0], 0.0, 9)) == 0
    assert judge([1e-45], linear([0.0], 0.0, 9)).verdict == "numeric"


@pytest.mark.parametrize("sign", [-1, 1])
def test_just_inside_and_just_outside(sign: int) -> None:
    reference = linear([1.0], 1.0, 27, "float64")
    model = NumericModel("float64", flushes=False)
    limit = allowed(reference, model=model)
    step = np.spacing(1.0)
    inside = np.array([1.0 + sign * (np.floor(limit / step)) * step])
    outside = np.array([1.0 + sign * (np.ceil(limit / step) + 1) * step])
    found = judge(inside, reference, model=model)
    assert found.verdict == "pass"
    assert found.rho is not None
    assert 0.9 < found.rho <= 1
    assert judge(outside, reference, model=model).verdict == "numeric"


def test_remark_beyond_the_heuristic() -> None:
    reference = linear([0.0], 1.0, 10000)
    found = judge([allowed(reference) * 0.99], reference)
    assert found.verdict == "pass"
    assert found.message.startswith("warn")
    assert judge([U], reference).message == ""


def test_no_remark_on_what_is_lost_below_the_smallest_normal_number() -> None:
    tiny = 2.0**-149
    rounded = linear([0.4 * tiny], 0.4 * tiny, 1)
    assert (judge([0.0], rounded).verdict, judge([0.0], rounded).message) == ("pass", "")
    mean = linear([0.4 * tiny], 1.2 * tiny, 3, divisor=np.full(1, 3.0))
    assert judge([tiny], mean).message == ""
    # A subnormal operand that is taken for zero, times a huge one.
    flushed = linear([2.0**-28], 2.0**-28, 1, flush=np.full(1, 2.0**100))
    assert judge([0.0], flushed, model=NumericModel("float32")).message == ""


def test_an_error_where_zero_is_expected_is_no_number_of_units() -> None:
    found = judge([1e-3, 1.0 + 2 * U], linear([0.0, 1.0], 1e4, 10000))
    assert (found.verdict, found.max_ulp) == ("pass", 1.0)
    missed = judge([1e-3], linear([0.0], 0.0, 1))
    assert (missed.verdict, missed.max_abs_error, missed.max_ulp) == ("numeric", float(np.float32(1e-3)), None)
    assert judge([0.0], linear([0.0], 1.0, 4)).max_ulp == 0.0


@pytest.mark.parametrize("got", [0.0, -0.0])
def test_the_sign_of_a_zero_that_is_moved_counts_where_the_contract_says_so(got: float) -> None:
    other = bitwise([-got, 1.0], signed_zeros=np.array([True, False]))
    found = judge([got, 1.0], other)
    assert (found.verdict, found.bad_elements) == ("special", 1)
    assert found.message.startswith("other sign of zero: y[0] expected ")
    assert judge([-got, 1.0], other).verdict == "pass"
    assert judge([got, 1.0], bitwise([-got, 1.0])).verdict == "pass"


@pytest.mark.parametrize("got", [1.0, 0.0, 123.0, np.inf])
def test_vacuous_bound_is_undefined(got: float) -> None:
    # 2048 terms of float16 partial sums: n u reaches 1, so nothing can be said and nothing may pass.
    reference = linear([1.0], 1.0, 2048, "float16")
    assert judge([got], reference, model=NumericModel("float16")).verdict == "undefined"


def test_accumulator_overflow_is_undefined() -> None:
    assert judge([1.0], linear([1.0], 8e38, 4)).verdict == "undefined"


def test_free_elements() -> None:
    some = bitwise([1.0, 2.0], free=np.array([True, False]))
    found = judge([9.0, 2.0], some)
    assert (found.verdict, found.free_elements, found.elements) == ("pass", 1, 2)
    assert judge([9.0, 9.0], some).bad_elements == 1
    assert judge([1.0], bitwise([1.0], free=np.array([True]))).verdict == "undefined"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_overflow_threshold(dtype: str) -> None:
    form, limit = dtypes.FORMATS[dtype], numerics.overflow_threshold(dtype)
    assert form.largest < limit < 2.0 ** (form.max_exponent + 1)
    below = np.array([limit * (1 - 2.0**-50)])
    assert float(dtypes.widen(dtypes.narrow(below, dtype))[0]) == form.largest
    assert np.isinf(dtypes.widen(dtypes.narrow(np.array([limit]), dtype))[0])


def test_overflow_threshold_by_hand() -> None:
    assert numerics.overflow_threshold("float16") == 65520


@pytest.mark.parametrize(
    ("exact", "got", "verdict"),
    [
        (70000.0, np.inf, "pass"),
        (-70000.0, -np.inf, "pass"),
        (70000.0, -np.inf, "special"),
        (70000.0, 65504.0, "special"),
        (60000.0, np.inf, "special"),
        (65519.0, np.inf, "pass"),
        (65519.0, 65504.0, "pass"),
    ],
)
def test_overflow_of_the_output(exact: float, got: float, verdict: str) -> None:
    assert judge([got], linear([exact], abs(exact), 4, "float16")).verdict == verdict


def test_average_with_divisor() -> None:
    nine = linear([1.0], 9.0, 9, divisor=np.array([9.0]))
    assert judge([1.0], nine).verdict == "pass"
    assert judge([float(np.float32(1) + np.float32(2) ** -23)], nine).verdict == "pass"
    assert judge([9 / 8], nine).verdict == "numeric"
    # Dividing by 9 keeps the bound: gamma_10 of the sum, 2 u of the division. Dividing by 4 is exact.
    assert 11 * U < allowed(nine, True) < 13 * U
    four = linear([1.0], 4.0, 4, divisor=np.array([4.0]))
    assert allowed(four, True) == 0
    assert judge([1.0 + 2.0**-23], four, True).verdict == "structural"


def test_flushing_and_input_rounding_widen_the_bound() -> None:
    reference = linear([2.0**-126], 2.0**-126, 1)
    assert judge([0.0], reference).verdict == "numeric"
    assert judge([0.0], reference, model=NumericModel("float32", flushes=True)).verdict == "pass"
    near = linear([1.0], 1.0, 1)
    assert judge([1.0 + 2.0**-10], near).verdict == "numeric"
    assert judge([1.0 + 2.0**-10], near, model=NumericModel("float32", "tf32")).verdict == "pass"


def test_integers_are_exact_as_far_as_rounded_operands_hold_them() -> None:
    tf32, brain = NumericModel("float32", "tf32"), NumericModel("float32", "bfloat16")
    for value, model, verdict in ((2048.0, tf32, "structural"), (2049.0, tf32, "pass"), (2049.0, brain, "pass")):
        reference = linear([value], value, 1)
        assert judge([value + 1], reference, True, model).verdict == verdict
        assert judge([value + 1], reference, True).verdict == "structural"
    assert judge([257.0], linear([256.0], 256.0, 1), True, brain).verdict == "structural"


def test_rounded_operands_may_overflow_before_the_exact_sum_does() -> None:
    close = linear([3.401e38], 3.401e38, 1)
    assert judge([np.inf], close).verdict == "special"
    assert judge([np.inf], close, model=NumericModel("float32", "tf32")).verdict != "special"
    cancelled = linear([0.0], 3.401e38, 2)
    assert judge([np.nan], cancelled).verdict == "special"
    assert judge([np.nan], cancelled, model=NumericModel("float32", "tf32")).verdict != "special"
    far = linear([3.39e38], 3.39e38, 1)
    assert judge([np.inf], far, model=NumericModel("float32", "tf32")).verdict == "special"


@pytest.mark.parametrize(
    ("terms", "unit", "value"),
    [(0, U, 0.0), (1, 0.25, 1 / 3), (2, 0.25, 1.0), (3, 0.25, 3.0), (4, 0.25, np.inf), (5, 0.25, np.inf)],
)
def test_gamma_by_hand(terms: int, unit: float, value: float) -> None:
    assert float(numerics.gamma(terms, unit)) == value


def test_ulp_by_hand() -> None:
    values = np.array([1.0, 1.5, 2.0, 0.0, 2.0**-140])
    assert numerics.ulp(values, "float32").tolist() == [2.0**-23, 2.0**-23, 2.0**-22, 2.0**-149, 2.0**-149]


def test_integers_are_compared_exactly() -> None:
    big = 2**62 + 1
    assert judge(np.array([big]), bitwise([big], "int64")).verdict == "pass"
    assert judge(np.array([big - 1]), bitwise([big], "int64")).verdict == "structural"


def test_linear_reference_without_its_ingredients() -> None:
    with pytest.raises(ValueError, match="lacks its magnitude"):
        compare(np.ones(1, np.float32), bitwise([1.0], policy="linear"), F32, False)


def test_empty_output() -> None:
    assert judge(np.zeros((0, 3), np.float32), bitwise(np.zeros((0, 3)))).verdict == "pass"


def test_no_array_where_none_is_expected() -> None:
    for nothing in (unconnected("dx", "float32"), constant("dx", "float32", (2,))):
        found = compare(None, nothing, F32, True)
        assert (found.verdict, found.message, found.rho, found.elements, found.bad_elements) == ("pass", "", 0, 0, 0)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zeros_where_no_array_is_expected(zero: float) -> None:
    zeros = np.full(2, zero, np.float32)
    found = compare(zeros, unconnected("dx", "float32"), F32, True)
    assert (found.verdict, found.bad_elements, found.elements) == ("shape", 2, 2)
    assert found.message == "dx: expected Unconnected, got zeros of shape (2,)"
    assert compare(zeros, constant("dx", "float32", (2,)), F32, True).verdict == "pass"


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,)], ids=str)
def test_zeros_of_no_shape_will_do_where_no_array_is_expected(shape: tuple[int, ...]) -> None:
    assert compare(np.zeros(shape, np.float32), unconnected("dx", "float32"), F32, True).verdict == "shape"


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (0,)], ids=str)
def test_zeros_of_another_shape_where_zeros_will_do(shape: tuple[int, ...]) -> None:
    found = compare(np.zeros(shape, np.float32), constant("dx", "float32", (2,)), F32, True)
    assert found.verdict == "shape"


@pytest.mark.parametrize("value", [1.0, 1e-45, np.nan, np.inf])
def test_numbers_where_no_array_is_expected(value: float) -> None:
    numbers = np.array([0.0, value], np.float32)
    for nothing in (unconnected("dx", "float32"), constant("dx", "float32", (2,))):
        for exact_fill in (False, True):
            found = compare(numbers, nothing, F32, exact_fill)
            assert found.verdict == "shape"
            assert found.message == "dx: expected Unconnected, got numbers of shape (2,)"


@pytest.mark.parametrize("other", [0.0, 0, [0.0], ()], ids=["float", "integer", "list", "tuple"])
def test_something_else_where_no_array_is_expected(other: object) -> None:
    for nothing in (unconnected("dx", "float32"), constant("dx", "float32", ())):
        found = compare(other, nothing, F32, False)
        assert (found.verdict, found.message) == ("shape", f"dx: expected Unconnected, got {type(other).__name__}")


def test_no_array_where_one_is_expected() -> None:
    for reference in (bitwise([1.0]), linear([1.0], 1.0, 1), bitwise([1], "int64", policy="index"), bitwise([])):
        found = compare(None, reference, F32, False)
        assert (found.verdict, found.message) == ("shape", "y: expected an array, got none (Unconnected)")


@pytest.mark.parametrize("exact_fill", [False, True])
def test_a_reference_that_knows_what_it_was_computed_from_overrules_the_fill(exact_fill: bool) -> None:
    near = [1.0 + 2.0**-23]
    assert judge(near, linear([1.0], 1.0, 3, integral=True), exact_fill).verdict == "structural"
    assert judge(near, linear([1.0], 1.0, 3, integral=False), exact_fill).verdict == "pass"
    assert judge([2.0], linear([1.0], 1.0, 3, integral=False), exact_fill).verdict == "numeric"
    assert judge(near, bitwise([1.0], integral=True), exact_fill).verdict == "structural"
    assert judge(near, bitwise([1.0], integral=False), exact_fill).verdict == "numeric"


def test_a_reference_that_does_not_know_leaves_it_to_the_fill() -> None:
    near = [1.0 + 2.0**-23]
    assert judge(near, linear([1.0], 1.0, 3), True).verdict == "structural"
    assert judge(near, linear([1.0], 1.0, 3), False).verdict == "pass"


def test_slack_is_added_to_the_bound() -> None:
    plain, loose = linear([1.0], 1.0, 3), linear([1.0], 1.0, 3, slack=np.array([0.25]))
    assert allowed(loose) == allowed(plain) + 0.25
    assert judge([1.25], plain).verdict == "numeric"
    assert judge([1.25], loose).verdict == judge([0.75], loose).verdict == "pass"
    assert judge([1.25 + 2.0**-20], loose).verdict == "numeric"


def test_slack_alone_bounds_what_has_no_magnitude() -> None:
    assert allowed(linear([0.0], 0.0, 3, slack=np.array([0.25]))) == 0.25


def test_slack_goes_by_element() -> None:
    found = judge([1.25, 1.25], linear([1.0, 1.0], 1.0, 3, slack=np.array([0.25, 0.0])))
    assert (found.verdict, found.bad_elements, found.worst_index) == ("numeric", 1, "y[1]")


def test_exact_sums_have_no_slack() -> None:
    loose = linear([1.0], 1.0, 3, slack=np.array([0.25]))
    assert allowed(loose, True) == 0
    beyond = linear([1.0], 2.0**25 + 2, 3, slack=np.array([0.25]))
    assert allowed(beyond, True) == allowed(beyond)


@pytest.mark.parametrize("roundings", [0, 1, 5])
def test_roundings_are_counted_like_terms(roundings: int) -> None:
    n, size = 3, 8.0
    found = allowed(linear([1.0], size, n, roundings=roundings))
    nu, oracle = (n + 1 + roundings) * U, n * 2.0**-53
    smallest = (n + 2) * 2.0**-149
    assert found == pytest.approx((1 + U) * nu / (1 - nu) * size + oracle / (1 - oracle) * size + smallest, rel=1e-14)
    same = NumericModel("float32", flushes=False, extra_roundings=roundings)
    assert found == allowed(linear([1.0], size, n), model=same)


def test_on_a_grid_of_quarters_quarters_are_exact() -> None:
    quarter = np.array([0.25])
    reference = linear([1.25], 2.0, 3, unit=quarter)
    assert judge([1.25], reference, True).verdict == "pass"
    assert judge([1.25 + 2.0**-23], reference, True).verdict == "structural"
    assert judge([1.25 + 2.0**-23], reference, False).verdict == "pass"
    # 2^24 quarters are 2^22: from there on float32 cannot hold them all.
    assert allowed(linear([2.0**22], 2.0**22, 3, unit=quarter), True) == 0
    assert allowed(linear([2.0**22 + 0.5], 2.0**22 + 0.5, 3, unit=quarter), True) > 0
    assert allowed(linear([2.0**22 + 0.5], 2.0**22 + 0.5, 3), True) == 0


def test_without_a_grid_nothing_is_exact() -> None:
    third = linear([1 / 3], 1 / 3, 1, unit=np.array([np.nan]))
    assert allowed(third, True) == allowed(third) > 0
    assert judge([1 / 3], third, True).verdict == "pass"


def test_the_grid_goes_by_element() -> None:
    mixed = linear([1.25, 1 / 3], [1.25, 1 / 3], 1, unit=np.array([0.25, np.nan]))
    assert numerics.bound(mixed, F32, True).allowed[0] == 0
    assert numerics.bound(mixed, F32, True).allowed[1] > 0
