"""The results table: two files, the same content, one order."""

import csv
import math
import random
import shutil
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from opassay.harness.model.verdicts import COLUMNS
from opassay.reports.data import stored_table, table
from opassay.reports.data.rows import PLACE, distinct, picked, rows
from opassay.reports.data.stored_table import CSV, PARQUET, read_for_pages
from opassay.reports.data.table import frame_of, read_table, write_sorted, write_table


def plain(frame):
    """Rows as tuples; NaN by name, so that equal rows compare equal."""
    columns = [frame[c].array.__arrow_array__().to_pylist() for c in frame.columns]
    return [tuple("NaN" if isinstance(v, float) and v != v else v for v in row) for row in zip(*columns, strict=True)]


@pytest.fixture(scope="module")
def written(tmp_path_factory, realistic):
    """A folder with a table, to be read only."""
    path = tmp_path_factory.mktemp("table")
    write_table(realistic[0], path)
    return path


@pytest.fixture
def folder(tmp_path, written):
    """A table of one's own."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.parametrize("column", COLUMNS)
def test_csv_and_parquet_hold_the_same_column(written, column):
    from_parquet, from_csv = (read_table(written / file, [column]) for file in (PARQUET, CSV))
    assert from_parquet[column].dtype == from_csv[column].dtype
    assert plain(from_parquet) == plain(from_csv)


def test_every_record_and_every_value_comes_back(tmp_path, made):
    records = [made.record(case_id=f"{k:016x}", number=k, rho=k / 7, max_ulp=None, message=f"m {k}") for k in range(20)]
    write_table(records, tmp_path)
    assert plain(read_table(tmp_path)) == [tuple(asdict(r).values()) for r in records]


@pytest.mark.parametrize("file", [PARQUET, CSV])
def test_a_folder_may_have_a_colon_in_its_name(tmp_path, made, monkeypatch, file):
    """Of a relative name, pyarrow makes a URI."""
    monkeypatch.chdir(tmp_path)
    write_table([made.record()], Path("nightly:x"))
    assert len(read_table(Path("nightly:x") / file)) == 1


def test_columns_have_fixed_types_even_in_an_empty_table(tmp_path):
    write_table([], tmp_path)
    kinds = {"number": "int64[pyarrow]", "rho": "double[pyarrow]", "message": "string[pyarrow]"}
    for file in (PARQUET, CSV):
        frame = read_table(tmp_path / file)
        assert len(frame) == 0
        assert tuple(frame.columns) == COLUMNS
        assert {c: str(frame[c].dtype) for c in kinds} == kinds


@pytest.mark.parametrize("file", [PARQUET, CSV])
def test_nan_infinity_and_no_number_stay_apart(tmp_path, made, file):
    values = [None, math.nan, math.inf, -math.inf, 5e-324, 0.1]
    write_table([made.record(number=k, rho=v) for k, v in enumerate(values)], tmp_path)
    assert plain(read_table(tmp_path / file, ["rho"])) == [
        (None,),
        ("NaN",),
        (math.inf,),
        (-math.inf,),
        (5e-324,),
        (0.1,),
    ]


def test_the_order_of_records_does_not_matter(tmp_path, realistic):
    shuffled = list(realistic[0])
    random.Random(1).shuffle(shuffled)
    write_table(realistic[0], tmp_path / "a")
    write_table(shuffled, tmp_path / "b")
    for file in (PARQUET, CSV):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_ties_of_the_sort_columns_are_ordered_by_the_others(tmp_path, made):
    twins = [made.record(message="b"), made.record(message="a"), made.record(message="a", rho=None)]
    for name, order in (("a", twins), ("b", twins[::-1])):
        write_table(order, tmp_path / name)
    assert (tmp_path / "a" / CSV).read_bytes() == (tmp_path / "b" / CSV).read_bytes()


def test_rows_come_pins_first_and_without_number_last(tmp_path, made):
    numbers = [3, None, -1, 0, -2, 11]
    write_table([made.record(number=n) for n in numbers], tmp_path)
    assert plain(read_table(tmp_path, ["number"])) == [(-2,), (-1,), (0,), (3,), (11,), (None,)]


def test_rows_are_sorted_by_op_then_aspect_then_number_then_fill_then_case_then_target(tmp_path, made):
    keys = [
        ("conv2d", "gradient", 5, "ones", "b", "torch"),
        ("conv2d", "value", 0, "ints", "b", "torch"),
        ("conv2d", "value", 0, "ones", "a", "torch"),
        ("conv2d", "value", 0, "ones", "b", "jax"),
        ("conv2d", "value", 0, "ones", "b", "torch"),
        ("matmul", "error", -1, "ones", "a", "jax"),
    ]
    names = ("op", "aspect", "number", "fill", "case_id", "target")
    write_table([made.record(**dict(zip(names, key, strict=True))) for key in reversed(keys)], tmp_path)
    assert plain(read_table(tmp_path, names)) == keys


def test_merging_many_small_runs_gives_the_same_files(tmp_path, realistic, monkeypatch):
    write_table(realistic[0], tmp_path / "one")
    sizes, write_run = [], table._write_run
    monkeypatch.setattr(table, "RUN_ROWS", 500)
    monkeypatch.setattr(table, "BATCH_ROWS", 64)
    monkeypatch.setattr(table, "_write_run", lambda rows, path: sizes.append(len(rows)) or write_run(rows, path))
    write_table(iter(realistic[0]), tmp_path / "many")
    assert len(sizes) > 5
    assert max(sizes) == 500
    assert (tmp_path / "one" / CSV).read_bytes() == (tmp_path / "many" / CSV).read_bytes()
    assert plain(read_table(tmp_path / "one")) == plain(read_table(tmp_path / "many"))


def test_nothing_but_the_two_files_is_left_behind(folder):
    assert sorted(p.name for p in folder.iterdir()) == [CSV, PARQUET]


def test_a_failed_write_keeps_the_table_that_was_there(folder, made):
    before = (folder / CSV).read_bytes()

    def breaking():
        yield made.record()
        raise RuntimeError("the journal ended")

    with pytest.raises(RuntimeError, match="journal"):
        write_table(breaking(), folder)
    assert (folder / CSV).read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == [CSV, PARQUET]


def test_the_csv_is_rfc_4180_with_a_header_and_utf_8(tmp_path, made):
    message = 'comma, "quote"\nnext line é 𝛻'
    write_table([made.record(message=message)], tmp_path)
    raw = (tmp_path / CSV).read_bytes()
    assert raw.startswith(b"case_id,op,aspect,target,")
    assert raw.endswith(b"\r\n")
    assert b'"comma, ""quote""\nnext line \xc3\xa9 ' in raw
    with open(tmp_path / CSV, encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["message"] == message


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "'=1", "''-1", "'plain", "plain = x", ""])
def test_messages_are_no_formula_in_a_spreadsheet_and_come_back(tmp_path, made, text):
    write_table([made.record(message=text)], tmp_path)
    with open(tmp_path / CSV, encoding="utf-8", newline="") as file:
        cell = next(csv.DictReader(file))["message"]
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert plain(read_table(tmp_path / CSV, ["message"])) == [(text,)]
    assert plain(read_table(tmp_path / PARQUET, ["message"])) == [(text,)]


def test_data_never_gets_an_apostrophe(tmp_path, made):
    write_table([made.record(number=-1, rho=-math.inf, attrs="-1")], tmp_path)
    with open(tmp_path / CSV, encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["number"], row["rho"], row["attrs"]) == ("-1", "-inf", "-1")


def test_bytes_that_no_file_survives_are_written_out(tmp_path, made):
    write_table([made.record(message="a\x00b\x1b[31m\r\nc\rd\ud800e\u202ef\tg")], tmp_path)
    expected = "a\\x00b\\x1b[31m\nc\\x0dd\\ud800e\\u202ef\tg"
    assert plain(read_table(tmp_path / CSV, ["message"])) == plain(read_table(tmp_path, ["message"])) == [(expected,)]


def test_mappings_are_taken_like_records(tmp_path, made):
    write_table([made.record()], tmp_path / "a")
    write_table([asdict(made.record())], tmp_path / "b")
    assert (tmp_path / "a" / CSV).read_bytes() == (tmp_path / "b" / CSV).read_bytes()


def test_a_mapping_without_a_column_is_refused_by_name(tmp_path, made):
    row = asdict(made.record())
    del row["rho"]
    with pytest.raises(ValueError, match="missing: rho; unexpected: none"):
        write_table([row], tmp_path)


@pytest.mark.parametrize(("column", "value"), [("number", 1.5), ("message", None), ("elements", math.inf)])
def test_a_value_of_another_type_is_refused_by_column(tmp_path, made, column, value):
    with pytest.raises(ValueError, match=f"column {column} holds"):
        write_table([made.record(**{column: value})], tmp_path)


def test_a_folder_without_a_table_is_a_clear_error(tmp_path):
    with pytest.raises(ValueError, match=r"has no results table; expected a folder with results\.parquet"):
        read_table(tmp_path)


def test_other_columns_are_a_clear_error(tmp_path):
    pq.write_table(pa.table({"case_id": ["a"], "colour": ["red"]}), tmp_path / PARQUET)
    with pytest.raises(ValueError, match=r"missing: op, aspect.*unexpected: colour; was it written by another version"):
        read_table(tmp_path)


def test_a_torn_file_is_a_clear_error(folder):
    (folder / PARQUET).write_bytes((folder / PARQUET).read_bytes()[:500])
    with pytest.raises(ValueError, match="not a results table that can be read"):
        read_table(folder)


def test_the_csv_is_read_when_there_is_no_parquet(folder, realistic):
    (folder / PARQUET).unlink()
    assert len(read_table(folder)) == len(realistic[0])


def test_frame_of_is_what_writing_and_reading_gives(folder, realistic):
    assert plain(frame_of(realistic[0])) == plain(read_table(folder))


def in_order(records):
    """Records as ``write_sorted`` takes them: a number that is None comes last."""
    return sorted(records, key=lambda r: (r.op, r.aspect, r.number is None, r.number or 0, r.fill, r.case_id, r.target))


@pytest.mark.parametrize("size", [1, 7, 500, 10_000])
def test_streaming_sorted_records_gives_the_files_that_writing_a_list_gives(tmp_path, realistic, monkeypatch, size):
    records = realistic[0][:900] if size == 1 else realistic[0]
    monkeypatch.setattr(table, "ROW_GROUP_ROWS", size)
    write_table(records, tmp_path / "list")
    assert write_sorted(iter(in_order(records)), tmp_path / "stream") == [
        tmp_path / "stream" / f for f in (CSV, PARQUET)
    ]
    for file in (CSV, PARQUET):
        assert (tmp_path / "list" / file).read_bytes() == (tmp_path / "stream" / file).read_bytes()
    assert pq.ParquetFile(tmp_path / "stream" / PARQUET).num_row_groups == -(-len(records) // size)


def test_chunk_borders_change_no_value(tmp_path, realistic, monkeypatch):
    write_sorted(in_order(realistic[0]), tmp_path / "large")
    monkeypatch.setattr(table, "ROW_GROUP_ROWS", 13)
    write_sorted(in_order(realistic[0]), tmp_path / "small")
    assert (tmp_path / "large" / CSV).read_bytes() == (tmp_path / "small" / CSV).read_bytes()
    assert plain(read_table(tmp_path / "large")) == plain(read_table(tmp_path / "small"))


def test_streaming_holds_no_more_than_a_chunk(tmp_path, made, monkeypatch):
    monkeypatch.setattr(table, "ROW_GROUP_ROWS", 10)
    written, given, write_chunk = [0], [0], table._write_chunk

    def give():
        for k in range(100):
            given[0] += 1
            assert given[0] - written[0] <= 12
            yield made.record(number=k)

    monkeypatch.setattr(
        table,
        "_write_chunk",
        lambda chunk, *files: write_chunk(chunk, *files) or written.__setitem__(0, written[0] + len(chunk)),
    )
    write_sorted(give(), tmp_path)
    assert written == given == [100]


def test_nothing_streamed_is_an_empty_table(tmp_path):
    write_sorted(iter([]), tmp_path)
    assert len(read_table(tmp_path)) == 0


def test_streamed_ties_may_come_in_any_order(tmp_path, made):
    twins = [made.record(message="b"), made.record(message="a"), made.record(message="a", rho=None)]
    write_sorted(twins, tmp_path / "a")
    write_sorted(twins[::-1], tmp_path / "b")
    assert (tmp_path / "a" / CSV).read_bytes() == (tmp_path / "b" / CSV).read_bytes()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"op": "relu"}, {"op": "matmul"}),
        ({"aspect": "value"}, {"aspect": "error"}),
        ({"number": 2}, {"number": 1}),
        ({"number": None}, {"number": 1}),
        ({"fill": "ones"}, {"fill": "ints"}),
        ({"case_id": "b"}, {"case_id": "a"}),
        ({"target": "torch"}, {"target": "jax"}),
    ],
)
def test_records_out_of_order_are_refused_and_the_old_table_stays(folder, made, first, second):
    before = (folder / PARQUET).read_bytes()
    expected = r"order of op, aspect, number, fill, case_id, target: \(.*\) came after \(.*write_table, which does"
    with pytest.raises(ValueError, match=expected):
        write_sorted([made.record(**first), made.record(**second)], folder)
    assert (folder / PARQUET).read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == [CSV, PARQUET]
    write_sorted([made.record(**second), made.record(**first)], folder)
    assert len(read_table(folder)) == 2


@pytest.mark.parametrize("file", [PARQUET, CSV])
def test_a_stored_table_gives_batches_of_the_columns_asked_for(folder, realistic, monkeypatch, file):
    monkeypatch.setattr(stored_table, "ROW_GROUP_ROWS", 1_000)
    monkeypatch.setattr(stored_table, "CSV_BLOCK_BYTES", 100_000)
    batches = list(read_for_pages(folder / file).batches(["rho", "message"]))
    assert all(batch.schema.names == ["rho", "message"] for batch in batches)
    assert len(batches) > 3
    assert sum(map(len, batches)) == len(realistic[0])


@pytest.mark.parametrize("file", [PARQUET, CSV])
def test_a_stored_table_with_other_columns_is_a_clear_error_at_once(tmp_path, file):
    other = pa.table({"case_id": ["a"], "colour": ["red"]})
    pq.write_table(other, tmp_path / PARQUET)
    pa.csv.write_csv(other, tmp_path / CSV)
    with pytest.raises(ValueError, match=r"missing: op, aspect.*unexpected: colour; was it written by another version"):
        read_for_pages(tmp_path / file)


def test_damage_inside_a_file_is_a_clear_error(folder):
    data = bytearray((folder / PARQUET).read_bytes())
    data[1_000 : len(data) // 2] = bytes(len(data) // 2 - 1_000)
    (folder / PARQUET).write_bytes(data)
    with pytest.raises(ValueError, match=r"not a results table that can be read.*run opassay again"):
        read_table(folder)


@pytest.mark.parametrize(("damage", "file"), [(b"\xff\xfe", CSV), (b"", CSV), (b"PAR1", PARQUET)])
def test_a_file_of_something_else_is_a_clear_error(tmp_path, damage, file):
    (tmp_path / file).write_bytes(damage)
    with pytest.raises(ValueError, match=f"{file}"):
        read_table(tmp_path)


def test_values_are_those_of_arrow(tmp_path, realistic):
    write_table(realistic[0], tmp_path)
    expected = plain(read_table(tmp_path))
    for source in (read_table(tmp_path), read_for_pages(tmp_path)):
        found = [tuple("NaN" if v != v else v for v in row) for row in rows(source, COLUMNS)]
        assert found == expected
        assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in expected]


def test_rows_are_numbered_skipped_and_picked(tmp_path, made, monkeypatch):
    monkeypatch.setattr(table, "ROW_GROUP_ROWS", 3)
    verdicts = ["pass", "numeric", "fault", "pass", "pass", "numeric", "pass", "fault"]
    write_table([made.record(number=k, verdict=v) for k, v in enumerate(verdicts)], tmp_path)
    for source in (read_table(tmp_path), read_for_pages(tmp_path)):
        kept = list(rows(source, (PLACE, "verdict", "number"), skip={"verdict": ("pass",)}))
        assert kept == [(1, "numeric", 1), (2, "fault", 2), (5, "numeric", 5), (7, "fault", 7)]
        assert distinct(source, "verdict") == set(verdicts)
        assert picked(source, "number", {7, 0, 3}) == {0: 0, 3: 3, 7: 7}
        assert picked(source, "number", []) == {}


def test_the_recipes_of_the_manual_run_on_either_file(tmp_path, made, realistic, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    recipe = page.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    written, said = write_table(realistic[0], tmp_path / "opassay-report"), set()
    for file in written:
        exec(recipe.replace('read_table("opassay-report")', f"read_table({str(file)!r})"), {})
        said.add(capsys.readouterr().out)
    assert len(said) == 1
    assert {"passed", "known"} <= set(said.pop().split())


def test_either_file_has_the_same_types(tmp_path, realistic):
    csv, parquet = (read_table(file).dtypes for file in write_table(realistic[0], tmp_path))
    assert csv.equals(parquet)
