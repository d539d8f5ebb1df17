"""The pages beside a results table, made from it, ``run.json``, ``findings/`` and ``pictures/`` alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from reports.html import report_html
from reports.junit import junit_xml
from reports.parts import read_parts
from reports.run_file import read_run
from reports.stored_table import read_for_pages
from reports.summarise import Summary, summarise
from reports.summary import summary_md


def write_pages(folder: Path, before: Sequence[Path] = ()) -> list[Path]:
    """(Re)write ``summary.md``, ``junit.xml`` and ``report.html`` in ``folder``; their paths.

    ``before``: folders of earlier runs, oldest first, with which ``report.html`` shows a trend.
    The same folder give the same bytes. Raises ``ValueError`` when the table or ``run.json``
    is absent or wrong; nothing is written then.
    """
    folder = Path(folder)
    run = read_run(folder)
    table = read_for_pages(folder)
    summary = summarise(table, run)
    page = partial(report_html, parts=read_parts(folder, table, summary.run, before))
    makers: dict[str, Callable[[Summary], str]] = {
        "summary.md": summary_md,
        "junit.xml": junit_xml,
        "report.html": page,
    }
    texts = {folder / name: make(summary) for name, make in makers.items()}
    for path, text in texts.items():
        draft = path.with_name(f".{path.name}.part")
        draft.write_text(text, encoding="utf-8", newline="\n")
        os.replace(draft, path)
    return list(texts)
