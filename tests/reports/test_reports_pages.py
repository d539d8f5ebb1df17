"""The pages of a folder, summary.md and the terminal."""

import io
import json
import math
import re

import pytest
from rich.console import Console

from opassay.reports.data import rows, run_file, stored_table, table
from opassay.reports.data.stored_table import read_for_pages
from opassay.reports.data.table import frame_of, read_table, write_sorted, write_table
from opassay.reports.render import summary
from opassay.reports.render.html import LIMITS
from opassay.reports.render.pages import write_pages
from opassay.reports.render.summary import LIMIT, summary_md
from opassay.reports.render.terminal import print_summary
from opassay.reports.sections import differences
from opassay.reports.sections.summarise import summarise

PAGES = ["summary.md", "junit.xml", "statement.json", "badge.svg"]


def printed(records, run, width=80, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_summary(frame_of(records), run, Console(file=stream, width=width))
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def markdown(records, run):
    return summary_md(summarise(frame_of(records), run))


def test_the_pages_are_written_beside_the_table(tmp_path, made):
    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))
    assert [p.name for p in write_pages(tmp_path)] == [*PAGES, "report.html"]
    names = {*PAGES, "report.html", "results.csv", "results.parquet", "run.json"}
    assert {p.name for p in tmp_path.iterdir()} == names


def test_the_same_folder_gives_the_same_bytes_twice(tmp_path, made, realistic):
    made.write_folder(tmp_path, *realistic)
    first = [p.read_bytes() for p in write_pages(tmp_path)]
    assert [p.read_bytes() for p in write_pages(tmp_path)] == first


def in_order(records):
    return sorted(records, key=lambda r: (r.op, r.aspect, r.number, r.fill, r.case_id, r.target))


@pytest.mark.parametrize("size", [1, 13, 10_000])
def test_a_streamed_table_gives_the_pages_of_a_list_wherever_chunks_end(tmp_path, made, realistic, monkeypatch, size):
    records = realistic[0][: 100 if size == 1 else None]
    expected = [p.read_bytes() for p in write_pages(made.write_folder(tmp_path / "list", records, realistic[1]))]
    for module in (table, rows):
        monkeypatch.setattr(module, "ROW_GROUP_ROWS", size)
    folder = tmp_path / "stream"
    write_sorted(iter(in_order(records)), folder)
    (folder / "run.json").write_text(json.dumps(realistic[1]))
    assert [p.read_bytes() for p in write_pages(folder)] == expected
    (folder / "results.parquet").unlink()
    monkeypatch.setattr(stored_table, "CSV_BLOCK_BYTES", 5_000 * size)
    assert [p.read_bytes() for p in write_pages(folder)] == expected


def test_a_table_on_disk_is_summarised_like_its_frame(tmp_path, realistic):
    write_table(realistic[0], tmp_path)
    from_disk, from_frame = (summarise(read(tmp_path), realistic[1]) for read in (read_for_pages, read_table))
    assert repr(from_disk) == repr(from_frame)
    stream = [io.StringIO(), io.StringIO()]
    print_summary(read_for_pages(tmp_path), realistic[1], Console(file=stream[0], width=80))
    print_summary(read_table(tmp_path), realistic[1], Console(file=stream[1], width=80))
    assert stream[0].getvalue() == stream[1].getvalue() != ""


def test_many_ops_are_printed_by_family_with_the_gravest_state(made):
    many = [made.record(op=f"op{n}", case_id=str(n)) for n in range(24)]
    families = {record.op: "scans" for record in many}
    assert "\nop0 " in printed(many, made.run([], families=families))
    records = [*many, made.record(op="last", verdict="numeric", message="off")]
    text = printed(records, made.run([], families=families))
    assert re.findall(r"^(other|scans), (\d+) +(\S+ \d+/\d+)", text, re.MULTILINE) == [
        ("scans", "24", "✓ 24/24"),
        ("other", "1", "✗1 1/1"),
    ]
    assert "over all ops, aspects and fills" in text


