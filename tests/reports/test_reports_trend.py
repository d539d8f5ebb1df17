"""Several runs side by side."""

import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.render.pages import write_pages
from opassay.reports.sections import trend as module
from opassay.reports.sections.trend import read_trend, trend


def one(made, name, *records, planned=2, version="2.13.0"):
    run = made.run([made.shard(planned=planned)], targets={"torch": made.target(version=version)})
    return name, frame_of(records), run


def points(made, *runs):
    ((op, target, found),) = trend([one(made, f"r{k}", *records) for k, records in enumerate(runs)]).rows
    assert (op, target) == ("conv2d", "torch")
    return found


def test_each_run_has_its_counts_and_versions(made):
    found = trend([one(made, "old", made.record(), version="2.12"), one(made, "new", made.record(verdict="rejects"))])
    assert [(r.name, r.versions, r.judged, r.total, r.new) for r in found.runs] == [
        ("old", "torch 2.12", 1, 2, 0),
        ("new", "torch 2.13.0", 1, 2, 1),
    ]


def test_a_turn_to_the_worse_and_back_is_marked(made):
    good, bad = [made.record(), made.record(number=1)], [made.record(), made.record(number=1, verdict="numeric")]
    assert [p.turn for p in points(made, good, good, bad, bad, good)] == ["", "", "worse", "", "better"]


def test_fewer_records_than_planned_are_a_turn_to_the_worse(made):
    assert [(p.state, p.turn) for p in points(made, [made.record(), made.record(number=1)], [made.record()])] == [
        ("pass", ""),
        ("incomplete", "worse"),
    ]


def test_aspects_are_added_up_and_absent_ones_are_none(made):
    run = made.run([made.shard(), made.shard(aspect="gradient")])
    first = ("a", frame_of([made.record(), made.record(aspect="gradient")]), run)
    found = trend([first, ("b", frame_of([]), made.run([]))])
    (_, _, (point, nothing)) = found.rows[0]
    assert (point.judged, point.total, nothing) == (2, 2, None)


def test_the_last_page_shows_the_runs_before_it(tmp_path, made):
    for name, verdict in (("first", "pass"), ("second", "crash")):
        made.write_folder(tmp_path / name, [made.record(verdict=verdict)], made.run([made.shard()]))
    page = write_pages(tmp_path / "second", [tmp_path / "first"])[-1].read_text(encoding="utf-8")
    assert '<h2 id="trend">Trend over 2 runs</h2>' in page
    assert '<span title="worse than before">▲</span>' in page
    assert not (tmp_path / "first" / "report.html").exists()
    assert '<h2 id="trend">' not in write_pages(tmp_path / "second")[-1].read_text(encoding="utf-8")


def test_many_runs_are_cut_to_the_last(tmp_path, made, monkeypatch):
    monkeypatch.setattr(module, "RUN_LIMIT", 2)
    folders = [made.write_folder(tmp_path / f"{k}", [made.record()], made.run([made.shard()])) for k in range(3)]
    assert [run.name for run in read_trend(folders).runs] == ["1", "2"]


def test_a_folder_without_a_run_is_refused(tmp_path, made):
    made.write_folder(tmp_path / "good", [made.record()], made.run([made.shard()]))
    with pytest.raises(ValueError, match="has no"):
        write_pages(tmp_path / "good", [tmp_path / "bad"])
