"""A fact covers an answer only if its mistake gives it: alone, together with others, and in the stages of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge import together
from opassay.harness.judge.explain import Answered, met_by
from opassay.harness.judge.facts import concerns, covering
from opassay.harness.judge.together import smallest_set
from opassay.harness.judge.verdict import judge
from opassay.harness.model.baseline import Unexplained
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.dtypes import narrow
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.hypothesis import Hypothesis
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Inference, Returned
from opassay.harness.model.program import Program, Stage
from opassay.harness.model.reference import Reference

OPS = Registry().ops()
TINY = 1e-42
FLUSHES = Fact("flushes", "by design", "why", reproduces="subnormals_flushed")
DROPS = Fact("drops", "upstream", "why", ops=("selects_maximum",), reproduces="nan_dropped")
ZERO = Fact("zero", "upstream", "why", ops=("relu",), reproduces="nan_to_zero")
LAST = Fact("last", "upstream", "why", ops=("selects_maximum",), reproduces="last_maximum")
POOL = {"window": (1, 2), "stride": (1, 2), "padding": "VALID", "dilation": (1, 1), "layout": "NHWC"}


def relu(*values: float) -> Case:
    return Case("relu", (Tensor((len(values),), "float32", Fill("literal", values=values)),))


def pool(*values: float) -> Case:
    return Case("max_pool2d", (Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=values)),), POOL)


def op_of(case: Case) -> Op:
    return next(op for op in OPS if op.name == case.op)


def found(
    case: Case, arrays: Sequence[np.ndarray], *facts: Fact, inference: Inference | None = None
) -> tuple[str, ...]:
    """The ids of the facts that cover these answers, which must be wrong."""
    return told_of(case, arrays, [fact.of(OPS) for fact in facts], "eager", inference)


def told_of(
    case: Case, arrays: Sequence[np.ndarray], facts: Sequence[Fact], mode: str, inference: Inference | None = None
) -> tuple[str, ...]:
    """The same of facts that name ops, in a mode."""
    op, outcome = op_of(case), Returned(tuple(arrays), inference=inference)
    truth = references(op, case, outcome.arrays)
    models = [NumericModel(accumulator=r.dtype, flushes=False) for r in truth]
    verdict = judge(case, outcome, truth, models).verdict
    assert verdict not in ("pass", "undefined")
    answered = Answered(case, outcome, truth, models)
    told = covering(facts, case, mode, verdict, lambda mistakes: smallest_set(mistakes, op, answered))
    return tuple(fact.id for fact in told)


def row(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


BOTH = relu(TINY, np.nan, 3.0, -1.0)


def test_one_mistake_covers_its_own_answer_and_no_other() -> None:
    flushed, dropped = row(0, np.nan, 3, 0), row(TINY, 0, 3, 0)
    assert found(BOTH, [flushed], FLUSHES, ZERO) == ("flushes",)
    assert found(BOTH, [dropped], FLUSHES, ZERO) == ("zero",)
    assert found(BOTH, [dropped], FLUSHES) == ()


def test_two_mistakes_in_one_answer_are_covered_together() -> None:
    both = row(0, 0, 3, 0)
    assert found(BOTH, [both], FLUSHES, ZERO) == ("flushes", "zero")
    assert found(BOTH, [both], ZERO, FLUSHES) == ("zero", "flushes")
    assert found(BOTH, [both], FLUSHES) == found(BOTH, [both], ZERO) == ()


def test_a_dtype_of_half_the_width_is_covered_where_execution_and_inference_have_it() -> None:
    halved = Fact("halved", "upstream", "why", aspects=("shape",), reproduces="in_32_bits")
    case = Case("neg", (Tensor((2,), "float64", Fill("literal", values=(1.0, 2.0))),), {}, "shape")
    said = {dtype: Inference(outputs=(((2,), dtype),)) for dtype in ("float32", "float64")}
    assert found(case, [row(-1, -2)], halved, inference=said["float32"]) == ("halved",)
    assert found(case, [row(-1, -2)], halved, inference=said["float64"]) == ()
    assert found(case, [row(-1)], halved, inference=said["float32"]) == ()


@pytest.mark.parametrize("place", range(4))
def test_one_wrong_element_beside_both_is_not_covered(place: int) -> None:
    wrong = row(0, 0, 3, 0)
    wrong[place] = 5
    assert found(BOTH, [wrong], FLUSHES, ZERO) == ()


def test_both_in_one_window() -> None:
    case = pool(np.nan, TINY, -1.0, 2.0)
    assert found(case, [row(0, 2).reshape(1, 1, 2, 1)], FLUSHES, DROPS, LAST) == ("flushes", "drops")
    assert found(case, [row(0, -1).reshape(1, 1, 2, 1)], FLUSHES, DROPS, LAST) == ()


def overflowing() -> Case:
    """Two windows: by the contract the NaN takes the first cotangent, and not less than the next is 5 for both."""
    large = Tensor((1, 1, 2, 1), "float32", Fill("literal", values=(3.4e38, 3.4e38)))
    x = Tensor((1, 1, 3, 1), "float32", Fill("literal", values=(np.nan, 5.0, 1.0)))
    return Case("max_pool2d", (x,), {**POOL, "stride": (1, 1)}, "gradient", cotangents=(large,))


@pytest.mark.parametrize(("got", "ids"), [(np.inf, ("kept",)), (-5.0, ()), (np.nan, ())])
def test_where_a_mistake_overflows_only_the_very_value_is_its_own(got: float, ids: tuple[str, ...]) -> None:
    kept = Fact("kept", "upstream", "why", aspects=("gradient",), reproduces="kept_if_not_less")
    assert found(overflowing(), [image(0, got, 0)], kept) == ids


PLANTED = {
    "an element beside a flushed one": (relu(TINY, 2.0, 3.0), row(0, 2, 4)),
    "a flushed one has the other sign": (relu(TINY, 2.0, -0.0), row(0, 2, 1)),
    "a normal number flushed": (relu(TINY, 2e-38, 1.0), row(0, 0, 1)),
    "rows shifted beside a dropped NaN": (pool(np.nan, 1.0, 2.0, 3.0, 4.0, 5.0), row(3, 1, 5).reshape(1, 1, 3, 1)),
    "a NaN dropped with what it met": (pool(np.nan, 1.0, 2.0, 3.0), row(-np.inf, 3).reshape(1, 1, 2, 1)),
    "a NaN where none was": (pool(np.nan, 1.0, 2.0, 3.0), row(1, np.nan).reshape(1, 1, 2, 1)),
    "the smaller one beside a dropped NaN": (pool(np.nan, 1.0, 2.0, 3.0), row(1, 2).reshape(1, 1, 2, 1)),
    "NaN is zero in one place only": (relu(np.nan, np.nan), row(0, np.nan)),
    "infinity lost beside a NaN": (relu(np.nan, np.inf), row(0, 3.4e38)),
    "negatives pass beside a NaN": (relu(np.nan, -2.0), row(0, -2)),
}
"""Ten bugs inside cases in which a known difference shows, and what a target that has both answers."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_bug_inside_a_covered_case_is_new(name: str) -> None:
    case, answer = PLANTED[name]
    assert found(case, [answer], FLUSHES, ZERO, DROPS, LAST) == ()


