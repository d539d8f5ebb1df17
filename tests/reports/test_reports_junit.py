"""junit.xml: what a CI dashboard shows for each situation."""

import xml.etree.ElementTree as ET

import pytest
from junitparser import TestSuite

from opassay.reports.data.table import frame_of
from opassay.reports.render.junit import junit_xml
from opassay.reports.sections.summarise import summarise


def parsed(records, run):
    return ET.fromstring(junit_xml(summarise(frame_of(records), run)).encode())


def only_case(made, verdicts, planned, **shard):
    records = [made.record(verdict=v, number=k, case_id=f"case-{k}") for k, v in enumerate(verdicts)]
    root = parsed(records, made.run([made.shard(planned=planned, **shard)]))
    (case,) = root.iter("testcase")
    return case


def test_a_suite_counts_its_cases_once(made, monkeypatch):
    counted, count = [], TestSuite.update_statistics
    monkeypatch.setattr(TestSuite, "update_statistics", lambda suite: (counted.append(suite.name), count(suite)))
    ops = [f"op{number}" for number in range(20)]
    parsed([made.record(op=op) for op in ops], made.run([made.shard(op=op) for op in ops]))
    assert counted == ["torch", "torch"], "by itself, and in the document"


def results(case):
    return [child.tag for child in case if child.tag != "properties"]


@pytest.mark.parametrize(
    ("verdicts", "planned", "expected"),
    [
        (["pass", "pass"], 2, []),
        (["pass", "unsupported", "undefined"], 3, []),
        (["pass", "numeric"], 2, ["failure"]),
        (["pass", "fault"], 2, ["error"]),
        (["numeric", "fault"], 2, ["failure", "error"]),
        (["pass"], 2, ["error"]),
        (["numeric"], 2, ["failure", "error"]),
        ([], 2, ["error"]),
        (["unsupported", "unsupported"], 2, ["skipped"]),
        (["undefined"], 1, ["skipped"]),
        (["fallback"], 1, ["skipped"]),
        ([], 0, ["skipped"]),
    ],
)
def test_the_result_of_a_test_case(made, verdicts, planned, expected):
    assert results(only_case(made, verdicts, planned)) == expected


def test_a_failure_tells_counts_and_first_cases(made):
    failure = only_case(made, ["pass", "numeric", "crash"], 3).find("failure")
    assert failure.get("message") == "2 new differences, ran 3 of 3; first cases: case-1, case-2"
    assert "opassay replay case-1" in failure.text
    assert "crash (the process ended), 1 record" in failure.text


def test_known_differences_pass_with_their_count_as_a_property(made):
    records = [made.record(), made.record(verdict="rejects", known="torch-empty", number=1)]
    (case,) = parsed(records, made.run([made.shard(planned=2)])).iter("testcase")
    assert results(case) == []
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert (properties["known"], properties["passed"], properties["new"], properties["planned"]) == ("1", "1", "0", "2")


def test_less_than_planned_is_an_error_with_both_numbers(made):
    assert only_case(made, ["pass"], 7).find("error").get("message") == "1 of 7 planned records are there"


def test_a_skip_tells_the_denominator(made):
    message = only_case(made, ["unsupported", "unsupported"], 2).find("skipped").get("message")
    assert message.endswith("ran 0 of 2: 2 unsupported")


def test_an_absent_op_is_skipped(made):
    case = only_case(made, [], 0, absent=True)
    assert case.find("skipped").get("message").startswith("the adapter does not have the op")


def test_names_are_op_and_aspect_and_target(made):
    case = only_case(made, ["pass"], 1)
    assert (case.get("classname"), case.get("name")) == ("conv2d.value", "torch")


def test_a_target_that_could_not_start_is_an_error(made):
    targets = {"torch": made.target(), "jax:jit": made.target("jax", state="could not start: no module jax")}
    shards = [
        made.shard(),
        *(made.shard(target="jax:jit", aspect=aspect, planned=4) for aspect in ("value", "gradient")),
    ]
    root = parsed([made.record()], made.run(shards, targets=targets))
    assert [(c.get("name"), results(c)) for c in root.iter("testcase")] == [("torch", []), ("jax:jit", ["error"])]
    assert "could not start: no module jax" in root.find(".//error").get("message")


def test_a_run_in_which_nothing_was_planned_is_an_error(made):
    root = parsed([], made.run([], targets={}))
    assert [results(c) for c in root.iter("testcase")] == [["error"]]
    assert root.get("errors") == "1"


def test_the_totals_of_a_realistic_run(realistic):
    records, run = realistic
    summary = summarise(frame_of(records), run)
    root = ET.fromstring(junit_xml(summary).encode())
    cases = list(root.iter("testcase"))
    assert len(summary.cells) == 7 * 4 * 7
    assert len(cases) == 6 * 4 * 7 + 1, "one target could not start"
    assert sum("failure" in results(c) for c in cases) == sum(c.new > 0 for c in summary.cells) > 0
    assert int(root.get("tests")) == len(cases)


def test_whatever_bytes_a_framework_says_the_xml_is_valid(made):
    everything = "".join(map(chr, [*range(0x250), 0x202E, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1D6FB])) + made.HOSTILE
    records = [made.record(verdict="rejects", message=everything)]
    failure = parsed(records, made.run([made.shard()])).find(".//failure")
    assert '<script>alert("x")</script>' in failure.text
    assert "\\x00" in failure.text
    assert "\\ud800" in failure.text
