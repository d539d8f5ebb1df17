"""findings/: what the page shows of it, and that no file in it can break or mislead the page."""

import json

import pytest

from opassay.harness.model.fills import VALUE_KINDS
from opassay.reports.data import foreign
from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.sections import findings
from opassay.reports.sections.findings import read_findings
from opassay.reports.sections.parts import Parts
from opassay.reports.sections.summarise import summarise

EVIL = "\"'><script>x</script><img src=x onerror=alert(1)>\x1b"
SCRIPT = "import torch\nassert torch.ones(2).sum() == 3\n"


def given(**changes):
    plain = {"id": "a1", "op": "conv2d", "aspect": "value", "verdict": "structural", "explained_by": "swapped axes"}
    told = {"targets": ["torch", "jax"], "records": 7, "message": "y[0,1] is 5, expected 3", "worst": worst()}
    answers = {"expected": [[1.0, 3.0], [0.0, 0.0]], "actual": {"torch": [[1.0, 5.0], [0.0, 0.0]]}}
    run = {"adapter": "torch", "file": "repro_torch.py", "exit_status": 1, "output": "5 is not 3", "reproduces": True}
    case = {"op": "conv2d", "tensors": [], "attributes": {}}
    return {**plain, **told, **answers, "suspect_oracle": False, "case": case, "reproductions": [run], **changes}


def worst(**changes):
    return {"place": "y[0,1]", "index": [0, 1], "expected": 3.0, "actual": {"torch": 5.0}, **changes}


@pytest.fixture
def folder(tmp_path):
    def write(data, name="a1", **files):
        place = tmp_path / "findings" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "finding.json").write_text(data if isinstance(data, str) else json.dumps(data))
        for file, text in {"repro_torch.py": SCRIPT, **files}.items():
            (place / file).write_text(text)
        return tmp_path

    return write


def page(made, folder):
    summary = summarise(frame_of([made.record()]), made.run([made.shard()]))
    return report_html(summary, Parts(findings=read_findings(folder)))


def test_a_finding_is_read_whole(folder):
    (found,) = read_findings(folder(given(), **{"issue.md": "# Wrong sum"})).shown
    assert (found.op, found.verdict, found.targets, found.records) == ("conv2d", "structural", ["torch", "jax"], 7)
    assert found.explained_by == "swapped axes"
    assert found.issue == "# Wrong sum"
    (script,) = found.scripts
    assert (script.text, script.output, script.ended, script.reproduces) == (
        SCRIPT,
        "5 is not 3",
        "Exit status 1",
        True,
    )
    ((target, maps),) = found.rows
    assert target == "torch"
    assert [m.title for m in maps] == ["expected", "actual", "difference"]
    assert [m.mark for m in maps] == [(1, 0)] * 3
    assert [t.text for t in maps[1].texts] == ["1", "5", "0", "0"]


def test_the_page_shows_the_script_the_pictures_and_the_cause(made, folder):
    text = page(made, folder(given()))
    assert "swapped axes" in text
    assert "✓ reproduces" in text
    assert "assert torch.ones(2).sum() == 3" in text
    assert text.count('<rect class="mark"') == 3
    assert "img-src data:" in text
    assert "python opassay-report/findings/a1/repro_torch.py" in text


def test_a_script_that_does_not_reproduce_is_told_so_and_is_not_the_command_of_the_first_screen(made, folder):
    entry = given()["reproductions"][0]
    text = page(made, folder(given(reproductions=[{**entry, "reproduces": False, "exit_status": 0}])))
    assert "✗ does not reproduce" in text
    assert "✓ reproduces" not in text
    assert "python opassay-report/findings" not in text


def test_answers_kept_apart_by_target_are_drawn_apart(folder):
    actual = {"torch": [[1.0, 5.0], [0.0, 0.0]], "jax": [[1.0, 9.0], [0.0, 0.0]]}
    (found,) = read_findings(folder(given(actual=actual))).shown
    assert [target for target, _ in found.rows] == ["torch", "jax"]
    assert "6 there" in found.rows[1][1][2].note


@pytest.mark.parametrize(
    ("status", "says"),
    [(None, "It did not end in time"), (-11, "It ended by signal 11"), (0, "Exit status 0")],
)
def test_how_a_script_ended_is_told(folder, status, says):
    (found,) = read_findings(folder(given(reproductions=[{"file": "repro_torch.py", "exit_status": status}]))).shown
    assert found.scripts[0].ended == says


def test_a_script_that_needs_opassay_is_told_so(made, folder):
    entry = {"file": "repro_torch.py", "exit_status": 1, "reproduces": True}
    assert "It needs opassay." not in page(made, folder(given(reproductions=[entry])))
    assert "It needs opassay." in page(made, folder(given(reproductions=[{**entry, "standalone": False}])))


def test_findings_with_most_records_come_first(folder):
    folder(given(records=1), "small")
    root = folder(given(records=50), "large")
    assert [f.id for f in read_findings(root).shown] == ["large", "small"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{", "not JSON"),
        ("[]", "the file: expected an object, got []"),
        ("[" * 100_000, "not JSON"),
        (json.dumps(given(op=3)), "op: expected text, got 3"),
        (json.dumps(given(targets=["t"] * 25)), "targets: expected "),
        (json.dumps(given(worst={"place": []})), "worst.place: expected text, got []"),
        (json.dumps(given(reproductions=[{"file": "x.py"}])), "reproductions.0.exit_status is missing"),
        (json.dumps(given(threads="2; rm")), "threads: expected an integer, got '2; rm'"),
    ],
)
def test_a_finding_that_cannot_be_read_is_a_line(folder, data, says):
    found = read_findings(folder(data))
    assert found.shown == ()
    (line,) = found.lines
    assert line.startswith(f"Finding a1 cannot be shown: finding.json: {says}")
    assert len(line) < 400


