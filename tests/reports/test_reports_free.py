"""Elements that were not judged are counted by why, and every page says so."""

import io

import pytest
from rich.console import Console

from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.render.summary import summary_md
from opassay.reports.render.terminal import print_summary
from opassay.reports.sections.free import free_table, total_free
from opassay.reports.sections.summarise import summarise

LINE = "Not judged: 9 of 20 (45.0 %) elements of answers: 6 free by the contract, 3 without a bound"


@pytest.fixture
def records(made):
    return [
        made.record(elements=8, free_elements=4, free_by_bound=1),
        made.record(elements=4, free_elements=4, free_by_bound=2, dtype="bfloat16;bfloat16"),
        made.record(elements=8, free_elements=1, free_by_bound=0, verdict="numeric"),
        made.record(elements=None, free_elements=None, free_by_bound=None, verdict="rejects"),
    ]


def test_every_answer_counts_once_by_op_dtype_and_target(records):
    found = {(f.dtype, f.elements, f.by_contract, f.by_bound) for f in free_table(frame_of(records))}
    assert found == {("float32", 16, 4, 1), ("bfloat16", 4, 2, 2)}


def test_pages_and_terminal_say_how_many_and_why(made, records):
    table, run = frame_of(records), made.run([made.shard(planned=4)])
    summary, terminal = summarise(table, run), io.StringIO()
    print_summary(table, run, Console(width=120, file=terminal))
    for page in (summary_md(summary), report_html(summary), terminal.getvalue()):
        assert LINE in page
    assert "<td>bfloat16</td><td>torch</td><td" in report_html(summary)


def test_nothing_is_said_where_all_was_judged(made):
    table = frame_of([made.record()])
    assert total_free(free_table(table)).line == ""
    assert "free by the contract" not in report_html(summarise(table, made.run([made.shard()])))