def test_the_long_cases_are_read_once_and_only_for_the_examples(tmp_path, realistic, monkeypatch):
    write_table(realistic[0], tmp_path)
    asked, batches = [], stored_table.StoredTable.batches

    def spy(self, columns):
        asked.append(tuple(columns))
        return batches(self, columns)

    monkeypatch.setattr(stored_table.StoredTable, "batches", spy)
    found = summarise(read_for_pages(tmp_path), realistic[1]).differences
    assert [columns for columns in asked if "case" in columns] == [("case",)]
    cases = {r.case_id: r.case for r in realistic[0]}
    assert len(found) > 50
    assert {d.case_id: d.example["case"] for d in found} == {d.case_id: cases[d.case_id] for d in found}


def test_cases_are_read_for_all_differences_that_the_page_shows_and_no_others(made, monkeypatch):
    assert max(LIMITS.values()) <= differences.CASES_READ
    monkeypatch.setattr(differences, "CASES_READ", 2)
    records = [made.record(verdict=v, op=f"op{k}", case=f"[{k}]") for k in range(4) for v in ("numeric", "fault")]
    found = summarise(frame_of(records), made.run([])).differences
    assert [d.example["case"] for d in found] == ["[0]", "[1]", "", ""] * 2


def test_without_run_json_there_is_a_clear_error_and_no_page(tmp_path, made):
    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))
    (tmp_path / "run.json").unlink()
    with pytest.raises(ValueError, match=r"has no run\.json; expected a folder that `opassay run --out` wrote"):
        write_pages(tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("budget", [840.0, 60])
def test_a_budget_is_a_number_of_seconds(budget):
    assert run_file.complete({"shards": [], "budget": budget})["budget"] == budget


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("[]", "the file: expected an object, got []"),
        ("{}", "shards is missing"),
        ('{"shards": {}}', "shards: expected a list, got {}"),
        ('{"shards": [{"op": "relu", "aspect": "value", "target": "torch"}]}', "shards.0.planned is missing"),
        ('{"shards": [], "budget": "2m"}', "budget: expected a number, got '2m'"),
        ('{"shards": [], "seed": 1.5}', "seed: expected an integer, got 1.5"),
        (
            '{"shards": [], "targets": {"torch": {"settings": {"threads": 1}}}}',
            "targets.torch.settings.threads: expected text",
        ),
        (
            '{"shards": [], "known": [{"id": "a", "adapter": "b", "baseline": 1}]}',
            "known.0.baseline: expected true or false",
        ),
    ],
)
def test_a_broken_run_json_is_a_clear_error(tmp_path, made, text, why):
    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match=f"does not describe a run.*{re.escape(why)}"):
        write_pages(tmp_path)


def test_a_folder_without_a_table_is_a_clear_error(tmp_path, made):
    (tmp_path / "run.json").write_text(json.dumps(made.run([made.shard()])))
    with pytest.raises(ValueError, match="has no results table"):
        write_pages(tmp_path)


def test_summary_md_begins_with_what_is_new_and_what_ran(made):
    records = [made.record(), made.record(verdict="numeric", number=1, case_id="abc", message="off by 3 | 4")]
    lines = markdown(records, made.run([made.shard(planned=3)])).splitlines()
    assert lines[0] == "# opassay: 1 new difference in 1 record"
    assert lines[2] == "ran 2 of 3 planned: 1 passed, 1 new; not judged: 1 missing."
    assert "| conv2d | ❌ 2/3, 1 new |" in lines
    assert any("`opassay replay abc --target torch`" in line for line in lines)
    assert "  ` off by 3 | 4 `" in lines


def test_summary_md_when_nothing_ran(made):
    text = markdown([], made.run([made.shard(planned=4)]))
    assert text.startswith("# opassay: Nothing was judged, so nothing is known\n\nran 0 of 4 planned: 0 passed;")
    assert "⏳ 0/4" in text
    assert "✅" not in text


def test_summary_md_keeps_messages_inside_their_code_span(made):
    hostile = "a `` b ``` c\n| x | <script> @someone"
    text = markdown([made.record(verdict="rejects", message=hostile)], made.run([made.shard()]))
    assert "  ` a `` b ``` c `" not in text
    assert "  ```` a `` b ``` c ````" in text
    assert "<script>" not in text.replace("```` a `` b ``` c ````", "")


