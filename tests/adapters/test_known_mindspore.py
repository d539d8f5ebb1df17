"""What MindSpore's known differences say of a case. The framework is not needed."""

from __future__ import annotations

import math

import pytest

from opassay.adapters.mindspore import known_predicates as of
from opassay.adapters.mindspore.known import KNOWN
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill


def holding(*values: float, dtype: str = "float32") -> Tensor:
    return Tensor((len(values),), dtype, Fill("literal", values=values))


@pytest.mark.parametrize(("value", "shows"), [(-0.0, True), (0.0, False), (-1.0, False), (1.0, False)])
def test_a_sign_without_size_is_what_signbit_misses(value: float, shows: bool) -> None:
    assert of.signed_without_size(Case("signbit", (holding(1.0, value),))) is shows


def test_of_a_copied_sign_the_second_operand_counts() -> None:
    assert of.signed_without_size(Case("copysign", (holding(1.0), holding(-0.0))))
    assert not of.signed_without_size(Case("copysign", (holding(-0.0), holding(1.0))))


@pytest.mark.parametrize(
    ("x", "there", "shows"),
    [
        (-(2.0**-52), 7.0, True),
        (1e-30, 7.0, True),
        (1e-30, 1.0, False),
        (-1e-30, -0.0, True),
        (-1e-30, 0.0, False),
        (-(2.0**-51), 7.0, False),
        (0.0, 7.0, False),
    ],
)
def test_a_step_is_at_what_is_near_zero_where_its_answer_is_another(x: float, there: float, shows: bool) -> None:
    tensors = (holding(3.0, x, dtype="float64"), holding(there, dtype="float64"))
    assert of.steps_nearby(Case("heaviside", tensors)) is shows


@pytest.mark.parametrize(("value", "shows"), [(1e200, True), (1e-200, True), (0.0, False), (3e38, False)])
def test_a_float64_is_lost_where_float32_has_no_such_number(value: float, shows: bool) -> None:
    given = (holding(1.0, value, dtype="float64"), holding(1.0, 1.0, dtype="float64"))
    assert of.beyond_single(Case("hypot", given)) is shows
    assert not of.beyond_single(Case("hypot", (holding(1e-40), holding(1.0))))


def test_operands_of_one_shape_are_not_broadcast() -> None:
    assert of.broadcast(Case("nextafter", (holding(1.0, 2.0), holding(1.0))))
    assert not of.broadcast(Case("nextafter", (holding(1.0, 2.0), holding(1.0, 2.0))))


@pytest.mark.parametrize(
    ("target", "x", "shows"), [(0.5, float("nan"), True), (0.0, float("nan"), False), (0.5, 1, False)]
)
def test_a_nan_counts_where_the_target_does(target: float, x: float, shows: bool) -> None:
    case = Case("kl_div", (holding(0.5, target), holding(1.0, x)), {"reduction": False})
    assert of.nan_of_a_share(case) is shows


@pytest.mark.parametrize(
    ("end", "step", "shows"), [(-4, -1, True), (-9, -2, True), (-3, -1, False), (-4, 1, False), (2, 1, False)]
)
def test_an_end_before_the_first_element_matters_where_the_step_goes_back(end: int, step: int, shows: bool) -> None:
    attributes = {"begin": (-1,), "end": (end,), "step": (step,)}
    assert of.counted_to_zero(Case("slice", (holding(1.0, 2.0, 3.0),), attributes)) is shows


@pytest.mark.parametrize(("divisor", "shows"), [(0.0, True), (-0.0, True), (2.0, False)])
def test_a_quotient_is_by_zero_where_the_last_operand_holds_one(divisor: float, shows: bool) -> None:
    assert of.divides_by_zero(Case("div", (holding(0.0, 1.0), holding(3.0, divisor)))) is shows


@pytest.mark.parametrize(("factor", "shows"), [(0.0, True), (2.0, False)])
def test_a_gradient_of_products_is_by_zero_where_a_factor_is(factor: float, shows: bool) -> None:
    assert of.divides_by_zero_first(Case("cumprod", (holding(1.0, factor),), {"axis": 0})) is shows


@pytest.mark.parametrize(
    ("update", "there", "shows"), [(1.0, 1.0, True), (0.0, 1.0, False), (1.0, math.nan, False), (1.0, math.inf, False)]
)
def test_an_input_is_seen_to_be_written_where_an_update_changes_it(update: float, there: float, shows: bool) -> None:
    tensors = (holding(0, dtype="int64"), holding(there, 2.0), holding(update))
    assert of.writes(Case("index_add", tensors, {"axis": 0})) is shows


def test_integers_have_no_gradient_that_could_show_what_is_written() -> None:
    x = holding(1, dtype="int32")
    case = Case("index_add", (holding(0, dtype="int64"), x, x), {"axis": 0}, "gradient", cotangents=(None,))
    assert not of.writes(case)


def test_a_function_of_integers_or_of_nothing_is_no_polynomial() -> None:
    assert of.of_floats(Case("exp", (holding(1.0),)))
    assert not of.of_floats(Case("exp", (holding(1, dtype="int32"),)))
    assert not of.of_floats(Case("exp", (Tensor((0,), "float32", Fill("ones")),)))


