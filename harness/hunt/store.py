"""Findings on disk: ``findings/<id>/finding.json`` and, beside it, the smallest case to replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from opassay.harness.hunt.finding import Finding

FOLDER = "findings"
FINDING = "finding.json"
CASE = "case.json"


def folder_of(out: Path, finding_id: str) -> Path:
    """The folder of a finding in the report folder ``out``."""
    return out / FOLDER / finding_id


def write(out: Path, finding: Finding) -> Path:
    """Write ``finding`` and its case into its folder, and return the folder."""
    folder = folder_of(out, finding.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FINDING).write_text(json.dumps(finding.to_json(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / CASE).write_text(json.dumps(finding.case.to_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return folder


def read(path: Path) -> Finding:
    """The finding in a folder or file. Raises ``ValueError`` or ``OSError`` when there is none."""
    file = path / FINDING if path.is_dir() else path
    data = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"not a finding: expected a JSON object, got {type(data).__name__}")
    return Finding.from_json(data)


def stored(out: Path) -> Iterator[Path]:
    """The folders of all findings in the report folder ``out``, ordered by id."""
    yield from sorted(file.parent for file in (out / FOLDER).glob(f"*/{FINDING}"))
