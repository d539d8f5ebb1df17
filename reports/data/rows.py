"""The rows of a table as plain Python values, a few thousand at a time, so that memory does not grow with the table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from opassay.reports.data.stored_table import ROW_GROUP_ROWS, StoredTable

Results = pd.DataFrame | StoredTable
"""The source of pages: the frame of ``read_table``, or the file on disk of ``read_for_pages``."""
PLACE = "place"
"""A column of every table: the row's number, from 0."""


def rows(
    table: Results, columns: Sequence[str], skip: Mapping[str, Collection[str]] | None = None
) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples, with None for null; rows with a value of ``skip[column]`` are left out."""
    skip = skip or {}
    stored = [c for c in dict.fromkeys([*columns, *skip]) if c != PLACE]
    start = 0
    for batch in batches(table, stored):
        numbered = pa.table([*batch.columns, pa.array(np.arange(start, start + len(batch)))], [*stored, PLACE])
        start += len(batch)
        for column, values in skip.items():
            numbered = numbered.filter(pa.compute.invert(_is_in(numbered[column], values)))
        yield from zip(*(_values(numbered[c]) for c in columns), strict=True)


def distinct(table: Results, column: str) -> set[str]:
    """Every distinct text of a column."""
    return {text for batch in batches(table, [column]) for text in batch.column(0).unique().to_pylist()}


def picked(table: Results, column: str, places: Collection[int]) -> dict[int, Any]:
    """One column of the rows at ``places``, by place."""
    wanted = np.array(sorted(places), dtype=np.int64)
    out: dict[int, Any] = {}
    start = 0
    for batch in batches(table, [column]) if len(wanted) else ():
        here = wanted[(wanted >= start) & (wanted < start + len(batch))]
        out.update(zip(here.tolist(), batch.column(0).take(pa.array(here - start)).to_pylist(), strict=True))
        start += len(batch)
    return out


def batches(table: Results, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Those columns of all rows, a few thousand rows at a time."""
    if isinstance(table, StoredTable):
        yield from table.batches(columns)
    else:
        arrays = {c: table[c].array.__arrow_array__() for c in columns}
        yield from pa.table(arrays).to_batches(max_chunksize=ROW_GROUP_ROWS)


def _is_in(array: pa.ChunkedArray, values: Collection[str]) -> pa.ChunkedArray:
    return pa.compute.is_in(array, value_set=pa.array(list(values), pa.string()))


def _values(array: pa.ChunkedArray) -> list[Any]:
    """``array.to_pylist()``, several times as fast."""
    if not array.null_count or pa.types.is_string(array.type):
        plain: list[Any] = array.to_numpy().tolist()
        return plain
    filled: list[Any] = array.fill_null(0).to_numpy().tolist()
    for place in np.flatnonzero(array.is_null().to_numpy()):
        filled[place] = None
    return filled
