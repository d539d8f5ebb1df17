"""The commands ``opassay check`` and ``opassay how``: their options and output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from opassay.harness.doors.cli_options import ATTR_HELP
from opassay.harness.find.registry import UsageError

CASES = 60
WHERE_HELP = "ATTRIBUTE=VALUE: what an attribute is in every case. Repeatable."
MAP_HELP = "'x=input, axis=dim': which parameter takes which input, attribute or output of the op."
SHAPES_HELP = "A JSON list: for each call the shapes of the inputs, by name or in order."
OWN_HELP = "The function itself must compute: where torch's own op does, that is a fallback."


def check(
    function: Annotated[str, typer.Argument(metavar="FILE:FUNC", help="A function in a Python file.")],
    like: Annotated[str, typer.Option("--like", help="The op that it computes.")],
    where: Annotated[list[str], typer.Option("--where", metavar="A=V", help=WHERE_HELP)] = [],  # noqa: B006
    dtype: Annotated[list[str], typer.Option("--dtype", help="Only this dtype. Repeatable.")] = [],  # noqa: B006
    layout: Annotated[str, typer.Option("--layout", help="As --where layout=…: NHWC or NCHW.")] = "",
    shapes: Annotated[Path | None, typer.Option("--shapes", metavar="FILE", help=SHAPES_HELP)] = None,
    multiple: Annotated[int, typer.Option(min=1, help="Every extent beyond 1 is a multiple of this.")] = 1,
    contiguous: Annotated[bool, typer.Option("--contiguous", help="Only arrays that lie row by row.")] = False,
    map_: Annotated[list[str], typer.Option("--map", metavar="NAMES", help=MAP_HELP)] = [],  # noqa: B006
    framework: Annotated[str, typer.Option(help="Whose arrays it takes, where its file does not say.")] = "",
    device: Annotated[str, typer.Option(help="Where the arrays lie.")] = "cpu",
    acc: Annotated[str, typer.Option(help="The format in which sums are kept, as claimed.")] = "",
    math: Annotated[
        str, typer.Option(help="The format that operands are rounded to, as claimed: tf32, bfloat16.")
    ] = "",
    cast: Annotated[str, typer.Option(help="The format of results on the way, as claimed: p=bfloat16.")] = "",
    algorithm: Annotated[str, typer.Option(help="How it works, where that has another bound: winograd.")] = "",
    backward: Annotated[bool, typer.Option("--backward", help="Gradients, too.")] = False,
    own: Annotated[bool, typer.Option("--own", help=OWN_HELP)] = False,
    cases: Annotated[int, typer.Option(min=1, metavar="N", help="Geometries at the most.")] = CASES,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds per case before it counts as a hang.")] = 10.0,
    seed: Annotated[int | None, typer.Option(help="Of the cases; a fresh one unless told.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line for programs.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder of the script.")] = Path("opassay-check"),
) -> int:
    """Check one function as an op of the catalogue. Status 0: all cases pass; 1: one differs; 2: nothing was judged."""
    from opassay.harness.arrays.asked import attributes
    from opassay.harness.check.function import Claims, find
    from opassay.harness.check.restrict import Restriction
    from opassay.harness.check.session import Budget
    from opassay.harness.doors.check import Wanted, checked
    from opassay.harness.doors.consoles import say_line, stdout
    from opassay.harness.find.registry import Registry

    registry = Registry()
    op = registry.op(like)
    fixed = attributes(where, "--where") | ({"layout": layout} if layout else {})
    to = Restriction(fixed, tuple(dtype), _shapes(shapes, op.inputs), multiple, contiguous)
    budget = Budget(cases, timeout=timeout)
    wanted = Wanted(like, to, Claims(acc, math, cast), budget, seed, backward, device, algorithm, out)
    report = checked(find(function, framework, _names(map_), own, registry), wanted, registry)
    say_line(stdout(), report.dumps() if as_json else str(report))
    return report.status


def how(
    op: Annotated[str, typer.Argument(help="An op of the catalogue.")],
    from_: Annotated[str, typer.Option("--from", help="The framework that you know.")],
    to: Annotated[str, typer.Option("--to", help="The framework that you want.")],
    attr: Annotated[list[str], typer.Option("--attr", metavar="A=V", help=ATTR_HELP)] = [],  # noqa: B006
) -> int:
    """Show how another framework does it: code of both, run before it is printed, and the defaults that differ."""
    from opassay.harness.arrays.asked import attributes
    from opassay.harness.doors.how import how_command

    if from_ == to:
        raise UsageError(f"--from and --to are both {to}: name two frameworks")
    return how_command(op, [from_, to], attributes(attr))


def _names(texts: list[str]) -> dict[str, str]:
    parts = [part.strip() for text in texts for part in text.split(",")]
    wrong = next((part for part in parts if not all(map(str.strip, part.partition("=")))), None)
    if wrong is not None:
        raise UsageError(f"--map expects NAME=PARAMETER, with commas between, got {wrong!r}")
    return {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in parts)}


def _shapes(file: Path | None, inputs: Any) -> tuple[tuple[tuple[int, ...], ...], ...]:
    if file is None:
        return ()
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
        return tuple(_one(entry, inputs) for entry in given)
    except OSError as error:
        raise UsageError(f"cannot read {str(file)!r}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f'{str(file)!r} is no list of shapes, such as [{{"{inputs[0]}": [4, 128]}}]: {error}'
        ) from None


def _one(entry: Any, inputs: Any) -> tuple[tuple[int, ...], ...]:
    given = [entry[name] for name in inputs] if isinstance(entry, dict) else entry
    if len(given) != len(inputs):
        raise ValueError(f"{len(given)} shapes for {', '.join(inputs)}")
    return tuple(tuple(int(n) for n in shape) for shape in given)