@pytest.mark.parametrize(("axis", "shows"), [(0, True), (1, False), (-1, False)])
def test_a_softmax_along_the_last_axis_reads_no_foreign_memory(axis: int, shows: bool) -> None:
    x = Tensor((2, 3), "float32", Fill("ones"))
    assert of.along_another(Case("softmax", (x,), {"axis": axis}, "gradient", cotangents=(x,))) is shows


def test_what_depends_on_memory_says_so() -> None:
    unsure = {fact.id for fact in KNOWN if "nondeterministic" in fact.verdicts}
    assert unsure
    assert all(fact.flaky for fact in KNOWN if fact.id in unsure)


@pytest.mark.parametrize(
    ("shape", "values", "axis", "shows"),
    [
        ((2, 2), (-math.inf, -math.inf, 1.0, 1.0), 1, True),
        ((2, 2), (-math.inf, 1.0, -math.inf, 1.0), 1, False),
        ((2, 2), (-math.inf, 1.0, -math.inf, 1.0), 0, False),
        ((2, 0), (), -1, False),
    ],
)
def test_rows_that_are_hidden_lie_along_the_last_axis(shape, values, axis, shows) -> None:
    fill = Fill("literal", values=values) if values else Fill("ones")
    assert of.hidden_rows(Case("softmax", (Tensor(shape, "float32", fill),), {"axis": axis})) is shows


def test_of_the_operand_that_is_compared_a_nan_counts() -> None:
    assert of.compares_nan(Case("heaviside", (holding(1.0, math.nan), holding(0.0, 0.0))))
    assert not of.compares_nan(Case("heaviside", (holding(1.0, 2.0), holding(math.nan, 0.0))))
    assert of.compares_nan(Case("sign", (Tensor((65536,), "float16", Fill("every")),)))


@pytest.mark.parametrize(
    ("value", "dtype", "shows"),
    [
        (1e-40, "float32", True),
        (1e-25, "float32", True),
        (1e-10, "float32", False),
        (1e-40, "float64", False),
        (6e-8, "float16", False),
    ],
)
def test_what_may_underflow_is_subnormal_or_has_a_subnormal_square(value: float, dtype: str, shows: bool) -> None:
    assert of.may_underflow(Case("cumprod", (holding(1.0, 0.0, value, math.inf, dtype=dtype),), {"axis": 0})) is shows


@pytest.mark.parametrize(
    ("axis", "dtype", "shows"), [(0, "float32", True), (1, "float32", False), (0, "float16", False)]
)
def test_a_norm_of_zeros_is_of_a_line_along_its_axis(axis: int, dtype: str, shows: bool) -> None:
    x = Tensor((2, 2), dtype, Fill("literal", values=(0.0, 1.0, 0.0, 2.0)))
    assert of.lines_of_zeros(Case("norm_l1", (x,), {"axis": axis, "keepdims": False})) is shows


@pytest.mark.parametrize(
    ("values", "shows"),
    [
        ((1.0, math.nan, 3.0), True),
        ((-math.inf, -math.inf, 1.0), True),
        ((1.0, math.inf, math.inf), True),
        ((1.0, 2.0, math.nan), False),
        ((-math.inf, 1.0, math.inf, 3.0), False),
    ],
)
def test_a_scan_starts_again_after_a_nan_or_two_infinities(values: tuple[float, ...], shows: bool) -> None:
    assert of.starts_again(Case("logcumsumexp", (holding(*values),), {"axis": 0})) is shows


@pytest.mark.parametrize(
    ("value", "dtype", "shows"),
    [
        (2.0**-23, "float32", True),
        (2.0**-22, "float32", False),
        (-(2.0**-52), "float64", True),
        (2.0**-51, "float64", False),
        (0.0, "float32", False),
        (6e-8, "float16", False),
    ],
)
def test_nonzero_passes_over_what_is_within_epsilon_of_zero(value: float, dtype: str, shows: bool) -> None:
    assert of.nearly_zero(Case("nonzero", (holding(1.0, value, dtype=dtype),))) is shows


def test_only_a_scalar_has_no_axis() -> None:
    assert of.scalar(Case("var", (Tensor((), "float32", Fill("ones")),)))
    assert not of.scalar(Case("var", (holding(1.0),)))


@pytest.mark.parametrize(
    ("value", "dtype", "shows"),
    [(-0.995, "float32", True), (0.995, "float64", True), (0.9, "float64", False), (1.0, "float32", False)],
)
def test_erfinv_is_wrong_near_one(value: float, dtype: str, shows: bool) -> None:
    assert of.near_one(Case("erfinv", (holding(0.0, value, dtype=dtype),))) is shows


@pytest.mark.parametrize(
    ("a", "b", "shows"),
    [((1, 1, 4), (4, 3), True), ((1, 2, 4), (4, 3), False), ((1, 4), (4, 3), False), ((1, 1, 4), (1, 4, 3), False)],
)
def test_a_stack_of_one_row_is_multiplied_by_a_matrix(a: tuple[int, ...], b: tuple[int, ...], shows: bool) -> None:
    assert of.one_row(Case("matmul", tuple(Tensor(s, "float32", Fill("ones")) for s in (a, b)))) is shows
