"""Gradients by bounded arithmetic: what NumPy makes of the formula passes, what is a little wrong does not."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.oracle import bounded
from opassay.harness.judge.compare import compare
from opassay.harness.model.numeric_model import NumericModel

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
DTYPES, judged, normal = helpers.DTYPES, helpers.judged, helpers.normal

ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["add", "sub", "mul"])
def test_a_gradient_is_summed_over_the_axes_that_were_repeated(name: str, dtype: str) -> None:
    a, b, dy = normal(6, 5, dtype=dtype), normal(5, dtype=dtype, key=1), normal(6, 5, dtype=dtype, key=2)
    da, db = bounded.vjps(ARITHMETIC[name], (a, b), (dy,), ("a", "b"))
    sign = -1 if name == "sub" else 1
    right = (dy * b, (dy * a).sum(0)) if name == "mul" else (dy, sign * dy.sum(0))
    assert (da.name, db.name, db.exact.shape) == ("da", "db", (5,))
    assert [judged(right[0].astype(dtype), da).verdict, judged(right[1].astype(dtype), db).verdict] == ["pass"] * 2
    assert judged((right[1] * (1 + 64 * np.finfo(dtype).eps)).astype(dtype), db).verdict == "numeric"


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradients_of_a_quotient(dtype: str) -> None:
    a, b, dy = normal(50, dtype=dtype), normal(50, dtype=dtype, key=1), normal(50, dtype=dtype, key=2)
    da, db = bounded.vjps(lambda a, b: a / b, (a, b), (dy,), ("a", "b"))
    assert judged(dy / b, da).verdict == "pass"
    assert [judged(answer, db).verdict for answer in (-dy * a / (b * b), -dy * (a / b) / b)] == ["pass"] * 2
    assert judged(dy * a / (b * b), db).verdict == "numeric"


def test_what_has_no_gradient_is_not_connected() -> None:
    x, n, dy = normal(3), np.arange(3, dtype=np.int32), normal(3)
    define = lambda x, y, n: (x + 1, y + n.value)  # noqa: E731
    kinds = [r.policy for r in bounded.vjps(define, (x, x, n), (dy, None), ("x", "y", "n"))]
    assert kinds == ["bounded", "unconnected", "unconnected"]


def test_a_jump_has_no_gradient_or_zeros() -> None:
    (found,) = bounded.vjps(lambda x: bounded.floor(x), (normal(3),), (normal(3),), ("x",))
    assert compare(None, found, NumericModel("float32"), False).verdict == "pass"
    assert compare(np.zeros(3, np.float32), found, NumericModel("float32"), False).verdict == "pass"
    assert compare(np.ones(3, np.float32), found, NumericModel("float32"), False).verdict == "shape"


def test_where_both_are_largest_the_gradient_may_be_shared() -> None:
    x, dy = np.array([1.0, 2.0], np.float32), np.array([3.0, 5.0], np.float32)
    (da, _) = bounded.vjps(
        bounded.maximum, (x, np.array([1.0, 1.0], np.float32)), (dy,), ("x", "other"), ("x", "other")
    )
    for share in (0.0, 0.5, 1.0):
        assert judged(np.array([3 * share, 5], np.float32), da).verdict == "pass"
    assert judged(np.array([3.2, 5], np.float32), da).verdict == "numeric"
    assert judged(np.array([3, 4], np.float32), da).verdict == "numeric"


def test_no_nan_comes_back_from_the_operand_that_is_not_chosen() -> None:
    condition, x, nan = np.array([True, False]), normal(2), np.full(2, np.nan, np.float32)
    _, dx, dy = bounded.vjps(bounded.where, (condition, x, nan), (np.ones(2, np.float32),), ("x", "y"))
    assert judged(np.array([1, 0], np.float32), dx).verdict == "pass"
    assert judged(np.array([0, 1], np.float32), dy).verdict == "pass"
    assert judged(np.array([np.nan, 1], np.float32), dy).message.startswith("NaN appeared")


def test_a_cotangent_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a cotangent must have the shape \(3,\) of the answer, got \(2,\)"):
        bounded.vjps(lambda x: x + 1, (normal(3),), (normal(2),), ("x",))


@pytest.mark.parametrize("answer", [0.0, np.nan, np.inf])
def test_an_infinite_cotangent_may_be_multiplied_by_the_share_or_chosen(answer: float) -> None:
    x, dy = np.array([1.0, 1.0], np.float32), np.array([np.inf, 2.0], np.float32)
    da, _ = bounded.vjps(bounded.maximum, (x, x + 1), (dy,), ("x", "other"), ("x", "other"))
    found = judged(np.array([answer, 0], np.float32), da)
    assert (found.verdict, found.free_elements) == ("pass", 1)
    assert judged(np.array([answer, 1], np.float32), da).verdict == "numeric"


def test_equal_infinities_share_the_gradient_of_their_maximum() -> None:
    x = np.array([-np.inf], np.float32)
    da, _ = bounded.vjps(bounded.maximum, (x, x), (np.array([3.0], np.float32),), ("x", "other"), ("x", "other"))
    assert [judged(np.array([v], np.float32), da).verdict for v in (0, 1.5, 3, 4)] == ["pass"] * 3 + ["numeric"]


def test_an_infinite_cotangent_times_what_may_be_flushed_is_not_judged() -> None:
    x, dy = np.array([-88.0], np.float32), np.array([np.inf], np.float32)
    (dx,) = bounded.vjps(lambda x: bounded.exp(x), (x,), (dy,), ("x",))
    assert judged(np.array([np.nan], np.float32), dx, flushes=True).free_elements == 1
    assert judged(np.array([np.nan], np.float32), dx, flushes=False).verdict == "special"


def test_where_a_function_has_no_value_no_gradient_is_asked() -> None:
    x = np.array([-2.0, 2.0], np.float32)
    (dx,) = bounded.vjps(lambda x: bounded.log(x), (x,), (np.ones(2, np.float32),), ("x",))
    for left_out in (np.nan, -0.5, 7):
        assert judged(np.array([left_out, 0.5], np.float32), dx).verdict == "pass"
    assert judged(np.array([np.nan, 0.6], np.float32), dx).verdict == "numeric"


def test_a_square_may_double_its_operand_first() -> None:
    x, dy = np.array([3e38, 3.0], np.float32), np.array([1e-3, 1e-3], np.float32)
    (dx,) = bounded.vjps(lambda x: bounded.square(x), (x,), (dy,), ("x",))
    assert judged(np.array([np.inf, 6e-3], np.float32), dx).free_elements == 1
    assert judged(np.array([np.inf, 3e-3], np.float32), dx).verdict == "numeric"


def test_gelu_has_a_slope_where_its_bell_underflows() -> None:
    x, dy = np.float32([-20, 20, 30]), np.float32([1, 1, 3])
    for form in (bounded.gelu, bounded.gelu_tanh):
        (found,) = bounded.vjps(form, (x,), (dy,), ("x",))
        assert judged(np.float32([0, 1, 3]), found).verdict == "pass"
        assert judged(np.float32([0, 1, 3.01]), found).verdict == "numeric"


def test_the_gradient_of_attention_may_make_its_shares_again_of_the_logarithm_of_their_sum() -> None:
    """At large scores that logarithm is rounded by far more than a share of almost 1 is."""
    q, k, v, dy = (normal(1, 1, 6, 8, key=i) for i in range(4))
    q, k = 20 * q, 20 * np.repeat(k[:, :, :3], 2, axis=2)
    define = lambda q, k, v: bounded.attention(q, k, v, 1.0, np.ones((6, 6), dtype=bool), "zeros")  # noqa: E731
    found = bounded.vjps(define, (q, k, v), (dy,), ("q", "k", "v"))[2]
    scores = (q @ k.swapaxes(2, 3)).astype(np.float64)
    whole = np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    again = np.exp(scores - whole.astype(np.float32)).astype(np.float32)
    assert np.abs(again.sum(-1) - 1).max() > 2.0**-20
    assert judged(again.swapaxes(2, 3) @ dy, found).verdict == "pass"
    assert judged((1.001 * again).swapaxes(2, 3) @ dy, found).verdict == "numeric"
