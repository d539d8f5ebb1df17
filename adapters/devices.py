"""Names of devices that frameworks number in their own ways."""

from __future__ import annotations

import re

MOST_CPUS = 8


def cpu_name(number: int) -> str:
    """``cpu`` for the first, ``cpu:N`` for the virtual ones beside it."""
    return f"cpu:{number}" if number else "cpu"


def cpu_number(device: str) -> int:
    """The N of ``cpu:N``, 0 for any other device: frameworks make virtual CPUs before they tell what there is."""
    found = re.fullmatch(r"cpu:([1-9])", device)
    number = int(found[1]) if found else 0
    return number if number < MOST_CPUS else 0
