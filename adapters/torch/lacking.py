"""Dtypes that torch 2.13.0+cpu has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "add": "uint16 uint32 uint64",
    "argmax": "uint16 uint32 uint64",
    "argmin": "uint16 uint32 uint64",
    "bitwise_not": "uint16 uint32 uint64",
    "cumprod": "uint16 uint32 uint64",
    "cumsum": "uint16 uint32 uint64",
    "floor_divide": "uint16 uint32 uint64",
    "fmod": "uint16 uint32 uint64",
    "greater": "uint16 uint32 uint64",
    "greater_equal": "uint16 uint32 uint64",
    "less": "uint16 uint32 uint64",
    "less_equal": "uint16 uint32 uint64",
    "max": "uint16 uint32 uint64",
    "maximum": "uint16 uint32 uint64",
    "min": "uint16 uint32 uint64",
    "minimum": "uint16 uint32 uint64",
    "prod": "uint16 uint32 uint64",
    "remainder": "uint16 uint32 uint64",
    "shift_left": "uint16 uint32 uint64",
    "shift_right": "uint16 uint32 uint64",
    "square": "uint16 uint32 uint64",
    "sub": "uint16 uint32 uint64",
    "sum": "uint16 uint32 uint64",
    "trunc_divide": "uint16 uint32 uint64",
}
