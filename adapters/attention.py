"""Attention by the implementation that a target names, where a framework has several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

VARIABLE = "OPASSAY_ATTENTION"
"""A name of the framework's own, such as FLASH_ATTENTION of torch; without it the framework chooses by itself."""


def asked(known: Sequence[str], framework: str) -> str:
    """The requested implementation, "" for none. ``ValueError`` for one that is not ``known``."""
    name = os.environ.get(VARIABLE, "")
    if name and name not in known:
        raise ValueError(f"{VARIABLE} is {name!r}; {framework} knows {', '.join(known)}")
    return name


def with_attention(executor: str, name: str) -> str:
    """The executor, with the requested implementation, if any."""
    return f"{executor}, attention by {name}" if name else executor


class Replaced:
    """A module with other members under some names."""

    def __init__(self, module: Any, **members: Any) -> None:
        self._module = module
        vars(self).update(members)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
