"""One order of severity, told the same everywhere: the gravest first, empty tensors last among equals."""

import io
import re

import pytest
from rich.console import Console

from opassay.harness.model.verdicts import SEVERITY
from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.render.summary import summary_md
from opassay.reports.render.terminal import print_summary
from opassay.reports.sections.differences import empty
from opassay.reports.sections.summarise import summarise

EXPECTED = [f"{verdict}{place}" for equals in SEVERITY for place in ("-full", "-empty") for verdict in equals]


@pytest.fixture
def told(made):
    """Records of every verdict, once with an empty tensor, the least grave being the most; and their run."""
    records = []
    for rank, name in enumerate(EXPECTED):
        verdict, shapes = name.split("-")[0], "0x4;2" if name.endswith("empty") else "10x4;2"
        # Equals are told by how many records they have.
        equals = next(equals for equals in SEVERITY if verdict in equals)
        count = 10 * (rank + 1) - equals.index(verdict) * 11
        records += [
            made.record(verdict=verdict, op=name, case_id=name, shapes=shapes, number=number) for number in range(count)
        ]
    return records, made.run([made.shard()])


def test_every_door_tells_the_gravest_first_and_empty_tensors_last_among_equals(told):
    records, run = told
    stream = io.StringIO()
    print_summary(frame_of(records), run, Console(file=stream, width=200))
    summary = summarise(frame_of(records), run)
    page, text = report_html(summary), stream.getvalue()
    assert [d.case_id for d in summary.of_kind("new")] == EXPECTED
    assert re.findall(r"^    ([a-z]+-[a-z]+)(?:  |$)", text, re.MULTILINE) == EXPECTED
    assert re.findall(r"`opassay replay ([a-z-]+)", summary_md(summary)) == EXPECTED
    assert re.findall(r'<details class="new entry"[^>]* data-op="([a-z-]+)"', page) == EXPECTED
    assert re.findall(r'href="#new-\d+"><b>(\w+)</b>', page) == ["structural", "numeric", "special"]
    assert f"Next: opassay replay {EXPECTED[0]}" in text


def test_a_difference_shows_a_case_without_empty_tensors_where_it_has_one(made):
    records = [
        made.record(verdict="numeric", case_id="a", shapes="0x4;4x4"),
        made.record(verdict="numeric", case_id="b", shapes="5x40;40x4", number=1),
    ]
    (found,) = summarise(frame_of(records), made.run([made.shard()])).of_kind("new")
    assert (found.case_id, found.count) == ("b", 2)


@pytest.mark.parametrize(
    ("shapes", "expected"), [("0x4", True), ("4;0", True), ("4x0x2", True), ("10x4;20", False), ("", False)]
)
def test_a_tensor_without_elements_is_seen_in_its_shape(shapes, expected):
    assert empty(shapes) == expected
