"""A mistake that is no hypothesis is named as a cause, or is among those that give the answer."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.bench import Bench
from opassay.harness.hunt.causes import with_mistakes
from opassay.harness.judge.explain import Answered, explain_all
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.mistake import right, same
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.plan import generate
from opassay.harness.plan.sharpness import question_of

OPS = ("conv2d_transpose", "layer_norm", "relu")


def answers(op, mistake, count=20):
    """What a kernel that makes it answers to drawn cases, where that is not what is right."""
    kernel = mistake.start()
    for _, case in generate.cases(op, mistake.aspect, 0, 0, count, 2):
        question = question_of(op, case)
        told = right(question.truth)
        made = kernel(question, told)
        if not same(made, told):
            yield Answered(case, Returned(made), references(op, case), [mistake.model(r) for r in question.truth])


@pytest.mark.parametrize("name", OPS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mistake_of_the_registry_is_named(name):
    op, mistakes = Registry().op(name), Registry().mistakes(name)
    asked, named, wrong = with_mistakes(op, mistakes), 0, []
    for mistake in (m for m in mistakes if m.hypothesis is None and not m.declares and m.name != "stale_answer"):
        given = [a for a in answers(op, mistake) if a.differs][:2]
        words = explain_all(asked, given)
        if words.startswith(f"{mistake.name} reproduces"):
            named += 1
        elif words and mistake.name not in words and not words.startswith("any hypothesis fits"):
            wrong.append((mistake.name, words))
    assert named > 0
    assert wrong == []


def test_an_answer_that_no_kernel_gives_is_none_of_theirs():
    op = Registry().op("matmul")
    case = next(case for _, case in generate.cases(op, "value", 0, 0, 1, 1))
    truth = references(op, case)
    (told,) = right(truth)
    wrong = Answered(case, Returned((np.asarray(told + np.ones_like(told)).astype(told.dtype),)), truth)
    assert explain_all(with_mistakes(op, Registry().mistakes("matmul")), [wrong]) == "no hypothesis fits"
    assert with_mistakes(replace(op, hypotheses=()), ()).hypotheses == ()


@pytest.mark.parametrize(
    ("op", "words"),
    [("log1p", "one_added_first reproduces the answer: "), ("cos", "all_zeros reproduces the answer: ")],
)
def test_that_all_is_zero_is_no_cause_where_a_mistake_of_the_registry_gives_that(op, words):
    op = Registry().op(op)
    case = Case(op.name, (Tensor((2,), "float32", Fill("literal", values=(1e-9, -1e-10))),), {})
    bench = SimpleNamespace(_answered=lambda _, op, case, outcome: Answered(case, outcome, references(op, case)))
    told = Bench.explain(bench, "eager", op, [(case, Returned((np.zeros(2, np.float32),)))])
    assert told.startswith(words)
