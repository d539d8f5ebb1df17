"""A worker's first message: what it reports of its framework, and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.processors import used
from opassay.harness.model.target import Target
from opassay.harness.run.machine import instructions
from opassay.harness.worker import wire


@dataclass(frozen=True)
class Greeting:
    """``header``: the message. ``settings``: those in it, the device, the processor's ``instructions``, and whether the
    worker is ``parallel`` (has several threads). ``rules``: the adapter's numeric rules."""

    header: dict[str, Any]
    settings: Mapping[str, str]
    rules: tuple[NumericRule, ...]


def greeting(header: dict[str, Any], target: Target, threads: int) -> Greeting:
    """The greeting in a message. ``ValueError`` where it is of another protocol or its rules cannot be read."""
    if header["protocol"] != wire.PROTOCOL:
        raise ValueError(f"its worker speaks protocol {header['protocol']}, expected {wire.PROTOCOL}")
    try:
        rules = tuple(NumericRule.from_json(rule) for rule in header["rules"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"its numeric rules cannot be read: {error!r}") from None
    device = target.device.partition(":")[0]
    surroundings = {
        "device": device,
        "instructions": ",".join(used(instructions(), header["settings"])) if device == "cpu" else "",
        "parallel": "yes" if threads > 1 else "no",
    }
    return Greeting(header, {**header["settings"], **surroundings}, rules)
