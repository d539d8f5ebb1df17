"""What a page or a workflow tells to type: its commands, and what the command line would say of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import typer

from opassay.harness.doors.cli import app

COMMAND = typer.main.get_command(app)


def lines(block: str) -> Iterator[list[str]]:
    """The words of each command, without variables before it and without ``echo``."""
    reader = shlex.shlex(block.replace("\n", ";"), posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    words: list[str] = []
    for word in [*reader, ";"]:
        if re.match(r"\w+=", word) and not words:
            continue
        if set(word) <= set(";&|"):
            yield from [words] if words and words[0] != "echo" else []
            words = []
        else:
            words.append(word)


def option_problem(words: list[str]) -> str:
    """What the command line would say of these words before anything happens."""
    command, rest = COMMAND, words
    while hasattr(command, "commands"):
        if not rest:
            return "Missing command"
        if rest[0] not in command.commands:
            return f"no command {' '.join(words)}"
        command, rest = command.commands[rest[0]], rest[1:]
    try:
        command.make_context("opassay", list(rest))
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        return str(error.format_message())
    return ""
