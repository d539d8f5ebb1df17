"""Heat maps of a finding: which slice is shown, what is marked, and what odd arrays become."""

import math

import pytest

from opassay.reports.sections.heatmaps import SIDE_LIMIT, heatmaps, number


def maps(expected, actual, worst=""):
    return {m.title: m for m in heatmaps(expected, actual, worst)}


def test_the_worst_element_is_found_where_it_is_not_told():
    assert maps([[0, 0], [0, 0]], [[0, 1], [0, 7]])["difference"].mark == (1, 1)


def test_an_index_outside_the_array_is_not_believed():
    assert maps([0.0, 0.0], [0.0, 1.0], "y[9]")["difference"].mark == (1, 0)


def test_of_four_axes_the_two_longest_are_shown_through_the_worst_element():
    expected = [[[[0.0] * 2 for _ in range(4)] for _ in range(3)]]
    actual = [[[[0.0] * 2 for _ in range(4)] for _ in range(3)]]
    actual[0][1][2][1] = 5.0
    found = maps(expected, actual, "y[0,1,2,1]")["actual"]
    assert (found.height, found.width, found.mark) == (3, 4, (2, 1))
    assert found.note == "5 there; [0,:,:,1]"


def test_a_large_array_is_shown_around_its_worst_element():
    zeros = [[0.0] * 200 for _ in range(100)]
    wrong = [row[:] for row in zeros]
    wrong[99][150] = 1.0
    found = maps(zeros, wrong)["difference"]
    assert (found.height, found.width) == (SIDE_LIMIT, SIDE_LIMIT)
    assert found.mark == (24, SIDE_LIMIT - 1)
    assert "48 × 48 of 100 × 200 elements are shown" in found.note


@pytest.mark.parametrize(("got", "said"), [("nan", "inf there"), (math.inf, "inf there"), (3.5, "2.5 there")])
def test_what_is_not_finite_is_told(got, said):
    assert said in maps([1.0, 1.0], [1.0, got])["difference"].note


def test_equal_infinities_and_two_nans_do_not_differ():
    assert "0 there" in maps([math.inf, "nan"], [math.inf, math.nan])["difference"].note


@pytest.mark.parametrize(("got", "said"), [(3.5, "2.5 there"), (math.nan, "inf there"), (1.0, "0 there")])
def test_a_single_number_has_a_difference(got, said):
    assert said in maps(1.0, got)["difference"].note


def test_arrays_of_other_shapes_have_no_difference():
    assert list(maps([1.0, 2.0], [[1.0, 2.0]])) == ["expected", "actual"]


@pytest.mark.parametrize(
    "value", [None, "x", True, [[1], [2, 3]], {"shape": [7], "values": [1]}, [], [10**400], [["x"]]]
)
def test_what_is_no_array_is_left_out(value):
    assert heatmaps(value, None, "") == ()


def test_too_much_is_left_out():
    assert heatmaps([0.0] * ((1 << 16) + 1), None, "") == ()


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (-0.5, "-0.5"), (1.234e-7, "1.2e-07"), (math.nan, "nan")])
def test_numbers_are_short(value, text):
    assert number(value) == text
