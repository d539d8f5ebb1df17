"""Differences in versions of a framework that nobody has looked at: listed on every page, and red on none."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from rich.console import Console

from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.render.junit import junit_xml
from opassay.reports.render.summary import summary_md
from opassay.reports.render.terminal import print_summary
from opassay.reports.sections.summarise import summarise

WARNING = "torch 2.99.0 is not among the versions that its known differences were seen on (2.13.0): 1 other record"


@pytest.fixture(params=["yes", ""], ids=["untested", "tested"])
def seen(made, request):
    """A run with a pass, a known and another difference, and whether its version is untested."""
    untested = {"version_untested": request.param}
    records = [
        made.record(number=1),
        made.record(number=2, case_id="aaaa", verdict="rejects", known="torch-empty", message="no batch", **untested),
        made.record(number=3, case_id="bbbb", verdict="structural", message="off by one", **untested),
    ]
    run = made.run([made.shard(planned=3)], known=[made.known()], warnings=[WARNING] if request.param else [])
    return frame_of(records), run, bool(request.param)


def test_the_headline_and_the_matrix(seen):
    table, run, untested = seen
    summary = summarise(table, run)
    assert summary.verdict == (
        "No new difference; 1 difference in untested versions, not red" if untested else "1 new difference in 1 record"
    )
    assert (summary.state, summary.cells[0].state) == (("clean", "listed") if untested else ("new", "new"))
    assert (summary.total.judged, summary.total.new) == (3, 0 if untested else 1)
    assert f"1 passed, 1 {'listed' if untested else 'new'}, 1 known" in summary.ran


def test_junit_passes_with_the_count_as_a_property(seen):
    table, run, untested = seen
    [case] = ElementTree.fromstring(junit_xml(summarise(table, run))).iter("testcase")
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert bool(case.findall("failure")) is not untested
    assert (properties["listed"], properties["new"]) == (("1", "0") if untested else ("0", "1"))


def test_summary_md_lists_it_under_a_title_of_its_own(seen):
    table, run, untested = seen
    text = summary_md(summarise(table, run))
    assert ("## Differences in untested versions" in text) is untested
    assert ("## New differences" in text) is not untested
    assert "off by one" in text
    assert ("❔ 3/3, 1 listed, 1 known" in text) is untested


def test_the_page_says_so_on_its_first_screen(seen):
    table, run, untested = seen
    page = report_html(summarise(table, run))
    assert ('<a href="#listed">1 record</a> differs in untested versions: listed, not red.' in page) is untested
    assert ("(version untested)" in page) is untested
    assert ("nobody yet: this version is untested" in page) is untested
    assert '<p class="answer">No</p>' in page if untested else '<p class="answer">Yes: 1</p>' in page


def test_the_terminal_tells_it_and_how_to_see_it_again(seen, capsys):
    table, run, untested = seen
    print_summary(table, run, Console(width=150))
    said = capsys.readouterr().out
    assert "off by one" in said
    assert "Next: opassay replay bbbb --target torch" in said
    assert ("is not among the versions" in said) is untested