FIELDS = (
    "op",
    "targets",
    "records",
    "case",
    "worst",
    "reproductions",
    "expected",
    "actual",
    "predicates",
    "rho",
    "also",
)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, 3, {"a": [1]}, [[1], [2, 3]], "x", True, [None], -1e400])
def test_fields_of_any_kind_are_survived(made, folder, field, value):
    root = folder(given(**{field: value}))
    found = read_findings(root)
    assert len(found.shown) + len(found.lines) == 1
    assert '<h2 id="findings">' in page(made, root)


@pytest.mark.parametrize("name", ["../../secret.py", "/etc/passwd", "missing.py", ".", ""])
def test_scripts_outside_the_finding_are_never_read(folder, name):
    root = folder(given(reproductions=[{"file": name, "exit_status": 1, "reproduces": True}]))
    (root / "secret.py").write_text("secret")
    (found,) = read_findings(root).shown
    assert found.scripts == []
    assert found.lines[0].startswith("A script cannot be shown: ")


def test_huge_files_are_cut_or_refused(folder, monkeypatch):
    monkeypatch.setattr(findings, "SCRIPT_BYTES", 100)
    root = folder(given(message="x" * 10_000), **{"repro_torch.py": "#" * 101})
    (found,) = read_findings(root).shown
    assert "repro_torch.py has more than 100 bytes" in found.lines[0]
    assert len(found.message) < 4_100
    monkeypatch.setattr(findings, "FINDING_LIMIT", 0)
    assert read_findings(root).lines == ("1 more finding in findings/ left out here to keep the page small.",)


def test_all_findings_together_have_a_budget(folder, monkeypatch):
    folder(given(records=9, message="x" * 3_000), "most")
    folder(given(records=5, message="x" * 3_000), "long")
    root = folder(given(records=1, message="x"), "short")
    assert len(read_findings(root).shown) == 3
    monkeypatch.setattr(findings, "BUDGET", 6_000)
    found = read_findings(root)
    assert [f.id for f in found.shown] == ["most"]
    assert found.lines == ("2 more findings in findings/ left out here to keep the page small.",)


def test_nothing_in_a_finding_can_break_the_page(made, folder):
    hostile = dict.fromkeys(("op", "aspect", "verdict", "explained_by", "message", "fault", "when"), EVIL)
    entry = {"adapter": EVIL, "file": "repro_torch.py", "output": EVIL, "exit_status": 1, "reproduces": True}
    root = folder(given(**hostile, targets=[EVIL], reproductions=[entry]), **{"repro_torch.py": EVIL, "issue.md": EVIL})
    text = page(made, root)
    assert text.count("<script>") == 1
    assert "<img" not in text
    assert "\x1b" not in text


def test_a_word_is_one_line(folder):
    assert foreign.word("a\n b\t c") == "a b c"
    assert foreign.word(None) == "?"


def test_figures_are_told_in_words(folder):
    traits = [[["attributes", "dilation", 0], ">=", 2], [["tensors", 0, "memory"], "==", "sliced"]]
    needs, element = [{"traits": traits}, {"traits": []}], worst(actual={"torch": 5.25, "jax": "nan"})
    more = {"worst": element, "predicates": needs, "failed": 2, "runs": 2, "versions": {"torch": "2.13.0"}, "rho": 1.5}
    (found,) = read_findings(folder(given(**more))).shown
    assert dict(found.facts) == {
        "worst element": "y[0,1]: expected 3, got torch 5.25, jax nan",
        "error ÷ allowed": "1.5",
        "failed alone": "2 of 2 times",
        "a case fails when": "dilation.0 ≥ 2 and memory of input 1 is sliced",
        "versions": "torch 2.13.0",
    }


def test_alternatives_are_told_apart(folder):
    one, other = [[["attributes", "padding"], "==", "SAME"]], [[["fill"], "<=", 3]]
    (found,) = read_findings(folder(given(predicates=[{"sign": [], "traits": one}, {"traits": other}]))).shown
    assert dict(found.facts)["a case fails when"] == f"padding is SAME; or fill is {VALUE_KINDS[3]} or simpler"


def test_the_smallest_case_has_its_command(made, folder):
    command = "opassay replay opassay-report/findings/a1/case.json --target torch --target jax"
    for more, threads in (("", 1), (" --threads 2", 2)):
        text = page(made, folder(given(threads=threads)))
        assert f'<pre id="finding-a1-command">{command}{more}</pre>' in text


def test_the_place_is_taken_from_the_worst_element(folder):
    (found,) = read_findings(folder(given(worst=worst(place="y[1,0]", expected="inf")))).shown
    assert found.rows[0][1][0].mark == (0, 1)


def test_a_difference_leads_to_its_finding(made, folder):
    root = folder(given(verdict="numeric", targets=["torch"]))
    records = [made.record(verdict="numeric"), made.record(verdict="numeric", target="jax")]
    text = report_html(summarise(frame_of(records), made.run([made.shard()])), Parts(findings=read_findings(root)))
    assert text.count('<a href="#finding-a1">finding a1</a>') == 1
