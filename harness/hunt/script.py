"""A standalone script that shows one difference: NumPy, one framework, and no part of opassay."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from opassay.harness.hunt.differences import CHECK, CHECK_NONE, FAILED, FINISH, SHOW
from opassay.harness.hunt.library import library
from opassay.harness.hunt.literals import tensor_source
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op, references
from opassay.harness.model.program import OPERATORS, Program, stage_ops
from opassay.harness.model.script import Asked, Idiom
from opassay.harness.model.verdicts import FAILING

REPEATS = 20
"""Number of calls after which an answer that varies has most likely varied."""

STARTING = 60.0
"""Seconds that a framework may take to start, in addition to those of the case."""

CRASHED = "the process ended"
HUNG = "no answer"


def ask(
    op: Op, case: Case, mode: str, device: str, threads: int, settings: dict[str, str], find: Callable[[str], Op]
) -> Asked:
    """The input of the framework's part of the script; ``find`` returns the op of a stage by name.

    Raises ``ContractError`` if the oracle does.
    """
    staged = "stages" in case.attributes
    program = Program.from_attributes(case.attributes) if staged else None
    inputs, outputs = (program.inputs, program.outputs) if program else (op.inputs_of(case), _outputs(op, case))
    names = _names(inputs, outputs, case)
    shapes = {name: tensor.shape for name, tensor in zip(inputs, case.tensors, strict=True)}
    kinds = {name: tensor.dtype for name, tensor in zip(inputs, case.tensors, strict=True)}
    if program:
        for name, reference in zip(outputs, references(op, case), strict=False):
            shapes[name], kinds[name] = reference.exact.shape, reference.dtype
    parameters = {name: find(name).inputs for name in stage_ops(case.attributes) - set(OPERATORS)}
    return Asked(case, mode, names, outputs, shapes, kinds, device, threads, settings, parameters)


def _outputs(op: Op, case: Case) -> tuple[str, ...]:
    return op.outputs_of(len(case.cotangents) or len(references(op, case))) if op.variadic else op.outputs


def _names(inputs: Sequence[str], outputs: Sequence[str], case: Case) -> tuple[str, ...]:
    names = list(inputs)
    given = (output for output, tensor in zip(outputs, case.cotangents, strict=False) if tensor is not None)
    for output in given:
        name = f"d{output}"
        while name in (*names, *outputs):
            name += "_"
        names.append(name)
    return tuple(names)


def standalone(
    asked: Asked, idiom: Idiom, framework: str, verdict: str, about: Sequence[str], checks: Sequence[str], limit: float
) -> str:
    """The whole script. ``about``: comment lines at its top. ``checks``: those of ``differences.checks``."""
    made = [tensor_source(name, t) for name, t in zip(asked.names, asked.case.all_tensors, strict=True)]
    used = {name for _, names in made for name in names}
    arguments = ", ".join(asked.names)
    head = [
        "\n".join(f"# {line}".rstrip() for line in about),
        _imports(idiom, verdict),
        idiom.setup,
        f'print("{framework}", {idiom.version}, "NumPy", np.__version__, "Python", platform.python_version(), '
        f"platform.machine())",
    ]
    values = "\n".join(text for text, _ in made)
    parts = ["\n\n".join(head), library(used), f"{values}\n\n{idiom.tensors}", idiom.functions, idiom.answers]
    parts.append(_ending(verdict, arguments, checks, limit, idiom.alive, asked.case.aspect == "error"))
    return "\n\n\n".join(part for part in parts if part) + "\n"


def _imports(idiom: Idiom, verdict: str) -> str:
    needed = ["os", "platform", "sys"]
    needed += {"crash": ["signal", "subprocess"], "hang": ["subprocess"]}.get(verdict, [])
    lines = [*(f"import {name}" for name in sorted(needed)), "", "", FAILED, ""]
    if idiom.environment:
        lines += ["", *(f'os.environ.setdefault("{name}", "{value}")' for name, value in idiom.environment.items())]
    return "\n".join([*lines, "", "import numpy as np", idiom.imports])


def _ending(verdict: str, arguments: str, checks: Sequence[str], limit: float, alive: str, asked_error: bool) -> str:
    if verdict in ("crash", "hang"):
        return "\n\n\n".join([SHOW, FINISH, _in_a_child(verdict, arguments, limit, alive)])
    if asked_error and verdict not in ("accepts", "rejects"):
        return "\n\n\n".join([FINISH, _whether_it_varies(arguments)])
    if verdict in ("accepts", "rejects"):
        return "\n\n\n".join([SHOW, FINISH, _whether_it_returns(verdict, arguments)])
    functions = [CHECK] if any(c.startswith("check(") for c in checks) else []
    functions += [CHECK_NONE] if any(c.startswith("check_none(") for c in checks) else []
    return "\n\n\n".join([*functions, FINISH, _compared(verdict, arguments, checks)])


_OTHER_BITS = (
    "bits = [None if answer is None else to_numpy(answer).tobytes() for answer in answers]",
    "first = first or bits",
    "if bits != first:",
    '    print(f"actual: call {repeat + 1} gives other bits than the first")',
    "    finish(True)",
)


def _compared(verdict: str, arguments: str, checks: Sequence[str]) -> str:
    answered = [
        f"answers = call({arguments})",
        "answers = answers if isinstance(answers, (tuple, list)) else (answers,)",
    ]
    count = [
        f"if len(answers) != {len(checks)}:",
        f'    print(f"expected {len(checks)} answers\\nactual: {{len(answers)}} answers")',
        "    finish(True)",
    ]
    listed = ["wrong = [", *(f"    {check}," for check in checks), "]"]
    if verdict != "nondeterministic":
        return "\n".join([*answered, *count, *listed, "finish(any(wrong))"])
    body = "\n".join([*answered, *listed, "if any(wrong):", "    finish(True)", *_OTHER_BITS]).splitlines()
    loop = [f"for repeat in range({REPEATS}):", *(f"    {line}" for line in body)]
    return "\n".join(["first = None", *loop, "finish(False)"])


_WHETHER_IT_RETURNS = """\
print("expected {expected}")
try:
    answers = call({arguments})
    print("actual: it returns")
    show(answers)
