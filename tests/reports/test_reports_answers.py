"""The matrices of invalid input, special values and shapes, and the spread of errors."""

import math

import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.sections.accuracy import EDGES, bars, nearest, rho_table
from opassay.reports.sections.answers import legible, matrices, rule_of
from opassay.reports.sections.parts import Parts
from opassay.reports.sections.summarise import summarise


def answered(made, records):
    names = ("torch", "jax")
    run = made.run([made.shard(target=t) for t in names], targets={t: made.target(t) for t in names})
    return matrices(frame_of(records), run), run


def broken(made, target="torch", **changes):
    plain = {"aspect": "error", "attrs": '{"rule": "StrideZero"}', "error_type": "ValueError", "target": target}
    return made.record(**{**plain, **changes})


def test_invalid_input_is_told_by_rule_and_target(made):
    records = [broken(made, number=k) for k in range(2)]
    records += [broken(made, "jax", verdict="accepts", case_id="beef"), broken(made, "jax", verdict="crash", number=1)]
    (row,), _ = answered(made, records)[0].invalid, None
    assert (row.op, row.asked, row.parts) == ("conv2d", "StrideZero", True)
    assert row.answers["torch"].words == {"raises ValueError": 2}
    assert row.answers["jax"].words == {"accepts": 1, "crash": 1}
    assert (row.answers["torch"].state, row.answers["jax"].state) == ("pass", "new")
    assert row.answers["jax"].case == "beef"


def test_a_target_that_returns_by_its_choice_says_so(made):
    (row,) = answered(made, [broken(made, error_type="", choice="negative_padding=crop")])[0].invalid
    assert row.answers["torch"].words == {"returns, as declared": 1}


def test_targets_that_all_fail_do_not_part_ways(made):
    found, _ = answered(made, [broken(made, verdict="accepts"), broken(made, "jax", verdict="accepts", known="k")])
    assert not found.invalid[0].parts
    assert found.invalid[0].answers["jax"].state == "known"


def test_special_values_are_told_by_what_became_of_them(made):
    message = "NaN dropped: y[0] expected nan, got 1"
    records = [made.record(fill="special;ints"), made.record(fill="special;ints", verdict="special", message=message)]
    records += [made.record(fill="ints;ints"), made.record(fill="special", verdict="undefined", number=3)]
    (row,) = answered(made, records)[0].special
    assert row.answers["torch"].words == {"pass": 1, "NaN dropped": 1, "undefined": 1}
    assert (row.answers["torch"].judged, row.answers["torch"].silent) == (2, 1)


def test_shapes_have_their_own_matrix(made):
    (row,) = answered(made, [made.record(aspect="shape"), made.record()])[0].shape
    assert row.answers["torch"].passed == 1


def test_nothing_judged_is_no_pass(made):
    (row,) = answered(made, [broken(made, verdict="unsupported")])[0].invalid
    assert row.answers["torch"].state == "unjudged"


def test_sorts_of_answer_are_bounded(made):
    records = [broken(made, error_type=f"Error{k}", number=k) for k in range(30)]
    words = answered(made, records)[0].invalid[0].answers["torch"].words
    assert len(words) == 7
    assert words["other"] == 24


@pytest.mark.parametrize("attrs", ["", "{", "[]", "{}"])
def test_a_rule_that_is_not_told_is_a_question_mark(attrs):
    assert rule_of(attrs) == "?"


def test_the_page_has_the_matrices(made):
    records = [broken(made), broken(made, "jax", verdict="accepts"), made.record(fill="special")]
    found, run = answered(made, records)
    text = report_html(summarise(frame_of(records), run), Parts(answers=found))
    assert '<h2 id="invalid">' in text
    assert '<span class="parts"' in text
    assert "<small>raises ValueError</small>" in text
    assert legible([("raises ValueError", 2), ("accepts", 1)]) == "raises ValueError 2, accepts"
    assert '<h2 id="special">' in text
    assert '<h2 id="shape-inference">' not in text


def test_errors_are_counted_between_edges(made):
    rhos = [0.0, 1e-9, 0.5, 1.0, 1.5, 1e9, math.inf, math.nan]
    verdicts = ["pass" if r <= 1 else "numeric" for r in rhos]
    records = [made.record(rho=r, verdict=v, number=k) for k, (r, v) in enumerate(zip(rhos, verdicts, strict=True))]
    (found,) = rho_table(frame_of(records), made.run([made.shard()]))
    by_edge = dict(zip([*EDGES, "nan"], found.bins, strict=True))
    assert {edge: n for edge, n in by_edge.items() if n} == {0.0: 1, 1e-3: 1, 1.0: 2, 10.0: 1, math.inf: 2, "nan": 1}


def test_bars_of_passes_and_of_differences_are_apart():
    inside, outside = bars([4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    assert inside.count("z") == 1
    assert outside.startswith("M64 ")
    assert bars([4] + [0] * 10)[1] == ""


def test_the_nearest_to_the_bound_come_first(made):
    records = [made.record(op=op, rho=rho, case_id=op) for op, rho in (("a", 0.2), ("b", 0.9), ("c", 0.0))]
    found = nearest(rho_table(frame_of(records), made.run([made.shard()])), 5)
    assert [(r.op, r.passing_case) for r in found] == [("b", "b"), ("a", "a")]
