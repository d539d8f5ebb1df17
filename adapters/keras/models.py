"""How keras computes reductions of narrow floats: ``docs/tools/models.py`` was not asked, so nothing is claimed."""

from __future__ import annotations

MODELS: dict[str, dict[str, str]] = {}
