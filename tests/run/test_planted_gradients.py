"""Wrong gradients planted in an honest adapter are found by a default run of any seed."""

import importlib
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from opassay.adapters import programs
from opassay.adapters.geometry import ALIKE
from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model.adapter import Unconnected
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.generate import cases, pins
from opassay.harness.plan.plan import MOST, Settings, geometries
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.references import ReferenceCache
from opassay.harness.worker.execute import Executor

OPS = [op.name for op in Registry().ops() if not op.of_a_class]

SEEDS = range(10)
SETTINGS = Settings(cases=MOST)
CHUNK = 4
"""Geometries drawn at once, so that a bug which is found early costs little."""

SINGLE_OPS = tuple(sorted(set(OPS) - set(programs.PROGRAMS)))
GRADIENTS = tuple(name for name in SINGLE_OPS if name != "stop_gradient")

OVER_TWO_AXES = [op for op in GRADIENTS if op not in ALIKE]
"""Windows over one axis and three have the gradients of those over two: one definition, one table of draws."""

BUGS = (
    *(("Negated", op) for op in OVER_TWO_AXES[::3]),
    *(("NegatedLast", op) for op in ("conv2d", "conv2d_transpose", "matmul")),
    *(("Disconnected", op) for op in OVER_TWO_AXES[1::3]),
    *(("CotangentIgnored", op) for op in OVER_TWO_AXES[2::3]),
    ("ZerosForIndices", "max_unpool2d"),
    ("ZerosForIndices", "scatter_nd"),
    ("RotatedFilter", "conv2d"),
    ("RotatedFilter", "conv2d_transpose"),
    ("TransposedFilter", "conv2d"),
    ("DroppedRow", "conv2d"),
    ("MeanOverBatch", "conv2d_transpose"),
    ("MixedGroupGradients", "conv2d"),
    ("MixedGroupGradients", "conv2d_transpose"),
    ("EveryTie", "max_pool2d"),
    ("LastTieGradient", "max_pool2d_with_argmax"),
    ("Overwritten", "max_pool2d"),
    ("WholeWindow", "avg_pool2d"),
    ("FirstOfWindow", "avg_unpool2d"),
    ("FirstSample", "max_unpool2d"),
    ("FirstOfBatch", "matmul"),
    ("NotTransposed", "matmul"),
    ("OneAtZero", "relu"),
    ("PassedThrough", "relu"),
    ("PassedThrough", "stop_gradient"),
    ("SharedUpdates", "scatter_nd"),
)
"""Class, and the op that its bug is planted in. Of the bugs that any op may have, each op has one."""

CONV = {"stride": (2, 1), "padding": "SAME", "dilation": (1, 2), "groups": 2, "layout": "NHWC"}
POOL = {"window": (2, 2), "stride": (1, 2), "padding": "VALID", "count_padding": False, "layout": "NCHW"}

TWICE = (
    ("conv2d", CONV, ((2, 5, 6, 4), (3, 2, 2, 6)), (2, 3, 6, 6)),
    ("conv2d_transpose", {**CONV, "output_shape": (2, 5, 6, 4)}, ((2, 3, 6, 6), (3, 2, 2, 6)), (2, 5, 6, 4)),
    ("matmul", {}, ((3, 2, 4), (2, 1, 4, 5)), (2, 3, 2, 5)),
    ("avg_pool2d", POOL, ((2, 3, 4, 6),), (2, 3, 3, 3)),
    ("avg_unpool2d", {"window": (2, 3), "layout": "NHWC"}, ((2, 3, 2, 2),), (2, 6, 6, 2)),
)
"""Ops whose gradients have gradients: attributes, shapes of the inputs, shape of the answer."""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@cache
def op_of(name):
    return Registry().op(name)


@cache
def drawn(name, seed, start):
    return [case for _, case in cases(op_of(name), "gradient", seed, start, start + CHUNK, SETTINGS.fills)]


@cache
def references():
    return ReferenceCache()


def stream(name, seed):
    for start in range(0, SETTINGS.cases, CHUNK):
        yield from drawn(name, seed, start)


def judgements(cls, name, stream):
    """Judged in this process: a case, and what is said of its gradients."""
    module = importlib.import_module("planted_gradients")
    executor = Executor(getattr(module, cls)(), "eager", programs, (module.__file__,))
    for case in stream:
        ((_, outcome),) = executor.run([case], False)
        expected = references().get(op_of(name), case, getattr(outcome, "arrays", ()))
        models = [find_model((), name, reference.name, reference.dtype) for reference in expected]
        yield case, judge(case, outcome, expected, models)


def integers(*shapes):
    """Float64 arrays in which products and sums have no rounding."""
    draw = np.random.default_rng(0)
    return [draw.integers(-3, 4, shape).astype(np.float64) for shape in shapes]


