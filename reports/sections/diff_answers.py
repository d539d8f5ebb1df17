"""The records of two runs as one frame: a row per case and target, with what was said before and now."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from opassay.harness.model.messages import first_line, normalised
from opassay.harness.model.verdicts import FAILING
from opassay.reports.data.rows import Results, batches
from opassay.reports.data.stored_table import schema
from opassay.reports.data.text import clean
from opassay.reports.sections.differences import empty

KEY = ["op", "aspect", "target", "case_id"]
SAID = ["known", "says", "message", "empty"]
FAULT = "fault"
JUDGED = ("pass", *FAILING)
_COLUMNS = (*KEY, "verdict", "known", "message", "error_type", "shapes")
_MESSAGE_LIMIT = 300


def answers(table: Results, pair: tuple[str, str] | None, side: int) -> pd.DataFrame:
    """``KEY``, verdict and ``SAID`` of each case and target; where it was asked several times, the gravest answer.

    With a ``pair``, of one ``side``'s target only, under both names. ``says`` is the message without its numbers.
    """
    read = pa.Table.from_batches(batches(table, _COLUMNS), schema(_COLUMNS))
    frame: pd.DataFrame = read.to_pandas(strings_to_categorical=True)
    if pair:
        frame = frame[frame["target"] == pair[side]].assign(target=" and ".join(pair))
    fails = frame["verdict"].isin(FAILING)
    told = fails | (frame["verdict"] == FAULT)
    says = frame["message"].map(normalised).astype(object)
    frame["says"] = says.where(says != "", frame["error_type"].astype(object)).where(told, "")
    frame["message"] = frame["message"].map(_shown).astype(object).where(told, "")
    frame["known"] = frame["known"].astype(object).where(told, "")
    frame["empty"] = frame["shapes"].map(empty).astype(bool)
    grave = frame.assign(rank=-fails.astype(int) - told).sort_values("rank", kind="stable").drop_duplicates(KEY)
    return grave[[*KEY, "verdict", *SAID]].astype(dict.fromkeys([*KEY, "verdict"], object))


def _shown(message: str) -> str:
    return clean(first_line(message)[:_MESSAGE_LIMIT])
