"""Commands that judge cases: ``run``, ``rejudge`` and ``replay``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from opassay.harness.doors.cli_options import (
    ANSWER_HELP,
    ATTR_HELP,
    BUDGET_HELP,
    CASES_HELP,
    DEFAULT_OUT,
    EXHAUSTIVE_HELP,
    FOR_HELP,
    MEMORY_HELP,
    OUTPUT_HELP,
    PLACE_HELP,
    RECORD_HELP,
    REPEAT_HELP,
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
from opassay.harness.find.registry import UsageError
from opassay.harness.find.user_targets import interpreter_problem


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


def rejudge(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run --record.")],
    op: Ops = [],  # noqa: B006
    baseline: Baseline = None,
    adapter: Adapters = [],  # noqa: B006
    out: Out = DEFAULT_OUT,
    strict: Annotated[bool, typer.Option("--strict", help="Outdated or too broad known differences are red.")] = False,
) -> int:
    """Judge recorded answers again, without any framework; write the table and the report."""
    from opassay.harness.doors.rejudge import rejudge_command
    from opassay.harness.run.tape.campaign import Asked

    asked = Asked(folder, op, adapter, shlex.join(["opassay", *sys.argv[1:]]), baseline)
    return rejudge_command(asked, out, strict)


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
    """Run cases, or one of your own arrays, alone on every target, and show all about them."""
    from opassay.harness.arrays.asked import Own
    from opassay.harness.doors.replay import replay_command
    from opassay.harness.plan.plan import Settings
    from opassay.harness.run.campaign import Request

    settings = Settings(timeout=timeout, threads=threads)
    request = Request(targets=target, adapters=adapter, python=pairs(python), settings=settings, baseline=baseline)
    if not case and not op:
        raise UsageError("name a case, or an op and its arrays: --op conv2d --tensor x=x.npy --tensor w=w.npy")
    return replay_command(case, request, out, script, Own(op, tensor, attr, answer))


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
