"""report.html: what it says, and that no message can break it."""

import json
import math
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.data.text import seconds_text
from opassay.reports.render import html
from opassay.reports.render.html import report_html
from opassay.reports.sections import entries
from opassay.reports.sections.summarise import summarise

VOID = {"meta", "link", "img", "br", "wbr", "hr", "input", "base"}


class Page(HTMLParser):
    """Collects elements as (tag, attributes, text); fails on unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.stack = [], []
        self.feed(text)
        self.close()
        assert not self.stack, f"never closed: {[e[0] for e in self.stack]}"

    def handle_starttag(self, tag, attrs):
        element = [tag, dict(attrs), ""]
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        for element in self.stack:
            element[2] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e[0] == tag and all(e[1].get(k) == v for k, v in attributes.items())]


def render(records, run):
    return report_html(summarise(frame_of(records), run))


def told(page):
    return [e for e in page.all("details") if "entry" in e[1]["class"].split()]


def cell_classes(page):
    return [e[1]["class"].split()[1] for e in page.all("td") if e[1].get("class", "").startswith("cell ")]


@pytest.fixture(scope="module")
def page(realistic):
    return Page(render(*realistic))


def test_the_first_screen_says_what_is_new_and_how_much_ran_of_how_much(page):
    assert page.all("h1")[0][2] == ("65 new differences in 67 records; 14 differences in untested versions, not red")
    header = page.all("header")[0][2]
    assert "Ran 4,526 of 5,760 planned: 4,348 passed, 67 new, 14 listed, 97 known" in header
    assert "jax:jit 0.10.2" in " ".join(header.split())
    assert "could not start: ModuleNotFoundError" in header


def test_hostile_messages_are_shown_as_text(made):
    text = render([made.record(verdict="rejects", message=made.HOSTILE)], made.run([made.shard()]))
    page = Page(text)
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert '<script>alert("x")</script> & </pre><img src=x onerror=alert(1)>' in told(page)[0][2]
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "field", ["op", "target", "aspect", "dtype", "shapes", "attrs", "case", "known", "worst_index"]
)
def test_no_column_can_break_the_page(made, field):
    evil = "\"'><script>x</script>"
    records = [made.record(**{"verdict": "numeric", field: evil}), made.record(**{field: evil})]
    assert len(Page(render(records, made.run([made.shard()]))).all("script")) == 1


def test_nothing_in_run_json_can_break_the_page(made):
    evil = "\"'><script>x</script>"
    target = made.target(evil, version=evil, executor=evil, settings={evil: evil}, origin=evil, mode=evil)
    known = made.known(id=evil, reason=evil, title=evil, url="https://example.org/" + evil, versions=evil, pin=evil)
    run = made.run([made.shard()], command=evil, targets={evil: target}, known=[known], machine={evil: {evil: evil}})
    run["warnings"] = [evil]
    assert len(Page(render([made.record()], run)).all("script")) == 1


def test_nothing_is_fetched(page):
    assert [e for e in page.elements if "src" in e[1] or e[0] in ("link", "img", "iframe", "base", "object")] == []
    assert "@import" not in page.all("style")[0][2]
    assert "url(" not in page.all("style")[0][2]
    assert page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0][1]["content"].startswith(
        "default-src 'none'"
    )


def test_links_lead_into_the_page_or_to_a_known_difference(page):
    ids = {e[1]["id"] for e in page.elements if "id" in e[1]}
    outside = set()
    for _, attributes, _ in page.all("a"):
        if attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids
        else:
            outside.add(attributes["href"])
    assert outside == {"https://github.com/pytorch/pytorch/issues/78729"}


def test_ids_are_unique(page):
    ids = [e[1]["id"] for e in page.elements if "id" in e[1]]
    assert len(ids) == len(set(ids)) > 79


def test_a_script_is_no_link(made):
    known = made.known(url="javascript:alert(1)", title="t")
    records = [made.record(verdict="rejects", known=known["id"])]
    page = Page(render(records, made.run([made.shard()], known=[known])))
    assert [e for e in page.all("a") if "javascript" in e[1]["href"]] == []


@pytest.mark.parametrize("verdict", ["unsupported", "undefined", "fallback", "fault"])
def test_a_cell_with_nothing_judged_is_never_green(made, verdict):
    page = Page(render([made.record(verdict=verdict)], made.run([made.shard()])))
    assert cell_classes(page) == ["fault" if verdict == "fault" else "unjudged"]
    assert page.all("header")[0][1]["class"] != "hero clean"


@pytest.mark.parametrize(
    ("planned", "absent", "expected"), [(3, False, "incomplete"), (0, True, "absent"), (0, False, "empty")]
)
def test_a_cell_without_a_record_is_never_green(made, planned, absent, expected):
    # An op that no target has takes no row; another target has it.
    shards = [made.shard(planned=planned, absent=absent), made.shard(target="torch:compile", planned=0)]
    page = Page(render([], made.run(shards)))
    assert cell_classes(page) == [expected, "empty"]
    assert page.all("header")[0][1]["class"] == "hero nothing"


def test_a_cell_tells_its_state_in_words_with_the_denominator(made):
    records = [made.record(number=k) for k in range(3)] + [made.record(verdict="unsupported", number=9)]
    records = [replace(record, seconds=0.5) for record in records]
    (cell,) = Page(render(records, made.run([made.shard(planned=5)]))).all("td", **{"class": "cell incomplete"})
    counted = ["3", "of", "5", "2", "s", "1", "unsupported,", "1", "missing"]
    assert cell[2].split() == ["…", "incomplete", *counted, "\u03c1", "0"]


def test_a_target_without_any_record_has_its_column(page):
    heads = [e[2] for e in page.all("th", scope="col")]
    assert heads.count("mindspore") == 5


def test_a_difference_offers_the_replay_command_and_its_case(made):
    case = json.dumps({"op": "conv2d", "text": '<&">'})
    record = made.record(verdict="numeric", case=case, case_id="abc", rho=math.inf, bad_elements=2, max_ulp=3.5)
    page = Page(render([record], made.run([made.shard()])))
    blocks = {e[1]["id"]: e[2] for e in page.all("pre") if "id" in e[1]}
    assert blocks["new-1-command"] == "opassay replay abc --target torch"
    assert json.loads(blocks["new-1-case"]) == json.loads(case)
    assert {e[1]["data-copy"] for e in page.all("button") if "data-copy" in e[1]} == {
        "first-command",
        "new-1-command",
        "new-1-case",
        "command",
    }
    assert "outside the derived bound under a rounding fill" in told(page)[0][2]
    assert "2 of 4" in told(page)[0][2]


def test_a_known_difference_tells_its_owner_reason_and_link(made):
    known = made.known(url="https://example.org/1", title="Empty batch", passed=4, pin="passes")
    records = [made.record(verdict="rejects", known="torch-empty")]
    page = Page(render(records, made.run([made.shard()], known=[known])))
    entry = page.all("details", **{"class": "known entry"})[0][2]
    assert "Who must act: upstream. An empty batch is refused. Empty batch" in entry
    table = next(e[2] for e in page.all("table") if "torch-empty" in e[2])
    assert "4 ✗ too broad" in table
    assert "passes ✗ out of date" in table


def test_the_choices_that_adapters_follow_are_a_table(made):
    row = {"adapter": "jax", "choice": "unconnected", "option": "zeros", "contract": "none", "asks": "What of nothing?"}
    more = {
        "says": "zeros",
        "ops": ["relu"],
        "modes": ["jit"],
        "url": "javascript:x",
        "title": "t",
        "passed": 7,
        "other": 2,
    }
    page = Page(render([made.record()], made.run([made.shard()], choices=[{**row, **more}, {"adapter": made.HOSTILE}])))
    (table,) = [e[2] for e in page.all("table") if "What of nothing?" in e[2]]
    for told in ("jax (jit)", "zeros: zeros", "none", "7", "0", "relu"):
        assert told in table
    assert "javascript" not in table


def test_a_run_without_choices_has_no_such_table(made):
    assert "Choices of the contract" not in render([made.record()], made.run([made.shard()]))


def test_what_is_flaky_is_not_too_broad(made):
    known = made.known(passed=4, flaky="what lies in memory", needs=["kernels=wide"])
    records = [made.record(verdict="rejects", known="torch-empty")]
    page = Page(render(records, made.run([made.shard()], known=[known])))
    table = next(e[2] for e in page.all("table") if "torch-empty" in e[2])
    assert "too broad" not in table
    assert "Whether a case shows it depends on what lies in memory. Only where kernels=wide." in table


def test_two_versions_of_a_framework_are_told_apart(made):
    targets = {
        "torch": made.target(python="3.11.7", numpy="2.4.6"),
        "torch-old": made.target(version="2.6.0", python="3.10.13", numpy="1.26.4"),
    }
    entries = [made.known(failed=5, failed_in={"2.13.0": 3, "2.6.0": 2})]
    text = render([made.record()], made.run([made.shard()], targets=targets, known=entries))
    assert "2.13.0: 3, 2.6.0: 2" in text
    assert "Python 3.10.13, NumPy 1.26.4" in text


def test_equal_ids_of_two_adapters_are_not_confused(made):
    known = [made.known(id="empty"), made.known(id="empty", adapter="jax", reason="By design of JAX.")]
    records = [made.record(verdict="rejects", known="empty", target="jax:jit", adapter="jax")]
    page = Page(render(records, made.run([made.shard(target="jax:jit")], known=known)))
    assert "By design of JAX." in page.all("details", **{"class": "known entry"})[0][2]


def test_long_lists_are_cut_and_say_so(made, monkeypatch):
    monkeypatch.setitem(html.LIMITS, "new", 3)
    verdicts = ("numeric", "structural", "shape", "dtype", "hang")
    records = [made.record(verdict=v, number=k) for k, v in enumerate(verdicts)]
    records.append(made.record(verdict="hang", number=9))
    page = Page(render(records, made.run([made.shard(planned=6)])))
    assert len(told(page)) == 3
    assert "2 more entries with 2 records left out" in page.all("p", **{"class": "left-out"})[0][2]
    assert page.all("h1")[0][2] == "5 new differences in 6 records"


def test_huge_messages_and_cases_do_not_swell_the_page(made):
    record = made.record(verdict="numeric", message="x" * 3_000_000, case='"' + "y" * 3_000_000 + '"')
    text = render([record], made.run([made.shard()]))
    assert len(text) < 60_000
    assert "2,998,000 more characters" in text
    assert "Too long for this page" in text


def test_many_long_cases_do_not_swell_the_page(made, monkeypatch):
    monkeypatch.setattr(entries, "TEXT_BUDGET", 1_000)
    case = json.dumps("y" * 400)
    records = [made.record(verdict="numeric", case=case, op=f"op{k}", case_id=f"{k}") for k in range(5)]
    text = render(records, made.run([made.shard()]))
    assert text.count("y" * 400) == 2
    assert text.count("Too long for this page") == 3


def test_an_empty_run_is_a_page_that_says_so(made):
    page = Page(render([], made.run([], targets={})))
    assert page.all("h1")[0][2] == "Nothing was judged, so nothing is known"
    assert "ran 0 of 0 planned" in page.all("header")[0][2].lower()


def test_a_bare_run_renders(made):
    run = {"shards": [{"op": "relu", "aspect": "value", "target": "torch", "planned": 1}], "targets": {"torch": {}}}
    assert cell_classes(Page(render([made.record(op="relu")], run))) == ["pass"]


def test_each_cell_of_the_matrix_says_how_long_its_calls_took(realistic):
    records, run = realistic
    summary = summarise(frame_of(records), run)
    asked = [(op, aspect) for aspect in summary.aspects for op in summary.ops(aspect)]
    cells = [summary.cell(op, aspect, target) for op, aspect in asked for target in summary.targets]
    expected = [seconds_text(cell.seconds) for cell in cells if cell is not None and cell.seconds]
    shown = [e[2] for e in Page(render(records, run)).all("small", title="time of the calls in the worker")]
    assert shown == expected
    assert len(shown) > 1
    doubled = [replace(record, seconds=2 * (record.seconds or 0)) for record in records]
    assert [e[2] for e in Page(render(doubled, run)).all("small", title="time of the calls in the worker")] != shown


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "0.012 s"), (3.44, "3.4 s"), (12.6, "13 s"), (1234.0, "1,234 s")]
)
def test_a_time_has_two_digits_or_is_in_whole_seconds(seconds, text):
    assert seconds_text(seconds) == text