ADAPTERS = [name for name, entry in Registry().adapters.items() if entry.known]


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_bug_inside_a_covered_case_is_new_beside_all_that_is_known_of_an_adapter(adapter: str) -> None:
    facts = [fact for fact in Registry().known(adapter) if not isinstance(fact, Unexplained)]
    modes = {"eager", *(mode for fact in facts for mode in fact.modes)}
    hidden = []
    for name, (case, answer) in PLANTED.items():
        concerned = [fact for fact in facts if concerns(fact, case)]
        hidden += [(name, mode) for mode in modes if told_of(case, [answer], concerned, mode)]
    assert hidden == []


def program() -> Case:
    stages = Program(
        ("x",),
        (Stage("relu", ("x",), ("act",)), Stage("max_pool2d", ("act",), ("pooled",), POOL)),
    )
    values = (np.nan, 1.0, TINY, -2.0)
    tensor = Tensor((1, 1, 4, 1), "float32", Fill("literal", values=values))
    return Case("stopped_path", (tensor,), stages.attributes())


def image(*values: float) -> np.ndarray:
    return row(*values).reshape(1, 1, -1, 1)


def test_each_stage_of_a_program_may_make_its_own_mistake() -> None:
    case = program()
    assert found(case, [image(np.nan, 1, 0, 0), image(1, 0)], FLUSHES, DROPS, ZERO) == ("flushes", "drops")
    assert found(case, [image(0, 1, 0, 0), image(1, 0)], FLUSHES, DROPS, ZERO) == ("flushes", "zero")
    assert found(case, [image(np.nan, 1, TINY, 0), image(1, TINY)], FLUSHES, DROPS, ZERO) == ("drops",)


