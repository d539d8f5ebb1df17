"""The commands ``opassay known …``: differences that a run does not count as new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opassay.harness.doors.cli_options import DEFAULT_OUT, Adapters, Out

known_app = typer.Typer(help="Known differences: those that a run does not count as new.", no_args_is_help=True)


@known_app.command(name="add")
def known_add(
    finding: Annotated[str, typer.Argument(help="A folder in findings/, or the id of a finding in --out.")],
    adapter: Adapters = [],  # noqa: B006
    out: Out = DEFAULT_OUT,
) -> int:
    """Write a draft entry for the list of known differences of each framework in a finding."""
    from opassay.harness.hunt.draft import known_command

    return known_command(finding, out, adapter)


@known_app.command(name="update")
def known_update(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that 'opassay run' wrote.")],
    baseline: Annotated[Path, typer.Option("--baseline", metavar="FILE", help="The baseline; made if absent.")] = Path(
        "opassay-baseline.jsonl"
    ),
    adapter: Adapters = [],  # noqa: B006
) -> int:
    """Update a baseline from a run: add what is new in it, drop what it no longer shows."""
    from opassay.harness.doors.known_update import known_update_command

    return known_update_command(folder, baseline, adapter)


@known_app.command(name="pins")
def known_pins(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that 'opassay run' wrote.")],
) -> int:
    """Refresh the pinned cases of known differences of this checkout's adapters from a run."""
    from opassay.harness.doors.known_pins import known_pins_command

    return known_pins_command(folder)