except Exception as error:
    print(f"actual: {{type(error).__name__}}: {{error}}")
    finish({raised})
finish({returned})"""


def _whether_it_returns(verdict: str, arguments: str) -> str:
    valid = verdict == "rejects"
    expected = "an answer, since the input is valid" if valid else "an error, since the input is invalid"
    return _WHETHER_IT_RETURNS.format(expected=expected, arguments=arguments, raised=valid, returned=not valid)


_WHETHER_IT_VARIES = """\
print("expected the same error each time, since the input is invalid")
first = None
for repeat in range({repeats}):
    try:
        answers = call({arguments})
        answers = answers if isinstance(answers, (tuple, list)) else (answers,)
        told = "returns " + str([None if answer is None else to_numpy(answer).tobytes() for answer in answers])
    except Exception as error:
        told = f"raises {{type(error).__name__}}"
    first = first or told
    if told != first:
        print(f"actual: call 1 {{first[:80]}}\\nactual: call {{repeat + 1}} {{told[:80]}}")
        finish(True)
finish(False)"""


def _whether_it_varies(arguments: str) -> str:
    return _WHETHER_IT_VARIES.format(repeats=REPEATS, arguments=arguments)


def _in_a_child(verdict: str, arguments: str, limit: float, alive: str) -> str:
    """The call in a child process, so that a crash can be reported. An error that loses the device counts as a
    crash."""
    wait = f", timeout={limit + STARTING:g}" if verdict == "hang" else ""
    head = """\
if sys.argv[1:] != ["call"]:
    # The call ends or blocks its process, so it is made in a child; run this file with the argument `call` to see it.
    print("expected an answer or an error", flush=True)
"""
    if verdict == "hang":
        head += f"""\
    try:
        subprocess.run([sys.executable, __file__, "call"]{wait})
    except subprocess.TimeoutExpired:
        print("actual: {HUNG} within {limit + STARTING:g} s, of which the framework's start takes the least part")
        finish(True)
    finish(False)
"""
    else:
        head += f"""\
    status = subprocess.run([sys.executable, __file__, "call"]).returncode
    ended = signal.Signals(-status).name if status < 0 else f"exit status {{status}}"
    print(f"actual: {CRASHED} ({{ended}})" if status else "actual: it returns or raises")
    finish(status != 0)
"""
    lost = f"\n    # Raises where the device no longer computes.\n    {alive}" if alive else ""
    return f"""{head}
try:
    show(call({arguments}))
except Exception as error:
    print(f"{{type(error).__name__}}: {{error}}", flush=True){lost}"""


def through_replay(case: Case, options: Sequence[str], about: Sequence[str], folder: str = "") -> str:
    """For an adapter without scripts: opassay itself asks the question, with ``options`` that name the target.

    ``folder``: where the file lies that describes the target; empty for one of opassay's own.
    """
    command = json.dumps(["-m", "opassay", "replay"])
    text = "\n".join(f"# {line}".rstrip() for line in about)
    return f"""{text}

import importlib.util
import os
import re
import subprocess
import sys
import tempfile


{FAILED}

CASE = {json.dumps(case.dumps())}
DIFFERS = {json.dumps("|".join(FAILING))}
OPTIONS = {json.dumps([*options])}
# Where opassay.toml or pyproject.toml describes the target; any folder if empty.
FOLDER = {json.dumps(folder)}

{FINISH}


if importlib.util.find_spec("opassay") is None:
    print("opassay is not installed in this environment, so nothing was asked")
    sys.exit(2)
if FOLDER and not os.path.isdir(FOLDER):
    print(f"there is no folder {{FOLDER!r}}; write the one that describes the target into FOLDER")
    sys.exit(2)
folder = tempfile.mkdtemp()
with open(os.path.join(folder, "case.json"), "w") as file:
    file.write(CASE)
command = [sys.executable, *{command}, os.path.join(folder, "case.json"), *OPTIONS]
done = subprocess.run(command, cwd=FOLDER or folder, stdout=subprocess.PIPE, text=True, errors="replace")
print(done.stdout, flush=True)
there = re.search(rf"^\\S+: ({{DIFFERS}})\\b", done.stdout, re.MULTILINE)
if done.returncode not in (0, 1) or (done.returncode == 1 and not there):
    print(f"opassay could not replay the case: exit status {{done.returncode}}")
    sys.exit(2)
finish(done.returncode == 1)
"""
