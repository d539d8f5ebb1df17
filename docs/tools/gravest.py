"""The five gravest known differences of each backend, a line each in ``docs/found-bugs.md``.

    python docs/tools/gravest.py mlx paddle          ask the pins of these, and keep what came of them
    python docs/tools/gravest.py mlx --scripts DIR   the same, with the scripts in DIR

Of each entry that upstream should mend, the first pin is asked. Those that show are sorted by verdict, and a script of
each is written and run until five have shown theirs. ``docs/found/gravest.json`` holds what was seen. A framework in an
environment of its own needs ``--python mindspore=PATH``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, run_script, script_text
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request

KEPT = Path(__file__).resolve().parents[1] / "found" / "gravest.json"
MOST = 5
FIRST = ("crash", "hang", "nondeterministic", "structural", "special", "numeric")
"""Processes and memory come first, then wrong values; all other verdicts follow."""

Shown = tuple[dict[str, Any], str, bool]
"""What is told of a difference, its script, and whether that needs the framework alone."""


def gravest(name: str, python: dict[str, str], scripts: Path) -> list[dict[str, Any]]:
    """The first five of the adapter ``name`` that a script shows, those without elements later."""
    rows: list[dict[str, Any]] = []
    for row, text, alone in sorted(_shown(name, python), key=lambda shown: gravity(shown[0])):
        file = scripts / f"{name}_{len(rows) + 1}.py"
        file.write_text(text, encoding="utf-8")
        shows = run_script(file, python.get(name, sys.executable) if alone else sys.executable).reproduces
        print(f"{name} {row['fact']}: {row['verdict']}, {'shown' if shows else 'not shown'} by its script", flush=True)
        rows += [{**row, "script": "alone" if alone else "by opassay"}] if shows else []
        if len(rows) == MOST:
            break
    return rows


def gravity(row: dict[str, Any]) -> tuple[bool, int]:
    """Sorts the gravest first."""
    return row["empty"], (*FIRST, *FAILING).index(row["verdict"])


def _shown(name: str, python: dict[str, str]) -> Iterator[Shown]:
    facts = [fact for fact in Registry().known(name) if fact.owner == "upstream" and fact.pins]
    default = Registry().adapter(name).modes[0]
    for mode in dict.fromkeys((fact.modes or (default,))[0] for fact in facts):
        asked = [fact for fact in facts if (fact.modes or (default,))[0] == mode]
        yield from _in_mode(name, mode, asked, python)


def _in_mode(name: str, mode: str, facts: list[Fact], python: dict[str, str]) -> Iterator[Shown]:
    wanted = sorted({fact.pins[0].op for fact in facts})
    campaign = Campaign(Request(targets=[f"{name}:{mode}"], ops=wanted, python=python))
    ops = {op.name: op for op in campaign.ops}
    with campaign.engine() as engine:
        engine.wait_ready()
        (lane,) = engine.lanes.values()
        for fact in facts if lane.usable else ():
            case = fact.pins[0]
            if fact.fits(lane.settings, case.tensors[0].dtype):
                ((_, outcome, judgement),) = engine.ask(ops[case.op], Item(0, case))
                if judgement.verdict in FAILING:
                    settings = dict(lane.hello["settings"])
                    version = str(lane.hello["version"])
                    told = (judgement.verdict, judgement.message, outcome, mode, "cpu", version)
                    seen = Seen(*told, lane.threads, lane.rules, settings)
                    text, alone = script_text(name, case, ops[case.op], seen, Registry())
                    yield _row(fact, case, seen), text, alone


def _row(fact: Fact, case: Case, seen: Seen) -> dict[str, Any]:
    shapes = ", ".join(f"{tensor.dtype}{list(tensor.shape)}" for tensor in case.tensors)
    told = {"fact": fact.id, "case": case.id, "op": case.op, "aspect": case.aspect, "inputs": shapes}
    empty = any(0 in tensor.shape for tensor in case.all_tensors)
    return {**told, "mode": seen.mode, "version": seen.version, "verdict": seen.verdict, "empty": empty}


def kept() -> dict[str, list[dict[str, Any]]]:
    """The rows of each adapter, as they were seen."""
    found: dict[str, list[dict[str, Any]]] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return found


def table() -> list[str]:
    """The lines of the page, from what was kept and the entries of today."""
    lines = ["| backend | what happens | case | verdict | script |", "|---|---|---|---|---|"]
    for name, rows in sorted(kept().items()):
        reasons = {fact.id: fact.reason for fact in Registry().known(name)}
        for row in rows:
            asked = {"gradient": "gradient of ", "error": "invalid "}.get(row["aspect"], "")
            case = f"`{row['case'][:8]}`: {asked}`{row['op']}`, {row['inputs']}"
            where = f"`{name}:{row['mode']}` {row['version']}"
            lines.append(f"| {where} | {_cell(reasons[row['fact']])} | {case} | `{row['verdict']}` | {row['script']} |")
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("names", nargs="+", metavar="NAME")
    reader.add_argument("--python", action="append", default=[], metavar="NAME=INTERPRETER")
    reader.add_argument("--scripts", type=Path, metavar="DIR")
    options = reader.parse_args()
    python = dict(pair.split("=", 1) for pair in options.python)
    found = kept()
    with tempfile.TemporaryDirectory() as folder:
        scripts = options.scripts or Path(folder)
        scripts.mkdir(parents=True, exist_ok=True)
        found |= {name: gravest(name, python, scripts) for name in options.names}
    KEPT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
