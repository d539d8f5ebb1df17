"""Programs: each stage is judged by what the target gave it, gradients by what it says arrived."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import program_reference, program_vjp
from opassay.adapters.oracle.definition import judging
from opassay.adapters.oracle.stages import linear_in
from opassay.adapters.oracle.total import total
from opassay.cases.small_programs import CUBE
from opassay.harness.find.found import ops as found_ops
from opassay.harness.find.registry import Registry
from opassay.harness.judge import numerics
from opassay.harness.judge.compare import compare
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.dtypes import dtype_name, is_float, narrow, widen
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.program import Program, Stage
from opassay.harness.model.reference import Reference, constant, unconnected
from opassay.harness.plan.generate import cases

OPS = found_ops()

U = 2.0**-24
POOL = {"window": (2, 2), "stride": (2, 2), "padding": "VALID", "dilation": (1, 1), "layout": "NHWC"}
CONV = {"stride": (1, 1), "padding": "SAME", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
NETWORK = Program(
    ("x", "w"),
    (
        Stage("conv2d", ("x", "w"), ("conv",), CONV),
        Stage("relu", ("conv",), ("act",)),
        Stage("max_pool2d_with_argmax", ("act",), ("pooled", "where"), POOL),
        Stage("max_unpool2d", ("pooled", "where"), ("unpooled",), {"output_shape": (1, 6, 6, 3), "layout": "NHWC"}),
        Stage("conv2d_transpose", ("unpooled", "w"), ("y",), {**CONV, "output_shape": (1, 6, 6, 2)}),
    ),
)
SHAPES = ((1, 6, 6, 2), (3, 3, 2, 3))


def made(kind, shape, dtype="float32", key=5):
    return Tensor(shape, dtype, Fill(kind, key)).materialize()


def inputs(kind, dtype="float32"):
    return [made(kind, shape, dtype, key) for key, shape in enumerate(SHAPES, 5)]


def own(references):
    """Answers that are the oracle's, rounded."""
    return [None if r.policy == "unconnected" else narrow(r.exact, r.dtype) for r in references]


def run(program, values, after=None):
    """The program's values by name; from the value ``after[0]`` on, computed with ``after[1]`` for it."""
    known = dict(zip(program.inputs, values, strict=True))
    for stage in program.stages:
        given = [known[n] for n in stage.inputs]
        found = judging(stage.op).reference(stage.attributes, given)
        known.update(zip(stage.outputs, own(found), strict=True))
        if after and after[0] in stage.outputs:
            known[after[0]] = after[1]
    return {name: known[name] for name in program.outputs}


def judge(references, answers):
    pairs = zip(references, answers, strict=True)
    return {r.name: compare(a, r, NumericModel(r.dtype), False).verdict for r, a in pairs}


def failing(program, values, answers):
    found = judge(program_reference(program.attributes(), values, list(answers.values())), answers.values())
    return {name for name, verdict in found.items() if verdict != "pass"}


def nudged(array, by=1):
    """The largest value moved by so many units in its last place."""
    out = array.copy()
    place = np.unravel_index(np.argmax(out), out.shape)
    for _ in range(by):
        out[place] = np.nextafter(out[place], out.dtype.type(np.inf))
    return out


@pytest.mark.parametrize("kind", ["ints", "normal"])
@pytest.mark.parametrize("name", ["act", "pooled", "unpooled"])
def test_a_changed_value_fails_alone_where_the_rest_is_made_of_it(name, kind):
    right = run(NETWORK, inputs(kind))
    assert not failing(NETWORK, inputs(kind), right)
    wrong = run(NETWORK, inputs(kind), (name, nudged(right[name])))
    assert failing(NETWORK, inputs(kind), wrong) == {name}


@pytest.mark.parametrize(("name", "consumer"), [("act", "pooled"), ("pooled", "unpooled")])
def test_a_changed_value_fails_with_those_that_are_not_made_of_it(name, consumer):
    right = run(NETWORK, inputs("normal"))
    assert failing(NETWORK, inputs("normal"), {**right, name: nudged(right[name])}) == {name, consumer}


