"""Reductions, scans and shares: what kernels compute in any order passes, what they get wrong does not."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.real import Real, leaf
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.harness.judge.compare import compare
from opassay.harness.model.numeric_model import NumericModel

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
judged, one = helpers.judged, helpers.one

Kernel = Callable[[np.ndarray], np.ndarray]
F = np.float32
TORCH = (1.3e-6, 1e-5)
"""rtol and atol by which torch compares float32: https://docs.pytorch.org/docs/stable/testing.html"""

DEFINED: dict[str, Callable[[Real], Real]] = {
    "sum": lambda x: bounded.reduce_sum(x, (-1,)),
    "mean": lambda x: bounded.reduce_mean(x, (1,), True),
    "prod": lambda x: bounded.reduce_prod(x, 1),
    "max": lambda x: bounded.reduce_max(x, (1,)),
    "min": lambda x: bounded.reduce_min(x, (0, 1)),
    "var": lambda x: bounded.reduce_var(x, (1,)),
    "sample variance": lambda x: bounded.reduce_var(x, (1,), False, 1),
    "std": lambda x: bounded.root(bounded.reduce_var(x, (1,), True)),
    "logsumexp": lambda x: bounded.logsumexp(x, (1,)),
    "norm_l1": lambda x: bounded.norm_l1(x, (1,)),
    "norm_l2": lambda x: bounded.norm_l2(x, (0,)),
    "sum_square": lambda x: bounded.sum_square(x, (0, 1)),
    "cumsum": lambda x: bounded.cumsum(x, 1),
    "cumsum of those after": lambda x: bounded.cumsum(x, 0, True, True),
    "cumprod": lambda x: bounded.cumprod(x, 1),
    "cumprod of those before": lambda x: bounded.cumprod(x, 1, True),
    "cumprod of those after": lambda x: bounded.cumprod(x, 1, True, True),
    "softmax": lambda x: bounded.softmax(x, 1),
    "log_softmax": lambda x: bounded.log_softmax(x, 1),
}


