"""A NaN that is given comes out again; where a kernel may rightly make one, the contract leaves the answer open."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.harness.find.registry import Registry

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
ALONG = {"axes": (1,), "keepdims": False, "unbiased": False}
NORM = {"eps": 1e-5}
HUGE = np.float32(3e38)


def asked(name: str, inputs: list[np.ndarray], **attributes: object):
    return Registry().op(name).reference(attributes, inputs)[0]


X = np.array([[np.nan, 1, -2, 0.5], [1, 2, 3, 4]], np.float32)
W = np.ones(4, np.float32)
GIVEN = {
    "gelu": ([X], {"approximate": False}),
    "elu": ([X], {"alpha": 2.0}),
    "selu": ([X], {}),
    "leaky_relu": ([X], {"slope": 0.1}),
    "hard_swish": ([X], {}),
    "var": ([X], ALONG),
    "layer_norm": ([X, W, W], NORM),
    "rms_norm": ([X, W], NORM),
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_nan_that_is_made_a_number_is_seen(name: str) -> None:
    inputs, attributes = GIVEN[name]
    told = asked(name, inputs, **attributes)
    right = told.exact.astype(np.float32)
    assert np.isnan(right).any()
    assert helpers.judged(right, told).verdict == "pass"
    assert helpers.judged(np.where(np.isnan(right), np.float32(0), right), told).verdict == "special"


def rows(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


NAN, INF = (np.full((1, 1, 1, 1), value, np.float32) for value in (np.nan, np.inf))


@pytest.mark.parametrize(("key", "verdicts"), [(HUGE, ("pass", "undefined")), (np.float32(0.5), ("special",))])
def test_a_hidden_score_that_overflows_beside_minus_infinity_leaves_its_query_open(key, verdicts) -> None:
    bias = np.array([[-np.inf]], np.float32)
    told = asked("biased_attention", [bias, rows(HUGE), rows(key), rows(1)], scale=1.0)
    assert helpers.judged(NAN, told).verdict in verdicts


@pytest.mark.parametrize(("key", "verdicts"), [(HUGE, ("pass", "undefined")), (np.float32(0.5), ("special",))])
def test_a_score_that_a_mask_hides_and_that_overflows_leaves_its_query_open(key, verdicts) -> None:
    mask = np.array([[True, False]])
    told = asked("masked_attention", [mask, rows(HUGE), rows(0, key), rows(1, 1)], scale=1.0)
    assert helpers.judged(NAN, told).verdict in verdicts


@pytest.mark.parametrize(("value", "verdicts"), [(HUGE, ("pass", "undefined")), (np.float32(1), ("special",))])
def test_a_sum_that_is_divided_last_may_overflow(value, verdicts) -> None:
    told = asked("attention", [rows(0), rows(0, 0), rows(value, value)], scale=1.0, causal=False)
    assert helpers.judged(INF, told).verdict in verdicts
