"""The results table: ``results.parquet`` and ``results.csv``, the same rows in the same order.

Text is cleaned once, before either file is written (``text.clean``), so both hold the same content.
Numbers that a record does not have are null in Parquet and empty in CSV; NaN and infinities are
values of their own and kept in both.

The CSV follows RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180): CRLF, a header, quotes doubled;
UTF-8 without a byte order mark. A spreadsheet would evaluate text that begins with ``= + - @`` as a
formula, so in the columns with framework text (``SPOKEN_COLUMNS``) such text gets a
leading apostrophe in the CSV, which ``read_table`` removes. Data is never changed.
"""

from __future__ import annotations

import csv
import heapq
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from opassay.harness.model.verdicts import COLUMNS, SORT_COLUMNS, TIMING_COLUMNS, Record
from opassay.reports.data.stored_table import (
    CSV,
    PARQUET,
    ROW_GROUP_ROWS,
    SCHEMA,
    check_columns,
    guard,
    read_for_pages,
    schema,
)
from opassay.reports.data.text import clean

RUN_ROWS = 10_000
"""How many records are held in memory while sorting; more are merged from sorted runs on disk."""
BATCH_ROWS = 2_000
SCRATCH = ".table-"
_TIE_BREAK = tuple(c for c in COLUMNS if c not in SORT_COLUMNS and c not in TIMING_COLUMNS)
Row = dict[str, Any]


def write_table(records: Iterable[Record | Mapping[str, Any]], out: Path) -> list[Path]:
    """Write both files into ``out`` (made if absent) and return their paths, CSV first.

    Rows come in the order of ``SORT_COLUMNS`` (pins, with negative numbers, first; no number last),
    ties by the other columns, so the order of ``records`` does not matter. Memory is bounded by
    ``RUN_ROWS`` records; the files appear only when they are complete.
    Raises ``ValueError`` naming the columns when a mapping lacks or adds some, or a value has another type.
    """
    with _scratch(out) as scratch:
        runs = [_write_run(chunk, scratch / f"run-{i}") for i, chunk in enumerate(_chunks(records, RUN_ROWS))]
        return _publish(heapq.merge(*map(_read_run, runs), key=_order), scratch, out)


def write_sorted(records: Iterable[Record | Mapping[str, Any]], out: Path) -> list[Path]:
    """Write the files that ``write_table`` writes, from records that already come in the table's order.

    Nothing is sorted and nothing but the two files is written: at most ``ROW_GROUP_ROWS`` records are held
    (and those that ``SORT_COLUMNS`` do not tell apart, which may come in any order among themselves).
    Raises ``ValueError`` at the first record that belongs before its predecessor, and as ``write_table``
    does; the files that were there stay then.
    """
    with _scratch(out) as scratch:
        return _publish(map(_row, records), scratch, out)


