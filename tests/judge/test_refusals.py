"""A fact that goes by words covers a refusal in which they stand, and nothing else."""

from __future__ import annotations

import pytest

from opassay.adapters.engines import aten_refusals, tensorflow_refusals
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.harness.find.registry import Registry
from opassay.harness.judge.facts import covering
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact

OPS = Registry().ops()
EMPTY = refused("empty", "why", "must have elements", "is empty", when=of_nothing)
CROPPED = {"stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}


def relu(*shape: int, aspect: str = "value") -> Case:
    return Case("relu", (Tensor(shape, "float32"),), {}, aspect)


def found(case: Case, message: str, verdict: str = "rejects", fact: Fact = EMPTY) -> tuple[str, ...]:
    told = covering([fact.of(OPS)], case, "eager", verdict, lambda: None, message)
    return tuple(fact.id for fact in told)


@pytest.mark.parametrize("aspect", ["value", "shape"])
@pytest.mark.parametrize("words", ["x must have elements, got 0", "Error: x is empty [Op:Relu]"])
def test_a_refusal_is_known_by_any_of_its_words(aspect: str, words: str) -> None:
    assert found(relu(2, 0, aspect=aspect), words) == ("empty",)


def test_another_refusal_of_the_same_case_is_new() -> None:
    assert found(relu(2, 0), "RuntimeError: out of memory") == ()
    assert found(relu(2, 0), "") == ()


def test_the_same_words_of_another_case_or_another_verdict_are_new() -> None:
    assert found(relu(2, 3), "x must have elements") == ()
    assert found(relu(2, 0), "x must have elements", "crash") == ()
    assert found(relu(2, 0, aspect="error"), "x must have elements", "accepts") == ()


def test_invalid_input_that_a_choice_makes_valid_is_refused_by_the_same_words() -> None:
    assert found(relu(2, 0, aspect="error"), "declares a=b, and raised ValueError: x must have elements") == ("empty",)
    of_gradients = refused("gradients", "why", "must have elements", aspects=("gradient",), when=of_nothing)
    assert found(relu(2, 0, aspect="error"), "x must have elements", fact=of_gradients) == ()


def test_a_case_that_has_them_may_pass() -> None:
    assert not EMPTY.foretells
    assert Fact("foretold", "upstream", "why", verdicts=("rejects",), when=of_nothing).foretells


def test_nothing_is_an_input_without_elements_or_an_answer_that_is_asked_for() -> None:
    tensors = (Tensor((1, 2, 2, 1), "float32"), Tensor((1, 1, 1, 1), "float32"))
    shapes = ((1, 2, 2, 1), (1, 0, 2, 1))
    cases = [Case("conv2d_transpose", tensors, {**CROPPED, "output_shape": shape}) for shape in shapes]
    assert [of_nothing(case) for case in cases] == [False, True]
    assert [of_nothing(relu(2)), of_nothing(relu(2, 0))] == [False, True]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"verdicts": ("crash",)}, "words are those of a refusal"),
        ({"verdicts": ("rejects", "shape")}, "words are those of a refusal"),
        ({"words": ("",)}, "texts that are not empty"),
        ({"words": "empty"}, "texts that are not empty"),
    ],
)
def test_words_that_would_cover_anything_are_refused(wrong: dict, told: str) -> None:
    given = {"verdicts": ("rejects",), "words": ("empty",)} | wrong
    with pytest.raises(ValueError, match=f"known difference 'x': .*{told}"):
        Fact("x", "upstream", "why", **given)


@pytest.mark.parametrize("words", [aten_refusals.NOTHING, tensorflow_refusals.NOTHING, tensorflow_refusals.NARROW])
def test_words_say_enough_to_be_no_other_message(words: tuple[str, ...]) -> None:
    assert [text for text in words if len(text.split()) < 4] == []
