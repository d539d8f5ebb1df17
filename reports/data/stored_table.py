"""The file of a results table: its columns, how they are stored, and how they are read in bounded memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from opassay.harness.model.verdicts import COLUMNS, Record

PARQUET, CSV = "results.parquet", "results.csv"
SPOKEN_COLUMNS = ("executor", "framework_version", "error_type", "message", "explained_by")
ROW_GROUP_ROWS = 10_000
CSV_BLOCK_BYTES = 1 << 24
"""The longest row that can be read; pyarrow's default is 1 MiB."""

_ARROW = {"str": pa.string(), "int | None": pa.int64(), "float | None": pa.float64()}
SCHEMA = pa.schema([(f.name, _ARROW[str(f.type)]) for f in fields(Record)])
_FORMULA = re.compile(r"'*\s*[=+\-@]")
_GUARDED = re.compile(r"'+\s*[=+\-@]")


class StoredTable:
    """A table in a file. Only the requested columns are read, a few thousand rows at a time.

    Raises ``ValueError`` when the file has other columns than a results table or cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._readable():
            check_columns(_header(file), f"{file}")

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Those columns of all rows, in the order of the file, at most ``ROW_GROUP_ROWS`` rows at once or,
        of a CSV, ``CSV_BLOCK_BYTES``."""
        read = _csv_batches if self.file.suffix == ".csv" else _parquet_batches
        with self._readable():
            # pyarrow takes a relative name with a colon for a URI.
            for batch in read(self.file.absolute(), columns):
                yield from pa.Table.from_batches([batch]).select(list(columns)).cast(schema(columns)).to_batches()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
            raise ValueError(
                f"{self.file} is not a results table that can be read ({error}); run opassay again"
            ) from error


def read_for_pages(path: Path | str) -> StoredTable:
    """The table of ``read_table`` without its rows in memory, for ``summarise``."""
    return StoredTable(_table_file(Path(path)))


def guard(column: str, value: Any) -> Any:
    """A value in the CSV: framework text that a spreadsheet would evaluate gets an apostrophe."""
    return f"'{value}" if column in SPOKEN_COLUMNS and _FORMULA.match(value) else value


def _unguard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def check_columns(found: Iterable[str], where: str) -> None:
    """Raises ``ValueError``, beginning with ``where``, for other columns than the table's."""
    names = list(found)
    missing = [c for c in COLUMNS if c not in names]
    unexpected = [c for c in names if c not in COLUMNS]
    if missing or unexpected:
        raise ValueError(
            f"{where}: expected the columns of the results table; missing: {', '.join(missing) or 'none'}; "
            f"unexpected: {', '.join(unexpected) or 'none'}; was it written by another version?"
        )


def _table_file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in (PARQUET, CSV):
        if (path / name).is_file():
            return path / name
    raise ValueError(f"{path} has no results table; expected a folder with {PARQUET}, as `opassay run --out` writes it")


def schema(columns: Sequence[str]) -> pa.Schema:
    """The types of some of the table's columns, in the given order."""
    return pa.schema([SCHEMA.field(name) for name in columns])


def _header(file: Path) -> list[str]:
    if file.suffix == ".csv":
        with open(file, encoding="utf-8", newline="") as text:
            return next(csv.reader(text), [])
    names: list[str] = pa.parquet.read_schema(file.absolute()).names
    return names


def _parquet_batches(file: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pa.parquet.ParquetFile(file) as binary:
        # One row group at a time: a reader of all of them keeps what it has read until the end.
        for number in range(binary.num_row_groups):
            yield from binary.iter_batches(ROW_GROUP_ROWS, [number], list(columns))


def _csv_batches(file: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    reader = pa.csv.open_csv(
        file,
        read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=SCHEMA, null_values=[""], strings_can_be_null=False, include_columns=list(columns)
        ),
    )
    with reader:
        for batch in reader:
            yield pa.RecordBatch.from_arrays([_without_guard(n, batch.column(n)) for n in columns], list(columns))


def _without_guard(column: str, values: pa.Array) -> pa.Array:
    if column not in SPOKEN_COLUMNS:
        return values
    return pa.array([_unguard(value) for value in values.to_pylist()], pa.string())
