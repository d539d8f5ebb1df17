"""What a gradient takes and gives: its dtypes, no gradient at all, and cotangents that are refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from opassay.adapters.oracle import OPS
from opassay.adapters.oracle.average import AVERAGES
from opassay.adapters.oracle.conv import CONVOLUTIONS, TRANSPOSES
from opassay.adapters.oracle.geometry import LAYOUTS
from opassay.adapters.oracle.pool import MAXIMA
from opassay.harness.model import dtypes
from opassay.harness.model.case import Tensor
from opassay.harness.model.op import ContractError

AXES = {name: axes for names in (CONVOLUTIONS, TRANSPOSES, MAXIMA, AVERAGES) for axes, name in enumerate(names, 1)}


def example(op, dtype):
    """Attributes, inputs and the right cotangent of a small call, all ones and index 0."""
    axes = AXES.get(op, 2)
    one, two, small = (1,) * axes, (2,) * axes, (1, *(2,) * axes, 1)
    layout = {"layout": LAYOUTS[axes][0]}
    windows = layout | {"stride": one, "padding": "SAME"}
    images = windows | {"dilation": one}
    filters = (*two, 1, 1)
    first = np.array([0, 1, 2, 3]).reshape(1, 2, 2, 1)
    families = {
        CONVOLUTIONS: (images | {"groups": 1}, [small, filters]),
        TRANSPOSES: (images | {"groups": 1, "output_shape": small}, [small, filters]),
        MAXIMA: (images | {"window": two}, [small]),
        AVERAGES: (windows | {"window": two, "count_padding": True}, [small]),
    }
    attributes, shapes = {name: call for names, call in families.items() for name in names}.get(op) or {
        "max_pool2d_with_argmax": (images | {"window": two}, [small]),
        "max_unpool2d": (layout | {"output_shape": small}, [small, first]),
        "avg_unpool2d": (layout | {"window": one}, [small]),
        "matmul": ({}, [(2, 3), (3, 2)]),
        "scatter_nd": ({"shape": (4,)}, [np.array([[0], [1]]), (2,)]),
        "relu": ({}, [(3,)]),
        "stop_gradient": ({}, [(3,)]),
    }[op]
    inputs = [s if isinstance(s, np.ndarray) else Tensor(s, dtype).materialize() for s in shapes]
    return attributes, inputs, Tensor(OPS[op].values(*inputs, **attributes)[0].shape, dtype).materialize()


def answers(op, cotangent):
    return (cotangent, None) if op == "max_pool2d_with_argmax" else (cotangent,)


def test_the_examples_are_of_every_op():
    for op in OPS:
        attributes, inputs, dy = example(op, "float32")
        assert len(OPS[op].vjp(attributes, inputs, answers(op, dy))) == len(inputs)


@pytest.mark.parametrize("dtype", dtypes.FLOATS)
@pytest.mark.parametrize("op", [op for op in OPS if op != "stop_gradient"])
def test_a_gradient_has_the_shape_and_dtype_of_its_input_and_an_index_has_none(op, dtype):
    attributes, inputs, dy = example(op, dtype)
    for x, dx in zip(inputs, OPS[op].vjp(attributes, inputs, answers(op, dy)), strict=True):
        assert dx.name.startswith("d")
        assert dx.dtype == dtypes.dtype_name(x)
        assert (dx.policy == "unconnected") == (not dtypes.is_float(dx.dtype))
        assert dx.policy == "unconnected" or dx.exact.shape == x.shape


@pytest.mark.parametrize("op", OPS)
def test_an_output_left_out_gives_no_gradient(op):
    attributes, inputs, _ = example(op, "float32")
    found = OPS[op].vjp(attributes, inputs, answers(op, None))
    assert {dx.policy for dx in found} == {"unconnected"}
    assert [dx.dtype for dx in found] == [dtypes.dtype_name(x) for x in inputs]


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("op", [op for op in OPS if op not in AVERAGES])
def test_integers_have_no_gradient_whatever_the_cotangent(op, given):
    attributes, inputs, dy = example(op, "int32")
    found = OPS[op].vjp(attributes, inputs, answers(op, dy if given else None))
    assert {dx.policy for dx in found} == {"unconnected"}
    assert all(dx.exact.size == 0 for dx in found)


def test_stop_gradient_gives_no_gradient():
    attributes, inputs, dy = example("stop_gradient", "float32")
    assert [dx.policy for dx in OPS["stop_gradient"].vjp(attributes, inputs, (dy,))] == ["unconnected"]


@pytest.mark.parametrize("op", [op for op in OPS if op != "stop_gradient"])
def test_a_cotangent_of_another_shape_or_dtype_is_refused_by_name_with_both(op):
    attributes, inputs, dy = example(op, "float32")
    shape = f"{op}: a cotangent must have the shape {dy.shape} of the answer, got {(1, *dy.shape)}"
    with pytest.raises(ContractError, match=f"^{re.escape(shape)}$"):
        OPS[op].vjp(attributes, inputs, answers(op, dy[None]))
    dtype = f"^{op}: a cotangent must have the dtype float32 of the answer, got float64$"
    with pytest.raises(ContractError, match=dtype):
        OPS[op].vjp(attributes, inputs, answers(op, dy.astype(np.float64)))


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("op", [op for op in OPS if op != "matmul"])
def test_a_gradient_refuses_what_its_op_refuses_with_a_cotangent_or_without(op, given):
    attributes, inputs, dy = example(op, "float32")
    strange = [x.astype(np.complex64) if x.dtype == np.float32 else x for x in inputs]
    with pytest.raises(ContractError, match=f"^{op}: .* must be one of .* got complex64"):
        OPS[op].vjp(attributes, strange, answers(op, dy if given else None))
