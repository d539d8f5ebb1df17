"""Writes ``docs/found-bugs.md``: the gravest known differences, each with its case, what came of it, and a script.

    python docs/tools/found_bugs.py                        the page, from what was measured before
    python docs/tools/found_bugs.py --measure [NAME]...    ask the pins (of NAME only) first, and write their scripts

An entry that this machine cannot show keeps what was measured elsewhere. Kernels of oneDNN need
``TF_ENABLE_ONEDNN_OPTS=1`` where TensorFlow does not use them by itself, and a framework in an environment of its own
``--python paddle=PATH``. Measuring takes about ten minutes on two cores. ``chosen_bugs.py`` has the list;
``docs/found/`` holds cases, scripts and ``measured.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gravest
from chosen_bugs import CHOSEN, ELSEWHERE

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, run_script, script_text
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.plan.plan import Item, Settings
from opassay.harness.run.campaign import Campaign, Request

DOCS = Path(__file__).resolve().parent.parent
PAGE = DOCS / "found-bugs.md"
FOUND = DOCS / "found"
MEASURED = FOUND / "measured.json"

SECTIONS = (
    (
        "Wrong values and gradients",
        ("structural", "numeric", "shape"),
        "Wrong numbers where nothing is raised, and nothing looks wrong.",
    ),
    ("NaN and infinity", ("special",), "A NaN or an infinity is lost, or appears where none belongs."),
    (
        "Memory and processes",
        ("crash", "hang"),
        "The process ends, often because memory was written that belongs to something else.",
    ),
)


@dataclass(frozen=True)
class Bug:
    """One entry of the page: a case that shows ``known``, in a mode, and the verdict that it gets."""

    name: str
    known: Fact
    case: Case
    sentence: str
    mode: str
    verdict: str

    @property
    def adapter(self) -> str:
        return self.name.partition("-")[0]

    @property
    def target(self) -> str:
        return f"{self.adapter}:{self.mode}"

    @property
    def threads(self) -> int:
        return 2 if "parallel=yes" in self.known.needs else 1


def bugs(chosen: dict[str, str], registry: Registry | None = None) -> list[Bug]:
    """These entries, in their order. Raises ``KeyError`` for one whose case is no pin of its adapter's list."""
    registry, found = registry or Registry(), measured()
    pins = {(name, pin.id): known for name in registry.adapters for known in registry.known(name) for pin in known.pins}
    bugs = []
    for name, said in chosen.items():
        case = Case.loads((FOUND / f"{name}.json").read_text(encoding="utf-8"))
        known = pins[name.partition("-")[0], case.id]
        bugs.append(Bug(name, known, case, said, found[name]["mode"], found[name]["verdict"]))
    return bugs


def measured() -> dict[str, Any]:
    """The mode and verdict of each entry, by name, and what came of it when it was measured."""
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    return found


def measure(names: list[str], python: dict[str, str]) -> None:
    """Ask the pins in workers, and keep what came of them where the difference showed."""
    kept = measured()
    asked = [bug for bug in bugs(CHOSEN) if not names or bug.name in names]
    FOUND.mkdir(exist_ok=True)
    for target, threads in sorted({(bug.target, bug.threads) for bug in asked}):
        chosen = [bug for bug in asked if (bug.target, bug.threads) == (target, threads)]
        for name, found in _ask(target, threads, chosen, python):
            print(f"{name}: {found or 'not shown here'}", flush=True)
            kept[name] |= found or {}
    MEASURED.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _ask(target: str, threads: int, chosen: list[Bug], python: dict[str, str]) -> Any:
    settings = Settings(threads=threads)
    request = Request(targets=[target], ops=sorted({bug.case.op for bug in chosen}), python=python, settings=settings)
    try:
        campaign = Campaign(request)
    except Exception as error:
        print(f"{target}: {error}")
        return
    ops = {op.name: op for op in campaign.ops}
    with campaign.engine() as engine:
        engine.wait_ready()
        (lane,) = engine.lanes.values()
        for bug in chosen:
            known, tries = bug.known, 5 if bug.known.flaky else 1
            found = None
            if lane.usable and known.fits(lane.settings, bug.case.tensors[0].dtype):
                found = next(filter(None, (_try(lane, engine, ops[bug.case.op], bug) for _ in range(tries))), None)
            yield bug.name, found


def _try(lane: Any, engine: Any, op: Any, bug: Bug) -> dict[str, Any] | None:
    ((_, outcome, judgement),) = engine.ask(op, Item(0, bug.case))
    if judgement.verdict != bug.verdict:
        return None
    settings = dict(lane.hello["settings"])
    seen = Seen(
        judgement.verdict,
        judgement.message,
        outcome,
        bug.mode,
        "cpu",
        str(lane.hello["version"]),
        lane.threads,
        lane.rules,
        settings,
    )
    text, alone = script_text(bug.adapter, bug.case, op, seen, Registry())
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / f"{bug.name}.py"
        script.write_text(text, encoding="utf-8")
        shows = alone and run_script(script, lane.python).reproduces
    if shows:
        (FOUND / script.name).write_text(text, encoding="utf-8")
    rho = judgement.rho if judgement.rho is not None and math.isfinite(judgement.rho) else None
    return {"version": seen.version, "message": judgement.message, "rho": rho, "script": shows}


