"""Conversions from one dtype to another."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import conversion

CAST = "x as the dtype `to`: rounded to nearest; of floats to integers toward 0, anything where they do not fit."

cast = conversion("cast", lambda x, to: bounded.cast(x, to), CAST)
