"""Bugs that only programs show, planted in an honest adapter, are found by a default run of any seed."""

import importlib
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from opassay.adapters import programs
from opassay.adapters.oracle.geometry import from_nhwc, sliding_windows, to_nhwc
from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import compare
from opassay.harness.judge.verdict import judge
from opassay.harness.model.dtypes import dtype_name, narrow, widen
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.op import references
from opassay.harness.model.program import Program
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.generate import cases, pins
from opassay.harness.plan.plan import MOST, Settings, geometries
from opassay.harness.worker.execute import Executor

OPS = [op.name for op in Registry().ops() if not op.of_a_class]

SEEDS = range(3)
SETTINGS = Settings(cases=MOST)
CHUNK = 4
TOO_LARGE = ("deconvnet_alexnet",)

LAYERS = ("transformer_block", "mlp_step")
"""Programs of many stages, each of which is judged: of these fewer are asked."""

NAMES = tuple(name for name in OPS if name in programs.PROGRAMS)


@cache
def op_of(name):
    return Registry().op(name)


ASKED = tuple(
    (name, aspect)
    for name in NAMES
    for aspect, there in (("value", op_of(name).geometries), ("gradient", op_of(name).gradients))
    if there
)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def module():
    return importlib.import_module("planted_gradients")


def computed(x):
    """Whether something else than the caller made this value."""
    return x.step is not None and (len(x.step.inputs) > 1 or x.step.inputs[0].step is not None)


def changed(x, function):
    """The value with other numbers, made by the same step."""
    with np.errstate(all="ignore"):
        x.array = narrow(function(widen(x.array)), dtype_name(x.array))
    return x


class Right:
    """No bug."""


class OneUseOnly:
    """A value that is used twice gets one of its gradients: the other is overwritten, not added."""

    def vjp(self, fn, inputs, cotangents):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module(), "_added", lambda total, more: more)
            return super().vjp(fn, inputs, cotangents)


class NotStopped:
    """stop_gradient lets the gradient through."""

    def _gradients(self, op, attributes, inputs, cotangents):
        return list(cotangents) if op == "stop_gradient" else super()._gradients(op, attributes, inputs, cotangents)


class DoubledBehindRelu:
    """The gradient of a relu of something computed is twice what it should be."""

    def _back(self, op, attributes, inputs, cotangents):
        found = super()._back(op, attributes, inputs, cotangents)
        return [changed(found[0], lambda values: 2 * values)] if op == "relu" and computed(inputs[0]) else found


class UnpoolNextDoor:
    """Computed values are un-pooled one cell too far."""

    def max_unpool2d(self, x, indices, *, layout, **more):
        found = super().max_unpool2d(x, indices, layout=layout, **more)
        column = 2 if layout == "NHWC" else 3
        return changed(found, lambda values: np.roll(values, 1, column)) if computed(x) else found


class Relu6:
    """Computed values are cut off at 6."""

    def relu(self, x):
        found = super().relu(x)
        return changed(found, lambda values: np.minimum(values, 6)) if computed(x) else found


class LastTieOfComputed:
    """Of equal maxima of computed values the last one's position is given."""

    def max_pool2d_with_argmax(self, x, **attributes):
        values, indices = super().max_pool2d_with_argmax(x, **attributes)
        if computed(x):
            indices.array = self._last(x.array, values.array, **attributes)
        return values, indices

    def _last(self, x, values, *, window, stride, padding, dilation, layout):
        x, values = to_nhwc(widen(x), layout), to_nhwc(widen(values), layout)
        places = np.broadcast_to(np.arange(x[0].size).reshape(1, *x.shape[1:]), x.shape)
        last = np.zeros(values.shape, np.int64)
        for tap in sliding_windows("pool", x.shape[1:3], window, stride, dilation, padding).taps():
            here = (slice(None), *tap.outputs)
            last[here] = np.where(x[:, *tap.inputs] == values[here], places[:, *tap.inputs], last[here])
        return from_nhwc(last, layout)


