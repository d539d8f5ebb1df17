"""``opassay known pins``: pins that hold stay, and each mode that has none gets the smallest case that shows it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from opassay.adapters.facts import FILE, read_pins
from opassay.harness.doors import known_pins
from opassay.harness.doors.known_pins import MOST, Covered, changes, in_place, known_pins_command, refreshed
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.reports.data.table import write_table

sys.path.insert(0, str(Path(__file__).parent / "reports"))
from records import known, record, run, shard, target

ADAPTER = "tinygrad"


def case(size: int, dtype: str = "float32") -> Case:
    return Case("relu", (Tensor((size,), dtype),), {})


FACT = Fact("fake-relu", "upstream", "rounds", ops=("relu",), verdicts=("numeric",), when=lambda case: True)

MODES = ("eager",)


def test_a_pin_that_shows_it_stays_and_is_enough() -> None:
    seen = Covered({"eager": [case(2)]}, {case(3).id: {"eager": True}})
    assert refreshed(FACT, [case(3)], seen, MODES) == (case(3),)


def test_a_mode_without_a_pin_gets_the_smallest_case_that_shows_it_in_most() -> None:
    seen = Covered({"eager": [case(2)], "jit": [case(5), case(4)], "vmap": [case(5), case(6)]}, {})
    assert refreshed(FACT, [], seen, MODES) == (case(5), case(2))


def test_what_no_longer_shows_goes_but_not_the_last_one() -> None:
    gone = {case(3).id: {"eager": False}}
    assert refreshed(FACT, [case(3)], Covered({"eager": [case(2)]}, gone), MODES) == (case(2),)
    assert refreshed(FACT, [case(3)], Covered({}, gone), MODES) == (case(3),)


def test_what_was_not_asked_stays() -> None:
    assert refreshed(FACT, [case(3)], Covered({"eager": [case(2)]}, {}), MODES) == (case(3),)


def test_a_pin_of_another_mode_stays_until_that_mode_was_asked() -> None:
    seen = Covered({"eager": [case(2)]}, {case(3).id: {"eager": False}})
    assert refreshed(FACT, [case(3)], seen, ("eager", "jit")) == (case(3), case(2))
    both = Covered({"eager": [case(2)]}, {case(3).id: {"eager": False, "jit": False}})
    assert refreshed(FACT, [case(3)], both, ("eager", "jit")) == (case(2),)
    shown = Covered({"eager": [case(2)]}, {case(3).id: {"eager": False, "jit": True}})
    assert refreshed(FACT, [case(3)], shown, ("eager", "jit")) == (case(3), case(2))


def test_what_stays_keeps_its_place_in_the_file() -> None:
    before = [("b", case(1)), ("a", case(2)), ("b", case(3)), ("c", case(4))]
    new = {"a": (case(2), case(6)), "b": (case(3),), "c": (case(5),), "d": (case(7),)}
    told = [("a", case(2)), ("a", case(6)), ("b", case(3)), ("c", case(5)), ("d", case(7))]
    assert in_place(before, new) == told
    assert in_place(before, {"c": (case(4),), "a": (case(2),), "b": (case(1), case(3))}) == before


def test_there_are_never_more_than_a_few() -> None:
    seen = Covered({f"mode{number}": [case(number + 1)] for number in range(2 * MOST)}, {})
    assert len(refreshed(FACT, [], seen, MODES)) == MOST


def test_changes_are_a_line_each() -> None:
    told = list(changes({"a": (case(1),), "b": (case(2),)}, {"a": (case(1),), "b": (case(3),)}))
    assert told == [
        f"- b {case(2).id}",
        f"+ b {case(3).id} relu value",
        f"2 pins of 2 known differences in {FILE}",
    ]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an adapter's folder, with the run of a fact that has lost its pins there."""
    place = tmp_path / ADAPTER
    place.mkdir()
    shutil.copy(Path(__file__).parent.parent / "adapters" / ADAPTER / FILE, place)
    monkeypatch.setattr(known_pins, "folder_of", lambda location: place)
    return place


def test_the_file_is_written_from_the_records_of_a_run(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pins = dict(read_pins(checkout))
    fact = next(f for f in Registry().known(ADAPTER) if len(pins.get(f.id, ())) == 1 and not f.flaky)
    [pin] = pins.pop(fact.id)
    other = Case(pin.op, pin.tensors, pin.attributes, pin.aspect, f"{pin.rule}-too")
    about = {"adapter": ADAPTER, "target": ADAPTER, "mode": "realize", "op": pin.op, "aspect": pin.aspect}
    shows = record(**about, case=other.dumps(), case_id=other.id, verdict="accepts", known=fact.id)
    write_table([shows], tmp_path / "out")
    asked = known(id=fact.id, adapter=ADAPTER, pins={pin.id: {ADAPTER: False}})
    told = run([shard()], targets={ADAPTER: target(ADAPTER, mode="realize")}, known=[asked])
    (tmp_path / "out" / "run.json").write_text(json.dumps(told), encoding="utf-8")
    assert known_pins_command(tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert f"{ADAPTER}: - {fact.id} {pin.id}" in said
    assert f"{ADAPTER}: + {fact.id} {other.id}" in said
    assert read_pins(checkout)[fact.id] == (other,)
    assert {name: read_pins(checkout)[name] for name in pins} == pins


def test_a_folder_without_a_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no results table"):
        known_pins_command(tmp_path)