def test_a_wrong_stage_beside_a_mistaken_one_is_not_covered() -> None:
    case = program()
    assert found(case, [image(np.nan, 1, 0, 0), image(1, 3)], FLUSHES, DROPS, ZERO) == ()
    assert found(case, [image(np.nan, 2, 0, 0), image(2, 0)], FLUSHES, DROPS, ZERO) == ()


def second_derivative(dilation: tuple[int, int]) -> Case:
    """Of a convolution, by its image and by its filter."""
    how = {"stride": (1, 1), "padding": "SAME", "dilation": dilation, "groups": 1, "layout": "NHWC"}
    stage = Stage("conv2d", ("x", "w", "dy"), ("dx", "dw"), how, vjp=True)
    x, w = Tensor((1, 1, 4, 1), "float32", Fill("ints", 1)), Tensor((1, 3, 1, 1), "float32", Fill("ints", 2))
    made = Program(("x", "w", "dy"), (stage,)).attributes()
    return Case("conv2d_vjp", (x, w, replace(x, fill=Fill("ints", 3))), made, "gradient", cotangents=(x, w))


def test_a_second_derivative_is_made_of_what_the_op_does() -> None:
    case, other = second_derivative((1, 2)), second_derivative((1, 1))
    undilated = Fact("undilated", "upstream", "why", ("convolves",), ("gradient",), reproduces="dilation_ignored")
    told = references(op_of(other), other)
    answers = [narrow(reference.exact, reference.dtype) for reference in told]
    assert found(case, answers, undilated) == ("undilated",)
    answers[-1][0, 0, 0, 0] += 1
    assert found(case, answers, undilated) == ()


@pytest.mark.parametrize(("sent", "covered"), [((2, 0, 0, 0), True), ((0, 0, 2, 0), False)])
def test_a_gradient_goes_to_the_first_element_that_equals_a_maximum_found_after_a_nan(
    sent: tuple[float, ...], covered: bool
) -> None:
    dy = Tensor((1, 1, 1, 1), "float32", Fill("literal", values=(2.0,)))
    case = replace(pool(3.0, np.nan, 3.0, 1.0), aspect="gradient", cotangents=(dy,))
    case = replace(case, attributes={**POOL, "window": (1, 4)})
    restarts = Fact("restarts", "upstream", "why", ("selects_maximum",), ("gradient",), reproduces="nan_restarts")
    assert bool(found(case, [image(*sent)], restarts)) == covered


def test_mistakes_of_no_stage_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Hypothesis] = []
    monkeypatch.setattr(together, "met_by", lambda mistakes, _: tried.extend(mistakes))
    elsewhere = Fact("elsewhere", "upstream", "why", reproduces="log_of_one_added")
    assert found(program(), [image(np.nan, 2, 0, 0), image(2, 0)], FLUSHES, elsewhere, DROPS) == ()
    assert {mistake.name for mistake in tried} == {"subnormals_flushed", "nan_dropped"}


def test_gradients_may_be_mistaken_one_by_one() -> None:
    tensors = tuple(Tensor((2, 2), "float32", Fill("literal", values=(TINY, 1.0, 1.0, np.inf))) for _ in range(2))
    ones = Tensor((2, 2), "float32", Fill("ones"))
    case = Case("matmul", tensors, aspect="gradient", cotangents=(ones,))
    fact = replace(FLUSHES, aspects=("gradient",))
    da = narrow(np.array([[1, np.inf], [1, np.inf]]), "float32")
    db = narrow(np.array([[1, 1], [np.inf, np.inf]]), "float32")
    wrong = da.copy()
    wrong[0, 0] = 7
    assert found(case, [wrong, db], fact) == ()