def read_table(path: Path | str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The table in folder ``path`` (or in one ``.parquet`` or ``.csv`` file) in its fixed order.

    Columns are Arrow-backed: strings, and int64 and float64 with nulls apart from NaN. ``columns``
    limits which are returned. Raises ``ValueError`` when there is no table or it has other columns.
    """
    wanted = list(columns or COLUMNS)
    return _frame(pa.Table.from_batches(read_for_pages(path).batches(wanted), schema(wanted)))


def frame_of(records: Iterable[Record | Mapping[str, Any]]) -> pd.DataFrame:
    """The frame that results from writing ``records`` and reading them back, without a file."""
    return _frame(arrow_of(records))


def arrow_of(records: Iterable[Record | Mapping[str, Any]]) -> pa.Table:
    """``records`` as the table holds them, in its order."""
    return pa.Table.from_pylist(list(_ties_broken(sorted(map(_row, records), key=_order))), SCHEMA)


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)  # Of a process that was killed.
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=out.absolute()) as folder:
        yield Path(folder)


def _publish(rows: Iterable[Row], scratch: Path, out: Path) -> list[Path]:
    """Both files, written in ``scratch`` and moved to ``out`` when they are complete."""
    _write_both(_ties_broken(rows), scratch)
    for name in (CSV, PARQUET):
        os.replace(scratch / name, out / name)
    return [out / CSV, out / PARQUET]


def _frame(table: pa.Table) -> pd.DataFrame:
    # pandas' own nullable floats would turn NaN into a missing value; Arrow's keep the two apart.
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _chunks(records: Iterable[Record | Mapping[str, Any]], size: int) -> Iterator[list[Row]]:
    rows = map(_row, records)
    while chunk := list(islice(rows, size)):
        yield chunk


def _row(record: Record | Mapping[str, Any]) -> Row:
    if isinstance(record, Record):
        return {name: convert(name, getattr(record, name)) for name, convert in _CONVERTERS}
    check_columns(record, f"record of case {record.get('case_id', '?')}")
    return {name: convert(name, record[name]) for name, convert in _CONVERTERS}


def _text(column: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"column {column} holds text, got {type(value).__name__} {value!r}")
    return clean(value)


def _integer(column: str, value: Any) -> int | None:
    if value is None or isinstance(value, int):
        return value
    if not float(value).is_integer():
        raise ValueError(f"column {column} holds integers, got {value!r}")
    return int(value)


def _number(column: str, value: Any) -> float | None:
    return None if value is None else float(value)


_CONVERT = {"str": _text, "int | None": _integer, "float | None": _number}
_CONVERTERS = [(f.name, _CONVERT[str(f.type)]) for f in fields(Record)]


def _order(row: Row) -> tuple[Any, ...]:
    """The sort key of a row by ``SORT_COLUMNS``, None after every value."""
    return tuple((True, 0) if row[c] is None else (False, row[c]) for c in SORT_COLUMNS)


def _tie_break(row: Row) -> tuple[Any, ...]:
    # As text, which also orders None and NaN; timing comes last.
    return (*(repr(row[c]) for c in _TIE_BREAK), *(row[c] or 0.0 for c in TIMING_COLUMNS))


def _ties_broken(rows: Iterable[Row]) -> Iterator[Row]:
    """``rows``, sorted by ``_order``, with ties in a fixed order; ``ValueError`` if not sorted."""
    place: tuple[Any, ...] | None = None
    group: list[Row] = []
    for row in rows:
        here = _order(row)
        if here != place:
            _check_order(place, here)
            yield from _by_tie_break(group)
            place, group = here, []
        group.append(row)
    yield from _by_tie_break(group)


def _by_tie_break(group: list[Row]) -> list[Row]:
    return group if len(group) < 2 else sorted(group, key=_tie_break)


def _check_order(before: tuple[Any, ...] | None, here: tuple[Any, ...]) -> None:
    if before is not None and here < before:
        first, second = (", ".join("none" if n else str(v) for n, v in place) for place in (before, here))
        raise ValueError(
            f"records do not come in the order of {', '.join(SORT_COLUMNS)}: ({second}) came after ({first}); "
            "sort them first, or give them to write_table, which does"
        )


def _write_run(rows: list[Row], path: Path) -> Path:
    pa.parquet.write_table(pa.Table.from_pylist(sorted(rows, key=_order), SCHEMA), path)
    return path


def _read_run(path: Path) -> Iterator[Row]:
    with pa.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            yield from batch.to_pylist()


def _write_both(rows: Iterator[Row], folder: Path) -> None:
    with (
        open(folder / CSV, "w", encoding="utf-8", newline="") as text,
        pa.parquet.ParquetWriter(folder / PARQUET, SCHEMA, compression="zstd") as binary,
    ):
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        while chunk := list(islice(rows, ROW_GROUP_ROWS)):
            _write_chunk(chunk, writer, binary)


def _write_chunk(chunk: list[Row], text: Any, binary: pa.parquet.ParquetWriter) -> None:
    """Add rows to the CSV writer ``text`` and, as one row group, to ``binary``."""
    text.writerows([guard(c, row[c]) for c in COLUMNS] for row in chunk)
    binary.write_table(pa.Table.from_pylist(chunk, SCHEMA))