def test_summary_md_tables_have_as_many_cells_in_every_row(realistic):
    for block in markdown(*realistic).split("\n\n"):
        if block.startswith("| "):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1


def test_summary_md_shows_thirty_differences_and_counts_the_others(made):
    records = [made.record(verdict="numeric", op=f"op{k:02}", number=k) for k in range(34)]
    text = markdown(records, made.run([]))
    assert text.count("`opassay replay") == 30
    assert "… and 4 more in `report.html` and `results.csv`" in text


def many_of_everything(made, targets, ops):
    """Thousands of new differences, warnings, findings, known differences and faults, each with long words."""
    long = "a long message | with `markup` " * 20
    names = [f"backend{t}:mode" for t in range(targets)]
    shards = [made.shard(f"op{o}", name, 2, aspect=a) for o in range(ops) for name in names for a in ("value", "error")]
    records = [
        made.record(op=f"op{k % ops}", target=names[k % targets], verdict=verdict, message=f"{chr(97 + k % 26)} {long}")
        for k in range(3_000)
        for verdict in ("numeric", "fault", "unsupported")
    ]
    finding = {**FINDING, "explained_by": long, "message": long}
    more = {"findings": [finding] * 200, "known": [made.known(reason=long)] * 2_000, "warnings": [long] * 300}
    state = made.target(state=f"could not start: {long}")
    return records, made.run(shards, targets=dict.fromkeys(names, state), command=long, **more)


@pytest.mark.parametrize(("targets", "ops"), [(6, 24), (6, 200), (25, 100), (1, 1)])
def test_summary_md_has_room_for_what_is_new_whatever_else_there_is(made, targets, ops):
    records, run = many_of_everything(made, targets, ops)
    text = markdown(records, run)
    assert len(text) < LIMIT == 30_000
    assert "[report.html](report.html)" in text
    for title in (
        "Findings",
        "New differences",
        "Faults",
        "What ran",
        "Known differences",
        "Not judged",
        "Environment",
    ):
        assert f"\n## {title}\n" in text
    assert text.count("`opassay replay") > 10
    assert len(re.findall(r"^- … and [\d,]+ more in", text, re.MULTILINE)) >= 3


def test_summary_md_that_would_be_too_long_whatever_is_left_out_is_cut_and_says_so(made, monkeypatch):
    monkeypatch.setattr(summary, "LIMIT", 1_000)
    text = markdown(*many_of_everything(made, 3, 3))
    assert len(text) <= 1_000
    assert text.endswith("… cut; Everything: [report.html](report.html), beside this file.\n")


def test_summary_md_shows_families_where_the_matrix_of_ops_would_be_too_long(made):
    names = [f"t{k}" for k in range(3)]
    shards = [made.shard(f"op{o}", name, 1) for o in range(60) for name in names]
    records = [made.record(op=f"op{o}", target=name) for o in range(60) for name in names if (o, name) != (3, "t1")]
    text = markdown(records, made.run(shards, targets={}))
    assert "| other, 60 | ✅ 60/60 | ⏳ 59/60 | ✅ 60/60 |" in text
    assert "op59" not in text


def test_known_differences_are_counted_by_who_must_act(made):
    entries = [made.known(), made.known(failed=0), made.known(owner="ours", failed=7)]
    text = markdown([made.record()], made.run([made.shard()], known=entries))
    assert "| ours | 1 | 1 | 7 |\n| upstream | 2 | 1 | 1 |" in text
    assert "An empty batch is refused" not in text


def test_ops_that_no_target_has_are_counted_and_take_no_row(made):
    shards = [made.shard(), *(made.shard(f"op{k}", planned=0, absent=True) for k in range(75))]
    for text in (printed([made.record()], made.run(shards)), markdown([made.record()], made.run(shards))):
        assert "75 ops are left out: torch does not have them" in text
        assert not re.search(r"\bop\d", text)
        assert "the adapter does not have the op" not in text


def test_an_op_that_one_of_two_targets_has_keeps_its_row(made):
    shards = [made.shard(), made.shard(target="jax", planned=0, absent=True)]
    text = printed([made.record()], made.run(shards, targets={}))
    assert re.search(r"^conv2d +✓ 1/1 +·", text, re.MULTILINE)
    assert "left out" not in text


