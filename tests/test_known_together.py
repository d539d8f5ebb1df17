"""Differences of several ops in one line of a baseline: where they have one cause or say the same, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from opassay.harness.doors.known_draft import updated
from opassay.harness.doors.known_shown import Place, Seen, Shown
from opassay.harness.model.baseline import Key, Line
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.traits import Trait

MODE = "eager"
SAYS = "Refused: no kernel for float#"
WRONG = "y[#] expected #, got #"
FAMILIES = {"sin": "functions", "cos": "functions", "conv2d": "conv"}


def family(op: str) -> str:
    return FAMILIES.get(op, "")


def case(op: str, dtype: str = "float64", size: int = 2, attributes: Mapping[str, object] | None = None) -> Case:
    return Case(op, (Tensor((size,), dtype),), dict(attributes or {}))


def key(op: str, verdict: str = "rejects", message: str = SAYS, cause: str = "") -> Key:
    return Key("mine", op, "value", "", verdict, "cpu", cause, "" if cause else message)


def shown(
    *differences: tuple[Key, Sequence[Case]],
    passing: Mapping[str, Sequence[Case]] | None = None,
    gone: Sequence[Case] = (),
    mode: str = MODE,
) -> Shown:
    places: dict[Place, Sequence[Case]] = {
        ("mine", op, "value", "cpu", mode): cases for op, cases in (passing or {}).items()
    }
    seen = {(key, mode): Seen({c.id: c for c in cases}, {"1"}) for key, cases in differences}
    return Shown(seen, places, lambda line, mode: line.pin in gone, {("mine", mode): "avx2"})


def both(verdict: str, ops: Sequence[str] = ("sin", "cos"), cause: str = "", message: str = SAYS) -> list[Line]:
    told = shown(*((key(op, verdict, message, cause), [case(op)]) for op in ops))
    return updated((), told, family)


@pytest.mark.parametrize(
    ("verdict", "message", "cause", "ops", "lines"),
    [
        ("rejects", SAYS, "", ("sin", "conv2d"), 1),
        ("special", "", "nan_dropped", ("sin", "conv2d"), 1),
        ("numeric", WRONG, "", ("sin", "cos"), 1),
        ("numeric", WRONG, "", ("sin", "conv2d"), 2),
        ("numeric", WRONG, "", ("mine_one", "mine_two"), 2),
        ("crash", "SIGSEGV", "", ("sin", "cos"), 1),
        ("crash", "SIGSEGV", "", ("sin", "conv2d"), 2),
    ],
)
def test_one_line_where_the_cause_or_the_message_and_the_family_are_one(
    verdict: str, message: str, cause: str, ops: tuple[str, ...], lines: int
) -> None:
    found = both(verdict, ops, cause, message)
    assert len(found) == lines
    assert {op for line in found for op in line.ops} == set(ops)
    assert sum(line.count for line in found) == 2


def test_another_message_verdict_or_mode_is_another_line() -> None:
    told = shown((key("sin"), [case("sin")]), (key("cos", message="Refused: no #"), [case("cos")]))
    assert len(updated((), told, family)) == 2
    told = shown((key("sin"), [case("sin")]), (key("cos", "shape"), [case("cos")]))
    assert len(updated((), told, family)) == 2
    elsewhere = shown((key("cos"), [case("cos")]), mode="jit")
    here = shown((key("sin"), [case("sin")]))
    seen = Shown({**here.differences, **elsewhere.differences}, {}, here.gone, {**here.kinds, **elsewhere.kinds})
    assert [line.ops for line in updated((), seen, family)] == [("sin",), ("cos",)]


def test_a_line_of_both_would_cover_what_passes_so_they_stay_apart() -> None:
    passing = {"sin": [case("sin", "float32")], "cos": [case("cos", "float64")]}
    differences = (key("sin"), [case("sin", "float64")]), (key("cos"), [case("cos", "float32")])
    found = updated((), shown(*differences, passing=passing), family)
    assert [line.ops for line in found] == [("sin",), ("cos",)]
    for line in found:
        assert not any(line.has(passed) for passed in passing[line.op])
    [one] = updated((), shown(*differences), family)
    assert set(one.ops) == {"sin", "cos"}


def test_the_traits_are_those_of_all_its_ops() -> None:
    passing = {op: [case(op, "float32")] for op in ("sin", "cos")}
    told = shown((key("sin"), [case("sin")]), (key("cos"), [case("cos")]), passing=passing)
    [line] = updated((), told, family)
    assert line.has(case("cos", size=9))
    assert not line.has(case("cos", "float32"))
    fact = line.fact()
    assert fact.ops == line.ops
    assert Line.from_json(line.to_json()) == line


def test_a_second_update_changes_nothing_and_one_of_fewer_ops_drops_nothing() -> None:
    [line] = both("rejects")
    again = shown(*((key(op), [case(op)]) for op in line.ops))
    assert updated([line], again, family) == [line]
    other = next(op for op in line.ops if op != line.op)
    assert updated([line], shown((key(other), [case(other)])), family) == [line]
    assert updated([line], shown(), family) == [line]


def test_where_the_pin_no_longer_shows_it_the_line_is_about_what_still_does() -> None:
    [line] = both("rejects")
    other = next(op for op in line.ops if op != line.op)
    [left] = updated([line], shown((key(other), [case(other)]), gone=[line.pin]), family)
    assert left.ops == (other,)
    assert left.pin == case(other)
    assert updated([line], shown(gone=[line.pin]), family) == []


def test_what_a_person_wrote_stays() -> None:
    [line] = both("rejects")
    owned = replace(line, owner="upstream", reason="no kernel")
    assert updated([owned], shown(*((key(op), [case(op)]) for op in line.ops)), family) == [owned]


WIDE = (Trait(("tensors", 0, "rank"), ">=", 1),)
STAGES = {"stages": [{"op": "sin", "inputs": ["x"], "outputs": ["y"]}]}


def test_a_program_needs_no_line_where_the_one_of_its_op_covers_it() -> None:
    program = case("chain", attributes=STAGES)
    other = case("other", attributes={"stages": [{"op": "cos", "inputs": ["x"], "outputs": ["y"]}]})
    causes = [key(op, "special", cause="nan_dropped") for op in ("sin", "chain", "other")]
    told = shown((causes[0], [case("sin")]), (causes[1], [program]), (causes[2], [other]))
    assert [set(line.ops) for line in updated((), told, family)] == [{"sin", "other"}]
    # One that was written before goes, unless the op's line goes too.
    old = updated((), shown((causes[0], [case("sin")])), family)
    both = [*old, *updated((), shown((causes[1], [program])), family)]
    assert len(both) == 2
    seen = shown((causes[1], [program]))
    assert updated(both, seen, family) == old
    mended = shown((causes[1], [program]), gone=[case("sin")])
    assert [line.ops for line in updated(both, mended, family)] == [("chain",)]


def test_a_program_that_says_the_same_has_its_own_cause() -> None:
    program = case("chain", attributes=STAGES)
    told = shown((key("sin", "numeric", WRONG), [case("sin")]), (key("chain", "numeric", WRONG), [program]))
    assert len(updated((), told, family)) == 2


def test_of_two_lines_about_one_difference_the_first_is_kept() -> None:
    [one] = both("rejects", ["sin"])
    double = replace(one, modes={MODE: 1, "jit": 1}, pin=case("sin", size=5))
    told = shown((key("sin"), [case("sin"), case("sin", size=5)]))
    kept = updated([one, double], told, family)
    assert [line.modes for line in kept] == [{MODE: 2, "jit": 1}]
    assert updated([one, replace(double, traits=WIDE)], told, family)[0].modes == {MODE: 2}


def test_without_families_each_op_has_its_line() -> None:
    told = shown(*((key(op, "special", cause="nan_dropped"), [case(op)]) for op in ("sin", "cos")))
    assert len(updated((), told)) == 2
