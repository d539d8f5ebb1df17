"""opassay diff: the five sorts of change, told in three formats."""

import json

import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.render import diff_text
from opassay.reports.render.diff_text import html_diff, markdown_diff, text_diff
from opassay.reports.sections.diff import SORTS, compare

FAIL = {"verdict": "numeric", "message": "3 of 64 elements differ"}


@pytest.fixture
def changed(made):
    def between(old, new):
        runs = [made.run([made.shard()], targets={"torch": made.target(version=v)}) for v in ("2.12", "2.13")]
        return compare(
            frame_of([made.record(**r) for r in old]), runs[0], frame_of([made.record(**r) for r in new]), runs[1]
        )

    return between


def sorts(diff):
    return {sort: count for sort, count in diff.records.items() if count}


@pytest.mark.parametrize(
    ("old", "new", "sort"),
    [
        ({}, FAIL, "new"),
        ({"verdict": "unsupported"}, FAIL, "new"),
        (FAIL, {}, "fixed"),
        (FAIL, {"verdict": "rejects", "message": "no"}, "changed"),
        (FAIL, {**FAIL, "message": "another thing"}, "changed"),
        (FAIL, {**FAIL, "known": "k"}, "changed"),
        ({}, {**FAIL, "known": "k"}, "changed"),
        ({**FAIL, "known": "k"}, FAIL, "new"),
        (FAIL, FAIL, "still there"),
        (FAIL, {**FAIL, "message": "9 of 65 elements differ"}, "still there"),
        ({}, {"verdict": "unsupported"}, "no longer tested"),
        (FAIL, {"verdict": "fault"}, "fault"),
        ({}, {"verdict": "fault"}, "fault"),
    ],
)
def test_a_case_that_both_asked_is_of_one_sort(changed, old, new, sort):
    diff = changed([old, {"number": 1, "case_id": "other"}], [new, {"number": 1, "case_id": "other"}])
    assert sorts(diff) == {sort: 1}
    assert diff.status == {"new": 1, "fault": 3}.get(sort, 0)
    assert [c.sort for c in diff.changes] == [sort]


def test_what_passes_in_both_is_no_change(changed):
    diff = changed([{}], [{}])
    assert (diff.changes, diff.both, diff.status) == ([], 1, 0)


def test_cases_of_one_run_only_are_told_by_what_they_say(changed):
    common = {"case_id": "both"}
    diff = changed([common, {**FAIL, "case_id": "a"}], [common, {**FAIL, "case_id": "b"}])
    assert sorts(diff) == {"still there": 1}
    diff = changed([common], [common, {**FAIL, "case_id": "b"}])
    assert sorts(diff) == {"new": 1}
    diff = changed([common, {**FAIL, "case_id": "a"}], [common])
    assert sorts(diff) == {"no longer tested": 1}


def test_a_known_difference_in_a_case_that_was_not_asked_before_is_no_change(changed):
    diff = changed([{"case_id": "both"}], [{"case_id": "both"}, {**FAIL, "case_id": "b", "known": "k"}])
    assert (sorts(diff), diff.both, diff.after_only) == ({}, 1, 1)


def test_nothing_in_common_is_never_good_news(changed):
    diff = changed([{"case_id": "a"}], [{"case_id": "b"}])
    assert (diff.both, diff.status, sorts(diff)) == (0, 1, {"no longer tested": 1})
    assert text_diff(diff).startswith("No case was judged in both runs")


def test_a_target_or_an_op_that_is_gone_is_no_longer_tested(changed):
    records = [{}, {"target": "jax"}, {"op": "relu"}]
    assert sorts(changed(records, [{}])) == {"no longer tested": 2}
    assert sorts(changed([{}], records)) == {}


def test_targets_are_not_confused(changed):
    diff = changed([{}, {**FAIL, "target": "jax"}], [FAIL, {"target": "jax"}])
    assert [(c.sort, c.target) for c in diff.changes] == [("new", "torch"), ("fixed", "jax")]


def test_records_that_changed_alike_are_one_line_with_their_first_cases(changed):
    ids = [{"case_id": f"{k:02d}", "number": k} for k in range(9)]
    (change,) = changed(ids, [{**FAIL, **i} for i in ids]).changes
    assert (change.count, change.cases, change.old, change.new) == (9, ["00", "01", "02"], "pass", "numeric")


def test_a_case_that_was_asked_twice_counts_as_failing_when_one_answer_fails(changed):
    assert sorts(changed([{}], [{"number": 0}, {**FAIL, "number": 1}])) == {"new": 1}


