"""Counts: every record in exactly one, nothing unanswered in a numerator."""

import math

import pytest

from opassay.harness.model.messages import normalised
from opassay.harness.model.verdicts import FAILING, UNANSWERED, VERDICTS
from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.sections.differences import elements
from opassay.reports.sections.matrix import KINDS, kind_of, worse
from opassay.reports.sections.summarise import summarise


def cell_of(made, records, **shard):
    summary = summarise(frame_of(records), made.run([made.shard(planned=len(records), **shard)]))
    return summary.cell("conv2d", "value", "torch")


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("known", ["", "torch-empty"])
def test_a_record_counts_in_exactly_one_place(made, verdict, known):
    cell = cell_of(made, [made.record(verdict=verdict, known=known)])
    counts = {kind: getattr(cell, kind) for kind in KINDS}
    assert sum(counts.values()) == cell.recorded == 1
    expected = "passed" if verdict == "pass" else verdict
    if verdict in FAILING:
        expected = "known" if known else "new"
    assert counts[expected] == 1


@pytest.mark.parametrize("verdict", [*UNANSWERED, "fault"])
def test_what_was_not_answered_is_in_no_numerator(made, verdict):
    cell = cell_of(made, [made.record(verdict=verdict), made.record()])
    assert (cell.judged, cell.passed, cell.total, cell.ran) == (1, 1, 2, "ran 1 of 2")


def test_an_unknown_verdict_is_refused(made):
    with pytest.raises(ValueError, match="unknown verdict 'great'"):
        cell_of(made, [made.record(verdict="great")])


def test_the_counts_of_a_realistic_run_add_up(realistic):
    records, run = realistic
    summary = summarise(frame_of(records), run)
    assert sum(cell.recorded for cell in summary.cells) == summary.total.recorded == len(records)
    for kind in KINDS:
        assert (
            getattr(summary.total, kind)
            == sum(kind_of(r.verdict, r.known, r.version_untested) == kind for r in records)
            > 0
        )
    assert summary.total.missing == sum(s["planned"] for s in run["shards"]) - len(records) == 864


@pytest.mark.parametrize(
    ("verdicts", "planned", "state"),
    [
        (["pass", "pass"], 2, "pass"),
        (["pass", "numeric"], 2, "new"),
        (["numeric", "fault"], 2, "new"),
        (["pass", "fault"], 2, "fault"),
        (["pass"], 2, "incomplete"),
        (["pass", "unsupported"], 2, "pass"),
        (["unsupported", "unsupported"], 2, "unjudged"),
        (["undefined"], 1, "unjudged"),
        (["fallback"], 1, "unjudged"),
        ([], 2, "incomplete"),
        ([], 0, "empty"),
    ],
)
def test_the_state_of_a_cell(made, verdicts, planned, state):
    records = [made.record(verdict=v, number=k) for k, v in enumerate(verdicts)]
    summary = summarise(frame_of(records), made.run([made.shard(planned=planned)]))
    assert [cell.state for cell in summary.cells] == [state]


def test_only_known_differences_are_a_state_of_their_own(made):
    assert cell_of(made, [made.record(), made.record(verdict="rejects", known="torch-empty")]).state == "known"


def test_an_op_that_the_adapter_lacks_is_absent(made):
    summary = summarise(frame_of([]), made.run([made.shard(planned=0, absent=True)]))
    assert summary.cells[0].state == "absent"


def test_slices_of_one_stream_are_added_up(made):
    shards = [made.shard(planned=3), made.shard(planned=4)]
    summary = summarise(frame_of([made.record(number=k) for k in range(7)]), made.run(shards))
    assert (summary.total.planned, summary.total.missing, len(summary.cells)) == (7, 0, 1)


def test_a_surplus_in_one_cell_does_not_hide_what_is_missing_in_another(made):
    shards = [made.shard(planned=1), made.shard("matmul", planned=1)]
    summary = summarise(frame_of([made.record(number=k) for k in range(2)]), made.run(shards))
    assert (summary.total.missing, summary.state) == (1, "incomplete")
    assert "1 record more than planned: was something run twice?" in summary.warnings


def test_the_worst_rho_is_over_judged_records_and_names_its_case(made):
    records = [
        made.record(case_id="a", number=0, rho=0.2),
        made.record(case_id="b", number=1, rho=0.7),
        made.record(case_id="c", number=2, rho=9.0, verdict="undefined"),
    ]
    cell = cell_of(made, records)
    assert (cell.worst_rho, cell.worst_case) == (0.7, "b")


