"""``doctor --numeric`` tells the format of sums in any order, and ``run`` what is forgiven without a rule."""

from types import SimpleNamespace

import numpy as np
import pytest

from opassay.harness.doors import numeric
from opassay.harness.doors.numeric import accumulator, flushed, inputs_of, mistaken, question
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.run.loosest import unstated
from opassay.harness.run.run import _doubts

FORMATS = ("bfloat16", "float16", "float32", "float64")


def rounded(value, name):
    return float(dtypes.widen(dtypes.narrow(np.asarray([value], np.float64), name))[0])


def forwards(terms, kept):
    total = 0.0
    for term in terms:
        total = rounded(total + term, kept)
    return total


def backwards(terms, kept):
    return forwards(terms[::-1], kept)


def in_lanes(terms, kept):
    return forwards([forwards(terms[lane::8], kept) for lane in range(8)], kept)


def by_halves(terms, kept):
    middle = len(terms) // 2
    if not middle:
        return terms[0]
    return rounded(by_halves(terms[:middle], kept) + by_halves(terms[middle:], kept), kept)


def kernel(dtype, kept, order):
    """A sum of products in ``dtype`` whose partial sums are kept in another format."""

    def sums(pairs):
        if any(rounded(v, dtype) != v for pair in pairs for v in pair):
            return None
        return rounded(order([a * b for a, b in pairs], kept), dtype)

    return sums


@pytest.mark.parametrize("order", [forwards, backwards, in_lanes, by_halves])
@pytest.mark.parametrize("terms", [16, 64])
@pytest.mark.parametrize(("dtype", "kept"), [(d, k) for d in FORMATS for k in FORMATS])
def test_the_format_of_sums_is_told_in_any_order(dtype, kept, terms, order):
    narrow = dtypes.FORMATS[dtype].precision < 24
    told = accumulator(dtype, terms, kernel(dtype, kept, order))
    assert told == ("float32" if narrow and kept == "float64" else dtype if kept == "float64" else kept)


@pytest.mark.parametrize("order", [forwards, backwards, in_lanes, by_halves])
@pytest.mark.parametrize("terms", [16, 64])
@pytest.mark.parametrize("kept", FORMATS)
def test_a_sum_of_small_numbers_is_right_in_every_format_and_an_op_that_keeps_one_of_them_is_not(kept, terms, order):
    assert mistaken(terms, kernel("float32", kept, order)) == ""
    assert mistaken(terms, lambda pairs: None) == ""
    assert mistaken(terms, lambda pairs: pairs[-1][0] * pairs[-1][1]).startswith(f"expected {terms - 2}, got ")


def test_of_an_op_that_sums_wrongly_no_rule_is_told(monkeypatch):
    monkeypatch.setattr(numeric, "measured", lambda *asked: numeric.Measured("", wrong="expected 14, got -16"))
    told = list(numeric.lines(None, None, SimpleNamespace(label="mine", rules=())))
    assert (
        "    # scatter_nd of float32: a sum of 16 is wrong: expected 14, got -16, though all formats hold its numbers; "
        "no rule is measured"
    ) in told
    assert not [line for line in told if "NumericRule" in line]


def test_operands_and_subnormals():
    def cut(bits):
        return lambda pairs: sum(float(np.rint(a * 2.0 ** (bits - 1)) * 2.0 ** (1 - bits)) * b for a, b in pairs)

    exact = kernel("float32", "float32", forwards)
    assert [inputs_of("float32", s) for s in (cut(8), cut(11), exact)] == ["bfloat16", "tf32", ""]
    assert not flushed("float32", exact)
    assert flushed("float32", lambda pairs: 0.0)


@pytest.mark.parametrize("op", ["matmul", "conv2d", "avg_pool2d", "scatter_nd"])
def test_a_question_is_a_valid_case_with_the_sum_asked_for(op):
    case = question(op, "float32", [(4096.0, 4096.0), (1.0, 1.0), (1.0, 1.0), (-4096.0, 4096.0)], 1)
    (found,) = Registry().op(op).reference(case.attributes, case.inputs())
    assert found.exact.ravel().tolist() == [0.5 if op == "avg_pool2d" else 2.0]


def test_of_sums_those_are_told_that_the_adapter_has():
    lane = SimpleNamespace(label="mine", state="ready", rules=(), lacks={"conv2d"}.__contains__)
    (line,) = _doubts(SimpleNamespace(all_lanes=(), lanes={"mine": lane}), Registry().ops(["matmul", "conv2d"]))
    assert "(matmul)" in line


def test_an_adapter_without_rules_is_told_what_that_forgives():
    ops = Registry().ops(["matmul", "relu", "conv2d"])
    line = unstated("mine", ops)
    assert line.startswith(
        "mine: its adapter has no numeric_rules, so sums of float16 and bfloat16 (matmul, conv2d) are "
    )
    assert unstated("mine", Registry().ops(["relu"])) == ""
