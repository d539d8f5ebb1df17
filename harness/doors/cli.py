"""The command line. Commands only parse, call and print; framework code never runs in this process."""

from __future__ import annotations

import _thread
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from opassay.harness.doors.cli_check import check, how
from opassay.harness.doors.cli_known import known_app
from opassay.harness.doors.cli_options import (
    ANSWER_HELP,
    ATTR_HELP,
    BUDGET_HELP,
    CASES_HELP,
    DEFAULT_OUT,
    DOCTOR_HELP,
    EXHAUSTIVE_HELP,
    FOR_HELP,
    MEMORY_HELP,
    OUTPUT_HELP,
    PLACE_HELP,
    RECORD_HELP,
    REPEAT_HELP,
    RUNS_HELP,
    SCHEDULER_HELP,
    SHARD_HELP,
    SUITE_HELP,
    TENSOR_HELP,
    UNTIL_HELP,
    Adapters,
    Baseline,
    Ops,
    Out,
    Pythons,
    Targets,
)
from opassay.harness.doors.cli_suite import suite_app
from opassay.harness.find.registry import UsageError
from opassay.harness.find.user_targets import interpreter_problem
from opassay.harness.run.status import INTERRUPTED

app = typer.Typer(
    help="Sends generated cases through deep-learning frameworks and judges every answer against a NumPy oracle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run_cli() -> None:
    """Run a command; turn a wrong request into one line and status 2."""
    sys.unraisablehook = _without_ctrl_c
    # CI systems and shells that run out of time end a run by SIGTERM: what is known so far is written then too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status = app(standalone_mode=False)
    except UsageError as error:
        status = complain(str(error))
    except typer.Exit as leave:
        status = leave.exit_code
    except typer.Abort:
        status = INTERRUPTED
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        status = complain(error.format_message())
    raise SystemExit(status or 0)


def _without_ctrl_c(problem: Any) -> None:
    # Where Ctrl-C meets code that cannot raise, such as a callback of the garbage collector, Python prints a traceback
    # and goes on as if nothing had been typed: it is sent again.
    if issubclass(problem.exc_type, KeyboardInterrupt):
        threading.Timer(0.01, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(problem)


def complain(text: str) -> int:
    print(f"opassay: {text}", file=sys.stderr)
    return 2


@app.command()
def run(
    target: Targets = [],  # noqa: B006 - Typer copies it
    op: Ops = [],  # noqa: B006
    aspect: Annotated[
        list[str], typer.Option("--aspect", "-a", help="value, gradient, error or shape. Repeatable.")
    ] = [],  # noqa: B006
    cases: Annotated[int | None, typer.Option(min=1, metavar="N", help=CASES_HELP)] = None,
    full: Annotated[bool, typer.Option("--full", help="100 geometries per op and aspect.")] = False,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help=EXHAUSTIVE_HELP)] = False,
    suite: Annotated[str, typer.Option("--suite", metavar="FILE", help=SUITE_HELP)] = "",
    budget: Annotated[str, typer.Option("--budget", metavar="TIME", help=BUDGET_HELP)] = "",
    seed: Annotated[int, typer.Option(help="Seed of the case stream.")] = 0,
    fills: Annotated[int, typer.Option(min=1, help="Value sets per geometry.")] = 2,
    baseline: Baseline = None,
    adapter: Adapters = [],  # noqa: B006
    python: Pythons = [],  # noqa: B006
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds per case before it counts as a hang.")] = 30.0,
    memory: Annotated[str, typer.Option(metavar="SIZE", help=MEMORY_HELP)] = "",
    max_output: Annotated[str, typer.Option(metavar="SIZE", help=OUTPUT_HELP)] = "256M",
    out: Annotated[str, typer.Option("--out", metavar="PLACE", help=PLACE_HELP)] = str(DEFAULT_OUT),
    scheduler: Annotated[str, typer.Option("--scheduler", metavar="ADDRESS", help=SCHEDULER_HELP)] = "",
    lasting: Annotated[str, typer.Option("--for", metavar="TIME", help=FOR_HELP)] = "",
    until: Annotated[int, typer.Option("--until-findings", min=0, metavar="N", help=UNTIL_HELP)] = 0,
    shard: Annotated[int | None, typer.Option("--shard", metavar="N", help=SHARD_HELP)] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help=REPEAT_HELP)] = False,
    record: Annotated[Path | None, typer.Option("--record", metavar="DIR", help=RECORD_HELP)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    findings: Annotated[int, typer.Option(min=0, help="New differences to shrink, confirm and write down.")] = 20,
    strict: Annotated[bool, typer.Option("--strict", help="Outdated or too broad known differences are red.")] = False,
) -> int:
    """Run generated cases on every target, judge the answers, write the report."""
    from opassay.harness.doors.commands import run_command
    from opassay.harness.doors.sizes import MEMORY, OUTPUT, parse_seconds, parse_size
    from opassay.harness.plan.plan import MOST, Settings
    from opassay.harness.run.campaign import Request
    from opassay.harness.store.suite import read_suite

    if suite and (full or exhaustive or record or cases or seed or fills != Settings.fills):
        raise UsageError("a suite is its cases: leave out --cases, --full, --exhaustive, --seed, --fills and --record")
    if exhaustive and (full or fills != Settings.fills):
        raise UsageError("--exhaustive asks each number once: leave out --full and --fills")
    if full and cases is not None:
        raise UsageError(f"--full asks for {MOST} geometries and --cases for {cases}: give one of the two")
    if record is not None and resume:
        raise UsageError("--record keeps whole runs: leave out --resume, the answers so far are on no tape")
    if budget and (resume or record is not None or exhaustive or repeat):
        raise UsageError(
            "--budget leaves out what does not fit: leave out --resume, --record, --exhaustive and --repeat"
        )
    largest = parse_size("--max-output", max_output, *OUTPUT)
    request = Request(
        targets=target,
        ops=op,
        aspects=aspect,
        adapters=adapter,
        python=pairs(python),
        settings=Settings(
            cases=MOST if full else cases,
            seed=seed,
            fills=1 if exhaustive else fills,
            exhaustive=exhaustive,
            suite=read_suite(suite) if suite else None,
            timeout=timeout,
            max_output=largest,
            repeat=repeat,
        ),
        memory=parse_size("--memory", memory, *MEMORY) if memory else None,
        command=shlex.join(["opassay", *sys.argv[1:]]),
        baseline=baseline,
        budget=parse_seconds("--budget", budget) if budget else None,
    )
    if scheduler:
        from opassay.harness.fleet.door import campaign_command
        from opassay.harness.fleet.options import Options
        from opassay.harness.fleet.tasks import SLICE

        if budget or record is not None:
            raise UsageError("--scheduler has --for in place of --budget, and keeps no tape: leave out --record")
        seconds = parse_seconds("--for", lasting) if lasting else 0.0
        size = SLICE if shard is None else shard
        return campaign_command(request, Options(scheduler, out, resume, strict, findings, size, seconds, until))
    if lasting or until or "://" in out:
        raise UsageError("--for, --until-findings and an address as --out are for campaigns: add --scheduler local")
    return run_command(request, Path(out), resume, strict, findings, record)


