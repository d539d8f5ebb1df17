"""Messages normalised: without what differs from case to case, so that equal errors have equal text."""

from __future__ import annotations

import re

SIGNIFICANT = 200
"""Characters of a message that are compared: its end, with the details of a case, may have been cut off."""

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_NUMBER_LIST = re.compile(r"#(?:\s*[,x\u00d7;]\s*#)+")


def first_line(text: str) -> str:
    """The first line that is not blank, its white space collapsed; empty when there is none."""
    return next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")


def normalised(message: str) -> str:
    """The first line with numbers as ``#`` and lists of numbers as one."""
    return _NUMBER_LIST.sub("#", _NUMBER.sub("#", first_line(message)))


def signature(verdict: str, message: str) -> str:
    """The part of a message by which a baseline recognises a difference. What was returned for invalid input is not
    part of it."""
    return "" if verdict == "accepts" else normalised(message)[:SIGNIFICANT].rstrip()
