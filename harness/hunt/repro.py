"""Reproductions: a script runs in a fresh process, and counts only if it shows the difference there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.differences import GONE, THERE, checks
from opassay.harness.hunt.script import ask, standalone, through_replay
from opassay.harness.judge.compare import SPECIALLY
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import REPRODUCES
from opassay.harness.model.numeric_model import NumericModel, NumericRule, find_model
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.script import Asked, Idiom
from opassay.harness.model.target import Target
from opassay.harness.run.clean import clean_message
from opassay.harness.run.search_path import search_path, variable

PATIENCE = 300.0
"""Seconds that a script may take in addition to the limit of the case."""


@dataclass(frozen=True)
class Reproduction:
    """A script and its result in a fresh process.

    ``exit_status``: 1 if the script saw the difference, 0 if not, negative for a signal, None if it did not end in
    time. ``reproduces``: its last line confirms the status, so a script that merely fails does not count.
    ``standalone``: it needs NumPy and the framework only, not ``opassay replay``.
    """

    file: Path
    exit_status: int | None
    output: str
    reproduces: bool
    standalone: bool = True


@dataclass(frozen=True)
class Seen:
    """What a target did with a case, and so what a script has to show.

    ``rules``, ``settings``, ``version`` and ``threads`` are those of the worker that answered. ``about``: the cause in
    one line, with how certain it is. ``name``: that of a user's own target.
    """

    verdict: str
    message: str
    outcome: Outcome
    mode: str
    device: str = "cpu"
    version: str = ""
    threads: int = 1
    rules: Sequence[NumericRule] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    name: str = ""


def write_reproduction(
    folder: Path,
    adapter: str,
    case: Case,
    op: Op,
    seen: Seen,
    registry: Registry | None = None,
    python: str = sys.executable,
    limit: float = 30.0,
) -> Reproduction:
    """Write ``repro_<adapter>.py`` into ``folder``, run it, and store its output beside it.

    A standalone script runs with ``python``, one through ``opassay replay`` with opassay's own interpreter.
    ``limit``: seconds after which the case counts as a hang. Raises ``OSError`` if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"repro_{adapter}.py"
    text, alone = script_text(adapter, case, op, seen, registry or Registry(), limit)
    file.write_text(text, encoding="utf-8")
    return run_script(file, python if alone else sys.executable, limit, alone)


def script_text(
    adapter: str, case: Case, op: Op, seen: Seen, registry: Registry, limit: float = 30.0
) -> tuple[str, bool]:
    """The script, and whether it is standalone."""
    about = _about(adapter, case, seen)
    asked, idiom = _idiom(adapter, case, op, seen, registry)
    if asked is None or idiom is None:
        return _through_replay(registry, Target(adapter, seen.mode, seen.device, seen.name), case, about), False
    compared: list[str] = []
    if seen.verdict not in ("accepts", "rejects", "crash", "hang") and case.aspect != "error":
        found, models = _judged_by(op, case, seen)
        compared = checks(found, models, seen.outcome, case.exact)
    return standalone(asked, idiom, adapter, seen.verdict, about, compared, limit), True


def _through_replay(registry: Registry, target: Target, case: Case, about: Sequence[str]) -> str:
    """The script that asks ``target`` again, in the folder that describes it and by its interpreter."""
    user, python = registry.described.get(target.name), registry.interpreter(target)
    options = ["--target", str(target)]
    if location := registry.adapter(target.adapter).location:
        options += ["--adapter", location]
    if python not in (sys.executable, user.python if user else ""):
        options += ["--python", f"{target.name or target.adapter}={os.path.abspath(python)}"]
    folder = os.path.abspath(registry.folder or "") if user else ""
    return through_replay(case, options, about, folder)


