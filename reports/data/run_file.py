"""``run.json``: what was planned, on which targets, on which machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pydantic
import pydantic_core

from opassay.harness.model import strict_json

RUN = "run.json"
RUNNING = "running"
"""The status of a run that is in progress or was killed."""
LIMIT = 1 << 26
"""Bytes that are read of it at most."""


Texts = Annotated[list[str], pydantic.Field(strict=False)]
"""A list, or a tuple where the run was not read from a file."""


class _Part(pydantic.BaseModel):
    """Fields of the stated types only; further ones, of a later version, are kept."""

    model_config = pydantic.ConfigDict(strict=True, extra="allow")


class Shard(_Part):
    """What was planned for an op's aspect on a target. ``not_planned``: records left out for lack of time."""

    op: str
    aspect: str
    target: str
    planned: int
    not_planned: int = 0
    absent: bool = False


class Target(_Part):
    """A target: the adapter, and what its worker reported at its start."""

    adapter: str = ""
    mode: str = ""
    device: str = ""
    version: str = ""
    origin: str = ""
    executor: str = ""
    settings: dict[str, str] = {}
    python: str = ""
    numpy: str = ""
    state: str = ""
    ops: Texts = []


class Known(_Part):
    """A known difference: its owner and reason, the number of records it covers, and what its pins showed."""

    id: str
    adapter: str
    owner: str = ""
    reason: str = ""
    url: str = ""
    title: str = ""
    ops: Texts = []
    failed: int = 0
    failed_in: dict[str, int] = {}
    failed_untested: int = 0
    passed: int = 0
    pin: str = ""
    pins: dict[str, dict[str, bool]] = {}
    baseline: bool = False
    broken: str = ""


class Run(_Part):
    """``run.json``. ``cases``: geometries per op and aspect. ``fills``: value sets each. ``budget``: seconds."""

    shards: list[Shard]
    opassay: str = ""
    command: str = ""
    seed: int = 0
    cases: int = 0
    fills: int = 0
    suite: dict[str, Any] = {}
    budget: float = 0.0
    status: str = "finished"
    targets: dict[str, Target] = {}
    families: dict[str, str] = {}
    known: list[Known] = []
    choices: list[dict[str, Any]] = []
    findings: list[dict[str, Any]] = []
    faults: list[str] = []
    machine: dict[str, Any] = {}
    warnings: list[str] = []


def read_run(folder: Path | str) -> dict[str, Any]:
    """The run described in ``folder``, every key present.

    Raises ``ValueError``, with the place in the file, when the file is absent or does not describe a run.
    """
    path = Path(folder) / RUN
    if not path.is_file():
        raise ValueError(f"{folder} has no {RUN}; expected a folder that `opassay run --out` wrote")
    try:
        with path.open("rb") as stream:
            text = stream.read(LIMIT + 1)
        if len(text) > LIMIT:
            raise ValueError(f"it has more than {LIMIT} bytes")
        return complete(pydantic_core.from_json(text))
    except ValueError as error:
        raise ValueError(f"{path} does not describe a run ({error}); run opassay again") from error


def complete(run: Mapping[str, Any]) -> dict[str, Any]:
    """``run`` with every key present; ``ValueError`` with a one-line message where a value has the wrong type."""
    try:
        return Run.model_validate(run).model_dump()
    except pydantic.ValidationError as error:
        raise ValueError(strict_json.refusal(error.errors(include_url=False)[0])) from None
