"""Lines of a baseline: read as data, both ways, and refused in one line where they are not what they should be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from opassay.harness.find.registry import UsageError
from opassay.harness.model.baseline import Line, Unexplained
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.messages import SIGNIFICANT, signature
from opassay.harness.model.traits import Trait
from opassay.harness.store.baseline import FILE_BYTES, read_baseline, write_baseline

PIN = Case("relu", (Tensor((2, 3), "float32"),), {})
LINE = Line(
    adapter="fake",
    op="relu",
    aspect="value",
    verdict="rejects",
    pin=PIN,
    modes={"eager": 3, "jit": 1},
    message="TypeError: no # of #",
    traits=(Trait(("tensors", 0, "dtype"), "in", ("float16", "float32")), Trait(("tensors", 0, "rank"), ">=", 2)),
    versions=("1.0", "1.1"),
)


def written(tmp_path: Path, *lines: str, header: str = '{"opassay_baseline":1}', end: str = "\n") -> Path:
    path = tmp_path / "baseline.jsonl"
    path.write_text("\n".join([header, *lines]) + end, encoding="utf-8")
    return path


def text(**changes: Any) -> str:
    return json.dumps({**LINE.to_json(), **changes})


def test_a_line_is_read_as_it_was_written(tmp_path: Path) -> None:
    lines = (LINE, replace(LINE, verdict="special", cause="nan_dropped", message="", owner="upstream", traits=()))
    write_baseline(tmp_path / "b.jsonl", lines)
    assert sorted(read_baseline(tmp_path / "b.jsonl"), key=lambda line: line.verdict) == list(lines)


def test_its_id_stays_while_it_is_about_the_same() -> None:
    other = replace(LINE, pin=replace(PIN, attributes={}), modes={"jit": 7, "eager": 9}, versions=("2",), traits=())
    assert other.id == LINE.id
    assert LINE.id.startswith("baseline:")
    for changed in (
        replace(LINE, modes={"eager": 3}),
        replace(LINE, message="TypeError: no #"),
        replace(LINE, device="cuda"),
        replace(LINE, verdict="hang"),
    ):
        assert changed.id != LINE.id


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([text(note="mine")], "line 2: a line has no field 'note'"),
        ([text(onwer="upstream")], "did you mean 'owner'"),
        ([text(owner="somebody")], "unknown owner 'somebody'"),
        ([text(verdict="pass")], "unknown verdict 'pass'"),
        ([text(aspect="colour")], "unknown aspect 'colour'"),
        ([text(op=3)], "op holds text, got 3"),
        ([text(op="conv2d")], "its pin is a case of 'relu'"),
        ([text(cause="nan_dropped")], "a cause gives an answer"),
        ([text(modes={})], "expected its modes"),
        ([text(modes={"eager": -1})], "expected its modes"),
        ([text(modes={"eager": True})], "expected an integer of at most 64 bits, got True"),
        ([text(modes={"eager": 10**40})], "expected an integer of at most 64 bits"),
        ([text(modes=["eager"])], "its modes: expected an object"),
        ([text(traits=[[["rule"], "~", 1]])], "expected [place, one of ==, >=, <=, in, value]"),
        ([text(traits=[[["rule"], ">=", "a"]])], "expected int or float, got 'a'"),
        ([text(traits=[3])], "expected a list, got 3"),
        ([text(versions="1.0")], "expected a list, got '1.0'"),
        ([text(versions=[1])], "versions holds text, got 1"),
        ([text(pin={"op": "relu"})], "line 2: a case lacks 'tensors'"),
        ([text(), text()], "line 3: baseline:"),
        ([text(), "{"], "line 3: "),
        ([text().replace("3", "1" * 5000, 1)], "line 2: "),
        (["[" * 100_000], "line 2: nested deeper than 32 levels"),
        ([text(traits=[[[[]], "==", 1]])], "expected str or int, got []"),
        ([text().replace('"eager": 3', '"eager": NaN')], "NaN is no JSON"),
        (["\ud800".encode("utf-8", "surrogatepass").decode("latin-1")], "line 2: "),
    ],
)
def test_a_line_that_is_not_one_is_told_in_one_line(tmp_path: Path, lines: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_baseline(written(tmp_path, *lines))
    assert told in str(caught.value)
    assert "baseline.jsonl' cannot be read: " in str(caught.value)
    assert len(str(caught.value)) < 800
    assert "\n" not in str(caught.value)


def test_a_pin_too_large_to_make_is_refused(tmp_path: Path) -> None:
    large = replace(LINE, pin=Case("relu", (Tensor((2**30,), "float32"),), {}))
    with pytest.raises(UsageError, match="line 2: its pin cannot be asked: its inputs have"):
        read_baseline(written(tmp_path, json.dumps(large.to_json())))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ('{"opassay_baseline":2}', "it is of version 2, and this opassay reads version 1"),
        ("{}", "in its first line"),
        ('{"opassay_baseline":1,"more":1}', "in its first line"),
        ("hello", "in its first line"),
        (text(), "in its first line"),
    ],
)
def test_a_file_of_another_version_is_told(tmp_path: Path, header: str, told: str) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        read_baseline(written(tmp_path, header=header))
    assert told in str(caught.value)


def test_a_file_that_is_cut_anywhere_is_told_or_has_its_first_lines(tmp_path: Path) -> None:
    lines = [LINE, replace(LINE, verdict="shape")]
    write_baseline(tmp_path / "whole.jsonl", lines)
    whole = (tmp_path / "whole.jsonl").read_bytes()
    ends = {position + 1 for position, byte in enumerate(whole) if byte == 10}
    for size in range(len(whole)):
        (tmp_path / "cut.jsonl").write_bytes(whole[:size])
        if size in ends:
            read = read_baseline(tmp_path / "cut.jsonl")
            assert len(read) < len(lines)
            assert all(line in lines for line in read)
        else:
            with pytest.raises(UsageError, match=r"cut|first line"):
                read_baseline(tmp_path / "cut.jsonl")


def test_a_file_that_is_not_there_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the baseline .*: No such file"):
        read_baseline(tmp_path / "nowhere.jsonl")
    with (tmp_path / "large.jsonl").open("wb") as stream:
        stream.truncate(FILE_BYTES + 1)
    with pytest.raises(UsageError, match="it has more than"):
        read_baseline(tmp_path / "large.jsonl")


def test_messages_that_differ_in_numbers_say_the_same() -> None:
    one, other = "ValueError: got (2, 3), 0x3f", "ValueError: got (17), 0x40"
    assert signature("rejects", one) == signature("rejects", other) != signature("rejects", "ValueError: got none")
    assert signature("accepts", one) == ""
    long = "word " * SIGNIFICANT
    assert signature("rejects", long + "a") == signature("rejects", long + "b")


@pytest.mark.parametrize("verdict", ["crash", "hang", "nondeterministic"])
def test_what_is_grave_is_covered_only_with_an_owner(verdict: str) -> None:
    bare = replace(LINE, verdict=verdict, message="ended")
    owned = replace(bare, owner="upstream")
    assert not bare.fact().tells("ended")
    assert bare.fact().pins == ()
    assert owned.fact().tells("ended")
    assert owned.fact().pins == (PIN,)


def test_only_what_a_line_is_about_may_have_the_owner_nobody() -> None:
    fact = LINE.fact()
    assert isinstance(fact, Unexplained)
    assert fact.owner == "nobody"
    assert fact.seen == {"1.0", "1.1"}
    assert fact.covers(PIN)
    assert not fact.covers(Case("relu", (Tensor((2, 3), "float64"),), {}))
    assert not fact.covers(Case("relu", (Tensor((3,), "float32"),), {}))


@pytest.mark.parametrize(
    ("trait", "holds"),
    [
        (Trait(("a",), "==", 2), True),
        (Trait(("a",), "==", 3), False),
        (Trait(("a",), ">=", 3), False),
        (Trait(("a",), "<=", 2), True),
        (Trait(("a",), "in", (1, 2)), True),
        (Trait(("a",), "in", (1, 3)), False),
        (Trait(("b",), "==", 2), False),
        (Trait(("word",), ">=", 1), False),
    ],
)
def test_a_trait_holds_of_the_feature_that_it_names(trait: Trait, holds: bool) -> None:
    assert trait.holds({("a",): 2, ("word",): "x"}) is holds
    assert Trait.from_json(json.loads(json.dumps(trait.to_json()))) == trait
