"""Device names, which frameworks number in different ways, and plugins that register devices."""

from __future__ import annotations

import importlib
import os
import re
import sys

from opassay.harness.model.adapter import UnknownDevice
from opassay.harness.model.target import BACKEND

MOST_CPUS = 8


def cpu_name(number: int) -> str:
    """``cpu`` for the first, ``cpu:N`` for further virtual ones."""
    return f"cpu:{number}" if number else "cpu"


def cpu_number(device: str) -> int:
    """The N of ``cpu:N``, 0 for any other device: frameworks create virtual CPUs before they list devices."""
    found = re.fullmatch(r"cpu:([1-9])", device)
    number = int(found[1]) if found else 0
    return number if number < MOST_CPUS else 0


def plug_in() -> str:
    """Import the module that the target names as its backend, which registers a device; returns its name, or ""."""
    module = os.environ.get(BACKEND, "")
    if module:
        sys.path.append(os.getcwd())
        try:
            importlib.import_module(module)
        except Exception as error:
            raise UnknownDevice(f"the plugin {module!r} cannot be imported: {type(error).__name__}: {error}") from None
    return module
