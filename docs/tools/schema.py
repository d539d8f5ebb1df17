"""Writes ``docs/schema.md``, the columns of the results table in words: ``python docs/tools/schema.py``."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from opassay.harness.model.verdicts import SORT_COLUMNS, TIMING_COLUMNS, Record
from opassay.reports.data.stored_table import CSV, PARQUET, SCHEMA, SPOKEN_COLUMNS

PAGE = Path(__file__).resolve().parents[1] / "schema.md"
_TYPES = {pa.string(): ("text", "string"), pa.int64(): ("integer", "int64"), pa.float64(): ("number", "double")}


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_HEAD = f"""# The results table

Made by `python docs/tools/schema.py`; do not edit.

`{CSV}` and `{PARQUET}` hold the same rows in the same order, one per case and target. Names of columns and
verdicts are relied on outside and stay. Two runs of one command differ in no column but {_named(TIMING_COLUMNS)}.

- Rows are sorted by {_named(SORT_COLUMNS)}; a row without a number comes last.
- `{CSV}`: RFC 4180, UTF-8 without a byte order mark, a header, lines end with CRLF. A number that a record does not
  have is an empty field; `nan`, `inf` and `-inf` are values. In the columns that hold a framework's own words
  ({_named(SPOKEN_COLUMNS)}) text that a spreadsheet would run as a formula
  has an apostrophe before it; `read_table` of `reports/data/table.py` takes it off.
- `{PARQUET}`: a number that a record does not have is null, apart from NaN; text is never null; zstd.
- Control characters in text are written out, as `\\x1b`.
"""


def meanings(source: str) -> dict[str, str]:
    """The fields of a class with the docstring below each; a field without one is left out."""
    (record,) = ast.parse(source).body
    assert isinstance(record, ast.ClassDef)
    return {
        field.target.id: " ".join(said.value.value.split())
        for field, said in pairwise(record.body)
        if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Expr)
    }


def schema_md(source: str) -> str:
    """The text of docs/schema.md by the source of ``Record``. ``KeyError`` for a column without a meaning."""
    lines = ["| column | holds | type | in Parquet |", "|---|---|---|---|"]
    found = meanings(source)
    for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True):
        plain, stored = _TYPES[kind]
        lines.append(f"| `{name}` | {found[name]} | {plain} | {stored} |")
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def current() -> str:
    return schema_md(inspect.getsource(Record))


if __name__ == "__main__":
    PAGE.write_text(current(), encoding="utf-8")