@app.command()
def rejudge(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run --record.")],
    op: Ops = [],  # noqa: B006
    baseline: Baseline = None,
    adapter: Adapters = [],  # noqa: B006
    out: Out = DEFAULT_OUT,
    strict: Annotated[bool, typer.Option("--strict", help="Outdated or too broad known differences are red.")] = False,
) -> int:
    """Judge again, without any framework, what was recorded; write the same table and report."""
    from opassay.harness.doors.rejudge import rejudge_command
    from opassay.harness.run.tape.campaign import Asked

    asked = Asked(folder, op, adapter, shlex.join(["opassay", *sys.argv[1:]]), baseline)
    return rejudge_command(asked, out, strict)


@app.command()
def replay(
    case: Annotated[
        list[str], typer.Argument(metavar="CASE...", help="JSON files with a case, or ids of cases in --out.")
    ] = [],  # noqa: B006
    op: Annotated[str, typer.Option("--op", "-o", help="In place of a case: an op, asked of arrays in files.")] = "",
    tensor: Annotated[list[str], typer.Option("--tensor", metavar="NAME=FILE", help=TENSOR_HELP)] = [],  # noqa: B006
    attr: Annotated[list[str], typer.Option("--attr", metavar="NAME=VALUE", help=ATTR_HELP)] = [],  # noqa: B006
    answer: Annotated[list[str], typer.Option("--answer", metavar="NAME=FILE", help=ANSWER_HELP)] = [],  # noqa: B006
    target: Targets = [],  # noqa: B006
    baseline: Baseline = None,
    adapter: Adapters = [],  # noqa: B006
    python: Pythons = [],  # noqa: B006
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds before it counts as a hang.")] = 30.0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each framework.")] = 1,
    out: Out = DEFAULT_OUT,
    script: Annotated[
        Path | None, typer.Option("--script", metavar="DIR", help="Write a script per case and target into DIR.")
    ] = None,
) -> int:
    """Run each case, or one of your own arrays, alone on every target and show everything about it."""
    from opassay.harness.arrays.asked import Own
    from opassay.harness.doors.replay import replay_command
    from opassay.harness.plan.plan import Settings
    from opassay.harness.run.campaign import Request

    settings = Settings(timeout=timeout, threads=threads)
    request = Request(targets=target, adapters=adapter, python=pairs(python), settings=settings, baseline=baseline)
    if not case and not op:
        raise UsageError("name a case, or an op and its arrays: --op conv2d --tensor x=x.npy --tensor w=w.npy")
    return replay_command(case, request, out, script, Own(op, tensor, attr, answer))