def _idiom(adapter: str, case: Case, op: Op, seen: Seen, registry: Registry) -> tuple[Asked, Idiom] | tuple[None, None]:
    """The framework's part of a script; None if the adapter has none for this question."""
    writer = registry.writer(adapter)
    if writer is None or case.aspect == "shape":
        # An adapter's script has no way to ask for abstract evaluation.
        return None, None
    asked = ask(op, case, seen.mode, seen.device, seen.threads, dict(seen.settings), registry.op)
    try:
        return asked, writer(asked)
    except LookupError:
        # The adapter's table of expressions lacks the op.
        return None, None


def _judged_by(op: Op, case: Case, seen: Seen) -> tuple[tuple[Reference, ...], list[NumericModel]]:
    answers = seen.outcome.arrays if isinstance(seen.outcome, Returned) else ()
    found = references(op, case, answers)
    return found, [find_model(seen.rules, *(r.computes or (op.name, r.name)), r.dtype) for r in found]


def _about(adapter: str, case: Case, seen: Seen) -> list[str]:
    by = f", by {seen.settings['backend']}" if seen.settings.get("backend") else ""
    where = f"mode {seen.mode}, on {seen.device}{by}"
    lines = [title(adapter, case, seen), "", f"Seen with {adapter} {seen.version}, {where}."]
    if seen.message:
        lines.append(f"There: {clean_message(seen.message)}")
    if seen.about:
        lines.append(clean_message(seen.about))
    lines += [
        "Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.",
        f"Found by opassay, case {case.id}.",
    ]
    return lines


_SAYS = {
    "structural": "gives wrong elements",
    "numeric": "is off by more than rounding explains",
    "special": "handles special values differently",
    "shape": "gives another shape",
    "dtype": "gives another dtype",
    "rejects": "refuses valid input",
    "accepts": "takes invalid input",
    "crash": "ends the process",
    "hang": "does not return",
    "nondeterministic": "gives answers that vary",
}


def title(adapter: str, case: Case, seen: Seen) -> str:
    """The issue's title, in one line."""
    what = {"gradient": f"the gradient of {case.op}"}.get(case.aspect, case.op)
    why = f" ({case.rule})" if case.rule else ""
    does = SPECIALLY.get(seen.message.partition(": ")[0], _SAYS.get(seen.verdict, seen.verdict))
    return f"{adapter} under {seen.mode}: {what} {does}{why}{_how(seen)}"


def _how(seen: Seen) -> str:
    """The named cause, else the worst element."""
    _, named, cause = seen.about.partition(f"{REPRODUCES}: ")
    if named and seen.about.startswith("Cause: ") and REPRODUCES not in cause:
        return f": {cause}"
    element = re.search(r"expected (\S+), got (\S+) \(allowed", seen.message)
    return f" (expected {element[1]}, got {element[2]})" if element else ""


def run_script(file: Path, python: str = sys.executable, limit: float = 30.0, alone: bool = True) -> Reproduction:
    """Run the script in a fresh process. Its output is stored in a ``.txt`` beside it, with the exit status last."""
    status, output = _run(file, python, limit + PATIENCE)
    said = output.rstrip().endswith(THERE)
    shown = "did not end in time" if status is None else f"exit status {status}"
    reproduces = status == 1 and said
    gone = status == 0 and output.rstrip().endswith(GONE)
    remark = "" if reproduces else "; does not reproduce" if gone else "; does not reproduce: the script itself failed"
    file.with_suffix(".txt").write_text(f"{output.rstrip()}\n{shown}{remark}\n", encoding="utf-8")
    return Reproduction(file, status, output, reproduces, alone)


def _run(file: Path, python: str, limit: float) -> tuple[int | None, str]:
    command = [python, file.name]
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "OMP_NUM_THREADS")}
    # The script runs in its own folder. Paths that this process inherited may be relative to the folder it
    # started in.
    found = os.pathsep.join(search_path()) if python == sys.executable else variable()
    inherited |= {"PYTHONPATH": found} if found else {}
    try:
        done = subprocess.run(
            command,
            cwd=file.parent,
            env=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as ended:
        return None, (ended.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout.decode(errors="replace")
