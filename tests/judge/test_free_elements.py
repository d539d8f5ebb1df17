"""What is not judged is said: free by the contract or by the bound, and ``undefined`` where the bound frees most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import Judgement, compare
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference

CONTIGUOUS = {"kind": "contiguous"}
CONVOLUTION = {"stride": [1, 1], "padding": "SAME", "dilation": [1, 1], "groups": 1, "layout": "NHWC"}
REGISTRY = Registry()


def tensor(key: int, *shape: int) -> dict[str, object]:
    return {"shape": [*shape], "dtype": "bfloat16", "fill": {"kind": "normal", "key": key}, "memory": CONTIGUOUS}


def product(inner: int) -> Case:
    """A bfloat16 product of 8 rows and 8 columns."""
    return Case.from_json({"op": "matmul", "tensors": [tensor(1, 8, inner), tensor(2, inner, 8)], "attributes": {}})


def filter_gradient() -> Case:
    """Sums of 9 * 8 terms for the image, of up to 4 * 32 * 32 for the filter."""
    tensors, cotangents = [tensor(1, 4, 32, 32, 8), tensor(2, 3, 3, 8, 8)], [tensor(3, 4, 32, 32, 8)]
    asked = {"op": "conv2d", "aspect": "gradient", "attributes": CONVOLUTION}
    return Case.from_json({**asked, "tensors": tensors, "cotangents": cotangents})


def honest(reference: Reference) -> np.ndarray:
    return dtypes.narrow(reference.exact, reference.dtype)


def zeros(reference: Reference) -> np.ndarray:
    return dtypes.narrow(np.zeros(reference.exact.shape), reference.dtype)


Kernel = Callable[[Reference], np.ndarray]


def verdict(case: Case, *kernels: Kernel, accumulator: str = "bfloat16") -> Judgement:
    """Of what ``kernels`` answer, one for each output."""
    found = references(REGISTRY.op(case.op), case)
    answer = Returned(tuple(kernel(r) for kernel, r in zip(kernels, found, strict=True)))
    return judge(case, answer, found, [NumericModel(accumulator)] * len(found))


@pytest.mark.parametrize("inner", [128, 256, 1024])
@pytest.mark.parametrize("kernel", [honest, zeros])
def test_a_product_whose_partial_sums_may_lose_all_is_undefined(inner: int, kernel: Kernel) -> None:
    found = verdict(product(inner), kernel)
    assert found.verdict == "undefined"
    assert (found.elements, found.free_elements, found.free_by_bound) == (64, 64, 64)
    assert f"no bound can be stated for 64 of 64 elements: of up to {inner} terms" in found.message.replace(",", "")
    assert "contract" not in found.message


@pytest.mark.parametrize("inner", [128, 256, 1024])
def test_a_product_with_a_known_accumulator_is_judged(inner: int) -> None:
    right, wrong = (verdict(product(inner), kernel, accumulator="float32") for kernel in (honest, zeros))
    assert (right.verdict, right.free_elements, wrong.verdict) == ("pass", 0, "numeric")


def test_a_gradient_of_a_sum_too_long_is_no_pass_beside_a_right_one() -> None:
    for second in (honest, zeros):
        found = verdict(filter_gradient(), honest, second)
        assert (found.verdict, found.elements) == ("undefined", 33_344)
        assert (found.free_elements, found.free_by_bound) == (576, 576)
        assert found.message.startswith("dw: no bound can be stated for 576 of 576 elements")
    assert verdict(filter_gradient(), zeros, honest).verdict == "numeric"


def test_a_gradient_with_a_known_accumulator_is_judged() -> None:
    verdicts = [verdict(filter_gradient(), honest, kernel, accumulator="float32").verdict for kernel in (honest, zeros)]
    assert verdicts == ["pass", "numeric"]


def summed(terms: list[int], free: list[bool] | None = None) -> Reference:
    """Elements of 1 that sum so many terms each, in bfloat16."""
    count, mask = np.asarray(terms), None if free is None else np.asarray(free)
    return Reference("y", "bfloat16", np.ones(len(terms)), "linear", np.ones(len(terms)), count, free=mask)


def one(reference: Reference, *values: float) -> Judgement:
    answer = dtypes.narrow(np.asarray(values), "bfloat16")
    return compare(answer, reference, NumericModel("bfloat16"), exact_fill=False)


def test_free_elements_are_told_apart_by_why() -> None:
    found = one(summed([4, 4, 4, 400], [True, False, False, False]), 9, 1, 1, 9)
    assert (found.verdict, found.free_elements, found.free_by_bound) == ("pass", 2, 1)
    # What the contract leaves open is not the bound's, whatever the bound says of it.
    found = one(summed([4, 400], [False, True]), 1, 9)
    assert (found.verdict, found.free_elements, found.free_by_bound) == ("pass", 1, 0)
    assert "the contract leaves every element free" in one(summed([4], [True]), 9).message


def test_half_of_what_is_asked_may_lack_a_bound_and_no_more() -> None:
    assert one(summed([4, 400]), 1, 9).verdict == "pass"
    assert one(summed([4, 400, 400]), 1, 9, 9).verdict == "undefined"
    assert one(summed([4, 400], [True, False]), 9, 9).verdict == "undefined"


def test_a_wrong_element_counts_however_many_are_free() -> None:
    found = one(summed([4, 400, 400, 400]), 7, 9, 9, 9)
    assert (found.verdict, found.bad_elements, found.free_by_bound) == ("numeric", 1, 3)


def huge(answer: float, exact: float, magnitude: float) -> Judgement:
    """One float16 sum of 4 terms, whose largest number is 65,504."""
    reference = Reference("y", "float16", np.full(1, exact), "linear", np.full(1, magnitude), np.full(1, 4))
    return compare(np.full(1, answer, np.float16), reference, NumericModel("float16"), exact_fill=False)


def test_sums_that_may_overflow_to_either_side_have_no_bound() -> None:
    found = huge(1.0, 1.0, 2e5)
    assert found.verdict == "undefined"
    assert "no bound can be stated for 1 of 1 elements: partial sums in float16 may overflow" in found.message
    assert huge(np.inf, np.inf, 1e5).verdict == "undefined"


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_sums_that_may_overflow_to_one_side_are_right_or_that_infinity(sign: float) -> None:
    # 90,000 of one sign and 60,000 of the other.
    right, infinite = huge(sign * 30_000.0, sign * 30_000.0, 150_000.0), huge(sign * np.inf, sign * 30_000.0, 150_000.0)
    assert (right.verdict, infinite.verdict, right.free_elements, infinite.free_elements) == ("pass", "pass", 0, 0)
    assert huge(-sign * np.inf, sign * 30_000.0, 150_000.0).verdict == "special"
    assert huge(np.nan, sign * 30_000.0, 150_000.0).verdict == "special"
    assert huge(-sign * 30_000.0, sign * 30_000.0, 150_000.0).verdict == "numeric"


def test_an_overflow_that_the_oracle_rounds_away_counts() -> None:
    # 1e60 and -1e39 in float32: beside the one, float64 cannot hold the other, and either infinity may come first.
    reference = Reference("y", "float32", np.full(1, 1e60 - 1e39), "linear", np.full(1, 1e60 + 1e39), np.full(1, 2))
    for answer in (np.inf, -np.inf, np.nan):
        found = compare(np.full(1, answer, np.float32), reference, NumericModel("float32"), exact_fill=False)
        assert found.verdict == "undefined"


def test_a_sum_that_is_not_a_number_stays_one_whatever_overflows() -> None:
    assert huge(np.nan, np.nan, 2e5).verdict == "pass"
    assert huge(1.0, np.nan, 2e5).verdict == "special"


def test_an_infinite_sum_needs_no_bound() -> None:
    endless = Reference("y", "bfloat16", np.full(1, np.inf), "linear", np.ones(1), np.full(1, 400))
    assert [one(endless, answer).verdict for answer in (np.inf, 1.0, -np.inf)] == ["pass", "special", "special"]
