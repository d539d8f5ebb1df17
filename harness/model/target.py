"""Target: what is tested, ``adapter[:mode][@device]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"(?P<adapter>[A-Za-z0-9_.-]+)(?::(?P<mode>[A-Za-z0-9_-]+))?(?:@(?P<device>[A-Za-z0-9_:.-]+))?")

BACKEND = "OPASSAY_BACKEND"
"""The variable that tells a worker what its target names as its ``backend``."""


@dataclass(frozen=True, order=True)
class Target:
    """An adapter in one mode on one device: ``torch:compile@cuda:0``.

    An empty ``mode`` stands for the adapter's default until the registry resolves it. ``name`` is the one
    that a user gave it in a file, if any.
    """

    adapter: str
    mode: str = ""
    device: str = "cpu"
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Target:
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"not a target: {text!r}; expected adapter[:mode][@device], such as torch:compile@cuda:0")
        return cls(match["adapter"], match["mode"] or "", match["device"] or "cpu")

    def __str__(self) -> str:
        if self.name:
            return self.name
        mode = f":{self.mode}" if self.mode else ""
        return f"{self.adapter}{mode}" + ("" if self.device == "cpu" else f"@{self.device}")
