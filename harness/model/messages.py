"""Messages normalised: without what differs from case to case, so that equal errors have equal text."""

from __future__ import annotations

import re

SIGNIFICANT = 200
"""Characters of a message that are compared: its end, with the details of a case, may have been cut off."""

CHANGED = "the call changed its input"
"""The beginning of the message about a call that wrote to its input."""


def tells_alone(verdict: str, message: str) -> bool:
    """Whether the message alone tells what is the same problem, whatever the op: a refusal, a changed input."""
    return verdict == "rejects" or message.startswith(CHANGED)


_NUMBER = re.compile(r"0x[0-9a-fA-F]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_NUMBER_LIST = re.compile(r"#(?:\s*[,x\u00d7;]\s*#)+")

_SYMBOL = re.compile(r"(?<=undefined symbol: )\w+|(?<=undefined reference to )\S+")


def without_symbols(message: str) -> str:
    """A linker's message without the names of what it lacks: one library is missing, whichever function is called."""
    return _SYMBOL.sub("…", message)


def first_line(text: str) -> str:
    """The first line that is not blank, its white space collapsed; empty when there is none."""
    return next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")


def normalised(message: str) -> str:
    """The first line with numbers as ``#``, lists of numbers as one, and without the names that a linker lacks."""
    return _NUMBER_LIST.sub("#", _NUMBER.sub("#", without_symbols(first_line(message))))


def signature(verdict: str, message: str) -> str:
    """The part of a message by which a baseline recognises a difference. What was returned for invalid input is not
    part of it."""
    return "" if verdict == "accepts" else normalised(message)[:SIGNIFICANT].rstrip()
