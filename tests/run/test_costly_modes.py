"""Modes that take seconds to compile: one case per rule is asked, the rest is said, and the first time is no hang."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from opassay.harness.find.declared import read_declaration
from opassay.harness.find.manifest import built_in
from opassay.harness.find.registry import Registry
from opassay.harness.plan.plan import shards

HERE = Path(__file__).parent
RULES = len(Registry().op("matmul").rules)
CASES, TIMEOUT = 20, 2


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("costly")
    options = f"--adapter costly:Costly -t costly -t costly:slow -o matmul -a error -a value --cases {CASES}"
    environment = {**os.environ, "PYTHONPATH": str(HERE), "FIRST": str(2 * TIMEOUT)}
    command = [sys.executable, "-m", "opassay", "run", *options.split(), "--timeout", str(TIMEOUT), "--out", "out"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out", done.stdout


def test_one_case_per_rule_is_planned_and_the_rest_is_said_not_to_be(finished):
    folder, told = finished
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    counts = {(s["target"], s["aspect"]): (s["planned"], s["not_planned"]) for s in run["shards"]}
    assert counts["costly:slow", "error"] == (RULES, CASES - RULES)
    assert counts["costly", "error"] == (CASES, 0)
    assert counts["costly:slow", "value"] == counts["costly", "value"]
    table = pd.read_parquet(folder / "results.parquet")
    slow = table[(table.target == "costly:slow") & (table.aspect == "error")]
    assert {json.loads(attributes)["rule"] for attributes in slow["attrs"]} == {
        rule.name for rule in Registry().op("matmul").rules
    }
    assert len(slow) == RULES
    for text in (told, *((folder / page).read_text(encoding="utf-8") for page in ("report.html", "summary.md"))):
        assert f"{CASES - RULES} not planned" in " ".join(text.split())


def test_the_first_time_is_no_hang(finished):
    table = pd.read_parquet(finished[0] / "results.parquet")
    assert set(table.verdict) == {"pass", "undefined"} or set(table.verdict) == {"pass"}


def test_a_cheap_mode_is_asked_all():
    op, target = Registry().op("matmul"), Registry().target("jax")
    assert {s.stop for s in shards([op], (), [target], 100)} == {100}
    stops = {s.aspect: (s.stop, s.left_out) for s in shards([op], (), [target], 100, {target})}
    assert stops.pop("error") == (RULES, 100 - RULES)
    assert set(stops.values()) == {(100, 0)}


def test_every_costly_mode_is_a_mode():
    for entry in built_in():
        declaration = read_declaration(
            HERE.parents[1] / f"adapters/{entry.name}/adapter.py", entry.location.split(":")[1]
        )
        assert {*declaration.costly_modes} <= {*declaration.modes}


def test_costly_modes_must_be_a_literal(tmp_path):
    (tmp_path / "a.py").write_text("class A:\n    name = 'a'\n    modes = ('m',)\n    costly_modes = 'm'\n")
    with pytest.raises(ValueError, match="costly_modes"):
        read_declaration(tmp_path / "a.py", "A")
