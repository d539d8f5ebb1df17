"""An answer that an earlier run judged or explained is not judged or explained again; any other answer is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from opassay.harness.doors.commands import run_command
from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel, NumericRule
from opassay.harness.model.outcome import Returned
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Settings
from opassay.harness.run import judging, knowledge
from opassay.harness.run.campaign import Request
from opassay.harness.run.judging import Judging
from opassay.harness.run.knowledge import Knowledge
from opassay.harness.run.lane import Lane
from opassay.harness.store import remembered
from opassay.harness.store.remembered import EXPLANATIONS, Remembered, key_of
from opassay.reports.data.table import read_table

(RELU,) = Registry().ops(["relu"])
ZERO = Fact("zero", "upstream", "NaN becomes 0", ops=("relu",), reproduces="nan_to_zero").of([RELU])
CASE = Case("relu", (Tensor((2,), "float32", Fill("literal", values=(np.nan, 1.0))),))
LANE = cast(Lane, SimpleNamespace(label="it", target=Target("it", "eager"), settings={}, hello=True, rules=()))


def answer(*values: float, fallback: str = "") -> Returned:
    return Returned((np.array(values, np.float32),), fallback=fallback)


def covering(kept: Remembered, outcome: Returned) -> tuple[str, ...]:
    known = Knowledge({"it": [ZERO]}, Judging())
    known.explanations = kept
    return tuple(fact.id for fact in known.covering(LANE, RELU, CASE, outcome, Judgement("special")))


def causes(kept: Remembered, outcome: Returned) -> str:
    known = Knowledge({}, Judging())
    known.explanations = kept
    return known.cause(LANE, RELU, CASE, outcome, "special", ())


def unable(*_: Any) -> Any:
    pytest.fail("explained again")


def test_what_an_earlier_run_explained_is_not_explained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "there" / EXPLANATIONS
    first = Remembered(file)
    assert covering(first, answer(0, 1)) == ("zero",)
    assert covering(first, answer(5, 1)) == ()
    assert causes(first, answer(0, 1)) == "nan_to_zero"
    first.save()
    monkeypatch.setattr(knowledge, "smallest_set", unable)
    monkeypatch.setattr(knowledge, "cause", unable)
    again = Remembered(file)
    assert covering(again, answer(0, 1)) == ("zero",)
    assert covering(again, answer(5, 1)) == ()
    assert causes(again, answer(0, 1)) == "nan_to_zero"


def test_another_answer_to_the_same_case_is_explained(tmp_path: Path) -> None:
    file = tmp_path / EXPLANATIONS
    first = Remembered(file)
    assert covering(first, answer(0, 1)) == ("zero",)
    first.save()
    assert covering(Remembered(file), answer(0, 2)) == ()


def test_nothing_is_taken_over_from_another_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / EXPLANATIONS
    first = Remembered(file)
    first.keep("key", ["mistake"])
    first.save()
    assert Remembered(file).get("key", knowledge._names) == ["mistake"]
    monkeypatch.setattr(remembered, "source", lambda: "another")
    assert Remembered(file).get("key", knowledge._names) is None


@pytest.mark.parametrize(
    "held", ["", "[]", '{"found": {}}', '{"source": "SOURCE", "found": [1]}', '{"source": "SOURCE", "found": {"a": 1}}']
)
def test_a_damaged_file_holds_nothing(tmp_path: Path, held: str) -> None:
    file = tmp_path / EXPLANATIONS
    file.write_text(held.replace("SOURCE", remembered.source()))
    kept = Remembered(file)
    assert kept.get("a", knowledge._names) is None
    kept.keep("a", ["mistake"])
    kept.save()
    assert Remembered(file).get("a", knowledge._names) == ["mistake"]


def test_those_of_the_last_run_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    file = tmp_path / EXPLANATIONS
    for keys in (["old", "used"], ["used", "new"]):
        run = Remembered(file)
        for key in keys:
            if run.get(key, knowledge._names) is None:
                run.keep(key, [])
        run.save()
    last = Remembered(file)
    assert [last.get(key, knowledge._names) for key in ("old", "used", "new")] == [None, [], []]


def test_a_folder_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Remembered(tmp_path / "file" / EXPLANATIONS)
    kept.keep("a", [])
    kept.save()


def test_keys_tell_answers_apart_bit_for_bit() -> None:
    keys = [
        key_of(answer(0.0)),
        key_of(answer(-0.0)),
        key_of(answer(0.0), "relu"),
        key_of(answer(0.0, fallback="computed by NumPy")),
        key_of(Returned((np.zeros(1, np.int32),))),
        key_of(Returned((np.zeros((1, 1), np.float32),))),
        key_of(Returned((None,))),
        key_of(Returned(())),
    ]
    assert len(set(keys)) == len(keys)


def judged(kept: Remembered, *outcomes: Returned, lane: Lane = LANE) -> list[Judgement]:
    judge = Judging()
    judge.remembered = kept
    return judge.judge_all(lane, RELU, [(CASE, outcome) for outcome in outcomes], 1)


def test_what_an_earlier_run_judged_is_not_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "judgements.json"
    right, wrong = answer(np.nan, 1), answer(np.nan, 2)
    first = Remembered(file)
    expected = judged(first, right, wrong)
    assert [judgement.verdict for judgement in expected] == ["pass", "numeric"]
    first.save()
    asked: list[Any] = []
    monkeypatch.setattr(judging, "judge", lambda case, outcome, *more: asked.append(outcome) or expected[1])
    assert judged(Remembered(file), right, wrong) == expected
    assert asked == [wrong], "what is wrong is looked at each time"


def test_another_answer_and_another_way_to_compute_are_judged(tmp_path: Path) -> None:
    file = tmp_path / "judgements.json"
    first = Remembered(file)
    assert judged(first, answer(np.nan, 1))[0].verdict == "pass"
    first.save()
    assert judged(Remembered(file), answer(0, 1))[0].verdict == "special"
    again = Remembered(file)
    rules = (NumericRule(NumericModel(accumulator="float16"), dtype="float32"),)
    judged(again, answer(np.nan, 1), lane=cast(Lane, SimpleNamespace(**{**vars(LANE), "rules": rules})))
    assert len(again._now) == 1
    assert not again._now.keys() & first._now.keys()


@pytest.mark.parametrize("row", [1, [], ["pass", *[None] * 20], ["numeric"], ["special", "", 0.5]])
def test_a_damaged_judgement_is_none(tmp_path: Path, row: Any) -> None:
    file = tmp_path / "judgements.json"
    first = Remembered(file)
    judged(first, answer(0, 1))
    key = key_of(answer(0, 1), "relu", CASE.id, Judging().way_of(LANE), ())
    first.keep(key, row)
    first.save()
    assert judged(Remembered(file), answer(0, 1))[0].verdict == "special"


def test_a_planted_judgement_shows_that_keys_are_looked_up(tmp_path: Path) -> None:
    """The tests above hold of a key that never fits, too."""
    file = tmp_path / "judgements.json"
    first = Remembered(file)
    first.keep(key_of(answer(0, 1), "relu", CASE.id, Judging().way_of(LANE), ()), ["pass"])
    first.save()
    assert judged(Remembered(file), answer(0, 1))[0].verdict == "pass"


@pytest.mark.parametrize(
    ("judgement", "kept"),
    [
        (Judgement("pass", rho=0.5), True),
        (Judgement("pass", rho=np.float64(0.5), elements=cast(int, np.int64(3))), True),
        (Judgement("pass", max_ulp=np.inf), False),
        (Judgement("numeric", rho=2.0), False),
    ],
)
def test_what_is_kept_is_json_and_the_same_again(judgement: Judgement, kept: bool) -> None:
    told = judging.to_keep(judgement)
    assert bool(told) is kept
    assert not told or judging.told_again(json.loads(json.dumps(told, allow_nan=False))) == judgement


def test_a_run_takes_over_what_the_last_one_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(remembered, "JUDGEMENTS", str(tmp_path / "judgements.json"))

    def table(folder: str) -> list[dict[str, Any]]:
        request = Request(["honest"], ["matmul"], ["value"], ["planted:Honest"], settings=Settings(cases=6))
        assert run_command(request, tmp_path / folder, False, False, 0) == 0
        return read_table(tmp_path / folder).drop(columns="seconds").to_dict("records")

    expected = table("first")
    for way in ("judge", "judge_part"):
        monkeypatch.setattr(judging, way, unable)
    assert str(table("second")) == str(expected)
