"""Amounts of memory and time as people write them."""

from __future__ import annotations

import re

from opassay.harness.find.registry import UsageError

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?)(?:I?B)?", re.IGNORECASE)

MEMORY = 2**28, 2**50
"""Least memory limit of a worker in bytes: no framework starts in less."""

OUTPUT = 2**20, 2**30
"""Limits of ``--max-output`` in bytes: less would refuse right answers, more fits in no message."""


def parse_size(option: str, text: str, least: int, most: int) -> int:
    """``"1.5G"`` as bytes; units are powers of 1024. Raises ``UsageError``, naming ``option``."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{option} expects a size such as 512M or 4G, got {text!r}")
    size = int(float(found[1]) * _UNITS[found[2].upper()])
    if not least <= size <= most:
        raise UsageError(f"{option} must lie between {least >> 20}M and {most >> 20}M, got {text!r}")
    return size


_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_TIME = re.compile(r"(\d+(?:\.\d+)?) ?([smh]?)")


def parse_seconds(option: str, text: str) -> float:
    """``"2m"`` as seconds. Raises ``UsageError``, naming ``option``."""
    found = _TIME.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise UsageError(f"{option} expects a time such as 90s, 2m or 1h, got {text!r}")
    return float(found[1]) * _SECONDS[found[2]]
