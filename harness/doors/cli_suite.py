"""The commands ``opassay suite …``: cases that are chosen once and replayed unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

suite_app = typer.Typer(help="Suites: cases that are chosen once and replayed for ever.", no_args_is_help=True)

FOUND_HELP = "The smallest cases of what a run found new, in place of drawn ones."
BEST_HELP = "Of these, the N that find most named mistakes and meet most pairs of properties; prints both curves."


@suite_app.command(name="freeze")
def freeze(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The suite's file.")],
    op: Annotated[list[str], typer.Option("--op", "-o", help="Only this op. Repeatable.")] = [],  # noqa: B006
    aspect: Annotated[
        list[str], typer.Option("--aspect", "-a", help="value, gradient, error or shape. Repeatable.")
    ] = [],  # noqa: B006
    cases: Annotated[int | None, typer.Option(min=1, metavar="N", help="Geometries per op and aspect.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the case stream.")] = 0,
    fills: Annotated[int, typer.Option(min=1, help="Value sets per geometry.")] = 2,
    best: Annotated[int | None, typer.Option("--best", min=1, metavar="N", help=BEST_HELP)] = None,
    found: Annotated[Path | None, typer.Option("--found", metavar="DIR", help=FOUND_HELP)] = None,
) -> int:
    """Write the cases of a run into a file, so that they stay the same."""
    from opassay.harness.doors.suites import Wanted, freeze_command

    return freeze_command(Wanted(op, aspect, cases, seed, fills, best, found), out)


@suite_app.command(name="show")
def show(
    suite: Annotated[str, typer.Argument(metavar="FILE", help="A suite's file, or the name of a shipped one.")],
) -> int:
    """Show what a suite holds, and its hash."""
    from opassay.harness.doors.suites import show_command

    return show_command(suite)