def page() -> str:
    """The page, from the lists and from what was measured."""
    found = measured()
    chosen = bugs(CHOSEN)
    parts = [HEAD]
    for heading, verdicts, lead in SECTIONS:
        parts += [f"## {heading}\n", f"{lead}\n"]
        for number, bug in enumerate(chosen, 1):
            parts += [_entry(number, bug, found[bug.name])] if bug.verdict in verdicts else []
    parts += [ELSEWHERE_HEAD, "| where | what happens | needs | upstream |", "|---|---|---|---|"]
    parts += [_row(bug) for bug in bugs(ELSEWHERE)]
    parts += [KERNELS_HEAD, *gravest.table_of_kernels(), GRAVEST_HEAD, *gravest.table()]
    return "\n".join(parts) + "\n"


def _entry(number: int, bug: Bug, found: dict[str, Any]) -> str:
    known = bug.known
    inputs = ", ".join(f"{tensor.dtype}{list(tensor.shape)}" for tensor in bug.case.tensors)
    asked = {"gradient": "the gradient of ", "error": "invalid input of "}.get(bug.case.aspect, "")
    lines = [
        f"### {number}. {_name(bug)}\n",
        f"{bug.sentence}\n",
        f"- **Case** [`{bug.case.id}`](found/{bug.name}.json): {asked}`{bug.case.op}`, {inputs}",
        f"- **Answer** `{bug.verdict}`: {_numbers(found)}",
        f"- **Where** {_where(bug, found)}",
        *([f"- **Not always** It depends on {known.flaky}."] if known.flaky else []),
        *([f"- **Script** [`{bug.name}.py`](found/{bug.name}.py)"] if found["script"] else []),
        f"- **Upstream** {_upstream(known)}\n",
        "<!-- long -->",
        f"```sh\n{_replay(bug)}\n```\n",
    ]
    return "\n".join(lines)


def _replay(bug: Bug) -> str:
    switch = "TF_ENABLE_ONEDNN_OPTS=1 " if any(need.startswith("onednn_dtypes=") for need in bug.known.needs) else ""
    threads = f" --threads {bug.threads}" if bug.threads > 1 else ""
    return f"{switch}opassay replay docs/found/{bug.name}.json --target {bug.target}{threads}"


HEAD = """\
# Found bugs

<!-- Made by `python docs/tools/found_bugs.py`; do not edit. -->

Thirty of the gravest differences that opassay has found in released frameworks, each with its case and with the answer
that the case got. They are entries of the [known differences](known-differences.md). What is wrong in silence comes
first.

The numbers were measured on x86-64 processors with AVX2 or AVX-512. The commands are typed in a checkout. Each
script needs NumPy and the framework only, and ends with 1 where the difference is there.
"""

ELSEWHERE_HEAD = """\
## On other hardware

As grave, but the machine that measured this page cannot show them.
"""

KERNELS_HEAD = """
## Ten of the ops that kernels are written for

The gravest of reductions, scans, normalisations, products, losses, attention and activations, over all backends that
`python docs/tools/gravest.py --kernels` asked; of equally grave ones, one of each backend comes before a second one of
any. Cases and scripts are those of [the next table](#five-of-each-backend); each script showed the difference.
"""

GRAVEST_HEAD = """
## Five of each backend

Of what upstream should mend, what ends the process or is left to memory comes first, then wrong values. Each case is
a pin of its entry, so after a run of the target `opassay replay CASE --target TARGET --script DIR` shows it and writes
its script. A script that stands *alone* needs NumPy and the framework only; one *by opassay* asks `opassay replay`. All
that are named showed the difference when this table was made by `python docs/tools/gravest.py`.
"""

_FRAMEWORKS = {
    "jax": "JAX",
    "keras": "Keras",
    "litert": "LiteRT",
    "mindspore": "MindSpore",
    "mlx": "MLX",
    "onnx": "ONNX",
    "onnxruntime": "onnxruntime",
    "openvino": "OpenVINO",
    "paddle": "PaddlePaddle",
    "stablehlo": "StableHLO",
    "tensorflow": "TensorFlow",
    "tinygrad": "tinygrad",
    "torch": "PyTorch",
}


def _name(bug: Bug) -> str:
    asked = {"gradient": "gradient of ", "error": "invalid input of "}.get(bug.case.aspect, "")
    return f"{_FRAMEWORKS[bug.adapter]}: {asked}`{bug.case.op}`"


def _numbers(found: dict[str, Any]) -> str:
    return _plain(found["message"]) + (f"; error ÷ allowed error {found['rho']:.3g}" if found["rho"] else "")


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)


def _where(bug: Bug, found: dict[str, Any]) -> str:
    needs = _needs(bug)
    return f"{_FRAMEWORKS[bug.adapter]} {found['version']}, mode `{bug.mode}`" + (f", with {needs}" if needs else "")


def _needs(bug: Bug) -> str:
    dtype = bug.case.tensors[0].dtype
    return ", ".join(f"`{need.replace('{dtype}', dtype)}`" for need in bug.known.needs if need != "device=cpu")


def _upstream(known: Fact) -> str:
    return f"[{_plain(known.title)}]({known.url})" if known.url else "not reported yet"


def _row(bug: Bug) -> str:
    return f"| {_name(bug)} | {bug.sentence} | {_needs(bug)} | {_upstream(bug.known)} |"


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--measure", nargs="*", metavar="NAME")
    reader.add_argument("--python", action="append", default=[], metavar="NAME=INTERPRETER")
    options = reader.parse_args()
    if options.measure is not None:
        measure(options.measure, dict(pair.split("=", 1) for pair in options.python))
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
