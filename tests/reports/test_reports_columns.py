"""docs/schema.md says what the table holds, and a table of any text comes back from both files."""

import inspect
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opassay.harness.model.verdicts import COLUMNS, Record
from opassay.reports.data.table import CSV, PARQUET, read_table, write_table
from opassay.reports.data.text import clean

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "tools"))
import schema


def test_every_column_has_a_meaning_and_no_other():
    assert tuple(schema.meanings(inspect.getsource(Record))) == COLUMNS


def test_the_file_is_what_would_be_made_today():
    assert schema.PAGE.read_text(encoding="utf-8") == schema.current(), "run: python docs/tools/schema.py"


def test_a_change_of_a_meaning_would_be_noticed():
    source = inspect.getsource(Record)
    changed = source.replace("the op or program that was asked", "something else")
    assert schema.schema_md(changed) != schema.PAGE.read_text(encoding="utf-8")


def test_a_column_without_a_meaning_would_be_noticed():
    source = inspect.getsource(Record)
    with pytest.raises(KeyError):
        schema.schema_md(source.replace('"""the op or program that was asked"""', ""))


NUMBERS = st.one_of(st.none(), st.floats())


@settings(max_examples=60, deadline=None, database=None)
@given(texts=st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1, max_size=5), rho=NUMBERS, ulp=NUMBERS)
def test_any_text_and_number_comes_back_from_both_files(made, tmp_path_factory, texts, rho, ulp):
    folder = tmp_path_factory.mktemp("table")
    fields = [dict(zip(("message", "executor", "attrs"), row, strict=True)) for row in texts]
    write_table([made.record(**f, number=k, rho=rho, max_ulp=ulp) for k, f in enumerate(fields)], folder)
    for file in (PARQUET, CSV):
        table = read_table(folder / file)
        for name in ("message", "executor", "attrs"):
            assert table[name].tolist() == [clean(row[name]) for row in fields]
        assert repr(table["rho"].tolist()[0] if rho is not None else None) == repr(rho)
        assert table["max_ulp"].isna().tolist() == [ulp is None] * len(texts)
