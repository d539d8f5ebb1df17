"""Writes ``adapters/<name>/models.py`` again: ``python docs/tools/models.py torch eager -- sum mean``.

Each of these ops, those of the class ``reduction`` unless named, is asked generated cases of its narrow dtypes in each
mode, and every answer is judged under each model, the tightest first. The tightest holds that fails none which the
loosest, everything in storage, passes. What only some modes keep is not written down; lines of ops that are not asked
stay.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import textwrap
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NARROW = ("float16", "bfloat16")
GEOMETRIES = int(os.environ.get("OPASSAY_GEOMETRIES", "16"))
"""Per op, aspect and dtype, each with two fills."""

MODELS = ("float32", "kept", "storage")
"""Everything in float32 and rounded once; the results of parts rounded to storage; partial sums in storage, too."""

HEAD = '''"""How {name} computes narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in what RUNS lists.
"""

from __future__ import annotations

RUNS = (
{runs})
MODELS: dict[str, dict[str, str]] = {{
'''


def numeric_model(name: str, dtype: str):
    from opassay.harness.model.numeric_model import NumericModel

    return {
        "float32": NumericModel("float32"),
        "kept": NumericModel("float32", kept=dtype),
        "storage": NumericModel(dtype),
    }[name]


def ask(location: str, mode: str, ops: str) -> None:
    """Print a line per answer: what it is of, and which models it is within."""
    from dataclasses import replace
    from itertools import islice

    from opassay.harness.contract.cases import executor
    from opassay.harness.find.registry import Registry
    from opassay.harness.model.op import references
    from opassay.harness.model.outcome import Returned
    from opassay.harness.plan.generate import fill_key, geometries

    module, _, name = location.partition(":")
    adapter = getattr(importlib.import_module(module), name)("cpu")
    running = executor(adapter, mode)
    print(json.dumps(["version", adapter.version()]), flush=True)
    for op in (Registry().op(name) for name in ops.split(",")):
        for aspect in ("value", "gradient") if op.gradients else ("value",):
            by_dtype = defaultdict(list)
            for number, geometry in geometries(op, aspect, 0, 0, 60 * GEOMETRIES):
                by_dtype[geometry.case.tensors[-1].dtype].append((number, geometry))
            for dtype in NARROW:
                for number, geometry in islice(by_dtype[dtype], GEOMETRIES):
                    key = fill_key(0, op.name, aspect, number)
                    cases = [replace(geometry.dress(fill, key)) for fill in range(2)]
                    for position, outcome in running.run(cases, fuse=False):
                        if not isinstance(outcome, Returned):
                            continue
                        told = references(op, cases[position])
                        pairs = zip(told, outcome.arrays, strict=True)
                        for reference, array in (pair for pair in pairs if pair[0].policy == "bounded"):
                            within = [m for m in MODELS if holds(cases[position], array, reference, m)]
                            print(json.dumps(["answer", op.name, reference.name, dtype, within]), flush=True)


def holds(case, array, reference, model: str) -> bool:
    """Whether an output is within the bound of a model, if it has one."""
    from opassay.harness.judge.verdict import judge
    from opassay.harness.model.outcome import Returned

    found = judge(case, Returned((array,)), [reference], [numeric_model(model, reference.dtype)])
    return found.verdict in ("pass", "undefined")


def asked(location: str, mode: str, ops: str) -> list:
    environment = {**os.environ, "OPASSAY_MODE": mode, "OPASSAY_THREADS": "1"}
    command = [sys.executable, __file__, "--ask", location, mode, ops]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('["')]
    if done.returncode:
        raise SystemExit(f"{location} {mode} ended with {done.returncode} after {lines[-1:]}: {done.stderr[-500:]}")
    return lines


def tightest(answers: list[list[str]]) -> str:
    """Of the answers that any model explains, the first model that explains all."""
    some = [within for within in answers if within]
    return next((model for model in MODELS if all(model in within for within in some)), MODELS[-1])


def wrapped(ops: list[str]) -> str:
    """The words as a literal of one or several lines."""
    lines = textwrap.wrap(" ".join(ops), 95)
    return "\n        ".join(f'"{line}{" " if line is not lines[-1] else ""}"' for line in lines)


def before(name: str, named: tuple[str, ...]):
    """What an earlier run of this tool wrote of other ops than those that are ``named``."""
    known = importlib.import_module(f"opassay.adapters.{name}.models")
    table = defaultdict(lambda: defaultdict(list))
    for model, outputs in known.MODELS.items():
        for output, ops in outputs.items():
            if left := [op for op in ops.split() if op not in named]:
                table[model][output] += left
    return known.RUNS if table else (), table


def main(name: str, modes: tuple[str, ...], ops: tuple[str, ...]) -> None:
    from opassay.harness.find.registry import Registry

    registry = Registry()
    named = ops or tuple(op.name for op in registry.ops() if op.numerics == "reduction")
    entry = registry.adapter(name)
    seen, version, count = defaultdict(dict), "", Counter()
    for mode in modes or entry.modes:
        answers = defaultdict(list)
        for kind, *rest in asked(entry.location, mode, ",".join(named)):
            if kind == "version":
                version = rest[0]
            else:
                answers[tuple(rest[:3])].append(rest[3])
        for key, found in answers.items():
            seen[key][mode] = tightest(found)
            count["answers"] += len(found)
    runs, table = before(name, named)
    for (op, output, dtype), by_mode in seen.items():
        model = max(by_mode.values(), key=MODELS.index)
        if model != MODELS[-1]:
            table[f"{model} {dtype}"][output].append(op)
    asked_now = f"{', '.join(modes or entry.modes)} of {name} {version} on {platform.machine()}"
    runs = (*runs, f"{asked_now}: {count['answers']} answers of {len(named)} ops")
    told = {"name": name, "runs": "".join(f'    "{run}",\n' for run in runs)}
    lines = []
    for key, outputs in sorted(table.items()):
        rows = "".join(f'        "{output}": {wrapped(sorted(ops))},\n' for output, ops in sorted(outputs.items()))
        lines.append(f'    "{key}": {{\n{rows}    }},\n')
    text = HEAD.format(**told) + "".join(lines) + "}\n"
    (ROOT / "adapters" / name / "models.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        print(__doc__)
    elif sys.argv[1] == "--ask":
        ask(*sys.argv[2:])
    else:
        given = sys.argv[2:]
        cut = given.index("--") if "--" in given else len(given)
        main(sys.argv[1], tuple(given[:cut]), tuple(given[cut + 1 :]))
