"""Products of powers, in whatever order they are made."""

from __future__ import annotations

import itertools
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.bounded.monomial import monomial

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
judged, one = helpers.judged, helpers.one

Array = np.ndarray


def three(x: Real, y: Real, z: Real) -> Real:
    return monomial((x, 1), (y, 2), (z, -1))


def ordinary(key: int) -> Array:
    return np.random.default_rng(key).standard_normal(400).astype(np.float32)


def wide(key: int) -> Array:
    size = np.exp2(np.random.default_rng(key + 9).uniform(-60, 60, 400))
    return (ordinary(key) * size).astype(np.float32)


def orders(x: Array, y: Array, z: Array) -> list[Array]:
    """The product of x, y, y and 1 / z in float32, each partial product rounded; in every order, z divided or not."""
    found = []
    with np.errstate(all="ignore"):
        for factors in itertools.permutations([x, y, y, 1 / z]):
            found.append(factors[0] * factors[1] * factors[2] * factors[3])
            found.append((factors[0] * factors[1]) * (factors[2] * factors[3]))
        found += [x * y * y / z, x / z * y * y, x * (y / z) * y, (x * y) * (y / z)]
    return found


@pytest.mark.parametrize("values", [ordinary, wide], ids=["ordinary", "wide"])
def test_every_order_is_right(values: object) -> None:
    inputs = [values(key) for key in range(3)]  # type: ignore[operator]
    reference = one(three, *inputs)
    for answer in orders(*inputs):
        found = judged(answer, reference, flushes=False)
        assert found.verdict == "pass", found.message
        assert found.free_elements is not None
        assert found.free_elements < 200


@pytest.mark.parametrize("values", [ordinary, wide], ids=["ordinary", "wide"])
def test_partial_products_may_be_flushed_by_a_target_that_flushes(values: object) -> None:
    x, y, z = (values(key) for key in range(3))  # type: ignore[operator]
    tiny = np.finfo(np.float32).smallest_normal
    answer = np.ones(400, np.float32)
    with np.errstate(all="ignore"):
        for factor in (x, y, y, 1 / z):
            answer = answer * factor
            answer = np.where(np.abs(answer) < tiny, np.float32(0), answer)
    assert judged(answer, one(three, x, y, z), flushes=True).verdict == "pass"


def test_what_is_off_by_more_than_all_roundings_is_found() -> None:
    inputs = [ordinary(key) for key in range(3)]
    reference, right = one(three, *inputs), orders(*inputs)[0]
    assert judged(right * np.float32(1 + 2.0**-19), reference).bad_elements == 400
    assert judged(right * np.float32(1 - 2.0**-19), reference).bad_elements == 400


def test_zeros_and_infinities_are_exact_where_operands_are_known() -> None:
    x = np.array([0, np.inf, 2, 0, np.nan], np.float32)
    z = np.array([3, 3, 0, 0, 1], np.float32)
    expected = np.array([0, np.inf, np.inf, np.nan, np.nan], np.float32)
    reference = one(lambda x, z: monomial((x, 1), (z, -1)), x, z)
    assert judged(expected, reference).verdict == "pass"
    assert judged(np.ones(5, np.float32), reference).bad_elements == 5


def test_nothing_is_asked_of_zero_times_what_may_overflow() -> None:
    x, z = np.array([0, 0], np.float32), np.array([1e-40, 1e-30], np.float32)
    reference = one(lambda x, z: monomial((x, 1), (z, -1)), x, z)
    found = judged(np.array([np.nan, 0], np.float32), reference, flushes=False)
    assert (found.verdict, found.free_elements) == ("pass", 1)


def test_nothing_is_asked_where_a_product_of_divisors_may_underflow() -> None:
    x, z = np.array([1e-31, 1e-31], np.float32), np.array([9e-20, 9e-10], np.float32)
    right = np.float32(1e-31 / z.astype(float) ** 2)
    assert judged(right, one(lambda x, z: monomial((x, 1), (z, -2)), x, z)).free_elements == 1
    assert judged(right, one(lambda x, z: monomial((x, 1), (z, -1)), x, z)).free_elements == 0


def test_nothing_is_asked_of_infinity_times_what_may_underflow() -> None:
    x, z = np.array([np.inf, np.inf], np.float32), np.array([1e30, 1e10], np.float32)
    reference = one(lambda x, z: monomial((x, 1), (z, -2)), x, z)
    found = judged(np.array([np.nan, np.inf], np.float32), reference)
    assert (found.verdict, found.free_elements) == ("pass", 1)


def test_its_gradient_is_that_of_the_product() -> None:
    x, y, z = (ordinary(key) for key in range(3))
    g = ordinary(7)
    found = bounded.vjps(three, (x, y, z), (g,), ("x", "y", "z"))
    right = (g * y * y / z, 2 * g * x * y / z, -g * x * y * y / z / z)
    for answer, reference in zip(right, found, strict=True):
        assert judged(answer, reference).verdict == "pass"
        assert judged(answer * np.float32(1 + 2.0**-17), reference).bad_elements == 400


def halves(*values: float) -> Array:
    return np.array(values, np.float16)


@pytest.mark.parametrize(
    ("function", "x", "ways"),
    [
        ("rsqrt", 0.34375, lambda g, y: (g * halves(-0.5) * (y * y * y), g * (halves(-0.5) * (y * y * y)))),
        ("sigmoid", 1.00390625, lambda g, y: (g * (1 - y) * y, g * y * (1 - y), g * (y * (1 - y)))),
    ],
)
def test_a_gradient_may_underflow_on_the_way_in_any_order(function: str, x: float, ways: Callable[..., Any]) -> None:
    """As torch does, which multiplies a subnormal cotangent of float16 first."""
    inputs, g = np.full(40, x, np.float16), (np.arange(1, 41) * 2.0**-24).astype(np.float16)
    forward = getattr(bounded, function)
    (told,) = bounded.vjps(forward, [inputs], [g], ["dx"], ["dx"])
    y = one(forward, inputs).exact.astype(np.float16)
    found = ways(g, y)
    assert len({answer.tobytes() for answer in found}) > 1
    for answer in found:
        assert judged(answer, told, flushes=False).verdict == "pass"
    assert judged(found[0] + halves(40 * 2.0**-24), told, flushes=False).verdict in ("numeric", "special")


def test_infinity_times_what_is_taken_for_zero_is_open() -> None:
    (told,) = bounded.vjps(bounded.rsqrt, [halves(0)], [halves(2.0**-24)], ["dx"], ["dx"])
    assert judged(halves(np.nan), told, flushes=False).verdict in ("pass", "undefined")
