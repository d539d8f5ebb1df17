"""What is asked twice while an answer is explained is answered once, and the same as if it were asked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from opassay.adapters.oracle.hypotheses.question import ask
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case
from opassay.harness.model.hypothesis import Hypothesis, Question, References, made_together
from opassay.harness.model.kept import Kept
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op, references
from opassay.harness.model.reference import Reference
from opassay.harness.plan.generate import cases

OPS = Registry().ops()
INDEPENDENT = [(op, h) for op in OPS for h in op.hypotheses if h.independent]
SINGLE = NumericModel(accumulator="float32")


class Oracle:
    """Gives the input back; counts what it was asked, and how often a bound was made."""

    def __init__(self) -> None:
        self.asked = self.bounded = 0

    def __call__(self, question: Question) -> tuple[Reference, ...]:
        self.asked += 1
        (x,) = question.inputs
        return (Reference("y", "float32", x.astype(np.float64), "bounded", allowed_by=self._bound(x.shape)),)

    def _bound(self, shape: tuple[int, ...]):  # type: ignore[no-untyped-def]
        def allowed(_: NumericModel) -> np.ndarray:
            self.bounded += 1
            return np.full(shape, 0.5)

        return allowed


def question(oracle: Oracle, *values: float, kept: Kept | None = None, **attributes: object) -> Question:
    inputs = (np.array(values, np.float32),)
    return Question("made_up", attributes, inputs, oracle=oracle, kept=kept or Kept())


def doubled(asked: Question) -> Iterator[References]:
    for factor in (2, 3):
        yield ask(asked.but(inputs=[x * np.float32(factor) for x in asked.inputs]))


TWICE = Hypothesis("twice", "multiplies by two, or by three", doubled)
NEGATED = Hypothesis("negated", "changes the sign", lambda q: iter([ask(q.but(inputs=[-x for x in q.inputs]))]))
NOTHING = Hypothesis("nothing", "changes nothing", lambda q: iter([]))


def values_of(found: Sequence[References]) -> list[list[float]]:
    return [reference.exact.tolist() for answers in found for reference in answers]


def test_the_oracle_is_asked_once_and_its_bound_made_once() -> None:
    oracle = Oracle()
    asked = question(oracle, 1, 2)
    one, other = ask(asked), ask(replace(asked))
    assert oracle.asked == 1
    assert one[0] is other[0]
    assert one[0].allowed_by is not None
    assert [one[0].allowed_by(SINGLE).tolist() for _ in range(2)] == [[0.5, 0.5]] * 2
    assert oracle.bounded == 1


@pytest.mark.parametrize(
    "other",
    [{"values": (0.0,)}, {"values": (-0.0,), "fill": 0.0}, {"values": (np.nan,), "fill": -0.0}],
    ids=["sign of an input", "sign of an attribute", "NaN"],
)
def test_what_differs_in_a_bit_is_asked_again(other: dict[str, object]) -> None:
    oracle = Oracle()
    asked = question(oracle, -0.0, fill=-0.0)
    ask(asked)
    values = other.pop("values")
    ask(question(oracle, *values, kept=asked.kept, **{"fill": -0.0, **other}))  # type: ignore[misc]
    assert oracle.asked == 2


def test_attributes_that_hold_arrays_are_told_apart_by_nothing_and_so_are_not_kept() -> None:
    oracle = Oracle()
    asked = question(oracle, 1, table=(np.arange(9000.0),))
    ask(asked)
    ask(asked)
    assert oracle.asked == 2


@pytest.mark.parametrize("order", [[TWICE, NEGATED], [NEGATED, TWICE], [TWICE, TWICE, NEGATED]], ids=len)
def test_mistakes_made_together_are_what_they_are_where_nothing_is_kept(order: list[Hypothesis]) -> None:
    oracle, none = Oracle(), Oracle()
    asked = question(oracle, 1, 2)
    found = [values_of(list(made_together(order, asked))) for _ in range(2)]
    count = oracle.asked
    bare = values_of(list(made_together(order, question(none, 1, 2, kept=Kept(room=0)))))
    assert found == [bare, bare]
    assert bare
    assert count < none.asked


def test_a_mistake_that_changes_nothing_is_not_made_beside_another() -> None:
    for order in ([TWICE, NOTHING], [replace(TWICE, independent=True), NOTHING], [NOTHING, TWICE]):
        assert list(made_together(order, question(Oracle(), 1))) == []


def test_an_invalid_question_is_invalid_each_time() -> None:
    def then_none(asked: Question) -> Iterator[References]:
        yield ask(asked)
        raise ValueError("no such question")

    asked = question(Oracle(), 1)
    mistake = Hypothesis("invalid", "asks what has no answer", then_none)
    for _ in range(2):
        variants = iter(made_together([mistake], asked))
        assert values_of([next(variants)]) == [[1.0]]
        with pytest.raises(ValueError, match="no such question"):
            next(variants)


def test_a_bound_is_made_again_where_what_it_is_made_of_is_gone() -> None:
    oracle = Oracle()
    asked = question(oracle, 1)
    (first,) = ask(asked)
    for value in range(2, 12):
        ask(question(oracle, value, kept=asked.kept))
    before = oracle.asked
    assert first.allowed_by is not None
    assert first.allowed_by(SINGLE).tolist() == [0.5]
    assert oracle.asked == before + 1


def _asked_of(op: Op, case: Case) -> Question:
    cotangents = case.cotangent_values() if case.aspect == "gradient" else ()
    return Question(op.name, case.attributes, case.inputs(), cotangents, references(op, case))


@pytest.mark.parametrize(("op", "mistake"), INDEPENDENT, ids=[f"{op.name}-{h.name}" for op, h in INDEPENDENT])
def test_what_is_said_to_be_independent_asks_nobody(op: Op, mistake: Hypothesis) -> None:
    inner = Hypothesis("inner", "must not be asked", lambda _: pytest.fail("asked"))
    for aspect in {"value", "gradient"} & set(mistake.aspects):
        asked = [_asked_of(op, case) for _, case in cases(op, aspect, 0, 0, 4, 1)]
        assert any(list(mistake.answers(replace(question, inner=((inner,), 0)))) for question in asked)
