"""Default values of frameworks' parameters, and what they mean for an op. Imports no framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

NOTHING: Mapping[str, Any] = {}


class Default(NamedTuple):
    """``parameter`` of ``function`` is the op's ``attribute``, or another property by that name.

    ``means``: the op's terms for values, by their ``repr``. The values are read from the installed framework.
    """

    function: str
    parameter: str
    attribute: str
    means: Mapping[str, Any] = NOTHING


Defaults = Mapping[str, tuple[Default, ...]]

PADDING = {"0": "VALID", "'valid'": "VALID", "'VALID'": "VALID", "'same'": "SAME"}
"""The names of the two paddings."""

MOMENTUM = "momentum (the share of the old mean that stays)"
