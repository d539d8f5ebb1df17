"""An answer that an earlier run explained is not explained again; any other answer is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Returned
from opassay.harness.model.target import Target
from opassay.harness.run import knowledge
from opassay.harness.run.judging import Judging
from opassay.harness.run.knowledge import Knowledge
from opassay.harness.run.lane import Lane
from opassay.harness.store import explanations
from opassay.harness.store.explanations import Explanations, key_of

(RELU,) = Registry().ops(["relu"])
ZERO = Fact("zero", "upstream", "NaN becomes 0", ops=("relu",), reproduces="nan_to_zero").of([RELU])
CASE = Case("relu", (Tensor((2,), "float32", Fill("literal", values=(np.nan, 1.0))),))
LANE = cast(Lane, SimpleNamespace(label="it", target=Target("it", "eager"), settings={}, hello=True, rules=()))


def answer(*values: float, fallback: str = "") -> Returned:
    return Returned((np.array(values, np.float32),), fallback=fallback)


def covering(kept: Explanations, outcome: Returned) -> tuple[str, ...]:
    known = Knowledge({"it": [ZERO]}, Judging())
    known.explanations = kept
    return tuple(fact.id for fact in known.covering(LANE, RELU, CASE, outcome, Judgement("special")))


def causes(kept: Explanations, outcome: Returned) -> str:
    known = Knowledge({}, Judging())
    known.explanations = kept
    return known.cause(LANE, RELU, CASE, outcome, "special", ())


def unable(*_: Any) -> Any:
    pytest.fail("explained again")


def test_what_an_earlier_run_explained_is_not_explained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "there" / explanations.NAME
    first = Explanations(file)
    assert covering(first, answer(0, 1)) == ("zero",)
    assert covering(first, answer(5, 1)) == ()
    assert causes(first, answer(0, 1)) == "nan_to_zero"
    first.save()
    monkeypatch.setattr(knowledge, "smallest_set", unable)
    monkeypatch.setattr(knowledge, "cause", unable)
    again = Explanations(file)
    assert covering(again, answer(0, 1)) == ("zero",)
    assert covering(again, answer(5, 1)) == ()
    assert causes(again, answer(0, 1)) == "nan_to_zero"


def test_another_answer_to_the_same_case_is_explained(tmp_path: Path) -> None:
    file = tmp_path / explanations.NAME
    first = Explanations(file)
    assert covering(first, answer(0, 1)) == ("zero",)
    first.save()
    assert covering(Explanations(file), answer(0, 2)) == ()


def test_nothing_is_taken_over_from_another_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / explanations.NAME
    first = Explanations(file)
    first.keep("key", ["mistake"])
    first.save()
    assert Explanations(file).get("key") == ["mistake"]
    monkeypatch.setattr(explanations, "source", lambda: "another")
    assert Explanations(file).get("key") is None


@pytest.mark.parametrize(
    "held", ["", "[]", '{"found": {}}', '{"source": "SOURCE", "found": [1]}', '{"source": "SOURCE", "found": {"a": 1}}']
)
def test_a_damaged_file_holds_nothing(tmp_path: Path, held: str) -> None:
    file = tmp_path / explanations.NAME
    file.write_text(held.replace("SOURCE", explanations.source()))
    kept = Explanations(file)
    assert kept.get("a") is None
    kept.keep("a", ["mistake"])
    kept.save()
    assert Explanations(file).get("a") == ["mistake"]


def test_those_of_the_last_run_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "MOST", 2)
    file = tmp_path / explanations.NAME
    for keys in (["old", "used"], ["used", "new"]):
        run = Explanations(file)
        for key in keys:
            if run.get(key) is None:
                run.keep(key, [])
        run.save()
    last = Explanations(file)
    assert [last.get(key) for key in ("old", "used", "new")] == [None, [], []]


def test_a_folder_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Explanations(tmp_path / "file" / explanations.NAME)
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
