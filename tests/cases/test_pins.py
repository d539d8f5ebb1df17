"""Pins: fixed cases whose literal answers the oracle gives too."""

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.op import ContractError, references

OPS = {op.name: op for op in Registry().ops()}
PINS = [pytest.param(op, pin, id=f"{name}-{pin.name}") for name, op in OPS.items() for pin in op.pins]
ANSWERED = [p for p in PINS if p.values[1].expected]
REJECTED = [p for p in PINS if p.values[1].expected is None]


def agrees(op, pin, expected):
    return all(equals(a, e) for a, e in zip(references(op, pin.case), expected, strict=True))


def equals(reference, expected):
    if expected is None or reference.policy == "unconnected":
        return expected is None and reference.policy == "unconnected"
    return np.array_equal(reference.exact.astype(float), np.asarray(expected, dtype=float), equal_nan=True)


def with_last_changed(nested):
    """The same nested list with its last number replaced, or with a number where it has none."""
    if isinstance(nested, list) and nested:
        return [*nested[:-1], with_last_changed(nested[-1])]
    return [77] if nested == [] else 77


@pytest.mark.parametrize(("op", "pin"), ANSWERED)
def test_the_oracle_gives_what_the_pin_expects(op, pin):
    assert agrees(op, pin, pin.expected)


@pytest.mark.parametrize(("op", "pin"), ANSWERED)
def test_a_pin_with_one_number_wrong_would_be_noticed(op, pin):
    for position, output in enumerate(pin.expected):
        wrong = (*pin.expected[:position], with_last_changed(output), *pin.expected[position + 1 :])
        assert not agrees(op, pin, wrong)


@pytest.mark.parametrize(("op", "pin"), REJECTED)
def test_the_oracle_rejects_what_the_pin_says_is_invalid(op, pin):
    assert pin.case.aspect == "error"
    assert pin.case.rule in {rule.name for rule in op.rules}
    with pytest.raises(ContractError, match=f"{pin.case.op}: "):
        op.reference(pin.case.attributes, pin.case.inputs())


@pytest.mark.parametrize(("op", "pin"), PINS)
def test_pins_are_literal_and_survive_json(op, pin):
    literal = all(tensor.fill.kind == "literal" for tensor in pin.case.all_tensors)
    # Answers to generated values are too many to write down.
    assert literal or pin.pictures or not pin.expected
    assert pin.source
    again = Case.loads(pin.case.dumps())
    assert again == pin.case
    assert all(
        np.array_equal(dtypes.widen(a), dtypes.widen(b), equal_nan=dtypes.is_float(dtypes.dtype_name(a)))
        for a, b in zip(again.inputs(), pin.case.inputs(), strict=True)
    )


@pytest.mark.parametrize(("padding", "accepted"), [("VALID", {4, 5}), ("SAME", {3, 4})])
def test_just_the_heights_of_worked_example_3_are_accepted(padding, accepted):
    pins = [p for p in OPS["conv2d_transpose"].pins if p.name.startswith("height") and p.name.endswith(padding.lower())]
    heights = {p.case.attributes["output_shape"][1]: p.expected for p in pins}
    assert set(heights) == set(range(-1, 8))
    assert {height for height, expected in heights.items() if expected is not None} == accepted


def test_every_op_has_a_pin_and_every_name_is_its_own():
    for name, op in OPS.items():
        assert op.pins or op.staged, name
        assert len({(pin.name, pin.case.aspect) for pin in op.pins}) == len(op.pins)