@pytest.mark.parametrize("worst", [math.inf, math.nan, 2.0])
def test_no_figure_reads_as_failure_where_nothing_is_new(made, worst):
    records = [made.record(rho=0.5), made.record(verdict="numeric", known="k", rho=worst, number=1)]
    for text in (printed(records, made.run([made.shard(planned=2)])), markdown(records, made.run([]))):
        assert "Largest error ÷ allowed error: 0.5, where 1 is the bound" in text
        assert not re.search(r"\b(inf|nan)\b", text)


def test_no_largest_error_is_told_where_every_answer_is_exact(made):
    assert "Largest error" not in printed([made.record()], made.run([made.shard()]))


def test_the_terminal_shows_denominators_differences_and_what_to_do(made):
    records = [made.record(), made.record(verdict="crash", number=1, case_id="abc", message="SIGABRT in conv")]
    lines = printed(records, made.run([made.shard(planned=3)])).splitlines()
    assert "✗1 2/3" in next(line for line in lines if line.startswith("conv2d "))
    assert "crash  conv2d value on torch, 1 record" in lines
    assert "    abc  SIGABRT in conv" in lines
    assert lines[-3:] == [
        "1 new difference in 1 record",
        "ran 2 of 3 planned: 1 passed, 1 new; not judged: 1 missing",
        "Next: opassay replay abc --target torch",
    ]


FINDING = {
    "id": "conv2d-value-structural-0123abcd",
    "targets": ["torch", "jax"],
    "records": 12,
    "elements": 5,
    "explained_by": "",
    "message": "y[0] expected 1, got `0`",
    "failed": 1,
    "runs": 10,
    "suspect_oracle": True,
    "reproductions": [{"reproduces": True}, {"reproduces": False}],
}


def test_findings_come_first_with_how_sure_they_are(made):
    run = made.run([made.shard()], findings=[FINDING])
    records = [made.record(verdict="crash")]
    for text in (markdown(records, run), printed(records, run, width=240)):
        assert "12 records on torch, jax; 5 elements; failed 1 of 10 times alone" in text
        assert "1 of 2 scripts reproduce" in text
        assert "the oracle is suspect" in text
    case = "opassay-report/findings/conv2d-value-structural-0123abcd/case.json"
    assert f"Next: opassay replay {case} --target torch --target jax\n" in printed(records, run, width=40)
    assert "## Findings" in markdown(records, run)
    assert "## Findings" not in markdown(records, made.run([made.shard()]))


def test_the_terminal_is_never_wider_than_the_console(realistic):
    for width in (60, 80, 200):
        assert max(map(len, printed(*realistic, width=width).splitlines())) <= width


def test_piped_output_has_no_escape_codes_and_every_target(realistic):
    text = printed(*realistic)
    assert "\x1b" not in text
    flat = text.replace("\n", " ")
    assert all(part in flat for name in realistic[1]["targets"] for part in name.split(":"))


def test_the_terminal_lists_twenty_differences_and_counts_the_others(made):
    records = [made.record(verdict="numeric", op=f"op{k:02}", number=k, case_id=f"id{k:02}") for k in range(25)]
    text = printed(records, made.run([]))
    assert len(re.findall(r"^    id\d\d  ", text, re.MULTILINE)) == 20
    assert "and 5 more, all of them in the report" in text


def test_markup_in_messages_is_printed_as_it_is(made):
    records = [made.record(verdict="rejects", message="[bold red]x[/bold red] [/nonsense]")]
    assert "[bold red]x[/bold red] [/nonsense]" in printed(records, made.run([made.shard()]))


def test_an_ascii_terminal_gets_words(made):
    records = [made.record(), made.record(verdict="rejects", op="relu", message="é is not supported " * 20)]
    text = printed(records, made.run([made.shard()], warnings=["naïve"]), encoding="ascii")
    assert "ok 1/1" in text
    assert "NEW1 1/1" in text
    assert "\\xe9 is not supported" in text
    assert "! na\\xefve" in text


def test_the_terminal_when_nothing_ran(made):
    text = printed([], made.run([], targets={}))
    assert "Nothing was judged, so nothing is known" in text
    assert "Next: nothing to do" not in text