@app.command(name="list")
def list_(
    what: Annotated[str, typer.Argument(help="ops, adapters, targets, known or choices.")],
    adapter: Adapters = [],  # noqa: B006
    target: Annotated[
        list[str], typer.Option("--target", "-t", help="Known differences of this target or adapter only. Repeatable.")
    ] = [],  # noqa: B006
    op: Annotated[list[str], typer.Option("--op", "-o", help="Known differences of this op only. Repeatable.")] = [],  # noqa: B006
    owner: Annotated[
        list[str], typer.Option("--owner", help="Who must act: ours, upstream or 'by design'. Repeatable.")
    ] = [],  # noqa: B006
    baseline: Baseline = None,
) -> int:
    """List what there is. Imports no framework."""
    from opassay.harness.doors.listing import Chosen, list_command

    return list_command(what, adapter, Chosen(tuple(target), tuple(op), tuple(owner), baseline))


@app.command()
def report(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help=RUNS_HELP)],
) -> int:
    """Write the pages of a report again, from its table; of several, oldest first, the last one's, with a trend."""
    from opassay.harness.doors.reporting import report_command

    return report_command(folders)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="The folder or address of the earlier run.")],
    new: Annotated[str, typer.Argument(help="That of the later run.")] = "",
    targets: Annotated[
        tuple[str, str] | None,
        typer.Option("--targets", metavar="A B", help="Compare target A with target B, say of one run."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, markdown or html.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it here; .txt, .md or .html names the format.")
    ] = None,
) -> int:
    """Say what changed between two runs, or two targets. Status 1: something is new, or nothing was compared."""
    from opassay.harness.doors.reporting import diff_command

    return diff_command(old, new, form, out, targets)


@app.command()
def bisect(
    a: Annotated[Path, typer.Argument(metavar="A", help="A folder that opassay.record wrote.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one, of the same model elsewhere.")],
) -> int:
    """Find the first layer in which two recordings of a model differ for a reason of its own."""
    from opassay.harness.doors.bisect import bisect_command

    return bisect_command(a, b)