def test_nan_is_further_out_than_infinity():
    assert worse(math.nan, math.inf)
    assert not worse(math.inf, math.nan)
    assert worse(math.inf, 1e300)
    assert worse(0.0, None)


def test_differences_that_say_the_same_are_one_with_its_smallest_case(made):
    records = [
        made.record(
            verdict="numeric", case_id="big", shapes="9x9", message="3 of 81 differ at 2, 3", number=0, rho=3.0
        ),
        made.record(
            verdict="numeric", case_id="small", shapes="2x2", message="1 of 4 differ at 0, 1, 1", number=1, rho=2.0
        ),
        made.record(verdict="numeric", case_id="other", shapes="1", message="something else", number=2),
        made.record(verdict="shape", case_id="shape", shapes="1", message="1 of 4 differ at 0, 1", number=3),
        made.record(verdict="numeric", case_id="known", known="k", shapes="1", message="1 of 4 differ at 0", number=4),
    ]
    found = summarise(frame_of(records), made.run([made.shard(planned=5)])).differences
    described = [(d.kind, d.verdict, d.count, d.case_id) for d in found]
    assert described == [
        ("new", "numeric", 2, "small"),
        ("new", "numeric", 1, "other"),
        ("new", "shape", 1, "shape"),
        ("known", "numeric", 1, "known"),
    ]
    assert found[0].worst_rho == 3.0
    assert found[0].headline == "1 of 4 differ at 0, 1, 1"
    assert found[0].case_ids == ["big", "small"]


def test_every_difference_is_in_the_list(realistic):
    records, run = realistic
    summary = summarise(frame_of(records), run)
    for kind in ("new", "known", "fault"):
        assert sum(d.count for d in summary.of_kind(kind)) == getattr(summary.total, kind) > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("got (1, 2, 3)", "got (4, 5)"),
        ("at 0x7ffe12", "at 0xdeadbeef"),
        ("error 1.5e-07 of 3", "error -2 of 44"),
        ("first\nsecond 1", "first\nother"),
        ("\n  a   b", "a b"),
    ],
)
def test_messages_that_differ_in_numbers_only_are_alike(one, other):
    assert normalised(one) == normalised(other)


def test_messages_that_say_something_else_are_not_alike():
    assert normalised("expected 3 got 4") != normalised("expected 3 wanted 4")


def test_elements_are_added_over_tensors():
    assert elements("1x4x4x1;2x2x1x1") == 20
    assert elements("0x4;3") == 3
    assert elements("(2, 3);()") == 7


def test_shares_have_the_right_denominators(made):
    verdicts = ["pass"] * 5 + ["numeric"] + ["unsupported"] * 3 + ["undefined"] * 2 + ["fault"]
    records = [made.record(verdict=v, number=k) for k, v in enumerate(verdicts)]
    summary = summarise(frame_of(records), made.run([made.shard(planned=12)]))
    assert [(s.op, s.target, s.count, s.of) for s in summary.unsupported] == [("conv2d", "torch", 3, 12)]
    assert [(s.op, s.count, s.of) for s in summary.undefined] == [("conv2d", 2, 8)]


def test_rho_is_told_per_dtype_apart_for_passes_and_failures(made):
    records = [
        made.record(dtype="float32;float32", rho=0.5, case_id="a", number=0),
        made.record(dtype="float32;float32", rho=0.25, case_id="b", number=1),
        made.record(dtype="float32;float32", rho=math.inf, verdict="numeric", case_id="c", number=2),
        made.record(dtype="float16;int64", rho=0.75, case_id="d", number=3),
        made.record(dtype="float16;int64", rho=None, verdict="unsupported", number=4),
    ]
    rhos = summarise(frame_of(records), made.run([made.shard(planned=5)])).rhos
    assert [(r.dtype, r.judged, r.passing, r.passing_case, r.failing, r.failing_case) for r in rhos] == [
        ("float16+int64", 1, 0.75, "d", None, ""),
        ("float32", 3, 0.5, "a", math.inf, "c"),
    ]