def test_what_goes_on_in_other_cases_is_not_fixed(changed):
    """Told as fixed and as still there, one difference contradicted itself."""
    asked = [{**FAIL, "case_id": "a"}, {**FAIL, "case_id": "b", "number": 1}]
    diff = changed(asked, [{"case_id": "a"}, {**FAIL, "case_id": "b", "number": 1}])
    assert sorts(diff) == {"partly fixed": 1, "still there": 1}
    assert "partly fixed: failed before and passes now, but other cases still fail in the same way" in text_diff(diff)
    assert sorts(changed(asked, [{"case_id": "a"}, {"case_id": "b", "number": 1}])) == {"fixed": 2}


def test_faults_of_both_runs_are_counted_and_only_a_new_one_is_red(changed):
    fault = {"verdict": "fault", "message": "tuple index out of range", "case_id": "f", "number": 1}
    diff = changed([{}, fault], [{}, fault])
    assert (diff.faults, diff.status, sorts(diff)) == ((1, 1), 0, {})
    assert "; faults: 1 before, 1 now" in text_diff(diff)
    diff = changed([{}], [{}, fault])
    assert (diff.faults, diff.status, sorts(diff)) == ((0, 1), 3, {"fault": 1})
    assert "tuple index out of range" in text_diff(diff)


def test_the_gravest_change_of_each_sort_comes_first(changed):
    ids = [{"case_id": v, "number": n} for n, v in enumerate(("accepts", "crash", "numeric"))]
    diff = changed(ids, [{**i, "verdict": i["case_id"]} for i in ids])
    assert [c.new for c in diff.changes] == ["numeric", "crash", "accepts"]


def test_what_is_not_the_same_in_the_two_runs_is_said(made):
    one = made.run([made.shard()], command="opassay run --seed 1 --repeat --out a", seed=1)
    two = made.run(
        [made.shard()],
        command="opassay run --memory=4G --out 'b c' --resume",
        cases=50,
        targets={"torch": made.target(settings={"threads": "2"}), "jax": made.target("jax")},
    )
    diff = compare(frame_of([made.record()]), one, frame_of([made.record()]), two)
    (line,) = [line for line in text_diff(diff).splitlines() if line.startswith("Not the same: ")]
    assert line == (
        "Not the same: seed 1 → 0; cases 100 → 50; options --repeat → --memory 4G; torch threads 1 → 2; "
        "target jax none → run"
    )
    assert line.split(": ", 1)[1] in html_diff(diff)
    assert "Not the same: seed 1 → 0" in markdown_diff(diff)
    assert "Not the same" not in text_diff(compare(frame_of([made.record()]), one, frame_of([made.record()]), one))


@pytest.fixture
def two_targets(made):
    records = [
        made.record(case_id="a"),
        made.record(case_id="a", target="torch-nightly", **FAIL),
        made.record(case_id="b", number=1, **FAIL),
        made.record(case_id="b", number=1, target="torch-nightly"),
        made.record(case_id="c", number=2, **FAIL),
        made.record(case_id="c", number=2, target="torch-nightly", verdict="rejects", message="no"),
        made.record(case_id="d", number=3, target="jax", **FAIL),
    ]
    targets = {"torch": made.target(), "torch-nightly": made.target(version="2.14"), "jax": made.target("jax")}
    return records, made.run([made.shard()], targets=targets)


def test_two_targets_of_one_run_are_compared(two_targets):
    records, run = two_targets
    table = frame_of(records)
    diff = compare(table, run, table, run, ("torch", "torch-nightly"))
    # The message of case b is that of case a, which fails on torch-nightly.
    assert {c.sort: c.cases for c in diff.changes} == {"new": ["a"], "partly fixed": ["b"], "changed": ["c"]}
    text = text_diff(diff, "out")
    assert text.startswith("1 difference only on torch-nightly in 1 record\n")
    assert "Not the same: version 2.13.0 → 2.14" in text
    assert "only on torch-nightly: fails on torch-nightly, does not fail on torch, and no known" in text
    assert "opassay replay a --target torch-nightly --out out" in text
    assert "jax" not in text
    assert '<h2 id="new">Only on torch-nightly</h2>' in html_diff(diff)


def test_the_command_compares_two_targets_of_a_run(two_targets, tmp_path, made, capsys):
    from opassay.harness.doors.reporting import diff_command
    from opassay.harness.find.registry import UsageError

    made.write_folder(tmp_path, *two_targets)
    assert diff_command(tmp_path, None, "", None, ("torch", "torch-nightly")) == 1
    assert capsys.readouterr().out.startswith("1 difference only on torch-nightly")
    with pytest.raises(UsageError, match="unknown target 'torch-nigtly'; did you mean 'torch-nightly'"):
        diff_command(tmp_path, None, "", None, ("torch", "torch-nigtly"))
    with pytest.raises(UsageError, match="--targets A B"):
        diff_command(tmp_path, None, "", None)