class FlippedWayBack:
    """The transposed convolution of computed values flips its filter."""

    def conv2d_transpose(self, x, w, **attributes):
        return super().conv2d_transpose(x, type(w)(w.array[::-1, ::-1]) if computed(x) else w, **attributes)


class NoMixedTerm:
    """The gradient of dw with respect to x is missing."""

    def _back_again(self, op, attributes, inputs, cotangents, given):
        whole = super()._back_again(op, attributes, inputs, cotangents, given)
        without = super()._back_again(op, attributes, inputs, cotangents, {**given, 1: None})
        return [without[0], *whole[1:]]


class KeysAhead:
    """Attention is causal the other way around: the first query sees all keys but none before it."""

    def attention(self, query, key, value, *, causal, **more):
        turned = [changed(x, lambda values: values[:, :, ::-1]) for x in (query, key, value)] if causal else []
        found = super().attention(*(turned or (query, key, value)), causal=causal, **more)
        return changed(found, lambda values: values[:, :, ::-1]) if causal else found


class GateForUp:
    """swiglu gates the other one of its operands."""

    def swiglu(self, a, b):
        return super().swiglu(b, a)


class LossOfNeighbour:
    """The gradient of a loss is that of the class before."""

    def _gradients(self, op, attributes, inputs, cotangents):
        found = super()._gradients(op, attributes, inputs, cotangents)
        return [None, np.roll(found[1], 1, axis=1)] if op == "cross_entropy" else found


class DroppedTap:
    """The transposed convolution leaves out one tap; its equal, the gradient of the convolution, does not."""

    def conv2d_transpose(self, x, w, **attributes):
        w = type(w)(w.array.copy())
        w.array[-1, -1] = np.zeros((), w.array.dtype)
        return super().conv2d_transpose(x, w, **attributes)


BUGS = (
    (OneUseOnly, "shared_inputs", "gradient"),
    (NotStopped, "stopped_path", "gradient"),
    (NotStopped, "unused_input", "gradient"),
    (DoubledBehindRelu, "conv_relu_pool", "gradient"),
    (DoubledBehindRelu, "deconvnet", "gradient"),
    (UnpoolNextDoor, "deconvnet", "value"),
    (UnpoolNextDoor, "conv_autoencoder_step", "gradient"),
    (Relu6, "conv_relu_pool", "value"),
    (Relu6, "deconvnet", "value"),
    (LastTieOfComputed, "conv_autoencoder_step", "value"),
    (FlippedWayBack, "deconvnet", "value"),
    (FlippedWayBack, "conv_autoencoder_step", "value"),
    (NoMixedTerm, "conv2d_vjp", "gradient"),
    (DroppedTap, "conv2d_input_gradient_law", "value"),
    (OneUseOnly, "transformer_block", "gradient"),
    (KeysAhead, "transformer_block", "value"),
    (GateForUp, "transformer_block", "value"),
    (LossOfNeighbour, "mlp_step", "value"),
    (LossOfNeighbour, "mlp_step", "gradient"),
)

ONLY_IN_PROGRAMS = (
    (OneUseOnly, "matmul", "gradient"),
    (DoubledBehindRelu, "relu", "gradient"),
    (UnpoolNextDoor, "max_unpool2d", "value"),
    (Relu6, "relu", "value"),
    (LastTieOfComputed, "max_pool2d_with_argmax", "value"),
    (FlippedWayBack, "conv2d_transpose", "value"),
    (NoMixedTerm, "conv2d", "gradient"),
)
"""Bugs that no single op shows, and the op that would."""


def names(rows):
    return [f"{cls.__name__}-{name}-{aspect}" for cls, name, aspect in rows]


@cache
def drawn(name, aspect, seed, start):
    return [case for _, case in cases(op_of(name), aspect, seed, start, start + CHUNK, SETTINGS.fills)]