@pytest.mark.parametrize(
    ("verdicts", "planned", "state", "verdict"),
    [
        (["pass"], 1, "clean", "No new difference"),
        (["pass", "numeric", "numeric"], 3, "new", "1 new difference in 2 records"),
        (["fault"], 1, "fault", "1 fault of opassay or an adapter, no new difference"),
        (["unsupported"], 1, "nothing", "Nothing was judged, so nothing is known"),
        ([], 5, "nothing", "Nothing was judged, so nothing is known"),
        ([], 0, "nothing", "Nothing was judged, so nothing is known"),
        (["pass"], 2, "incomplete", "No new difference so far, but less ran than was planned"),
    ],
)
def test_the_headline(made, verdicts, planned, state, verdict):
    records = [made.record(verdict=v, number=k) for k, v in enumerate(verdicts)]
    summary = summarise(frame_of(records), made.run([made.shard(planned=planned)]))
    assert (summary.state, summary.verdict) == (state, verdict)


def test_an_interrupted_run_is_not_clean(made):
    summary = summarise(frame_of([made.record()]), made.run([made.shard()], status="interrupted"))
    assert summary.state == "incomplete"
    assert summary.warnings == ["The run was interrupted."]


def test_a_target_that_could_not_start_is_not_clean_even_where_nothing_was_planned_for_it(made):
    targets = {"torch": made.target(), "jax:jit": made.target("jax", state="could not start: no jax")}
    summary = summarise(frame_of([made.record()]), made.run([made.shard()], targets=targets))
    assert summary.state == "incomplete"
    assert summary.warnings == ["jax:jit could not start: no jax"]


def test_the_second_line_accounts_for_every_planned_record(made):
    verdicts = ["pass"] * 4 + ["numeric", "unsupported", "undefined", "fallback", "fault"]
    records = [made.record(verdict=v, number=k) for k, v in enumerate(verdicts)]
    records.append(made.record(verdict="rejects", known="torch-empty", number=20))
    summary = summarise(frame_of(records), made.run([made.shard(planned=12)]))
    assert summary.ran == (
        "ran 6 of 12 planned: 4 passed, 1 new, 1 known; "
        "not judged: 1 unsupported, 1 undefined, 1 fallback, 1 fault, 2 missing"
    )


def test_known_differences_that_are_stale_or_too_broad_are_warned_of(made):
    known = [made.known(id="a", pin="passes"), made.known(id="b", passed=2), made.known(id="c")]
    known.append(made.known(id="d", passed=2, flaky="what lies in memory"))
    summary = summarise(frame_of([made.record()]), made.run([made.shard()], known=known))
    assert summary.warnings == [
        "Known difference a is out of date: its pinned case no longer shows it.",
        "Known difference b is too broad: 2 covered cases passed.",
    ]


def test_a_run_without_shards_is_refused(made):
    with pytest.raises(ValueError, match="shards is missing"):
        summarise(frame_of([]), {"opassay": "0.1.0"})


def test_many_that_are_too_broad_are_one_line_with_both_counts(made):
    known = [made.known(id=f"k{number}", passed=number) for number in range(1, 6)]
    summary = summarise(frame_of([made.record()]), made.run([made.shard()], known=known))
    assert summary.warnings == [
        "5 known differences are too broad: 15 covered cases passed; the list of known differences says which."
    ]


def test_lines_of_a_baseline_that_are_out_of_date_are_one_line_that_says_what_drops_them(made):
    known = [made.known(id=f"baseline:{number}", pin="passes", baseline=True) for number in range(5)]
    known.append(made.known(id="a", pin="passes"))
    summary = summarise(frame_of([made.record()]), made.run([made.shard()], known=known))
    assert summary.warnings == [
        "Known difference a is out of date: its pinned case no longer shows it.",
        "out of date: 5 lines of a baseline (baseline:0, baseline:1, baseline:2, …), of which the pinned case "
        "shows nothing, or what another entry covers: opassay known update drops them.",
    ]


def test_while_a_run_goes_on_nothing_is_missing_but_to_come(made):
    run = made.run([made.shard(planned=5)], status="running")
    summary = summarise(frame_of([made.record(number=k) for k in range(2)]), run)
    assert summary.verdict == "No new difference so far; still running: 2 of 5"
    assert summary.ran == "ran 2 of 5 planned: 2 passed; not judged: 3 to come"
    page = report_html(summary)
    assert "3 to come" in page
    assert "3 missing" not in page
