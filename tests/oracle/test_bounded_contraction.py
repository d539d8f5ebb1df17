"""Sums of products inside an op: what errs before them counts, their gradients are such sums, and these once more."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters.oracle import OPS, bounded
from opassay.adapters.oracle.bounded.contraction import severed
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real, known, leaf
from opassay.adapters.oracle.bounded.reverse import gradients

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))
judged, normal, one = helpers.judged, helpers.normal, helpers.one

IMAGE, KERNEL = (1, 5, 4, 2), (3, 2, 2, 3)
CONV = {"stride": (2, 1), "padding": "SAME", "dilation": (1, 1), "groups": 1, "layout": "NCHW"}
POOL = {"window": (2, 2), "stride": (1, 1), "padding": "SAME", "layout": "NHWC"}
CASES = {
    "matmul": ({}, [(2, 3, 40), (40, 5)]),
    "conv2d": (CONV, [(1, 2, 5, 4), KERNEL]),
    "conv2d_transpose": (CONV | {"output_shape": (1, 2, 5, 4)}, [(1, 3, 3, 4), KERNEL]),
    "avg_pool2d": (POOL | {"count_padding": False}, [IMAGE]),
    "avg_unpool2d": ({"window": (2, 3), "layout": "NHWC"}, [IMAGE]),
    "max_pool2d": (POOL | {"dilation": (1, 1)}, [IMAGE]),
    "relu": ({}, [IMAGE]),
    "stop_gradient": ({}, [IMAGE]),
}
SINGLE = Formats("float32", "float32", "float32", False, "")


def after_a_product(op: str):
    """The op of ``x·s`` in place of its first operand, in ``Real`` numbers and in float32, with inputs."""
    attributes, shapes = CASES[op]
    x, s, *others = (normal(*shape, key=key) for key, shape in enumerate([shapes[0], *shapes]))
    bind = OPS[op].bind

    def define(a: Real, b: Real, *more: Real) -> Real:
        return bind(x, *others, **attributes)(a * b, *more)

    answer = OPS[op].values(x * s, *others, **attributes)[0].astype(np.float32)
    return define, (x, s, *others), answer


@pytest.mark.parametrize("op", CASES)
def test_a_rounded_operand_is_in_the_bound_and_one_that_was_truncated_is_not(op):
    define, (x, s, *others), answer = after_a_product(op)
    reference = one(define, x, s, *others)
    assert reference.policy == "bounded"
    assert judged(answer, reference).verdict == "pass"
    short = ((x * s).view(np.uint32) & np.uint32(0xFFFFF000)).view(np.float32)
    wrong = OPS[op].values(short, *others, **CASES[op][0])[0].astype(np.float32)
    assert judged(wrong, reference).verdict == "numeric"


@pytest.mark.parametrize("op", CASES)
def test_of_operands_that_are_known_what_is_said_is_what_is_said_of_the_op_itself(op):
    attributes, shapes = CASES[op]
    inputs = [normal(*shape, key=key) for key, shape in enumerate(shapes)]
    inputs[0].flat[0] = 1e-42
    inside = one(OPS[op].bind(*inputs, **attributes), *inputs)
    (alone,) = OPS[op].reference(attributes, inputs)
    assert (inside.policy, inside.exact.tobytes()) == (alone.policy, alone.exact.tobytes())


@pytest.mark.parametrize("op", ["matmul", "conv2d", "conv2d_transpose", "avg_unpool2d"])
def test_whole_numbers_err_by_nothing_through_a_product_a_sum_and_back(op):
    attributes, shapes = CASES[op]
    arrays = [np.rint(4 * normal(*shape, key=key)) for key, shape in enumerate([shapes[0], *shapes])]
    x, s, *others = (leaf(array.astype(np.float32)) for array in arrays)
    y = OPS[op].bind(*(a.astype(np.float32) for a in arrays[1:]), **attributes)(x * s, *others)
    dy = leaf(np.rint(4 * normal(*y.shape, key=9)))
    for node in (y, *gradients([y], [dy], [x, s, *others])):
        assert not node.error(SINGLE).any()


def test_a_gradient_of_gradients_is_the_sum_that_the_product_rule_says():
    a, b, dy, u, v = (known(np.rint(4 * normal(*shape))) for shape in [(2, 3), (3, 4), (2, 4), (2, 3), (3, 4)])
    da, db = gradients([bounded.matmul(a, b)], [dy], [a, b])
    by_a, by_b, by_dy = gradients([da, db], [u, v], [a, b, dy])
    assert np.array_equal(by_a.value, dy.value @ v.value.T)
    assert np.array_equal(by_b.value, u.value.T @ dy.value)
    assert np.array_equal(by_dy.value, u.value @ b.value + a.value @ v.value)


def test_what_is_severed_still_errs_and_has_no_gradient():
    x = leaf(normal(7))
    y = severed(x * 3)
    assert np.array_equal(y.error(SINGLE), (x * 3).error(SINGLE))
    assert gradients([y], [leaf(normal(7))], [x]) == [None]


def test_where_a_maximum_stands_is_not_known_of_numbers_that_err():
    x = leaf(normal(*IMAGE))
    pool = OPS["max_pool2d"].bind(normal(*IMAGE), **CASES["max_pool2d"][0])
    for operand, knows in ((x, True), (x * 3, False)):
        y = pool(operand)
        (dx,) = gradients([y], [leaf(normal(*y.shape))], [operand])
        assert np.isfinite(dx.error(SINGLE)).all() == knows