def test_text_says_what_to_do(changed):
    text = text_diff(changed([{}], [FAIL]), "the new")
    assert text.splitlines()[:3] == [
        "1 new difference in 1 record",
        "Records: 1 new, 0 fault, 0 fixed, 0 partly fixed, 0 changed, 0 still there, 0 no longer tested; "
        "1 judged in both runs, 0 only in the later one",
        "torch 2.12 → 2.13",
    ]
    assert "conv2d value on torch, 1 record: pass → numeric" in text
    assert "      opassay replay 0123456789abcdef --target torch --out 'the new'" in text


def test_markdown_keeps_a_message_from_being_markup(changed):
    text = markdown_diff(changed([{}], [{**FAIL, "op": "a_b", "message": "`x` <b> | @you"}]))
    assert "**a\\_b** value" in text
    assert "`` `x` <b> | @you ``" in text


def test_long_lists_say_how_many_are_left_out(changed, monkeypatch):
    monkeypatch.setattr(diff_text, "LIST_LIMIT", 1)
    ids = [{"case_id": str(k), "number": k, "op": f"op{k}"} for k in range(3)]
    diff = changed(ids, [{**FAIL, **i} for i in ids])
    assert "and 2 more, all of them with --format html" in text_diff(diff)
    assert html_diff(diff).count("<tr data-op") == 3


def test_of_what_did_not_change_the_text_lists_three(changed):
    ids = [{"case_id": str(k), "number": k, "op": f"op{k}"} for k in range(5)]
    diff = changed([{**FAIL, **i} for i in ids], [{**FAIL, **i} for i in ids])
    for text in (text_diff(diff), markdown_diff(diff)):
        assert [f"op{k}" in text.replace("**", "") for k in range(5)] == [True] * 3 + [False] * 2
        assert "and 2 more, all of them with --format html" in text


def test_every_sort_has_its_section_in_the_page_and_text_stays_text(changed, made):
    page = html_diff(changed([{}], [{**FAIL, "message": made.HOSTILE, "op": made.HOSTILE}]))
    assert all(f'<h2 id="{sort.replace(" ", "-")}">' in page for sort in SORTS)
    assert page.count("<script>") == 1
    assert "<img" not in page


def test_the_page_works_in_a_browser(changed, chromium, tmp_path):
    ids = [{"case_id": str(k), "number": k, "op": f"op{k}"} for k in range(3)]
    page = tmp_path / "diff.html"
    page.write_text(html_diff(changed(ids, [{**FAIL, **i} for i in ids])), encoding="utf-8")
    chromium.open(page, "#op=op1")
    assert chromium.requests() == [page.as_uri()]
    assert chromium.console() == []
    assert chromium.shown("#new ~ .wide tbody th") == ["op1"]


def test_the_command_writes_what_the_ending_says(tmp_path, made, capsys):
    from opassay.harness.doors.reporting import diff_command

    made.write_folder(tmp_path / "old", [made.record()], made.run([made.shard()]))
    made.write_folder(tmp_path / "new", [made.record(**FAIL)], made.run([made.shard()]))
    old, new = tmp_path / "old", tmp_path / "new"
    assert diff_command(old, new, "", tmp_path / "d.html") == 1
    assert (tmp_path / "d.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert diff_command(new, old, "markdown", tmp_path / "d.txt") == 0
    assert (tmp_path / "d.txt").read_text(encoding="utf-8").startswith("# opassay diff: Nothing new")
    assert diff_command(old, old, "", None) == 0
    assert capsys.readouterr().out.splitlines()[2] == "Nothing new"


def test_a_wrong_request_is_told_in_one_line(tmp_path, made):
    from opassay.harness.doors.reporting import diff_command
    from opassay.harness.find.registry import UsageError

    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))
    with pytest.raises(UsageError, match="expects one of text, markdown, html, got 'pdf'"):
        diff_command(tmp_path, tmp_path, "pdf", None)
    with pytest.raises(UsageError, match="no results table"):
        diff_command(tmp_path / "none", tmp_path, "", None)
    with pytest.raises(UsageError, match="cannot write"):
        diff_command(tmp_path, tmp_path, "", tmp_path / "no" / "folder.txt")


def test_tables_on_disk_give_what_frames_give(tmp_path, made, realistic):
    from opassay.reports.data.stored_table import read_for_pages

    records, run = realistic
    made.write_folder(tmp_path / "old", records, run)
    made.write_folder(tmp_path / "new", made.realistic(seed=1)[0], run)
    stored = compare(read_for_pages(tmp_path / "old"), run, read_for_pages(tmp_path / "new"), run)
    framed = compare(frame_of(records), run, frame_of(made.realistic(seed=1)[0]), run)
    assert json.dumps([vars(c) for c in stored.changes]) == json.dumps([vars(c) for c in framed.changes])
    assert stored.records["new"] > 0