def test_a_rounding_error_is_passed_on_and_no_bug():
    right = run(NETWORK, inputs("normal"))
    other = run(NETWORK, inputs("normal"), ("conv", nudged(right["conv"], 2)))
    assert any((other[name] != right[name]).any() for name in ("act", "pooled", "unpooled"))
    assert not failing(NETWORK, inputs("normal"), other)


def test_an_index_of_the_target_is_followed():
    right = run(NETWORK, inputs("normal"))
    where = right["where"].copy()
    # The first window holds the cells 0, 1, 6 and 7 of each channel: take the one across.
    where[0, 0, 0] = 3 * (7 - where[0, 0, 0] // 3) + np.arange(3)
    wrong = run(NETWORK, inputs("normal"), ("where", where))
    assert (wrong["unpooled"] != right["unpooled"]).any()
    assert failing(NETWORK, inputs("normal"), wrong) == {"where"}


@pytest.mark.parametrize("kind", ["ones", "ints", "ties"])
def test_under_exact_fills_nothing_may_be_rounded_from_end_to_end(kind):
    answers = run(NETWORK, inputs(kind))
    found = program_reference(NETWORK.attributes(), inputs(kind), list(answers.values()))
    assert all(r.integral for r in found)
    for reference, answer in zip(found, answers.values(), strict=True):
        for fill_is_exact in (False, True):
            assert compare(answer, reference, NumericModel(reference.dtype), fill_is_exact).verdict == "pass"
            off = nudged(answer) if is_float(reference.dtype) else answer + 1
            assert compare(off, reference, NumericModel(reference.dtype), fill_is_exact).verdict == "structural"


@pytest.mark.parametrize("kind", ["normal", "cancel"])
def test_under_rounding_fills_sums_have_their_bound_and_movements_have_none(kind):
    answers = run(NETWORK, inputs(kind))
    found = {r.name: r for r in program_reference(NETWORK.attributes(), inputs(kind), list(answers.values()))}
    assert not any(r.integral for r in found.values())
    verdicts = {
        name: compare(nudged(answers[name]), found[name], NumericModel("float32"), True).verdict
        for name in ("conv", "act", "pooled", "unpooled", "y")
    }
    assert verdicts == {"conv": "pass", "act": "numeric", "pooled": "numeric", "unpooled": "numeric", "y": "pass"}


def part(exact, magnitude, terms, **more):
    values = [np.asarray(v, dtype=np.float64) for v in (exact, magnitude)]
    return Reference("part", "float32", values[0], "linear", values[1], np.asarray(terms), **more)


def test_two_parts_add_up():
    a = part([1.0, -2.0], [3.0, 4.0], [5, 7], integral=True, computes=("conv2d", "dx"))
    b = part([10.0, 20.0], [30.0, 40.0], [6, 2], integral=True, roundings=2, slack=np.array([0.25, 0.0]))
    both = total("dx", [a, b], "float32")
    assert (both.name, both.dtype, both.policy, both.computes) == ("dx", "float32", "linear", ("conv2d", "dx"))
    assert both.exact.tolist() == [11.0, 18.0]
    assert both.magnitude.tolist() == [33.0, 44.0]
    assert both.terms.tolist() == [6, 7]
    assert both.roundings == 2
    assert both.integral
    # Each part is rounded once, and their sum: three times 2^-24, on |a| + |b|; and what b may be off besides.
    relative = 3 * U / (1 - 3 * U)
    assert both.slack.tolist() == [relative * 33 + 0.25, relative * 44]
    assert both.flush.tolist() == [2.0, 2.0]


def test_slack_covers_parts_that_are_rounded_before_they_are_added():
    draw = np.random.default_rng(0)
    parts = [draw.normal(size=1000) for _ in range(4)]
    whole = total("dx", [part(p, np.abs(p), np.ones(1000)) for p in parts], "float32")
    answer = np.zeros(1000, np.float32)
    for p in parts:
        answer += p.astype(np.float32)
    assert compare(answer, whole, NumericModel("float32"), False).verdict == "pass"
    assert (np.abs(answer - whole.exact) <= whole.slack).all()
    assert (np.abs(answer - whole.exact) > whole.slack / 8).any()


def test_what_one_part_leaves_open_the_sum_leaves_open():
    free, nan, unit = np.array([True, False]), np.array([False, True]), np.array([0.25, 1.0])
    plain = part([1.0, 2.0], [1.0, 2.0], [1, 1], integral=False)
    odd = part([1.0, 2.0], [1.0, 2.0], [1, 1], free=free, may_be_nan=nan, unit=unit, integral=True)
    both = total("dx", [plain, odd], "float32")
    assert both.free.tolist() == [True, False]
    assert both.may_be_nan.tolist() == [False, True]
    assert both.unit.tolist() == [0.25, 1.0]
    assert not both.integral
    neither = total("dx", [plain, plain], "float32")
    assert (neither.free, neither.may_be_nan, neither.unit) == (None, None, None)
    each = total("dx", [replace(odd, free=~free, unit=unit[::-1].copy()), odd], "float32")
    assert each.free.all()
    assert each.unit.tolist() == [0.25, 0.25]


def test_a_product_that_no_unit_divides_makes_the_sum_inexact():
    odd = part([1.0], [1.0], [1], unit=np.array([math.nan]), integral=True)
    both = total("dx", [part([1.0], [1.0], [1], integral=True), odd], "float32")
    assert float(numerics.bound(both, NumericModel("float32"), True).allowed[0]) > 0


def test_one_part_keeps_all_that_it_says():
    only = part([1.0], [3.0], [2], slack=np.array([0.5]), divisor=np.array([4.0]))
    found = total("dx", [unconnected("a", "float32"), only, constant("b", "float32", (1,))], "float32")
    assert vars(found) == {**vars(only), "name": "dx"}


def test_no_part_is_no_gradient():
    found = total("dx", [unconnected("a", "float32")], "float32")
    assert (found.name, found.policy, found.zeros_too) == ("dx", "unconnected", False)
    found = total("dx", [unconnected("a", "float32"), constant("b", "float32", (2, 3))], "float32")
    assert (found.name, found.policy, found.zeros_too, found.exact.shape) == ("dx", "unconnected", True, (2, 3))


def verdict(reference, answer):
    return compare(answer, reference, NumericModel("float32"), True).verdict


def test_a_constant_may_be_zeros_and_nothing_else():
    # The gradient of an average pool's gradient depends on x by its shape alone.
    pool = {"window": (2, 2), "stride": (2, 2), "padding": "VALID", "count_padding": False, "layout": "NHWC"}
    program = Program(("x", "dy"), (Stage("avg_pool2d", ("x", "dy"), ("dx",), pool, vjp=True),))
    given = [made("ints", (1, 4, 4, 1)), made("ints", (1, 2, 2, 1))]
    dx, ddx, ddy = program_vjp(program.attributes(), given, [made("ints", (1, 4, 4, 1))])
    assert [dx.name, ddx.name, ddy.name] == ["dx", "dx", "ddy"]
    assert verdict(ddx, None) == "pass"
    assert verdict(ddx, np.zeros((1, 4, 4, 1), np.float32)) == "pass"
    assert verdict(ddx, np.full((1, 4, 4, 1), -0.0, np.float32)) == "pass"
    assert verdict(ddx, np.zeros((1, 2, 2, 1), np.float32)) == "shape"
    assert verdict(ddx, np.full((1, 4, 4, 1), 1e-45, np.float32)) == "shape"
    assert verdict(ddx, np.full((1, 4, 4, 1), np.nan, np.float32)) == "shape"


def test_an_input_that_nothing_depends_on_may_not_be_zeros():
    program = Program(("a", "b", "unused"), (Stage("matmul", ("a", "b"), ("y",)),))
    given = [made("ints", (2, 2), key=key) for key in range(3)]
    *_, da, db, unused = program_vjp(program.attributes(), given, [given[0]])
    assert verdict(unused, None) == "pass"
    assert verdict(unused, np.zeros((2, 2), np.float32)) == "shape"
    assert verdict(da, None) == verdict(db, None) == "shape"


def matrices(count, kind="normal", dtype="float32"):
    return [made(kind, (3, 3), dtype, key) for key in range(5, 5 + count)]


TWICE = (Stage("matmul", ("a", "b"), ("inner",)), Stage("matmul", ("inner", "b"), ("outer",)))


def test_a_rounded_gradient_that_goes_on_needs_a_probe():
    attributes = Program(("a", "b"), TWICE).attributes()
    with pytest.raises(ValueError, match="'inner' is rounded before it goes on: add a probe"):
        program_vjp(attributes, matrices(2), [None, matrices(1)[0]])
    # Of the last value nothing is rounded on the way: its cotangent is given.
    assert len(program_vjp(attributes, matrices(2), [matrices(1)[0], None])) == 4


def test_a_sum_of_gradients_that_goes_on_needs_a_probe():
    stages = (Stage("relu", ("a",), ("gate",)), Stage("add", ("gate", "gate"), ("y",)))
    with pytest.raises(ValueError, match="'gate' is rounded"):
        program_vjp(Program(("a",), stages).attributes(), matrices(1), [None, matrices(1)[0]])


SLOPES = Stage("exp", ("x",), ("e",)), Stage("exp", ("e",), ("y",))
PASSED_ON = Stage("exp", ("x",), ("e",)), Stage("reshape", ("e",), ("y",), {"new_shape": (4,)})


def gradients_of(stages):
    x = made("normal", (2, 2))
    program = Program(("x",), stages)
    y = program_reference(program.attributes(), [x])[-1]
    return program_vjp(program.attributes(), [x], [None, np.ones(y.exact.shape, np.float32)])


def test_a_gradient_that_has_a_bound_of_its_own_needs_a_probe_unless_nothing_is_rounded():
    with pytest.raises(ValueError, match="'e' is rounded before it goes on"):
        gradients_of(SLOPES)
    assert gradients_of(PASSED_ON)[-1].computes == ("exp", "dx")


def call_of(op):
    """An example with floats where the op has one, as a program of one stage, and its inputs."""
    inputs, attributes = next(found for dtype in ("float32", "int32", "bool", "int8") if (found := op.example(dtype)))
    names = tuple(f"x{i}" for i in range(len(inputs)))
    made = op.reference(attributes, inputs)
    return Program(names, (Stage(op.name, names, tuple(f"y{i}" for i in range(len(made))), attributes),)), inputs


def exact(references):
    return [r.exact.tobytes() for r in references]


def test_every_op_of_a_signature_can_be_a_stage_of_a_program():
    for op in (op for op in Registry().ops() if op.example):
        program, inputs = call_of(op)
        (stage,) = program.stages
        expected = op.reference(stage.attributes, inputs)
        found = program_reference(program.attributes(), inputs)
        assert exact(found) == exact(expected), op.name
        if op.vjp:
            ones = [narrow(np.ones(r.exact.shape), r.dtype) if is_float(r.dtype) else None for r in expected]
            sent = program_vjp(program.attributes(), inputs, ones)[len(found) :]
            assert exact(sent) == exact(op.vjp(stage.attributes, inputs, ones)), op.name


def test_a_stage_that_nobody_knows_is_refused():
    program = Program(("x",), (Stage("no_such_op", ("x",), ("y",)),))
    with pytest.raises(ValueError, match="there is no op 'no_such_op'"):
        program_reference(program.attributes(), [made("normal", (2,))])


def test_what_a_part_of_a_sum_may_err_by_the_sum_may():
    slope = gradients_of(PASSED_ON)[-1]
    whole = total("dx", [replace(slope, integral=True)] * 2, "float32")
    allowed = numerics.bound(whole, NumericModel("float32"), True).allowed
    assert (allowed >= 2 * slope.allowed_by(NumericModel("float32"))).all()
    assert (allowed > 0).all()


def test_the_gradient_that_the_target_tells_is_the_one_that_goes_on():
    probed = (TWICE[0], Stage("add", ("inner", "probe"), ("known",)), Stage("matmul", ("known", "b"), ("outer",)))
    program = Program(("a", "b", "probe"), probed)
    given = [*matrices(2), np.zeros((3, 3), np.float32)]
    asked = [None, None, matrices(1)[0]]
    right = own(program_vjp(program.attributes(), given, asked))
    wrong = [*right[:-1], nudged(right[-1], 4096)]
    told = program_vjp(program.attributes(), given, asked, wrong)
    da = oracle.OPS["matmul"].vjp({}, given[:2], (wrong[-1],))[0]
    assert told[3].exact.tolist() == da.exact.tolist()
    found = judge(told[3:], wrong[3:])
    assert found["dprobe"] == found["da"] == "numeric"
    consistent = [narrow(da.exact, "float32"), narrow(told[4].exact, "float32"), wrong[-1]]
    assert judge(told[3:], consistent) == {"da": "pass", "db": "pass", "dprobe": "numeric"}


@pytest.mark.parametrize(
    ("values", "cotangent", "integral"),
    [("ints", "ints", True), ("ints", "normal", False), ("normal", "ints", False)],
)
def test_a_gradient_is_exact_where_values_and_cotangents_are_integers(values, cotangent, integral):
    program = Program(("a", "b"), TWICE[:1])
    y, da, db = program_vjp(program.attributes(), matrices(2, values), matrices(1, cotangent))
    assert y.integral == (values == "ints")
    assert da.integral is db.integral is integral
    assert (verdict(da, nudged(narrow(da.exact, "float32"))) == "structural") == integral


def test_a_difference_sends_its_gradient_back_with_both_signs():
    program = Program(("a", "b"), (Stage("subtract", ("a", "b"), ("y",)),))
    (dy,) = matrices(1)
    y, da, db = program_vjp(program.attributes(), matrices(2), [dy])
    assert narrow(y.exact, "float32").tolist() == (matrices(2)[0] - matrices(2)[1]).tolist()
    assert da.exact.tolist() == dy.tolist()
    assert db.exact.tolist() == (-dy).tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_in_low_precision_a_stage_has_room_for_a_value_that_was_never_rounded(dtype):
    program = Program(("a", "b"), TWICE)
    inner, outer = program_reference(program.attributes(), matrices(2, dtype=dtype))
    unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8}[dtype]
    assert inner.slack is None
    assert outer.slack.tolist() == (unit / (1 - unit) * outer.magnitude).tolist()
    assert all(r.slack is None for r in program_reference(program.attributes(), matrices(2, "ints", dtype)))


