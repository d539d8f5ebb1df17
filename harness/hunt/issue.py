"""``issue.md``: a bug report of one difference, ready to paste into an issue tracker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opassay.harness.hunt.repro import Reproduction

NAME = "issue.md"


@dataclass(frozen=True)
class Told:
    """Lines about a case: its inputs (``given``), what is expected, and what a target did."""

    expected: Sequence[str] = ()
    actual: Sequence[str] = ()
    given: Sequence[str] = ()


def issue_text(
    heading: str, found: Reproduction, versions: str, about: str = "", told: Told | None = None, when: str = ""
) -> str:
    """Title, versions, steps, expected and actual behaviour, and the script."""
    lines = [line for line in found.output.splitlines() if line.strip()]
    expected, actual = _parts(lines)
    if told and not (expected and actual):
        expected, actual = list(told.expected), list(told.actual)
    text = [f"# {heading}", ""]
    if not found.reproduces:
        text += ["**The script below did not show the difference when it ran alone. Do not report this yet.**", ""]
    text += ["## Versions", "", versions, *(f"- {line}" for line in lines[:1] if found.reproduces), ""]
    text += ["## Steps", "", f"Run the script below: `python {found.file.name}`.", ""]
    if about:
        label, _, words = about.partition(": ")
        text += [f"## {label}", "", words, ""]
    if when:
        text += ["## When", "", f"It fails with {when}.", ""]
    if told and told.given:
        text += ["## Input", "", *_block(told.given), ""]
    text += ["## Expected", "", *_block(expected), "", "## Actual", "", *_block(actual), ""]
    text += ["## Script", "", "```python", found.file.read_text(encoding="utf-8").rstrip(), "```", ""]
    return "\n".join(text)


def _parts(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The parts of a script's output: each starts with a line that begins with ``expected`` or ``actual``."""
    parts: dict[str, list[str]] = {"expected": [], "actual": []}
    current: list[str] = []
    for line in lines[1:-1]:
        current = parts.get(line.partition(" ")[0].rstrip(":"), current)
        current.append(line)
    return parts["expected"], parts["actual"]


def _block(lines: Sequence[str], most: int = 40) -> list[str]:
    shown = list(lines[:most]) + (["..."] if len(lines) > most else [])
    return ["```", *(shown or ["(see the script's output)"]), "```"]
