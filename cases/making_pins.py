"""Pins of ops that make tensors."""

from __future__ import annotations

from opassay.cases.movement_pins import ROW, X, small

ARANGE = small("arange", (ROW,), [10, 7, 4, 1], start=10, step=-3)
FULL = small("full", (X,), [[2, 2, 2], [2, 2, 2]], fill=2)