@app.command()
def demo(
    target: Annotated[
        str, typer.Option("--target", "-t", help="The framework to plant the mistake in; by default the first one.")
    ] = "",
    out: Annotated[Path, typer.Option("--out", help="Folder of the demonstration.")] = Path("opassay-demo"),
) -> int:
    """Plant a mistake in a convolution and find it, in about a minute. Status 0: it was found."""
    from opassay.harness.doors.demo import demo_command

    return demo_command(target, out)


@app.command(name="new-adapter")
def new_adapter(
    name: Annotated[str, typer.Argument(help="What the target is to be called, such as my_backend.")],
    package: Annotated[
        bool, typer.Option("--package", help="An installable package of its own, in a new folder.")
    ] = False,
) -> int:
    """Write an adapter with one op and its tests, ready to run: in this checkout, or as a package."""
    from opassay.harness.doors.scaffold import new_adapter_command

    return new_adapter_command(name, package)


@app.command()
def doctor(
    adapter: Adapters = [],  # noqa: B006
    numeric: Annotated[
        bool, typer.Option("--numeric", help="Measure in which format sums are kept, and print the rules to paste.")
    ] = False,
    choices: Annotated[
        bool, typer.Option("--choices", help="Probe which choices of the contract are followed; print what to paste.")
    ] = False,
    target: Targets = [],  # noqa: B006
    op: Ops = [],  # noqa: B006
    scheduler: Annotated[str, typer.Option("--scheduler", metavar="ADDRESS", help=DOCTOR_HELP)] = "",
) -> int:
    """Check the installation: start every framework once and say what answered."""
    from opassay.harness.doors.doctor import doctor_command
    from opassay.harness.doors.numeric import OPS, numeric_command
    from opassay.harness.doors.probed_choices import choices_command
    from opassay.harness.run.campaign import Request

    if numeric:
        return numeric_command(Request(targets=target, adapters=adapter, ops=list(OPS)))
    if choices:
        return choices_command(Request(targets=target, adapters=adapter, ops=op))
    if op:
        raise typer.BadParameter("only --choices asks single ops")
    if scheduler:
        from opassay.harness.fleet.doctor import workers_command

        return workers_command(Request(targets=target, adapters=adapter, ops=["relu"]), scheduler)
    if target:
        raise typer.BadParameter("only --numeric, --choices and --scheduler ask single targets")
    return doctor_command(adapter)


@app.command(name="import-xfails")
def import_xfails(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="onnx, torch-mlir or array-api.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list of tests that fail today.")],
    run: Annotated[Path, typer.Option("--run", metavar="DIR", help="A folder that 'opassay run' wrote.")] = DEFAULT_OUT,
    baseline: Annotated[Path, typer.Option("--baseline", metavar="FILE", help="The baseline to write.")] = Path(
        "opassay-baseline.jsonl"
    ),
    adapter: Adapters = [],  # noqa: B006
) -> int:
    """Draft a baseline from another suite's list: what it names, by op and dtype, and a run shows."""
    from opassay.harness.doors.import_xfails import import_xfails_command

    return import_xfails_command(kind, file, run, baseline, adapter)


app.command(name="check")(check)
app.command(name="how")(how)
app.add_typer(known_app, name="known")
app.add_typer(suite_app, name="suite")


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False) -> Any:
    if show:
        from opassay.harness.run.campaign import VERSION

        print(f"opassay {VERSION}")
        raise typer.Exit


def pairs(texts: list[str]) -> dict[str, str]:
    """NAME=VALUE options as a mapping."""
    found = dict(text.partition("=")[::2] for text in texts)
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"--python expects NAME=INTERPRETER, got {text!r}")
        if problem := interpreter_problem(value):
            raise UsageError(f"--python {name}: {problem}")
    return found
