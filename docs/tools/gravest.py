"""The five gravest known differences of each backend, a line each in ``docs/found-bugs.md``.

    python docs/tools/gravest.py mlx paddle          ask the pins of these, and keep what came of them
    python docs/tools/gravest.py mlx --scripts DIR   the same, with the scripts in DIR
    python docs/tools/gravest.py --kernels jax torch the ten gravest of these together, of the families in ``KERNELS``

Of each entry that upstream should mend, the first pin is asked. Those that show are sorted by verdict, and a script of
each is written and run until five have shown theirs. ``docs/found/gravest.json`` holds what was seen, and
``kernels.json`` the ten. A framework in an environment of its own needs ``--python mindspore=PATH``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tables import families

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, run_script, script_text
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request

FOUND = Path(__file__).resolve().parents[1] / "found"
KEPT = FOUND / "gravest.json"
MOST = 5

KERNELS = ("activations", "attention", "channel_norms", "losses", "norms", "products", "reductions", "scans")
"""Families of ops that kernels are written for."""
OF_KERNELS = FOUND / "kernels.json"
MOST_OF_KERNELS = 10
FIRST = ("crash", "hang", "nondeterministic", "structural", "special", "numeric")
"""Processes and memory come first, then wrong values; all other verdicts follow."""

Row = dict[str, Any]
Shown = tuple[Row, str, bool]
"""What is told of a difference, its script, and whether that needs the framework alone."""


def gravest(name: str, python: dict[str, str], scripts: Path) -> list[dict[str, Any]]:
    """The first five of the adapter ``name`` that a script shows, those without elements later."""
    rows: list[dict[str, Any]] = []
    for shown in sorted(_shown(name, python), key=lambda shown: gravity(shown[0])):
        rows += _by_script(name, *shown, scripts / f"{name}_{len(rows) + 1}.py", python)
        if len(rows) == MOST:
            break
    return rows


def _by_script(name: str, row: Row, text: str, alone: bool, file: Path, python: dict[str, str]) -> list[Row]:
    """The row, if the script in ``file`` shows it."""
    file.write_text(text, encoding="utf-8")
    shows = run_script(file, python.get(name, sys.executable) if alone else sys.executable).reproduces
    print(f"{name} {row['fact']}: {row['verdict']}, {'shown' if shows else 'not shown'} by its script", flush=True)
    return [{**row, "script": "alone" if alone else "by opassay"}] if shows else []


def of_kernels(names: list[str], python: dict[str, str], scripts: Path) -> list[Row]:
    """The first ten causes, of equally grave ones one of each adapter before a second one of any.

    A cause that several adapters have, since one calls the other's kernels, is told once: of that whose script needs
    nothing else.
    """
    members = families()
    ops = frozenset(op for family in KERNELS for op in members[family])
    rows: list[Row] = []
    found = [(adapter, *shown) for adapter in names for shown in _shown(adapter, python, ops)]
    for name, row, text, alone in ranked(found):
        told = _by_script(name, row, text, alone, scripts / f"{row['fact']}.py", python)
        rows += [{"adapter": name, **one} for one in told]
        if len(rows) == MOST_OF_KERNELS:
            break
    return rows


def ranked(found: list[tuple[str, Row, str, bool]]) -> list[tuple[str, Row, str, bool]]:
    """One of each cause, the gravest first, of equally grave ones the adapters in turn."""
    causes: dict[str, tuple[str, Row, str, bool]] = {}
    for one in sorted(found, key=lambda one: (gravity(one[1]), not one[3], one[0])):
        causes.setdefault(_reasons(one[0])[one[1]["fact"]], one)
    places: Counter[str] = Counter()
    keyed = []
    for one in causes.values():
        keyed.append((gravity(one[1]), places[one[0]], one[0], one))
        places[one[0]] += 1
    return [one for *_, one in sorted(keyed, key=lambda key: key[:3])]


def gravity(row: dict[str, Any]) -> tuple[bool, int]:
    """Sorts the gravest first."""
    return row["empty"], (*FIRST, *FAILING).index(row["verdict"])


def _shown(name: str, python: dict[str, str], ops: Collection[str] = ()) -> Iterator[Shown]:
    """Of each entry the first pin, of ``ops`` if there are any, that shows it."""
    upstream = (fact for fact in Registry().known(name) if fact.owner == "upstream")
    facts = [of for fact in upstream if (of := with_pins(fact, ops)).pins]
    default = Registry().adapter(name).modes[0]
    for mode in dict.fromkeys((fact.modes or (default,))[0] for fact in facts):
        asked = [fact for fact in facts if (fact.modes or (default,))[0] == mode]
        yield from _in_mode(name, mode, asked, python)


def with_pins(fact: Fact, ops: Collection[str]) -> Fact:
    return replace(fact, pins=tuple(pin for pin in fact.pins if pin.op in ops)) if ops else fact


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


def kept_of_kernels() -> list[Row]:
    """The ten, as they were seen."""
    found: list[Row] = json.loads(OF_KERNELS.read_text(encoding="utf-8")) if OF_KERNELS.exists() else []
    return found


def kept() -> dict[str, list[dict[str, Any]]]:
    """The rows of each adapter, as they were seen."""
    found: dict[str, list[dict[str, Any]]] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return found


def table() -> list[str]:
    """The lines of the page, from what was kept and the entries of today."""
    return [*HEAD, *(_line(name, row) for name, rows in sorted(kept().items()) for row in rows)]


def table_of_kernels() -> list[str]:
    """The same of the ten."""
    return [*HEAD, *(_line(row["adapter"], row) for row in kept_of_kernels())]


HEAD = ("| backend | what happens | case | verdict | script |", "|---|---|---|---|---|")


@cache
def _reasons(name: str) -> dict[str, str]:
    return {fact.id: fact.reason for fact in Registry().known(name)}


def _line(name: str, row: Row) -> str:
    asked = {"gradient": "gradient of ", "error": "invalid "}.get(row["aspect"], "")
    case = f"`{row['case'][:8]}`: {asked}`{row['op']}`, {row['inputs']}"
    where = f"`{name}:{row['mode']}` {row['version']}"
    return f"| {where} | {_cell(_reasons(name)[row['fact']])} | {case} | `{row['verdict']}` | {row['script']} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")


def _keep(file: Path, found: Any) -> None:
    file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("names", nargs="+", metavar="NAME")
    reader.add_argument("--kernels", action="store_true")
    reader.add_argument("--python", action="append", default=[], metavar="NAME=INTERPRETER")
    reader.add_argument("--scripts", type=Path, metavar="DIR")
    options = reader.parse_args()
    python = dict(pair.split("=", 1) for pair in options.python)
    with tempfile.TemporaryDirectory() as folder:
        scripts = options.scripts or Path(folder)
        scripts.mkdir(parents=True, exist_ok=True)
        if options.kernels:
            _keep(OF_KERNELS, of_kernels(options.names, python, scripts))
        else:
            _keep(KEPT, kept() | {name: gravest(name, python, scripts) for name in options.names})
    return 0


if __name__ == "__main__":
    sys.exit(main())
