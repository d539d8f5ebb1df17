"""A results table in many files: the rows of each shard of a campaign, and all of them as one stream.

A file holds the rows of one slice of one op, aspect and target, in the table's order. Its schema's metadata holds the
shard's own report. A file is complete or is no Parquet file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from opassay.harness.model.verdicts import SORT_COLUMNS, Record
from opassay.reports.data.stored_table import ROW_GROUP_ROWS, SCHEMA, check_columns
from opassay.reports.data.table import arrow_of

TOLD = b"opassay"
"""The metadata key of the shard's report."""

Opening = Callable[[], BinaryIO]


@dataclass(frozen=True, order=True)
class Part:
    """One file: its ``op`` and ``aspect``, its lowest case number, its target, and how to open it."""

    op: str
    aspect: str
    start: int
    target: str
    open: Opening


def part_bytes(records: Iterable[Record], told: dict[str, Any]) -> bytes:
    """The file that holds ``records``, given in any order, and ``told``."""
    table = arrow_of(records).replace_schema_metadata({TOLD: json.dumps(told).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def told_by(stream: BinaryIO) -> dict[str, Any]:
    """The shard's report in a file; ``ValueError`` for a file that is truncated or another's."""
    try:
        told = (pq.read_schema(stream).metadata or {})[TOLD]
        found: dict[str, Any] = json.loads(told)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ValueError(f"not a whole file of a campaign: {error}") from None
    return found


def in_order(parts: Iterable[Part]) -> Iterator[pa.Table]:
    """The rows of all files in the order of the results table, holding only a few files in memory.

    Files of one op and aspect may overlap in their numbers, as those of several targets do: rows below the lowest
    number of the next file are complete.
    """
    ordered = sorted(parts)
    for _, group in groupby(ordered, key=lambda part: (part.op, part.aspect)):
        yield from _merged(list(group))


def _merged(parts: Sequence[Part]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for start, group in groupby(parts, key=lambda part: part.start):
        if held:
            complete, rest = _cut(pa.concat_tables(held), start)
            yield from _sorted(complete)
            held = [rest]
        held += [_read(part) for part in group]
    yield from _sorted(pa.concat_tables(held))


def _cut(table: pa.Table, start: int) -> tuple[pa.Table, pa.Table]:
    """The rows with numbers below ``start``, and the others, which include those without a number."""
    before = pc.fill_null(pc.less(table["number"], start), False)
    return table.filter(before), table.filter(pc.invert(before))


def _sorted(table: pa.Table) -> Iterator[pa.Table]:
    if table.num_rows:
        yield table.take(pc.sort_indices(table, [(name, "ascending") for name in SORT_COLUMNS]))


def _read(part: Part) -> pa.Table:
    with part.open() as stream:
        table = pq.read_table(stream)
    check_columns(table.column_names, f"{part.op} {part.aspect} of {part.target}")
    return table.select(SCHEMA.names).cast(SCHEMA).replace_schema_metadata(None)


def write_one(parts: Iterable[Part], file: Path) -> None:
    """All rows in one file, in the table's order, with the memory of a few parts."""
    held: list[pa.Table] = []
    with pq.ParquetWriter(file.absolute(), SCHEMA, compression="zstd") as writer:
        for table in in_order(parts):
            held.append(table)
            if sum(rows.num_rows for rows in held) >= ROW_GROUP_ROWS:
                writer.write_table(pa.concat_tables(held), ROW_GROUP_ROWS)
                held = []
        if held:
            writer.write_table(pa.concat_tables(held), ROW_GROUP_ROWS)
