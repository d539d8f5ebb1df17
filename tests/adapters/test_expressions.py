"""Ops that are one expression: the method, the script, and what comes of a mistake in the expression."""

from __future__ import annotations

import importlib

import pytest

from opassay.adapters.expressions import filled, ops_of, parameters, written
from opassay.adapters.resizing import lacks_way
from opassay.adapters.script_text import Step
from opassay.harness.contract.cases import executor
from opassay.harness.find.found import ops
from opassay.harness.find.located import beside
from opassay.harness.find.manifest import built_in
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Raised, Returned
from opassay.harness.plan import generate

X = Tensor((2, 3), "float32")
MISTAKES = {
    "function": "torch.tnah(x)",
    "module": "torhc.tanh(x)",
    "keyword": "torch.sum(x, dmi=0)",
    "keyword of an overloaded function": "torch.clamp(x, mni=0)",
    "keyword of a function in Python": "F.gelu(x, approximat='tanh')",
    "keyword of a function written in Python": "F.softsign(x, slope=1)",
    "method": "x.tnah()",
}


def answered(expression: str, aspect: str = "value", tensor: Tensor = X) -> object:
    torch_adapter = importlib.import_module("opassay.adapters.torch.adapter")
    made = ops_of({"neg": expression}, torch_adapter.__file__, torch=torch_adapter.torch, F=torch_adapter.F)
    adapter = type("Planted", (made, torch_adapter.TorchAdapter), {"__module__": torch_adapter.__name__})("cpu")
    cotangents = (tensor,) if aspect == "gradient" else ()
    ((_, outcome),) = executor(adapter, "eager").run([Case("neg", (tensor,), {}, aspect, cotangents=cotangents)], False)
    return outcome


@pytest.mark.parametrize("aspect", ["value", "gradient", "shape", "error"])
@pytest.mark.parametrize("kind", MISTAKES)
def test_a_misspelt_expression_is_the_adapters_mistake_in_every_aspect(kind: str, aspect: str) -> None:
    outcome = answered(MISTAKES[kind], aspect)
    assert isinstance(outcome, Raised)
    assert outcome.origin != "framework", outcome


def test_what_the_framework_refuses_is_the_frameworks() -> None:
    outcome = answered("torch.bitwise_not(x)", "error")
    assert isinstance(outcome, Raised)
    assert outcome.origin == "framework"
    assert isinstance(answered("torch.neg(x)"), Returned)


def test_parameters_are_tensors_in_order_and_attributes_by_name() -> None:
    assert parameters("torch.where(condition, a, b)", {"torch"}) == (("condition", "a", "b"), ())
    assert parameters("torch.clamp(x, low, max=high)", {"torch"}) == (("x",), ("high", "low"))
    assert parameters("getattr(x, to)(float(x))", ()) == (("x",), ("to",))


def test_a_script_has_the_attributes_values_in_the_expression() -> None:
    assert filled("torch.clamp(x, low, high)", {"low": -1, "high": 2}) == "torch.clamp(x, -1, 2)"
    assert filled("x.to(getattr(torch, to))", {"to": "int8"}) == "x.to(getattr(torch, 'int8'))"
    step = Step("clamp", {"low": 0}, ((2,),), ("float32",), False)
    assert written("torch.clamp(x, low)", step).lines == ("return torch.clamp(x, 0)",)


TABLES = [entry.name for entry in built_in() if beside(entry.location, "expressions")]
"""Adapters with a table of their own; onnxruntime has ONNX's."""


@pytest.mark.parametrize("name", TABLES)
def test_expressions_are_of_ops_that_there_are(name: str) -> None:
    table = importlib.import_module(f"opassay.adapters.{name}.expressions").EXPRESSIONS
    assert set(table) <= set(ops())
    assert len(table) >= 10


def taken(text: str, lacking: str, op: Op) -> dict[str, list[object]]:
    """Per attribute that may be a word and that an expression does not name: the values that are asked of it."""
    drawn, named = op.geometries(), parameters(text, ())[1]
    own = {n: t for n, t in zip(drawn.names, drawn.tables, strict=True) if n in drawn.simplest.case.attributes}
    words = {n: t for n, t in own.items() if n not in named and any(isinstance(value, str) for value in t)}
    return {n: [value for value in dict.fromkeys(t) if value not in lacking.split()] for n, t in words.items()}


def test_an_attribute_that_no_expression_names_is_asked_one_value_at_most() -> None:
    said = 0
    for adapter in TABLES:
        home = f"opassay.adapters.{adapter}"
        lacking = importlib.import_module(f"{home}.lacking").LACKING
        for name, text in importlib.import_module(f"{home}.expressions").EXPRESSIONS.items():
            without = " ".join(words for key, words in lacking.items() if key.split(":")[-1] == name)
            found = taken(text, without, Registry().op(name))
            said += len(found)
            assert all(len(values) <= 1 for values in found.values()), (adapter, name, found)
    assert said > 9


def test_a_word_that_would_be_passed_over_is_noticed() -> None:
    op = Registry().op("cross_entropy")
    assert taken("f(x, target)", "mean sum", op) == {"reduction": [False]}
    assert taken("f(x, target)", "mean", op) == {"reduction": [False, "sum"]}
    assert taken("f(x, target, reduction or 'none')", "", op) == {}


@pytest.mark.parametrize("name", [name for name in TABLES if name != "onnx"])
def test_of_each_way_to_resize_an_adapter_says_whether_it_has_it(name: str) -> None:
    table = importlib.import_module(f"opassay.adapters.{name}.expressions").EXPRESSIONS
    ways = importlib.import_module(f"opassay.adapters.{name}.resizing").RESIZES
    for told in ways.values() if name == "keras" else [ways]:
        assert {op for op in table if op.startswith("resize_")} == set(told)
        for op in told:
            cases = [case for _, case in generate.cases(Registry().op(op), "value", 0, 0, 120, 1)]
            asked = {lacks_way(op, case.attributes, told) is None for case in cases}
            assert asked == {True, False}, op
