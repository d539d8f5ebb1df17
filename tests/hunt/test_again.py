"""What was found before is known again in another op: by its mistake or by the framework's words, by nothing else."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from opassay.harness.hunt.again import elsewhere, met_again, with_also
from opassay.harness.hunt.bench import wording
from opassay.harness.hunt.failure import Failure
from opassay.harness.hunt.finding import Finding, Predicate
from opassay.harness.hunt.group import gathered
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.explanation import mistake_in
from opassay.harness.model.fills import Fill

LESS = "exp_less_one reproduces the answer: exp(x) - 1 is a difference"
NARROW = "consistent with in_32_bits (numbers of 64 bits, or (so) are made narrow)"
WORDS = frozenset({("mine", "RuntimeError no such kernel")})
PLAIN = frozenset({("mine", "")})


def case(op: str, aspect: str = "value") -> Case:
    cotangents = (Tensor((2,), "float32", Fill("ones")),) if aspect == "gradient" else ()
    return Case(op, (Tensor((2,), "float32", Fill("ones")),), {}, aspect=aspect, cotangents=cotangents)


def finding(op: str, verdict: str = "numeric", explained_by: str = "", sign=PLAIN, adapter: str = "mine") -> Finding:
    asked = case(op)
    return Finding(
        id=f"{op}-{verdict}",
        op=op,
        aspect="value",
        verdict=verdict,
        explained_by=explained_by,
        targets=tuple(sorted(label for label, _ in sign)),
        adapters=(adapter,),
        versions={adapter: "1"},
        records=1,
        case=asked,
        geometry=asked,
        found_as=asked.id,
        message="",
        rho=None,
        worst={},
        expected=None,
        actual={},
        suspect_oracle=False,
        failed=2,
        runs=2,
        threads=1,
        asked=1,
        predicates=(Predicate(sign, ()),),
    )


def answering(mistake: str):
    return SimpleNamespace(mistake=lambda labels, case: mistake)


@pytest.mark.parametrize(
    ("explained_by", "name"),
    [
        (LESS, "exp_less_one"),
        (NARROW.replace(", or (so)", ""), "in_32_bits"),
        ("consistent with a (one), or b (two)", ""),
        ("no hypothesis fits", ""),
        ("", ""),
        (f"mine: {LESS}; yours: no hypothesis fits", ""),
    ],
)
def test_an_explanation_names_one_mistake_or_none(explained_by, name):
    assert mistake_in(explained_by) == name


@pytest.mark.parametrize(("made", "met"), [("exp_less_one", "elu-numeric"), ("in_32_bits", None), ("", None)])
def test_a_mistake_is_met_again_in_another_op(made, met):
    known = met_again(answering(made), [finding("elu", explained_by=LESS)], Failure(case("selu"), 0, "special", PLAIN))
    assert (known and known.id) == met


@pytest.mark.parametrize(
    ("sign", "verdict", "met"),
    [(WORDS, "rejects", True), (PLAIN, "rejects", False), (WORDS, "shape", False)],
)
def test_a_refusal_is_met_again_by_its_words(sign, verdict, met):
    found = finding("sort", "rejects", sign=WORDS)
    assert met_again(answering(""), [found], Failure(case("topk"), 0, verdict, sign)) == (found if met else None)


def test_what_may_make_a_finding_smaller_is_not_taken_for_met():
    found = finding("elu", explained_by=LESS)
    failures = {where: Failure(case(*where), 0, "numeric", PLAIN) for where in (("elu", "value"), ("elu", "gradient"))}
    assert {where: elsewhere([found], f) for where, f in failures.items()} == {
        ("elu", "value"): [],
        ("elu", "gradient"): [found],
    }


def test_a_finding_says_where_else_it_was_met():
    found = finding("elu", explained_by=LESS)
    assert with_also(found, Failure(case("elu"), 0, "numeric", PLAIN)).also == ()
    once = with_also(found, Failure(case("selu"), 0, "special", PLAIN))
    assert with_also(once, Failure(case("selu"), 0, "special", PLAIN)).also == ("selu value special",)


def test_findings_of_one_mistake_or_in_the_same_words_are_one_whatever_the_op_and_mode():
    compiled = frozenset({("mine:compile", "")})
    found = [
        finding("elu", explained_by=LESS),
        finding("celu", explained_by=LESS, sign=compiled),
        finding("sort", "rejects", sign=WORDS),
        finding("topk", "rejects", sign=WORDS),
        finding("sin"),
        finding("cos"),
        finding("selu", explained_by=LESS, adapter="another"),
    ]
    kept, taken = gathered(found)
    assert taken == {"elu-numeric": "celu-numeric", "topk-rejects": "sort-rejects"}
    assert kept["celu-numeric"].targets == ("mine", "mine:compile")
    assert kept["sort-rejects"].also == ("topk value rejects",)


def test_a_refusal_in_the_gradient_is_that_of_the_value():
    value = finding("sort", "rejects", sign=WORDS)
    gradient = replace(value, id="sort-gradient", aspect="gradient")
    assert gathered([gradient, value])[1] == {"sort-gradient": "sort-rejects"}
    assert gathered([value, replace(value, id="other")])[1] == {}


def test_a_changed_input_is_one_finding_in_all_ops_and_another_wrong_element_is_not():
    words = {op: wording("structural", "", f"the call changed its input {n}") for n, op in enumerate(("any", "all"))}
    found = [finding(op, "structural", sign=frozenset({("mine", said)})) for op, said in words.items()]
    assert set(gathered(found)[1]) == {"any-structural"}
    wrong = finding("where", "structural", sign=frozenset({("mine", wording("structural", "", "y[0] expected 1"))}))
    assert gathered([*found, wrong])[0].keys() == {"all-structural", "where-structural"}
    failure = Failure(case("or"), 0, "structural", found[0].predicates[0].sign)
    assert met_again(answering(""), [found[0]], failure) == found[0]
