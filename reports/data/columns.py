"""The columns of the results table in words: ``python -m opassay.reports.data.columns > docs/schema.md``."""

from __future__ import annotations

import pyarrow as pa

from opassay.harness.model.verdicts import COLUMNS, SORT_COLUMNS, TIMING_COLUMNS, VERDICTS
from opassay.reports.data.stored_table import CSV, PARQUET, SCHEMA, SPOKEN_COLUMNS

MEANINGS = {
    "case_id": "16 hex digits of the hash of the case's JSON",
    "op": "the op or program that was asked",
    "aspect": "what was asked of it: `value`, `gradient`, `error`, `shape`",
    "target": "who was asked: `adapter[:mode][@device]`, as the run named it",
    "adapter": "the target's adapter",
    "mode": "the target's mode",
    "device": "the target's device",
    "executor": "who answered, as far as the framework tells, and with how many threads if more than one",
    "framework_version": "version of the framework that answered",
    "dtype": "dtypes of the inputs, then of the cotangents, one entry per tensor, joined by semicolons",
    "fill": "what the tensors hold, in the same order: `ints`, `normal`, `special`, …",
    "memory": "how they lie in memory, in the same order: `contiguous`, `sliced`, …",
    "shapes": "their shapes, in the same order: `1x4x4x1;2x2x1x1`",
    "attrs": "the op's attributes as a JSON object; of the aspect `error` with the broken `rule`",
    "verdict": f"one of {', '.join(f'`{verdict}`' for verdict in VERDICTS)}",
    "status": "what it means: `passed`, `new`, `known`, `listed` (new, in a version that nobody has tested), "
    "`not judged`, `fault`",
    "known": "ids of the known differences that cover the record, with `; ` between several; empty where none does",
    "owner": "who must act on these: `upstream`, `ours`, `by design`, or `nobody` for a baseline's",
    "version_untested": "`yes` where the known difference that covers the record was not seen in this version of the "
    "framework or, where none covers it, none of the target's was: then it is listed, not red",
    "choice": "the choices of the contract, as the target follows them, under which it was judged: `unconnected=zeros`",
    "rho": "largest error ÷ allowed error: at most 1 passes, 0 is exact, none where nothing was compared",
    "max_abs_error": "largest error, in the output's own unit",
    "max_ulp": "largest error in units in the last place of the expected value",
    "bad_elements": "how many elements of the outputs are wrong",
    "elements": "how many elements the outputs have",
    "free_elements": "how many of them were not judged: the contract leaves them free, or no bound can be stated",
    "free_by_bound": "how many of these are free since no bound can be stated: a sum too long for the format in which "
    "its partial sums may be kept, or one that may overflow it",
    "worst_index": "where the worst element is, as `output[index]`",
    "error_type": "the type of what was raised, or the signal that ended the process",
    "message": "what was raised, or what differs; without addresses and paths, so that two runs compare equal",
    "cause": "the mistake of the oracle that gives this very answer, where one does and no known difference covers it",
    "explained_by": "a mistake that `reproduces the answer`, or those that it is `consistent with`, where any is known",
    "confirmed": "whether a failing case failed again alone: `yes`, `no`, `unconfirmed` where a tape has no answer, "
    "or empty where it was not run again",
    "number": "the case's number in its stream; negative for pinned cases",
    "seconds": "wall time of the call in the worker",
    "case": "the case as JSON: all that `opassay replay` needs",
}
_TYPES = {pa.string(): ("text", "string"), pa.int64(): ("integer", "int64"), pa.float64(): ("number", "double")}


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_HEAD = f"""# The results table

Made by `python -m opassay.reports.data.columns > docs/schema.md`; do not edit.

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


def schema_md() -> str:
    """The text of docs/schema.md."""
    lines = ["| column | holds | type | in Parquet |", "|---|---|---|---|"]
    for name in COLUMNS:
        plain, stored = _TYPES[SCHEMA.field(name).type]
        lines.append(f"| `{name}` | {MEANINGS[name]} | {plain} | {stored} |")
    return _HEAD + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(schema_md(), end="")
