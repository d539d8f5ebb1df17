"""The command line: commands parse, call and print. Framework code never runs in this process."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from opassay.harness.doors.cli_check import check, how
from opassay.harness.doors.cli_known import known_app
from opassay.harness.doors.cli_options import (
    DEFAULT_OUT,
    DOCTOR_HELP,
    RUNS_HELP,
    Adapters,
    Baseline,
    Ops,
    Pythons,
    Targets,
)
from opassay.harness.doors.cli_run import pairs, rejudge, replay, run
from opassay.harness.doors.cli_suite import suite_app
from opassay.harness.find.registry import UsageError
from opassay.harness.run.status import INTERRUPTED

app = typer.Typer(
    help="Sends generated cases through deep-learning frameworks and judges every answer against a NumPy oracle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


for _command in (run, rejudge, replay):
    app.command()(_command)


def run_cli() -> None:
    """Run a command; a usage error becomes one line and status 2."""
    sys.unraisablehook = _without_ctrl_c
    # CI systems and shells end a run by SIGTERM. The results so far are written then as well.
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
    # In code that cannot raise, such as a callback of the garbage collector, Python prints the traceback of a
    # KeyboardInterrupt and goes on. It is sent again.
    if issubclass(problem.exc_type, KeyboardInterrupt):
        threading.Timer(0.01, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(problem)


def complain(text: str) -> int:
    print(f"opassay: {text}", file=sys.stderr)
    return 2


@app.command(name="list")
def list_(
    what: Annotated[str, typer.Argument(help="ops, adapters, targets, known or choices.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these ops, adapters or choices, in full.")
    ] = None,
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
    """List ops, adapters, targets, known differences or choices. Imports no framework."""
    from opassay.harness.doors.listed_known import Chosen
    from opassay.harness.doors.listing import list_command

    return list_command(what, adapter, Chosen(tuple(target), tuple(op), tuple(owner), baseline), names or ())


@app.command()
def report(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help=RUNS_HELP)],
) -> int:
    """Write the pages of a report again from its table; of several folders, oldest first, those of the last, with a
    trend."""
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
    """Show what changed between two runs, or two targets. Status 1: something is new, or nothing was compared."""
    from opassay.harness.doors.reporting import diff_command

    return diff_command(old, new, form, out, targets)


@app.command()
def bisect(
    a: Annotated[Path, typer.Argument(metavar="A", help="A folder that opassay.record wrote.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one, of the same model elsewhere.")],
) -> int:
    """Find the first layer that is wrong on its own input, in two recordings of a model."""
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
        bool, typer.Option("--choices", help="Measure which choices of the contract are followed; print what to paste.")
    ] = False,
    lacking: Annotated[
        bool, typer.Option("--lacking", help="Measure which dtypes each op has no kernel for; print what to paste.")
    ] = False,
    target: Targets = [],  # noqa: B006
    op: Ops = [],  # noqa: B006
    python: Pythons = [],  # noqa: B006
    scheduler: Annotated[str, typer.Option("--scheduler", metavar="ADDRESS", help=DOCTOR_HELP)] = "",
) -> int:
    """Check the installation: start every framework once and print what it reports."""
    from opassay.harness.doors.doctor import doctor_command
    from opassay.harness.doors.measured_choices import choices_command
    from opassay.harness.doors.measured_lacking import lacking_command
    from opassay.harness.doors.numeric import OPS, numeric_command
    from opassay.harness.run.campaign import Request

    asked = partial(Request, targets=target, adapters=adapter, python=pairs(python))
    if numeric:
        return numeric_command(asked(ops=list(OPS)))
    if choices:
        return choices_command(asked(ops=op))
    if lacking:
        return lacking_command(asked(ops=op))
    if op:
        raise typer.BadParameter("only --choices and --lacking ask single ops")
    if scheduler:
        from opassay.harness.fleet.doctor import workers_command

        return workers_command(asked(ops=["relu"]), scheduler)
    if target:
        raise typer.BadParameter(
            "doctor checks every target; only --numeric, --choices, --lacking and --scheduler ask single ones"
        )
    return doctor_command(adapter, pairs(python))


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
    """Draft a baseline from another suite's list of failures: those that a run shows too, by op and dtype."""
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