def test_in_low_precision_a_difference_has_room_for_the_size_of_its_operands():
    program = Program(("a", "b"), (TWICE[0], Stage("subtract", ("inner", "a"), ("y",))))
    values = matrices(2, dtype="float16")
    inner, y = program_reference(program.attributes(), values)
    size = np.abs(widen(narrow(inner.exact, "float16"))) + np.abs(widen(values[0]))
    assert y.slack.tolist() == (2.0**-11 / (1 - 2.0**-11) * size).tolist()


def test_in_full_precision_there_is_no_room():
    program = Program(("a", "b"), TWICE)
    assert all(r.slack is None for r in program_reference(program.attributes(), matrices(2)))


def test_a_product_may_be_added_before_it_is_rounded():
    program = Program(("a", "b"), (Stage("mul", ("a", "b"), ("ab",)), Stage("subtract", ("ab", "a"), ("y",))))
    a, b = np.float32([1 / 3]), np.float32([1 + 2 * U])
    ab = a * b
    fused = (np.float64(a) * np.float64(b) - a).astype(np.float32)
    assert abs(fused - (ab - a)) > U * abs(fused)
    assert not failing(program, [a, b], {"ab": ab, "y": fused})
    assert failing(program, [a, b], {"ab": ab, "y": fused + 2 * U}) == {"y"}


