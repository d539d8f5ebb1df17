"""What is asked of a function: units of the result's binade, a range, signs of zeros, exact values, flushing."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.profiles import OPENCL, PROFILES, UNSPOKEN, ulps_of
from opassay.harness.model import dtypes
from opassay.harness.model.case import Tensor
from opassay.harness.model.fills import Fill

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
judged, one = helpers.judged, helpers.one

NUMPY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
}


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_three_units_in_the_last_place_are_the_limit_at_either_end_of_a_binade() -> None:
    x = np.log(floats(1.02, 1.98))
    reference, right = one(bounded.exp, x), np.exp(x.astype(np.float64))
    ulp = 2.0**-23
    for units, verdict in ((2, "pass"), (-2, "pass"), (4, "numeric"), (-4, "numeric")):
        found = judged(np.float32(right + units * ulp), reference)
        assert (found.verdict, found.bad_elements) == (verdict, 0 if verdict == "pass" else 2)


def test_a_target_is_held_to_the_profile_that_it_declares() -> None:
    x = floats(0.7, 1.3, 2.9)
    reference, off = one(bounded.exp, x), np.nextafter(np.nextafter(np.exp(x), np.float32(9)), np.float32(99))
    assert judged(off, reference).verdict == "pass"
    assert judged(off, reference, functions="libm").verdict == "numeric"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_says_something_of_every_function(profile: str) -> None:
    assert all(ulps_of(name, profile) >= 0.5 for name in (*OPENCL, *UNSPOKEN))


def test_the_root_of_a_subnormal_is_between_that_of_zero_and_that_of_its_double() -> None:
    x = floats(1e-40, -1e-40)
    reference = one(bounded.sqrt, x)
    for answer, verdict in ((np.sqrt(floats(1e-40)), "pass"), (floats(0), "pass"), (floats(1), "numeric")):
        found = judged(np.array([answer[0], np.nan], np.float32), reference, flushes=True)
        assert (found.verdict, found.free_elements) == (verdict, 1)


def test_a_gradient_of_which_the_contract_leaves_most_open_is_judged_where_it_says_something() -> None:
    x = floats(-1, -2, -3, 2)
    (dx,) = bounded.vjps(bounded.log, (x,), (floats(1, 1, 1, 1),), ("x",))
    right, wrong = judged(floats(7, 7, 7, 0.5), dx), judged(floats(7, 7, 7, 0.6), dx)
    assert (right.verdict, right.free_elements, right.free_by_bound) == ("pass", 3, 0)
    assert (wrong.verdict, wrong.bad_elements) == ("numeric", 1)
    # A product that may overflow on its way is no matter of the contract.
    lost = one(lambda x: x * 1e30 / 1e30, floats(1e20, 1e20, 1))
    assert judged(floats(1e20, 1e20, 1), lost).verdict == "undefined"


def test_nothing_may_lie_outside_of_a_functions_range() -> None:
    x = floats(9.0, 20.0, -20.0)
    answer = np.nextafter(np.tanh(x), 2 * np.tanh(x))
    found = judged(answer, one(bounded.tanh, x))
    assert (found.verdict, found.bad_elements) == ("numeric", 2)
    assert found.message.startswith("outside of [-1, 1]")
    assert judged(np.nextafter(np.tanh(x), floats(0)), one(bounded.tanh, x)).verdict == "pass"


ODD = ("expm1", "log1p", "sqrt", "cbrt", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf")


@pytest.mark.parametrize("name", ODD)
def test_a_function_that_is_zero_there_keeps_the_sign_of_a_zero(name: str) -> None:
    reference = one(getattr(bounded, name), floats(0.0, -0.0))
    assert judged(floats(0.0, -0.0), reference).verdict == "pass"
    assert judged(floats(0.0, 0.0), reference).message.startswith("other sign of zero")


@pytest.mark.parametrize(("name", "y"), [("exp", 1), ("cos", 1), ("cosh", 1), ("exp2", 1), ("tanh", 0)])
def test_what_c_names_exact_at_zero_is_exact(name: str, y: float) -> None:
    reference = one(getattr(bounded, name), floats(0))
    assert judged(floats(y), reference).rho == 0
    assert judged(np.nextafter(floats(y), floats(9)), reference).verdict == "numeric"


@pytest.mark.parametrize(
    ("define", "inputs", "expected"),
    [
        (bounded.log, (floats(0, -0.0, -1, np.inf),), floats(-np.inf, -np.inf, np.nan, np.inf)),
        (bounded.rsqrt, (floats(0, -0.0, -1, np.inf),), floats(np.inf, -np.inf, np.nan, 0)),
        (bounded.exp, (floats(np.inf, -np.inf, np.nan, 1e4),), floats(np.inf, 0, np.nan, np.inf)),
        (bounded.power, (floats(0, np.nan, 1, -2, -2), floats(0, 0, np.nan, 3, 0.5)), floats(1, 1, 1, -8, np.nan)),
        (bounded.atan2, (floats(0, -0.0, 0), floats(-1, -1, 1)), floats(np.pi, -np.pi, 0)),
        (bounded.hypot, (floats(np.inf, np.nan), floats(np.nan, np.inf)), floats(np.inf, np.inf)),
        (bounded.fmod, (floats(5, -5, 5, 1), floats(3, 3, np.inf, 0)), floats(2, -2, 5, np.nan)),
        (bounded.remainder, (floats(5, -5, 5), floats(3, 3, -3)), floats(2, 1, -1)),
        (bounded.sigmoid, (floats(np.inf, -np.inf, np.nan, -200),), floats(1, 0, np.nan, 0)),
        (bounded.softplus, (floats(np.inf, -np.inf, np.nan, 200),), floats(np.inf, 0, np.nan, 200)),
        (bounded.logaddexp, (floats(np.inf, -np.inf, 1), floats(np.inf, -np.inf, -np.inf)), floats(np.inf, -np.inf, 1)),
        (bounded.erfinv, (floats(1, -1, 2),), floats(np.inf, -np.inf, np.nan)),
        (bounded.xlogy, (floats(0, 0), floats(0, np.inf)), floats(0, 0)),
        (bounded.lgamma, (floats(0, -3, 1, 2, -np.inf, np.nan),), floats(np.inf, np.inf, 0, 0, np.inf, np.nan)),
        (bounded.digamma, (floats(-3, np.inf, np.nan),), floats(np.nan, np.inf, np.nan)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_special_values(define: Callable[..., Any], inputs: tuple[np.ndarray, ...], expected: np.ndarray) -> None:
    reference = one(define, *inputs)
    assert judged(expected, reference).verdict == "pass"
    wrong = np.where(np.isnan(expected), np.float32(1), expected + np.float32(1))
    wrong = np.where(np.isinf(expected), np.float32(1), wrong)
    assert judged(wrong, reference).bad_elements == len(expected)


def test_a_remainder_that_is_taken_for_zero_hides_that_a_quotient_is_not_whole() -> None:
    # -5.28 and 706.88, whose remainders are subnormal.
    x, y = floats(-2.057115e-37, -8.477649e-36, -5), floats(3.893825e-38, -1.199306e-38, 2)
    reference = one(bounded.floor_quotient, x, y)
    assert judged(floats(-5, 707, -3), reference, flushes=True).verdict == "pass"
    assert judged(floats(-5, 707, -3), reference, flushes=False).bad_elements == 2
    assert judged(floats(-6, 708, -2), reference, flushes=True).bad_elements == 2


def test_a_result_below_the_normal_numbers_is_flushed_only_by_a_target_that_flushes() -> None:
    x = floats(-90, -100)
    reference = one(bounded.exp, x)
    assert judged(np.exp(x), reference, flushes=False).verdict == "pass"
    assert judged(floats(0, 0), reference, flushes=True).verdict == "pass"
    assert judged(floats(0, 0), reference, flushes=False).message.startswith("subnormal flushed")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", NUMPY)
def test_all_numbers_of_16_bits_rounded_once_are_right_and_truncated_are_not(name: str, dtype: str) -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    x = bits.view(dtypes.storage(dtype))
    with np.errstate(all="ignore"):
        single = NUMPY[name](dtypes.widen(x).astype(np.float32))
    reference = one(getattr(bounded, name), x, dtype=dtype)
    computed = {"accumulator": "float32", "flushes": False}
    found = helpers.compare(dtypes.narrow(single, dtype), reference, helpers.NumericModel(**computed), False)
    assert (found.verdict, found.elements, found.free_elements) == ("pass", 2**16, 0)
    if dtype == "bfloat16":
        cut = (np.ascontiguousarray(single).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
        truncated = helpers.compare(cut.view(x.dtype), reference, helpers.NumericModel(**computed), False)
        assert truncated.verdict in ("numeric", "special")
        assert truncated.bad_elements > 100


@pytest.mark.parametrize(("name", "y"), [("erf", [1, -1, 1]), ("erfc", [0, 2, 0])])
def test_far_out_the_error_function_is_constant(name: str, y: list[float]) -> None:
    x = np.array([30.0, -1e9, 1e300])
    reference = one(getattr(bounded, name), x)
    assert judged(np.array(y, np.float64), reference).verdict == "pass"
    assert judged(np.array(y, np.float64) + 1e-13, reference).bad_elements == 3
    (dx,) = bounded.vjps(lambda x: getattr(bounded, name)(x), (x,), (np.ones(3),), ("x",))
    assert judged(np.zeros(3), dx).verdict == "pass"


def test_a_product_that_only_looks_like_a_number_of_float64_may_be_fused() -> None:
    x = np.array([0.9999994395697164])
    assert x.astype(np.longdouble)[0] ** 2 == np.float64(x[0] ** 2)
    reference = one(lambda x: 1 - x * x, x)
    exactly = 1 - Fraction(float(x[0])) ** 2
    assert judged(np.array([float(exactly)]), reference).verdict == "pass"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_next_number_is_that_of_the_format(dtype: str) -> None:
    x = Tensor((2**16,), dtype, Fill("every")).materialize()
    numbers = np.unique(dtypes.widen(x)[~np.isnan(dtypes.widen(x))])
    a, up, down = (dtypes.narrow(v, dtype) for v in (numbers, np.inf * np.ones(1), -np.inf * np.ones(1)))
    after, before = (
        bounded.references(lambda x, y: bounded.nextafter(x, y, dtype), (a, way), dtype)[0].exact for way in (up, down)
    )
    assert (after[:-1] == numbers[1:]).all()
    assert (before[1:] == numbers[:-1]).all()
    assert (after[-1], before[0]) == (np.inf, -np.inf)
