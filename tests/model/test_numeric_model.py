"""Rules travel as JSON from workers of other versions."""

from __future__ import annotations

from opassay.harness.model.numeric_model import NumericModel, NumericRule, find_model

OLD = {"model": {"accumulator": "float32", "inputs": "tf32", "flushes": False, "extra_roundings": 1}, "op": "matmul"}


def test_a_rule_of_the_first_version_is_read() -> None:
    rule = NumericRule.from_json(OLD)
    assert rule == NumericRule(NumericModel("float32", "tf32", flushes=False, extra_roundings=1), "matmul")
    assert (rule.model.kept, rule.model.functions) == ("", "")


def test_what_a_later_version_says_besides_is_left_out() -> None:
    later = {**OLD, "model": {**OLD["model"], "unheard_of": 3}}  # type: ignore[dict-item]
    assert NumericRule.from_json(later) == NumericRule.from_json(OLD)


def test_a_rule_survives_the_wire() -> None:
    rule = NumericRule(NumericModel("float32", kept="bfloat16", functions="libm"), "gelu", "y", "bfloat16")
    assert NumericRule.from_json(rule.to_json()) == rule
    assert find_model([rule], "gelu", "y", "bfloat16").functions == "libm"
    assert find_model([rule], "gelu", "dx", "bfloat16") == NumericModel("bfloat16")