def stream(name, aspect, seed, count=SETTINGS.cases):
    """Drawn a few at once, so that a bug which is found early costs little."""
    for start in range(0, count, CHUNK):
        yield from drawn(name, aspect, seed, start)[: SETTINGS.fills * (count - start)]


def executor(bug):
    cls = type(bug.__name__, (bug, module().HonestGradients), {"name": "planted", "modes": ("eager",)})
    return Executor(cls(), "eager", programs, (__file__, module().__file__))


def answer(case, bug=Right):
    ((_, outcome),) = executor(bug).run([case], False)
    return outcome


def models(name, expected):
    return [find_model((), *(r.computes or (name, r.name)), r.dtype) for r in expected]


def judged(bug, name, case):
    outcome = answer(case, bug)
    expected = references(op_of(name), case, getattr(outcome, "arrays", ()))
    return judge(case, outcome, expected, models(name, expected))


@pytest.mark.parametrize(("name", "aspect"), ASKED)
@pytest.mark.share(2)
def test_an_honest_adapter_passes_every_program(name, aspect):
    pinned = [pin.case for _, pin in pins(op_of(name), aspect) if pin.name not in TOO_LARGE]
    count = 4 if name in LAYERS else 30
    asked = [*pinned, *stream(name, aspect, 0, count)]
    assert len(asked) == len(pinned) + count * SETTINGS.fills
    found = [(case, judged(Right, name, case)) for case in asked]
    # Of sums that are too long for any statement about a rounding fill, under the loosest assumption.
    unbounded = [j for _, j in found if j.verdict == "undefined" and "no bound can be stated" in j.message]
    assert len(unbounded) <= len(found) / 20
    assert not [(j.verdict, j.message, case.dumps()) for case, j in found if j.verdict != "pass" and j not in unbounded]


@cache
def found_at(bug, name, aspect, seed):
    """The geometry that shows the bug first, or how many there are."""
    for number, case in enumerate(stream(name, aspect, seed)):
        if bug is LastTieOfComputed and case.tensors[0].fill.kind != "ties":
            continue
        judgement = judged(bug, name, case)
        assert judgement.verdict != "fault", judgement.message
        if judgement.verdict in FAILING:
            return number // SETTINGS.fills
    return SETTINGS.cases


@pytest.mark.parametrize(("bug", "name", "aspect"), BUGS, ids=names(BUGS))
def test_every_seed_finds_a_bug_of_programs(bug, name, aspect):
    assert [seed for seed in SEEDS if found_at(bug, name, aspect, seed) == SETTINGS.cases] == []


def test_a_run_of_no_stated_size_finds_nine_of_ten_bugs_of_programs():
    found = [found_at(*row, seed) < geometries(op_of(row[1]), row[2], len(OPS)) for row in BUGS for seed in SEEDS]
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize(("bug", "name", "aspect"), ONLY_IN_PROGRAMS, ids=names(ONLY_IN_PROGRAMS))
def test_the_same_bug_does_not_show_in_a_single_op(bug, name, aspect):
    found = [judged(bug, name, case) for case in stream(name, aspect, 0, 20)]
    assert not [(j.verdict, j.message) for j in found if j.verdict not in ("pass", "undefined")]


def first(name, aspect, kind):
    """The first float32 case of this fill whose image is larger than one row or column."""
    for case in stream(name, aspect, 0):
        image = case.tensors[0]
        if image.fill.kind == kind and image.dtype == "float32" and min(image.shape[1:3]) > 1:
            return case
    raise AssertionError(f"no case of {kind}")


def verdicts(name, case, arrays):
    expected = references(op_of(name), case, arrays)
    assert len(expected) == len(arrays)
    told = zip(arrays, expected, models(name, expected), strict=True)
    return [compare(array, reference, model, case.exact).verdict for array, reference, model in told]


