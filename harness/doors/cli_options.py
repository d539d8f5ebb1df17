"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_OUT = Path("opassay-report")
Targets = Annotated[
    list[str], typer.Option("--target", "-t", help="adapter[:mode][@device], a target of yours, or 'all'. Repeatable.")
]
Ops = Annotated[list[str], typer.Option("--op", "-o", help="Only this op. Repeatable.")]
Adapters = Annotated[list[str], typer.Option("--adapter", help="A further adapter, as module:Class. Repeatable.")]
Pythons = Annotated[
    list[str], typer.Option("--python", help="NAME=INTERPRETER that runs adapter or target NAME. Repeatable.")
]
MEMORY_HELP = (
    "How large a worker may grow, as 4G, before it is ended; by default its share of 3/4 of this machine's memory."
)
CASES_HELP = "Geometries per op and aspect; by default as many as take some minutes, fewer of what is compiled."
EXHAUSTIVE_HELP = "Every float32 through ops of one tensor, in 4,096 slices, or --cases of them. Hours."
REPEAT_HELP = "Run each case twice in one process and once in a fresh one; pins always are."
SUITE_HELP = "The cases of a suite, a file or the name of a shipped one, in place of drawn ones."
BUDGET_HELP = "Ask what fits in this time, as 2m; what is left out is told as not run."
RECORD_HELP = "Keep every answer on tape in this folder, for rejudge."
OUTPUT_HELP = "How large the answers to one case may be; larger ones are a wrong shape."
PLACE_HELP = "Folder of the report; of a campaign also an address, such as s3://bucket/run."
SCHEDULER_HELP = "A campaign on Dask's workers: local or local:N on this machine, or tcp://host:8786."
FOR_HELP = "Begin nothing more after this time, as 8h; without --cases the stream goes on until then. With --scheduler."
UNTIL_HELP = "The same, once there are N kinds of new differences. With --scheduler."
SHARD_HELP = "Geometries of a shard, which is a task and a file of a campaign; a multiple of 32."
RUNS_HELP = "Folders that 'opassay run' wrote, or addresses of campaigns."
DOCTOR_HELP = "Check the workers of a scheduler in place of this machine."
TENSOR_HELP = "An input from a .npy, FILE.npz:ENTRY or FILE.safetensors:ENTRY. Repeatable."
ATTR_HELP = "An attribute, such as stride=2,2; the simplest value where it is not given. Repeatable."
ANSWER_HELP = "An answer that was computed elsewhere, to be judged. Repeatable."
Out = Annotated[Path, typer.Option("--out", help="Folder of the report.")]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="Differences that nobody has explained: not new.")
]