def test_a_wrong_element_of_which_the_mistake_says_nothing_is_not_covered() -> None:
    padded = Fact("padded", "upstream", "why", ops=("selects_maximum",), reproduces="padded_with_zero")
    attributes = {**POOL, "stride": (1, 1), "padding": ((0, 0), (1, 0))}
    case = Case("max_pool2d_with_argmax", pool(-3.0, -2.0).tensors, attributes)
    values = row(0, -2).reshape(1, 1, 2, 1)
    right, wrong = (np.array(index, np.int64).reshape(1, 1, 2, 1) for index in ((0, 1), (7, 1)))
    # Where a zero of the padding wins, no index can name it, so that any would do.
    assert found(case, [values, right], padded) == ("padded",)
    assert found(case, [values, wrong], padded) == ()


@pytest.mark.parametrize("free", [False, True])
def test_what_a_mistake_leaves_free_is_not_covered_though_it_is_the_very_value(free: bool) -> None:
    made = Reference("y", "float32", np.array([7.0, 3.0]), free=np.array([free, False]))
    case, outcome = relu(2.0, 3.0), Returned((row(7, 3),))
    truth = references(op_of(case), case)
    asked = Answered(case, outcome, truth, [NumericModel("float32", flushes=False)])
    assert (met_by([Hypothesis("made_up", "why", lambda _: [(made,)])], asked) is None) is free


def test_an_answer_without_an_output_is_covered_by_nothing() -> None:
    assert found(BOTH, [], FLUSHES, ZERO) == ()
    assert found(BOTH, [row(0, 0, 3, 0), row(0)], FLUSHES, ZERO) == ()


def made_up() -> Op:
    """An op that no list of facts has heard of, and its mistakes."""
    pool = next(op for op in OPS if op.name == "max_pool2d")
    mistakes = tuple(replace(h, ops=("largest_of_two",)) for h in pool.hypotheses)
    return replace(pool, name="largest_of_two", hypotheses=mistakes)


def test_a_fact_covers_an_op_that_came_after_it() -> None:
    assert "largest_of_two" in DROPS.of([*OPS, made_up()]).ops
    assert "largest_of_two" not in ZERO.of([*OPS, made_up()]).ops


def test_a_fact_is_about_the_ops_in_which_its_mistake_is_made() -> None:
    of_none, of_gradients = (Fact(f"f{i}", "upstream", "why", reproduces="nan_to_zero") for i in range(2))
    assert "relu" in of_none.of(OPS).ops
    assert "max_pool2d" not in of_none.of(OPS).ops
    assert "conv_relu_pool" in of_none.of(OPS).ops
    gradient = replace(of_gradients, reproduces="gradient_multiplied")
    with pytest.raises(ValueError, match="no op makes the mistake 'gradient_multiplied'"):
        gradient.of([op for op in OPS if op.name == "relu"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ops": ("sumz",)}, "no op has the name or trait 'sumz'"),
        ({"reproduces": "nan_eaten"}, "no op makes the mistake 'nan_eaten'"),
        ({"reproduces": "nan_to_zero", "ops": ("matmul",)}, "no op named matmul makes the mistake 'nan_to_zero'"),
    ],
)
def test_what_no_op_has_is_named(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(FLUSHES, **wrong).of(OPS)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"owner": "nobody"}, "owner must be one of"),
        ({"url": "https://example.org"}, "quoted with its title"),
        ({"needs": ("cpu",)}, "needs like 'name=word'"),
        ({"reproduces": ""}, "say how it is recognised"),
        ({"rules": ("RankThree",)}, "aspects=\\('error',\\)"),
        ({"verdicts": ("crash",)}, "a mistake can reproduce"),
        ({"verdicts": ("wrong",)}, "unknown verdict 'wrong'"),
        ({"aspects": ("values",)}, "unknown aspect 'values'"),
        ({"reproduces": "", "when": bool}, "name the verdicts"),
    ],
)
def test_a_fact_that_says_too_little_is_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=f"known difference 'flushes': .*{words}"):
        replace(FLUSHES, **wrong)