def in_turn(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Kernel:
    """One element after the other, each result rounded."""

    def kernel(x: np.ndarray) -> np.ndarray:
        found = x[:, 0]
        for column in x.T[1:]:
            found = function(found, column)
        return found

    return kernel


def halved(x: np.ndarray) -> np.ndarray:
    """The two halves of a row are added, again and again."""
    while x.shape[1] > 1:
        middle = (x.shape[1] + 1) // 2
        x = np.concatenate((x[:, : x.shape[1] - middle] + x[:, middle:], x[:, x.shape[1] - middle : middle]), axis=1)
    return x[:, 0]


add = in_turn(np.add)


def centred(x: np.ndarray) -> np.ndarray:
    return x - (add(x) / F(x.shape[1]))[:, None]


def two_pass(x: np.ndarray) -> np.ndarray:
    return halved(centred(x) ** 2) / F(x.shape[1])


def updated(x: np.ndarray) -> np.ndarray:
    """Welford's."""
    mean, total = np.zeros(len(x), F), np.zeros(len(x), F)
    for k, column in enumerate(x.T):
        off = column - mean
        mean = mean + off / F(k + 1)
        total = total + off * (column - mean)
    return total / F(x.shape[1])


def one_pass(x: np.ndarray) -> np.ndarray:
    return add(x * x) / F(x.shape[1]) - (add(x) / F(x.shape[1])) ** 2


def exps(x: np.ndarray) -> np.ndarray:
    return np.exp(x - x.max(axis=1, keepdims=True))


def by_blocks(x: np.ndarray) -> np.ndarray:
    """softmax online: a sum that is rescaled whenever a block has a larger element."""
    top, total = x[:, 0], np.zeros(len(x), F)
    for start in range(0, x.shape[1], 16):
        block = x[:, start : start + 16]
        new = np.maximum(top, block.max(axis=1))
        total = total * np.exp(top - new) + add(np.exp(block - new[:, None]))
        top = new
    return np.exp(x - top[:, None]) / total[:, None]


def log_of_sum(x: np.ndarray) -> np.ndarray:
    return np.log(add(exps(x)))


def cut(x: np.ndarray) -> np.ndarray:
    """With the digits of bfloat16."""
    return (np.ascontiguousarray(x).view(np.uint32) & np.uint32(0xFFFF0000)).view(F)


RIGHT: tuple[tuple[str, Kernel], ...] = (
    ("sum", add),
    ("sum", halved),
    ("mean", lambda x: (halved(x) * F(1 / F(x.shape[1])))[:, None]),
    ("prod", in_turn(np.multiply)),
    ("var", two_pass),
    ("var", updated),
    ("softmax", lambda x: exps(x) / halved(exps(x))[:, None]),
    ("softmax", lambda x: exps(x) * (1 / add(exps(x)))[:, None]),
    ("softmax", by_blocks),
    ("logsumexp", lambda x: x.max(axis=1) + log_of_sum(x)),
    ("log_softmax", lambda x: x - x.max(axis=1, keepdims=True) - log_of_sum(x)[:, None]),
    ("cumsum", lambda x: np.cumsum(x, axis=1)),
    ("cumprod", lambda x: np.cumprod(x, axis=1)),
)

OFFSET = "large offset"
WRONG: dict[str, tuple[str, str, Kernel]] = {
    "the last element of a sum is dropped": ("sum", "", lambda x: add(x[:, :-1])),
    "a sum in float16": ("sum", "", lambda x: x.astype(np.float16).sum(axis=1, dtype=np.float16).astype(F)),
    "a mean over one less": ("mean", "", lambda x: (add(x) / F(x.shape[1] - 1))[:, None]),
    "products of the digits of bfloat16": ("prod", "", lambda x: in_turn(np.multiply)(cut(x))),
    "variance in one pass": ("var", OFFSET, one_pass),
    "the sample's variance": ("var", "", lambda x: two_pass(x) * F(x.shape[1] / (x.shape[1] - 1))),
    "exp with the digits of bfloat16": ("softmax", "", lambda x: cut(exps(x)) / add(cut(exps(x)))[:, None]),
    "softmax of zeros": ("softmax", "", np.zeros_like),
    "softmax that is not shifted": ("softmax", OFFSET, lambda x: np.exp(x) / add(np.exp(x))[:, None]),
    "softmax whose sum is in float16": (
        "softmax",
        "",
        lambda x: exps(x) / exps(x).astype(np.float16).sum(axis=1, keepdims=True, dtype=np.float16).astype(F),
    ),
    "the last element of a softmax is left out": ("softmax", "", lambda x: exps(x) / add(exps(x[:, :-1]))[:, None]),
    "logsumexp that is not shifted": ("logsumexp", OFFSET, lambda x: np.log(add(np.exp(x)))),
    "log of a softmax": ("log_softmax", "steep", lambda x: np.log(exps(x) / add(exps(x))[:, None])),
    "x - logsumexp": ("log_softmax", "far", lambda x: x - (x.max(axis=1) + log_of_sum(x))[:, None]),
    "a scan that starts one late": ("cumsum", "", lambda x: np.cumsum(np.roll(x, 1, axis=1), axis=1)),
    "a scan that forgets its blocks": (
        "cumsum",
        "",
        lambda x: np.concatenate((np.cumsum(x[:, :128], axis=1), np.cumsum(x[:, 128:], axis=1)), axis=1),
    ),
}


def values(kind: str = "", rows: int = 7, length: int = 257) -> np.ndarray:
    x = np.random.default_rng(3).standard_normal((rows, length))
    return (x * {"steep": 60}.get(kind, 1) + {OFFSET: 400, "far": 40_000}.get(kind, 0)).astype(F)


@pytest.mark.parametrize(("name", "kernel"), RIGHT, ids=lambda each: each if isinstance(each, str) else "")
def test_every_order_and_algorithm_is_inside(name: str, kernel: Kernel) -> None:
    for kind in ("", OFFSET, "steep"):
        for length in (1, 2, 17, 257, 1025):
            x = values(kind, length=length)
            if name in ("prod", "cumprod"):
                x = x / np.abs(x).max() + F(0.9)
            with np.errstate(over="ignore", under="ignore"):
                found = judged(kernel(x), one(DEFINED[name], x))
            assert found.verdict == "pass", (kind, length, found.message)


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_outside(mistake: str) -> None:
    name, kind, wrong = WRONG[mistake]
    x = values(kind)
    if name == "prod":
        x = x / np.abs(x).max() + F(0.9)
    with np.errstate(all="ignore"):
        answer = wrong(x)
    found = judged(answer, one(DEFINED[name], x))
    assert found.verdict in ("numeric", "special")


def test_tolerances_let_some_of_them_pass() -> None:
    loose, usual = [], []
    for mistake, (name, kind, wrong) in WRONG.items():
        x = values(kind)
        with np.errstate(all="ignore"):
            answer, right = wrong(x), one(DEFINED[name], x).exact
            loose += [mistake] * np.allclose(answer, right, 1e-2, 1e-2)
            usual += [mistake] * np.allclose(answer, right, *TORCH)
    assert len(loose) >= 6
    assert usual


def differences(function: Callable[[np.ndarray], Any], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    found = np.zeros(x.shape, np.longdouble)
    for place in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[place] += step
        behind[place] -= step
        found[place] = (function(ahead) - function(behind)) / (ahead[place] - behind[place])
    return found


@pytest.mark.parametrize("zeros", [0, 1, 2])
@pytest.mark.parametrize("name", DEFINED)
def test_gradients_of_first_and_second_order_are_those_of_the_value(name: str, zeros: int) -> None:
    rng, define = np.random.default_rng(zeros), DEFINED[name]
    x = rng.standard_normal((3, 5))
    if "cumprod" in name or name == "prod":
        x[0, :zeros], x[1, 2 : 2 + zeros] = 0, 0
    g, h = rng.standard_normal(define(leaf(x)).shape), rng.standard_normal(x.shape)

    def gradient(a: np.ndarray) -> tuple[Real, Real]:
        at = leaf(a)
        (found,) = gradients([define(at)], [leaf(g)], [at])
        assert found is not None
        return at, found

    at, first = gradient(x)
    value = differences(lambda a: (define(leaf(a)).value * g).sum(), x)
    assert np.abs(first.value - value).max() < 1e-8
    (second,) = gradients([first], [leaf(h)], [at])
    again = differences(lambda a: (gradient(a)[1].value * h).sum(), x)
    assert np.abs((0 if second is None else second.value) - again).max() < 1e-6


def test_what_is_made_of_nothing() -> None:
    x = np.zeros((2, 0), F)
    told = {name: one(DEFINED[name], x).exact for name in ("sum", "prod", "mean", "var", "logsumexp", "norm_l1")}
    assert [told[name].ravel().tolist() for name in ("sum", "prod", "logsumexp")] == [
        [0, 0],
        [1, 1],
        [-np.inf, -np.inf],
    ]
    assert all(np.isnan(told[name]).all() for name in ("mean", "var"))
    assert not bounded.reduce_any(Real(x.astype(bool)), (1,)).value.any()
    assert bounded.reduce_all(Real(x.astype(bool)), (1,)).value.all()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32"])
def test_integers_wrap(dtype: str) -> None:
    x = np.array([[100, 100, 100], [127, 127, 3]], dtype)
    for name, right in (("sum", x.sum(axis=1)), ("prod", x.astype(int).prod(axis=1))):
        assert (one(DEFINED[name], x).exact == right.astype(dtype)).all()


def test_equal_maxima_share_the_gradient_evenly() -> None:
    x, g = np.array([[1, 3, 3, 0], [2, 2, 2, 1]], F), np.array([2, 1], F)
    (found,) = bounded.vjps(DEFINED["max"], (x,), (g,), ("x",), ("x",))
    third = F(1) / F(3)
    assert judged(np.array([[0, 1, 1, 0], [third, third, third, 0]], F), found).verdict == "pass"
    for wrong in ([0, 2, 0, 0], [0, 2, 2, 0], [1, 1, 0, 0]):
        assert judged(np.array([wrong, [third, third, third, 0]], F), found).bad_elements


def test_an_infinity_beside_a_partial_sum_that_overflows_is_left_open() -> None:
    big, total = float(np.finfo(F).max), DEFINED["sum"]
    x = np.array([[-np.inf, big, big], [-np.inf, 1, 1], [np.nan, big, big]], F)
    allowed = judged(np.array([np.nan, -np.inf, np.nan], F), one(total, x))
    assert (allowed.verdict, allowed.free_elements) == ("pass", 1)
    assert judged(np.array([-np.inf, np.nan, np.nan], F), one(total, x)).verdict == "special"


@pytest.mark.parametrize(("name", "right"), [("softmax", np.nan), ("log_softmax", np.nan), ("logsumexp", -np.inf)])
def test_a_row_of_minus_infinities(name: str, right: float) -> None:
    x = np.full((1, 3), -np.inf, F)
    assert np.array_equal(one(DEFINED[name], x).exact.ravel()[:1], [right], equal_nan=True)
    y = np.where(np.arange(3) == 1, 2, x).astype(F)
    share = {"softmax": [0, 1, 0], "log_softmax": [-np.inf, 0, -np.inf], "logsumexp": [2]}[name]
    assert one(DEFINED[name], y).exact.ravel().tolist() == share


def test_positions_are_those_of_the_first_and_of_nan() -> None:
    x = np.array([[1, 3, 3], [1, np.nan, 9], [-0.0, 0.0, -1]], F)
    assert bounded.argmax(leaf(x), 1).value.tolist() == [1, 1, 0]
    assert bounded.argmin(leaf(x), 1, True).value.tolist() == [[0], [1], [2]]


def test_zeros_of_both_signs_leave_that_of_the_largest_open() -> None:
    x = np.array([[-0.0, 0.0], [-0.0, -0.0], [-0.0, -1]], F)
    found = one(DEFINED["max"], x)
    assert np.asarray(found.signed_zeros).tolist() == [False, True, True]


def test_a_count_that_ddof_uses_up_is_left_open() -> None:
    found = one(partial(bounded.reduce_var, axes=(1,), ddof=2), values(length=2))
    assert judged(np.zeros(7, F), found).free_elements == 7


@pytest.mark.parametrize("function", ["logsumexp", "softmax", "log_softmax"])
def test_a_sum_of_more_exponentials_than_float16_holds_may_be_infinite(function: str) -> None:
    """A target that keeps the sum in float16, as torch does, cannot hold that of 65,537 equals."""
    x = np.zeros(2**16 + 1, np.float16)
    told = one(lambda a: getattr(bounded, function)(a, (0,)), x)
    infinite = {"logsumexp": np.inf, "softmax": 0.0, "log_softmax": -np.inf}[function]
    answer = np.full(told.exact.shape, infinite, np.float16)
    kept = compare(answer, told, NumericModel("float32", kept="float16"), False)
    assert kept.verdict in ("pass", "undefined")
    assert compare(answer, told, NumericModel("float32"), False).verdict == "special"
