"""``finding.json``: one difference, as ``findings/<id>/`` holds it beside the table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pydantic

from opassay.harness.model import strict_json
from opassay.reports.data.foreign import Unreadable, read_bytes
from opassay.reports.data.text import clean, shorten

NAME = "finding.json"
LIMIT = 4 << 20
"""Bytes that are read of it at most."""


def _text(limit: int) -> Any:
    """A text of at most ``limit`` characters, made safe to show."""
    return Annotated[str, pydantic.AfterValidator(lambda value: shorten(clean(value), limit))]


Word: Any = Annotated[_text(80), pydantic.AfterValidator(lambda value: " ".join(value.split()) or "?")]
"""One line of a few characters."""
Line: Any = Annotated[_text(500), pydantic.AfterValidator(lambda value: " ".join(value.split()))]
Text: Any = _text(4_000)
Trait = tuple[list[str | int], str, Any]


class _Part(pydantic.BaseModel):
    """Fields of the stated types only; further ones are ignored."""

    model_config = pydantic.ConfigDict(strict=True)


class Worst(_Part):
    """The worst element: ``y[0,1]``, what was expected there and what each target answered."""

    place: Word = ""
    expected: Any = None
    actual: dict[Word, Any] = {}


class Predicate(_Part):
    """Traits that a case needs to show the difference."""

    traits: list[Trait]


class Reproduction(_Part):
    """A script and the result of its run; ``exit_status``: None where it timed out."""

    file: str
    exit_status: int | None
    adapter: Word = "?"
    output: Text = ""
    reproduces: bool = False
    standalone: bool = True


class FindingFile(_Part):
    """A finding. See ``opassay.harness.hunt.finding`` for its fields."""

    op: Word
    aspect: Word
    verdict: Word
    targets: Annotated[list[Word], pydantic.Field(max_length=24)]
    records: int
    case: dict[str, Any]
    explained_by: Line = ""
    message: Text = ""
    rho: float | str | None = None
    worst: Worst = Worst()
    expected: Any = None
    actual: dict[str, Any] = {}
    suspect_oracle: bool = False
    failed: int = 0
    runs: int = 0
    threads: Annotated[int, pydantic.Field(ge=1, le=4096)] = 1
    predicates: list[Predicate] = []
    reproductions: list[Reproduction] = []
    fault: Text = ""
    when: Line = ""
    also: list[Line] = []
    versions: dict[Word, Word] = {}


def read_finding(folder: Path) -> FindingFile:
    """The finding in ``folder``. Raises ``Unreadable``, with the place in the file, if there is none."""
    try:
        return FindingFile.model_validate_json(read_bytes(folder, NAME, LIMIT))
    except pydantic.ValidationError as error:
        raise Unreadable(f"{NAME}: {clean(strict_json.refusal(error.errors(include_url=False)[0]))}") from None
