"""Every list of known differences: entries cover their own pins, and every pin has its entry."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from opassay.adapters.facts import FILE, accepted, lines, pinned
from opassay.harness.find.registry import Registry
from opassay.harness.judge.facts import concerns
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

REGISTRY = Registry()
ADAPTERS = [name for name, entry in REGISTRY.adapters.items() if entry.known]
FOLDER = Path(__file__).resolve().parents[2] / "adapters"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_entry_covers_its_pin(adapter: str) -> None:
    assert [entry.id for entry in REGISTRY.known(adapter) if not all(map(entry.covers, entry.pins))] == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_ids_are_unique_and_no_pin_is_left_over(adapter: str) -> None:
    entries = REGISTRY.known(adapter)
    ids = [entry.id for entry in entries]
    assert len(ids) == len(set(ids))
    old = FOLDER / adapter / "known_pins.json"
    assert not old.exists() or set(json.loads(old.read_text(encoding="utf-8"))) <= set(ids)
    assert not old.exists() or [entry.id for entry in entries if not entry.pins] == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_pin_is_about_what_its_fact_is_about(adapter: str) -> None:
    strange = [(e.id, pin.id) for e in REGISTRY.known(adapter) for pin in e.pins if not concerns(e, pin)]
    assert strange == []


FACT = Fact("here", "upstream", "why", verdicts=("special",), when=bool)
PIN = Case("relu", (Tensor((1,), "float32", Fill("ones")),))


def test_pins_are_read_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        "".join(f"{line}\n" for line in lines([("here", PIN), ("here", PIN)])), encoding="utf-8"
    )
    assert pinned([FACT], tmp_path) == (replace(FACT, pins=(PIN, PIN)),)
    assert pinned([FACT], tmp_path / "nowhere") == (FACT,)


def test_a_pin_of_no_fact_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("".join(lines([("gone", PIN)])), encoding="utf-8")
    with pytest.raises(ValueError, match=r"pins.jsonl: a pin of 'gone', which is no fact"):
        pinned([FACT], tmp_path)


def test_a_table_of_what_is_accepted_makes_a_fact_per_line() -> None:
    made = list(accepted("x", "by design", "why", {"indexes": ("A", "B"), "relu": ("C",)}, modes=("eager",)))
    assert [(f.id, f.ops, f.rules, f.modes) for f in made] == [
        ("x-indexes", ("indexes",), ("A", "B"), ("eager",)),
        ("x-relu", ("relu",), ("C",), ("eager",)),
    ]
    assert {(f.aspects, f.verdicts) for f in made} == {(("error",), ("accepts",))}
