"""A run judges each target by the choices that its adapter declares, counts them, and keeps them when it goes on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from opassay.harness.model.choice import Follows
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.run import Run

HERE = str(Path(__file__).parent)
VECTORS = Follows("vectors", "numpy")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))))
    sys.modules.pop("planted_choices", None)


def run(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, *follows: Follows
) -> tuple[list[Record], dict[str, Any], Run]:
    campaign = Campaign(
        Request(
            targets=[name.lower()],
            adapters=[f"planted_choices:{name}"],
            ops=["matmul"],
            aspects=["error"],
            settings=Settings(cases=10),
        )
    )
    resolved = [f.of(campaign.registry.ops()) for f in follows]
    monkeypatch.setattr(campaign.registry, "follows", lambda adapter: tuple(resolved))
    with campaign.engine() as engine:
        check_devices(engine)
        made = Run(campaign, folder)
        records = [r for r in made.execute(engine) if r.message != "" or r.verdict == "pass"]
        return records, made.describe(engine), made


def of_vectors(records: list[Record]) -> set[tuple[str, str]]:
    return {(r.verdict, r.choice) for r in records if '"RankOne"' in r.case}


@pytest.mark.parametrize(
    ("name", "follows", "verdict", "choice"),
    [
        ("Numpyish", [VECTORS], "pass", "vectors=numpy"),
        ("Numpyish", [], "accepts", ""),
        ("Strict", [VECTORS], "rejects", "vectors=numpy"),
        ("Strict", [], "pass", ""),
        ("Wrong", [VECTORS], "accepts", "vectors=numpy"),
    ],
)
def test_what_is_declared_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, follows: list[Follows], verdict: str, choice: str
) -> None:
    records, described, made = run(monkeypatch, tmp_path, name, *follows)
    assert of_vectors(records) == {(verdict, choice)}
    rows = described["choices"]
    assert [(row["adapter"], row["choice"], row["option"]) for row in rows] == [
        (name.lower(), "vectors", "numpy") for _ in follows
    ]
    under = sum(r.choice != "" for r in records)
    assert [row["passed"] + row["other"] for row in rows] == [under for _ in follows]
    assert any(r.new for r in records if '"RankOne"' in r.case) is (verdict not in ("pass", "fault"))
    made.journal.close()
    again = Run(made.campaign, tmp_path, resume=True)
    assert again.counts.chosen == made.counts.chosen
    assert again.counts.chosen.total() == under
