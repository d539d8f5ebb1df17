"""Every list of known differences: entries cover their own pins, and every pin has its entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opassay.harness.registry import Registry

REGISTRY = Registry()
ADAPTERS = [name for name in REGISTRY.adapters if REGISTRY.known(name)]
FOLDER = Path(__file__).resolve().parents[2] / "adapters"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_entry_covers_its_pin(adapter: str) -> None:
    assert [entry.id for entry in REGISTRY.known(adapter) if not all(map(entry.covers, entry.pins))] == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_ids_are_unique_and_no_pin_is_left_over(adapter: str) -> None:
    ids = [entry.id for entry in REGISTRY.known(adapter)]
    pins = json.loads((FOLDER / adapter / "known_pins.json").read_text(encoding="utf-8"))
    assert len(ids) == len(set(ids))
    assert set(pins) == set(ids)
