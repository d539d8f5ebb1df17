"""Dtypes that openvino 2026.4.1 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "pad": "wrap",
}
