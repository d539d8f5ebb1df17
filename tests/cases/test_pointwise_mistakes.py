"""Mistakes of kernels that treat each element alone: the cases of a default run show them, tolerances only some."""

import math

import numpy as np
import pytest

from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.registry import Registry
from opassay.harness.run import generate
from opassay.harness.run.plan import FEWEST

SEEDS = range(5)


def whole(x):
    return x.dtype.kind in "iu"


def away(x):
    """Halves rounded away from zero."""
    return np.sign(x) * np.floor(np.abs(x) + x.dtype.type(0.5))


def by_wrong_axis(a, b):
    """The operand of lower rank is broadcast from the first axis."""
    if 0 < b.ndim < a.ndim and b.shape == a.shape[: b.ndim]:
        return a + b.reshape(b.shape + (1,) * (a.ndim - b.ndim))
    return a + b[::-1] if b.ndim == a.ndim > 0 else a + b


def by_ulps(f, ulps, at, width):
    """Right but for some units in the last place about a point."""

    def wrong(x):
        y = f(x.astype(np.longdouble)).astype(x.dtype)
        return np.where(np.abs(x - at) < width, y + ulps * np.spacing(np.abs(y)), y)

    return wrong


MISTAKES = {
    "neg as 0 - x": ("neg", lambda x: x.dtype.type(0) - x),
    "abs leaves the sign of -0": ("abs", lambda x: np.where(x < 0, -x, x)),
    "floor truncates": ("floor", np.trunc),
    "round goes away from zero": ("round", away),
    "clamp drops NaN": ("clamp", lambda x, low, high: np.fmin(np.fmax(x, x.dtype.type(low)), x.dtype.type(high))),
    "signbit by comparison": ("signbit", lambda x: x < 0),
    "square by way of float32": ("square", lambda x: x.astype(np.float32) * x.astype(np.float32)),
    "log1p as log(1 + x)": ("log1p", lambda x: np.log(1 + x)),
    "expm1 as exp(x) - 1": ("expm1", lambda x: np.exp(x) - 1),
    "asinh as log(x + sqrt(x² + 1))": ("asinh", lambda x: np.log(x + np.sqrt(x * x + 1))),
    "erfc as 1 - erf": ("erfc", lambda x: 1 - np.vectorize(math.erf, otypes=[float])(x)),
    "tanh is 1 from 8 on": ("tanh", lambda x: np.where(np.abs(x) > 8, np.sign(x), np.tanh(x))),
    "sigmoid overflows": ("sigmoid", lambda x: np.exp(x) / (1 + np.exp(x))),
    "log off by 8 ulp about 1": ("log", by_ulps(np.log, 8, 1, 0.1)),
    "sin in float16": ("sin", lambda x: np.sin(x.astype(np.float16))),
    "add from the wrong axis": ("add", by_wrong_axis),
    "sub of unsigned saturates": ("sub", lambda a, b: np.where(a < b, 0, a - b) if a.dtype.kind == "u" else a - b),
    "maximum by comparison": ("maximum", lambda a, b: np.where(a > b, a, b)),
    "mul of integers in float": ("mul", lambda a, b: (a * 1.0 * b) if whole(a) else a * b),
    "remainder of a's sign": ("remainder", np.fmod),
    "floor_divide truncates": ("floor_divide", lambda a, b: np.trunc(a / b)),
    "pow by logarithms": ("pow", lambda a, b: np.exp(b * np.log(a))),
    "atan2 forgets the sign of zero": ("atan2", lambda a, b: np.arctan2(a + 0.0, b + 0.0)),
    "equal by way of float32": ("equal", lambda a, b: a.astype(np.float32) == b.astype(np.float32)),
    "not_equal of NaN is false": ("not_equal", lambda a, b: (a < b) | (a > b)),
    "less of unsigned as signed": (
        "less",
        lambda a, b: a.view(f"i{a.itemsize}") < b.view(f"i{b.itemsize}") if a.dtype.kind == "u" else a < b,
    ),
    "shift_right is logical": ("shift_right", lambda a, b: a.view(f"u{a.itemsize}") >> b.view(f"u{b.itemsize}")),
    "shift_left by float": ("shift_left", lambda a, b: a * 2.0**b),
    "where by products": ("where", lambda c, a, b: c * a + ~c * b if a.dtype.kind == "f" else np.where(c, a, b)),
    "cast rounds": ("cast", lambda x, to: np.rint(x) if x.dtype.kind == "f" and to.startswith("int") else x),
    "cast of negative numbers to unsigned is 0": ("cast", lambda x, to: np.maximum(x, 0) if to.startswith("u") else x),
}


def asked(op, seed):
    """The cases of a default run whose values NumPy has: pins, then the stream."""
    yield from (pin.case for _, pin in generate.pins(op, "value"))
    yield from (case for _, case in generate.cases(op, "value", seed, 0, FEWEST, 2))


def answered(case, mistake):
    with np.errstate(all="ignore"):
        found = mistake(*(np.ascontiguousarray(x) for x in case.inputs()), **case.attributes)
    return found


def verdicts(name, seed):
    op_name, mistake = MISTAKES[name]
    op = Registry().op(op_name)
    for case in asked(op, seed):
        if any(t.dtype == "bfloat16" for t in case.tensors) or case.attributes.get("to") == "bfloat16":
            continue
        (reference,) = references(op, case)
        wrong = np.asarray(answered(case, mistake))
        with np.errstate(all="ignore"):
            array = wrong.astype(dtypes.storage(reference.dtype))
        yield judge(
            case, Returned((array.reshape(reference.exact.shape),)), [reference], [NumericModel(reference.dtype)]
        )


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mistake_is_found_by_the_cases_of_a_default_run(name):
    missed = [seed for seed in SEEDS if all(j.verdict in ("pass", "undefined") for j in verdicts(name, seed))]
    assert missed == []


TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
"""rtol and atol of torch.testing.assert_close: https://docs.pytorch.org/docs/stable/testing.html"""


def tolerated(name):
    """Whether every answer is within tolerance of the right one, rounded."""
    op_name, mistake = MISTAKES[name]
    op = Registry().op(op_name)
    for case in asked(op, 0):
        (reference,) = references(op, case)
        if reference.dtype not in TOLERANCES or any(t.dtype == "bfloat16" for t in case.tensors):
            continue
        rtol, atol = TOLERANCES[reference.dtype]
        right = dtypes.narrow(reference.exact, reference.dtype)
        wrong = np.asarray(answered(case, mistake)).astype(right.dtype).reshape(right.shape)
        if not np.allclose(wrong, right, rtol, atol, equal_nan=True):
            return False
    return True


FLOATING = [name for name, (op, _) in MISTAKES.items() if Registry().op(op).gradients and "cast" not in name]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_tolerances_miss_some_on_the_same_cases():
    missed = {name for name in FLOATING if tolerated(name)}
    assert missed >= {"neg as 0 - x", "abs leaves the sign of -0", "tanh is 1 from 8 on"}


RIGHT = {"neg": np.negative, "floor": np.floor, "maximum": np.maximum, "less": np.less, "add": np.add, "tanh": np.tanh}


@pytest.mark.parametrize("op", RIGHT)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numpy_itself_makes_none(op, monkeypatch):
    monkeypatch.setitem(MISTAKES, op, (op, RIGHT[op]))
    for seed in SEEDS:
        assert {j.verdict for j in verdicts(op, seed)} <= {"pass", "undefined"}