LOCATED = Program(
    ("x", "w"),
    (
        Stage("conv2d", ("x", "w"), ("conv",), {**CONV, "padding": "VALID"}),
        Stage("max_pool2d_with_argmax", ("conv",), ("pooled", "where"), POOL),
    ),
)


def located(dtype, index, row=(0.5, 2.5, 2.5, 1.5)):
    """The verdict on an index into one window of these values."""
    image = narrow(np.array(row).reshape(1, 2, 2, 1), dtype)
    answers = [image, narrow(np.full((1, 1, 1, 1), max(row)), dtype), np.full((1, 1, 1, 1), index, np.int64)]
    values = [image, narrow(np.ones((1, 1, 1, 1)), dtype)]
    return judge(program_reference(LOCATED.attributes(), values, answers), answers)["where"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_in_low_precision_any_of_equal_maxima_may_have_been_the_largest(dtype):
    assert [located(dtype, index) for index in range(4)] == ["structural", "pass", "pass", "structural"]
    assert located(dtype, -1) == located(dtype, 4) == "structural"


def test_in_full_precision_the_first_of_equal_maxima_is_the_one():
    assert [located("float32", index) for index in range(4)] == ["structural", "pass", "structural", "structural"]


def test_the_first_of_equal_integers_is_the_one():
    row = (1.0, 3.0, 3.0, 2.0)
    assert [located("float16", index, row) for index in range(4)] == ["structural", "pass", "structural", "structural"]


def test_a_stage_that_takes_an_unknown_value_is_refused():
    with pytest.raises(ValueError, match="stage 'relu' takes 'b', which nothing before it makes"):
        Program.from_attributes(Program(("a",), (Stage("relu", ("b",), ("y",)),)).attributes())
    later = (Stage("relu", ("y",), ("z",)), Stage("relu", ("a",), ("y",)))
    with pytest.raises(ValueError, match="takes 'y'"):
        Program.from_attributes(Program(("a",), later).attributes())
    dropped = (Stage("matmul", ("a", "a", "a"), ("", "da"), vjp=True), Stage("relu", ("db",), ("z",)))
    with pytest.raises(ValueError, match="takes 'db'"):
        Program.from_attributes(Program(("a",), dropped).attributes())


@pytest.mark.parametrize("attributes", [{}, {"inputs": ("a",)}, {"inputs": ("a",), "stages": 3}, {"stages": ()}])
def test_what_is_no_program_is_refused(attributes):
    with pytest.raises(ValueError, match=r"a program lacks|a program's stages: expected a list"):
        Program.from_attributes(attributes)


PROGRAMS = tuple(name for name in OPS if Registry().op(name).staged)


@cache
def drawn(name, aspect):
    op = Registry().op(name)
    there = op.geometries if aspect == "value" else op.gradients
    return [case for _, case in cases(op, aspect, 0, 0, 10, 2)] if there else []


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_case_of_a_program_survives_json(name):
    for case in (*drawn(name, "value"), *drawn(name, "gradient"), *(pin.case for pin in Registry().op(name).pins)):
        again = Case.loads(case.dumps())
        assert again.id == case.id
        program = Program.from_attributes(again.attributes)
        assert program == Program.from_attributes(case.attributes)
        assert isinstance(program.inputs, tuple)
        for stage in program.stages:
            assert isinstance(stage.inputs, tuple)
            assert isinstance(stage.outputs, tuple)
            assert not any(isinstance(value, list) for value in stage.attributes.values())
        assert Case(case.op, case.tensors, program.attributes(), case.aspect, cotangents=case.cotangents).id == case.id


def values_of(program, given):
    found = program_reference(program.attributes(), given)
    return {**dict(zip(program.inputs, given, strict=True)), **{r.name: r.exact for r in found}}


def decisions(program, values):
    """What makes a program of polynomials: which values a relu passes, and where maxima stand."""
    for stage in program.stages:
        taken = values[stage.inputs[0]]
        if stage.op == "relu":
            yield taken > 0
        if stage.op in ("max_pool2d", "max_pool2d_with_argmax"):
            image = narrow(taken, "float64")
            yield oracle.max_pool2d_with_argmax(image, **stage.attributes)[1]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def slope(program, given, cotangents, position, index):
    """The central difference for a step of 1 in one element; None where a decision changes on the way."""
    heights, base = [], list(decisions(program, values_of(program, given)))
    for step in (1, -1):
        moved = [v.copy() for v in given]
        moved[position][index] += step
        values = values_of(program, moved)
        if not same(decisions(program, values), base):
            return None
        told = zip(program.outputs, cotangents, strict=True)
        heights.append(sum(np.sum(values[n] * c.astype(np.longdouble)) for n, c in told if c is not None))
    return (heights[0] - heights[1]) / 2


def integers(draw, shape):
    return draw.integers(-9, 10, shape).astype(np.float64)


@cache
def networks(name):
    """Small networks: two of each depth."""
    found = {}
    for _, case in cases(Registry().op(name), "gradient", 1, 0, 100, 1):
        size = sum(math.prod(t.shape) for t in case.tensors)
        if size < 4000 and min(case.tensors[0].shape[1:3]) > 1:
            found.setdefault(len(case.tensors), []).append(case)
    return [case for depth in sorted(found) for case in found[depth][:2]]


def cube():
    program = Program(CUBE[0], CUBE[1])
    matrix = Tensor((3, 3), "float64")
    asked = tuple(matrix if n in CUBE[2] else None for n in program.outputs)
    return Case("shared_inputs", (matrix,) * 4, program.attributes(), "gradient", cotangents=asked)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("conv_relu_pool", number) for number in range(2)),
        *(("conv_autoencoder_step", number) for number in range(2)),
        *(("deconvnet", number) for number in range(6)),
        ("shared_inputs", 0),
    ],
)
@pytest.mark.share(2)
def test_gradients_are_the_slopes_of_the_values(name, number):
    case = cube() if name == "shared_inputs" else networks(name)[number]
    program, draw = Program.from_attributes(case.attributes), np.random.default_rng(2)
    named = zip(program.inputs, case.tensors, strict=True)
    given = [np.zeros(t.shape) if n.endswith("_probe") else integers(draw, t.shape) for n, t in named]
    cotangents = [None if t is None else integers(draw, t.shape) for t in case.cotangents]
    gradients = program_vjp(case.attributes, given, cotangents)[len(program.outputs) :]
    checked, skipped = 0, 0
    for position, gradient in enumerate(gradients):
        assert gradient.exact.shape == given[position].shape
        places = list(np.ndindex(given[position].shape))
        for place in draw.permutation(len(places))[:6]:
            index = places[place]
            expected = slope(program, given, cotangents, position, index)
            if expected is None:
                skipped += 1
            else:
                checked += 1
                assert gradient.exact[index] == expected, (gradient.name, index)
    assert checked > max(15, skipped // 2)


@pytest.mark.parametrize("op", [op for op in oracle.OPS if linear_in(op) and f"{op}_vjp" in found_ops()])
def test_gradients_of_gradients_are_the_slopes_of_gradients(op):
    name, asked = f"{op}_vjp", 0
    for case in drawn(name, "gradient"):
        if not all(t.dtype in ("int32", "int64") or t.fill.exact for t in case.all_tensors):
            continue
        program = Program.from_attributes(case.attributes)
        given, cotangents = case.inputs(), case.cotangent_values()
        given = [v.astype(np.float64) if is_float(dtype_name(v)) else v for v in given]
        cotangents = [None if v is None else v.astype(np.float64) for v in cotangents]
        gradients = program_vjp(case.attributes, given, cotangents)[len(program.outputs) :]
        for position, gradient in enumerate(gradients):
            if gradient.policy == "unconnected" or not gradient.exact.size or gradient.free is not None:
                continue
            index = np.unravel_index(gradient.exact.size // 2, gradient.exact.shape)
            expected = slope(program, given, cotangents, position, index)
            close = abs(gradient.exact[index] - expected) <= 1e-15 * max(1, abs(expected))
            assert close, (gradient.name, case.dumps())
            asked += 1
    assert asked >= 5
