"""Moves the output of an earlier run in a folder aside, so that it is never overwritten."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from opassay.harness.store.files import cannot
from opassay.harness.store.journal import LINE_LIMIT, NAME, locked

CAMPAIGN = "campaign.json"
"""The part of a campaign that corresponds to a journal; its answers lie in files below ``results``."""

LEFT = (
    NAME,
    CAMPAIGN,
    "results",
    "run.json",
    "results.csv",
    "results.parquet",
    "report.html",
    "summary.md",
    "junit.xml",
    "statement.json",
    "badge.svg",
    "findings",
    "pictures",
)
"""All that a run leaves in its folder; what else lies there is the user's."""


def set_aside(folder: Path) -> Path | None:
    """Move what an earlier run left in ``folder`` into a new folder beside it, which is returned; None for nothing.

    ``report`` goes to ``report-1``, or the next number that is free. A journal without a record is nothing.
    Raises ``FileError`` where another process writes there now, or the disk does not take it.
    """
    there = [folder / name for name in LEFT if (folder / name).exists()]
    if not there or (there == [folder / NAME] and not _has_records(there[0])):
        return None
    with locked(folder / NAME):
        return _moved(folder, there)


def _has_records(journal: Path) -> bool:
    # A folder or a device is not a journal. Opening it for writing reports that.
    if not journal.is_file():
        return False
    with journal.open("rb") as stream:
        stream.readline(LINE_LIMIT)
        return bool(stream.readline(LINE_LIMIT))


def _moved(folder: Path, there: list[Path]) -> Path:
    place = Path(os.path.abspath(folder))
    for number in count(1):
        aside = place.with_name(f"{place.name}-{number}")
        try:
            aside.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise cannot("make", aside, error) from None
        break
    try:
        for path in there:
            os.replace(path, aside / path.name)
    except OSError as error:
        raise cannot("move an earlier run to", aside, error) from None
    return folder.with_name(aside.name) if folder.name else aside