SPOILED = {
    "another_rank": (lambda a: a[None], "shape"),
    "a_row_less": (lambda a: a[:, :-1], "shape"),
    "nothing": (lambda a: None, "shape"),
    "another_float": (lambda a: a.astype(np.float16), "dtype"),
    "another_integer": (lambda a: a.astype(np.int32), "dtype"),
    "truths": (lambda a: a.astype(bool), "dtype"),
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("kind", ["ints", "normal"])
@pytest.mark.parametrize(
    ("name", "aspect"),
    [("conv_autoencoder_step", "value"), ("conv_autoencoder_step", "gradient"), ("shared_inputs", "gradient")],
)
@pytest.mark.share(3)
def test_an_answer_of_another_kind_fails_at_its_own_stage_only(name, aspect, kind, how):
    case = first(name, aspect, kind) if name != "shared_inputs" else cube(kind)
    right = answer(case).arrays
    assert set(verdicts(name, case, right)) == {"pass"}
    spoil, verdict = SPOILED[how]
    for position in range(len(right)):
        arrays = [spoil(a) if i == position else a for i, a in enumerate(right)]
        assert verdicts(name, case, arrays) == [verdict if i == position else "pass" for i in range(len(right))]


def cube(kind):
    """A case in which the gradients of two products and of a sum depend on each other."""
    made = (case for case in stream("shared_inputs", "gradient", 0) if len(case.attributes["stages"]) == 5)
    return next(c for c in made if c.tensors[0].fill.kind == kind and c.tensors[0].shape[0] > 1)


OUTSIDE = {
    "negative": lambda cells: -1,
    "just_beyond": lambda cells: cells,
    "far_beyond": lambda cells: 2**62,
    "smallest": lambda cells: -(2**63),
}


@pytest.mark.parametrize("which", OUTSIDE)
@pytest.mark.parametrize("kind", ["ints", "normal"])
@pytest.mark.parametrize("aspect", ["value", "gradient"])
@pytest.mark.share(2)
def test_an_index_out_of_range_fails_at_its_own_stage_only(aspect, kind, which):
    name = "conv_autoencoder_step"
    case = first(name, aspect, kind)
    made = Program.from_attributes(case.attributes).outputs
    arrays = list(answer(case).arrays)
    where = made.index("where1")
    cells = arrays[made.index("act1")][0].size
    arrays[where] = arrays[where].copy()
    arrays[where].ravel()[0] = OUTSIDE[which](cells)
    assert verdicts(name, case, arrays) == ["structural" if i == where else "pass" for i in range(len(arrays))]


def test_what_follows_an_answer_of_another_kind_is_still_judged():
    name = "conv_autoencoder_step"
    case = first(name, "value", "ints")
    made = Program.from_attributes(case.attributes).outputs
    arrays = list(answer(case).arrays)
    arrays[made.index("conv1")] = None
    for later in ("act1", "pooled1", "rectified1", "reconstruction"):
        wrong = [a if i != made.index(later) else a + 1 for i, a in enumerate(arrays)]
        found = dict(zip(made, verdicts(name, case, wrong), strict=True))
        assert (found["conv1"], found[later]) == ("shape", "structural")


@pytest.mark.parametrize("kept", range(7))
def test_too_few_answers_are_a_wrong_shape(kept):
    name = "conv_autoencoder_step"
    case = first(name, "gradient", "ints")
    right = answer(case)
    expected = references(op_of(name), case, right.arrays[:kept])
    fewer = type(right)(right.arrays[:kept])
    assert judge(case, fewer, expected, models(name, expected)).verdict == "shape"


def test_of_two_ways_to_one_gradient_the_wrong_one_is_named():
    wrong = Counter()
    for case in stream("conv2d_input_gradient_law", "value", 0, 20):
        arrays = answer(case, DroppedTap).arrays
        by_vjp, by_transpose = verdicts("conv2d_input_gradient_law", case, arrays)
        assert by_vjp == "pass"
        wrong[by_transpose] += 1
    assert wrong["structural"] > 5