def honest():
    return importlib.import_module("planted_gradients").HonestGradients()


def assert_slope(adapter, function, values, cotangents):
    """The gradients times a direction are the slope along it: exactly, for polynomials of degree 2."""
    directions = [np.flip(v) for v in integers(*(v.shape for v in values))]
    natives, given = ([adapter.to_native(v) for v in arrays] for arrays in (values, cotangents))
    gradients = adapter.vjp(function, natives, given)

    def total(sign):
        moved = [adapter.to_native(v + sign * d) for v, d in zip(values, directions, strict=True)]
        return sum((adapter.to_numpy(y) * c).sum() for y, c in zip(function(*moved), cotangents, strict=True))

    pairs = [(g, d) for g, d in zip(gradients, directions, strict=True) if g is not Unconnected]
    assert sum((adapter.to_numpy(g) * d).sum() for g, d in pairs) == (total(1) - total(-1)) / 2


@pytest.mark.parametrize(("name", "attributes", "shapes", "answer"), TWICE, ids=[row[0] for row in TWICE])
def test_honest_gradients_have_gradients(name, attributes, shapes, answer):
    adapter = honest()

    def gradient(*values):
        found = adapter.vjp(lambda *inputs: (getattr(adapter, name)(*inputs, **attributes),), values[:-1], values[-1:])
        return tuple(found)

    assert_slope(adapter, gradient, integers(*shapes, answer), integers(*shapes))


def test_honest_gradients_add_up_over_every_use_and_output():
    adapter = honest()

    def function(a, b):
        product = adapter.matmul(a, a) - b
        return product + product, adapter.matmul(b, a) - a, a

    assert_slope(adapter, function, integers((3, 3), (3, 3)), integers((3, 3), (3, 3), (3, 3)))


def test_honest_gradients_stop_where_they_are_told():
    adapter = honest()
    a, b, c = (adapter.to_native(v) for v in integers((2, 3), (2, 3), (2, 3)))
    da, db = adapter.vjp(lambda a, b: (a - adapter.stop_gradient(b), a), [a, b], [c, None])
    assert adapter.to_numpy(da).tolist() == c.array.tolist()
    assert db is Unconnected


@pytest.mark.parametrize("name", SINGLE_OPS)
@pytest.mark.share(3)
def test_honest_gradients_pass(name):
    asked = [*(pin.case for _, pin in pins(op_of(name), "gradient")), *stream(name, 0)]
    judged = list(judgements("HonestGradients", name, asked))
    assert not [(j.verdict, j.message, case) for case, j in judged if j.verdict not in ("pass", "undefined")]
    counted = Counter(j.verdict for _, j in judged)
    print(name, dict(counted))
    assert counted["pass"] > 0.95 * len(asked)


@cache
def found_at(cls, name, seed):
    """The geometry that shows the bug first, or how many there are."""
    for number, (_, judgement) in enumerate(judgements(cls, name, stream(name, seed))):
        assert judgement.verdict != "fault", judgement.message
        if judgement.verdict in FAILING:
            return number // SETTINGS.fills
    return SETTINGS.cases


@pytest.mark.parametrize(("cls", "name"), BUGS)
def test_every_seed_finds_a_wrong_gradient(cls, name):
    assert [seed for seed in SEEDS if found_at(cls, name, seed) == SETTINGS.cases] == []


def test_a_run_of_no_stated_size_finds_nine_of_ten_wrong_gradients():
    found = [
        found_at(cls, name, seed) < geometries(op_of(name), "gradient", len(OPS))
        for cls, name in BUGS
        for seed in SEEDS
    ]
    assert sum(found) >= 0.9 * len(found)


def test_one_geometry_would_not_find_them():
    found = [found_at(cls, name, seed) < 1 for cls, name in BUGS for seed in SEEDS]
    assert sum(found) < 0.9 * len(found)


@pytest.mark.parametrize(
    ("cls", "target", "name", "verdict"),
    [
        ("HonestGradients", "honest_gradients", "max_pool2d", "pass"),
        ("LastTieGradient", "last_tie_gradient", "max_pool2d_with_argmax", "structural"),
        ("ZerosForIndices", "zeros_for_indices", "scatter_nd", "shape"),
    ],
)
def test_a_worker_finds_the_same(cls, target, name, verdict):
    settings = Settings(cases=20)
    request = Request([target], [name], ["gradient"], [f"planted_gradients:{cls}"], settings=settings)
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
    assert len(records) == sum(shard.planned(settings.fills) for shard in campaign.shards)
    assert not [r.message for r in records if r.verdict == "fault"]
    assert verdict in {r.verdict for r in records}
    assert {r.confirmed for r in records if r.failing} <= {"yes"}
    assert (verdict == "pass") == (not [r for r in records if r.failing])
