"""Writes ``adapters/<name>/lacking.py`` again: ``python docs/tools/lacking.py torch``, or ``… torch eager -- bmm``.

Each op of a class, or each that is named, is asked some small cases of each dtype, in each mode. A dtype that raises in
most of them has no kernel there: some cases move nothing and need none, and some are refused for another reason. One
that ends the process is told, not written down. Words of attributes stay as they were written.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST = 3 / 4
HEAD = '''"""Dtypes that {name} {version} has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {{
'''


def examples(only):
    """Op → dtypes of its tensors → small cases of them, with each word that its attributes may be."""
    from opassay.harness.doors.measured_lacking import small_cases
    from opassay.harness.find.registry import Registry

    ops = [op for op in Registry().ops() if (op.name in only if only else op.of_a_class)]
    return {op.name: small_cases(op) for op in ops}


def ask(location: str, mode: str, first: str, *only: str) -> None:
    """Print a line per op and dtypes, from number ``first`` on: whether the adapter raises there."""
    from opassay.harness.contract.cases import executor
    from opassay.harness.doors.measured_lacking import ASKED
    from opassay.harness.model.outcome import Raised, Returned

    module, _, name = location.partition(":")
    adapter = getattr(importlib.import_module(module), name)("cpu")
    type(adapter).lacking = with_words({}, adapter.lacking)
    running = executor(adapter, mode)
    print(json.dumps(["version", adapter.version()]), flush=True)
    found = [(op, *asked) for op, cases in examples(only).items() if op in adapter.ops() for asked in cases.items()]
    for op, dtypes, cases in found[int(first) :]:
        print(json.dumps(["asked", op, dtypes]), flush=True)
        answers = [outcome for case in cases[: 2 * ASKED] for _, outcome in running.run([case], fuse=False)]
        raised = [outcome for outcome in answers if isinstance(outcome, Raised)]
        for outcome in raised:
            if outcome.origin != "framework":
                raise SystemExit(f"{op} of {dtypes}: {outcome.type}: {outcome.message}")
        if len(raised) > MOST * sum(isinstance(outcome, (Raised, Returned)) for outcome in answers):
            print(json.dumps(["lacks", op, dtypes, raised[0].message[:100]]), flush=True)


def asked(location: str, mode: str, only: tuple[str, ...]) -> list:
    """All lines; where the process ends, another one goes on behind what ended it."""
    environment = {**os.environ, "OPASSAY_MODE": mode, "OPASSAY_THREADS": "1"}
    lines, first, ended = [], 0, True
    while ended:
        command = [sys.executable, __file__, "--ask", location, mode, str(first), *only]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('["')]
        lines += said
        first += sum(kind == "asked" for kind, *_ in said)
        if done.returncode:
            print(f"{location} {mode} ended with {done.returncode} after {said[-1:]}: {done.stderr[-500:]}", flush=True)
        ended = done.returncode < 0 and bool(said)
    return lines


def table(location: str, modes: tuple[str, ...], only: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The version, and by op, or mode and op, the dtypes that are lacking."""
    version, told = "", defaultdict(dict)
    for mode in modes:
        for kind, *rest in asked(location, mode, only):
            if kind == "version":
                version = rest[0]
            elif kind == "lacks":
                told[rest[0]].setdefault(mode, []).append(tuple(rest[1]))
    found = {}
    for op, by_mode in told.items():
        alone = {mode: {pair[-1] if len(set(pair)) == 1 else pair for pair in pairs} for mode, pairs in by_mode.items()}
        whole = set.intersection(*(alone.get(mode, set()) for mode in modes))
        for key, dtypes in [(op, whole), *((f"{m}:{op}", alone.get(m, set()) - whole) for m in modes)]:
            plain = sorted(d for d in dtypes if isinstance(d, str))
            if plain:
                found[key] = " ".join(plain)
            mixed = [d for d in dtypes if not isinstance(d, str)]
            if mixed:
                print(f"{key}: also {mixed[:8]}")
    return version, found


def with_words(found: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """What was found, with the words of attributes that were written by hand."""
    from opassay.harness.model.dtypes import DTYPES

    words = {key: [w for w in told.split() if w not in DTYPES] for key, told in before.items()}
    more = {key: " ".join(dict.fromkeys([*found.get(key, "").split(), *w])) for key, w in words.items() if w}
    return found | more


def kept(name: str, only: tuple[str, ...]) -> dict[str, str]:
    """The lines of ops that are not asked again."""
    known = importlib.import_module(f"opassay.adapters.{name}.lacking").LACKING if only else {}
    return {key: dtypes for key, dtypes in known.items() if key.rpartition(":")[2] not in only}


def main(name: str, modes: tuple[str, ...], only: tuple[str, ...]) -> None:
    from opassay.harness.find.registry import Registry

    entry = Registry().adapter(name)
    version, found = table(entry.location, modes or entry.modes, only)
    before = importlib.import_module(f"opassay.adapters.{name}.lacking").LACKING
    told = with_words(kept(name, only) | found, before)
    lines = [f'    "{key}": "{value}",\n' for key, value in sorted(told.items())]
    text = HEAD.format(name=name, version=version) + "".join(lines) + "}\n"
    (ROOT / "adapters" / name / "lacking.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        print(__doc__)
    elif sys.argv[1] == "--ask":
        ask(*sys.argv[2:])
    else:
        given = sys.argv[2:]
        cut = given.index("--") if "--" in given else len(given)
        main(sys.argv[1], tuple(given[:cut]), tuple(given[cut + 1 :]))
