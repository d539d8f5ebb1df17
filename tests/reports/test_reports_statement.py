"""statement.json, badge.svg and GitHub's annotations: never better than what ran."""

import json
import xml.etree.ElementTree as ET

import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.render.statement import ANNOTATIONS, badge_svg, badge_text, github_annotations, statement_json
from opassay.reports.sections.summarise import summarise


def told(records, run):
    return summarise(frame_of(records), run)


def passed(made, count, **more):
    return [made.record(number=number, case_id=f"{number:016x}", **more) for number in range(count)]


def test_a_statement_says_where_every_planned_record_went(made):
    records = [
        *passed(made, 3),
        made.record(number=3, verdict="rejects", known="torch-empty", owner="upstream"),
        made.record(number=4, verdict="numeric"),
        made.record(number=5, verdict="fallback"),
    ]
    suite = {"name": "core-1", "hash": "ab" * 32, "cases": 9}
    run = made.run([made.shard(planned=7, not_planned=2)], suite=suite, known=[made.known()], budget=60)
    said = json.loads(statement_json(told(records, run)))
    assert said["suite"] == suite
    assert (said["ran"], said["planned"], said["not run"], said["missing"]) == (5, 9, 2, 1)
    assert (said["passed"], said["known"], said["new"], said["fallback"]) == (3, 1, 1, 1)
    assert said["targets"]["torch"]["version"] == "2.13.0"
    assert said["command"] == run["command"]
    assert said["state"] == "new"


@pytest.mark.parametrize(
    ("verdicts", "planned", "text", "colour"),
    [
        (["pass"] * 3, 3, "ran 3 of 3", "#2e7d32"),
        (["pass"] * 2, 3, "ran 2 of 3, 1 missing", "#c62828"),
        (["pass", "numeric"], 2, "ran 2 of 2, 1 new", "#c62828"),
        (["unsupported"], 1, "nothing was judged", "#616161"),
    ],
)
def test_a_badge_is_green_only_where_all_ran_and_nothing_is_new(made, verdicts, planned, text, colour):
    records = [made.record(number=n, case_id=f"{n:016x}", verdict=verdict) for n, verdict in enumerate(verdicts)]
    summary = told(records, made.run([made.shard(planned=planned)]))
    picture = ET.fromstring(badge_svg(summary))
    assert picture.get("aria-label") == f"opassay: {text}"
    assert colour in badge_svg(summary)


def test_a_badge_of_a_suite_with_known_differences(made):
    records = [*passed(made, 2), made.record(number=2, verdict="rejects", known="torch-empty")]
    assert badge_text(told(records, made.run([made.shard(planned=3)], known=[made.known()]))) == "ran 3 of 3, 1 known"


def test_annotations_are_one_line_each_with_the_command_to_replay(made):
    record = made.record(verdict="numeric", message="100 % wrong:\nfirst, second")
    (line,) = github_annotations(told([record], made.run([made.shard()])))
    assert line.startswith("::error title=opassay%3A conv2d value on torch%3A numeric::100 %25 wrong:")
    assert "%0Aopassay replay" in line
    assert "\n" not in line


def test_no_more_annotations_than_are_shown(made):
    records = [made.record(op=f"op{n}", verdict="numeric") for n in range(ANNOTATIONS + 3)]
    lines = list(github_annotations(told(records, made.run([made.shard(op=f"op{n}") for n in range(ANNOTATIONS + 3)]))))
    assert len(lines) == ANNOTATIONS + 1
    assert lines[-1] == "::notice::opassay: 3 more, in the report"
