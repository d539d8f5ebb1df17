"""The pages beside a results table, made from it, ``run.json``, ``findings/`` and ``pictures/`` alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from opassay.reports.data.run_file import read_run
from opassay.reports.data.stored_table import read_for_pages
from opassay.reports.render.html import report_html
from opassay.reports.render.junit import junit_xml
from opassay.reports.render.statement import badge_svg, statement_json
from opassay.reports.render.summary import summary_md
from opassay.reports.sections.attempts import Attempts
from opassay.reports.sections.parts import read_parts
from opassay.reports.sections.summarise import Summary, summarise

_LEFT_OUT = "opassay could not make this page: run.json says why, under faults; results.csv holds every record.\n"


def write_pages(
    folder: Path,
    before: Sequence[Path] = (),
    faults: list[str] | None = None,
    out: Path | None = None,
    run: Mapping[str, Any] | None = None,
) -> list[Path]:
    """(Re)write the pages of the run in ``folder``, ``report.html`` last; return the paths.

    ``before``: folders of earlier runs, oldest first, with which ``report.html`` shows a trend. The same folder gives
    the same bytes. Raises ``ValueError`` when the table or ``run.json`` is absent or invalid; nothing is written then.
    With ``faults``, a section or page that fails for any other reason does not affect the others: its error is added to
    that list and takes its place on the page. For a run in progress, ``out`` is the folder of the table so far and of
    the pages, and ``run`` replaces ``run.json``.
    """
    folder, out = Path(folder), Path(out or folder)
    run = read_run(folder) if run is None else run
    table = read_for_pages(out)
    attempt = Attempts(faults)
    summary = summarise(table, run)
    parts = read_parts(folder, table, summary.run, before, attempt)
    makers: dict[str, Callable[[Summary], str]] = {
        "summary.md": summary_md,
        "junit.xml": junit_xml,
        "statement.json": statement_json,
        "badge.svg": badge_svg,
        "report.html": partial(report_html, parts=parts, attempt=attempt),
    }
    texts = {out / name: attempt(name, partial(make, summary), _LEFT_OUT) for name, make in makers.items()}
    for path, text in texts.items():
        draft = path.with_name(f".{path.name}.part")
        draft.write_text(text, encoding="utf-8", newline="\n")
        os.replace(draft, path)
    return list(texts)
