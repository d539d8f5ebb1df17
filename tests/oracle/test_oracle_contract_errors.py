"""Every rule of the contract, broken one at a time: ContractError says which; the unbroken call is accepted."""

from __future__ import annotations

import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS
from opassay.harness.model import dtypes
from opassay.harness.model.op import ContractError


def ones(*shape, dtype="float32"):
    return dtypes.narrow(np.ones(shape), dtype)


COMMON = {"stride": (1, 1), "padding": "VALID", "layout": "NHWC"}
CONV = COMMON | {"dilation": (1, 1), "groups": 2}
POOL = COMMON | {"window": (2, 2), "dilation": (1, 1)}
INDICES = np.arange(12).reshape(1, 2, 2, 3)

VALID = {
    "conv2d": ({"x": ones(2, 5, 5, 4), "w": ones(3, 3, 2, 6)}, CONV),
    "conv2d_transpose": ({"x": ones(2, 3, 3, 6), "w": ones(3, 3, 2, 6)}, CONV | {"output_shape": (2, 5, 5, 4)}),
    "max_pool2d": ({"x": ones(1, 4, 4, 3)}, POOL),
    "max_pool2d_with_argmax": ({"x": ones(1, 4, 4, 3)}, POOL),
    "avg_pool2d": ({"x": ones(1, 4, 4, 3)}, COMMON | {"window": (2, 2), "count_padding": False}),
    "max_unpool2d": (
        {"x": ones(1, 2, 2, 3), "indices": INDICES}, {"output_shape": (1, 4, 4, 3), "layout": "NHWC"}
    ),
    "avg_unpool2d": ({"x": ones(1, 2, 2, 3)}, {"window": (2, 2), "layout": "NHWC"}),
    "matmul": ({"a": ones(2, 3, 4), "b": ones(2, 4, 5)}, {}),
    "scatter_nd": ({"indices": np.array([[0, 1], [2, 3]]), "updates": ones(2, 5)}, {"shape": (3, 4, 5)}),
    "relu": ({"x": ones(2)}, {}),
    "stop_gradient": ({"x": ones(2)}, {}),
}  # fmt: skip

WINDOWED = {
    "stride zero": ({"stride": (1, 0)}, "stride must be 2 integers >= 1.*entry 1 is 0"),
    "stride negative": ({"stride": (-1, 1)}, "stride must be 2 integers >= 1.*entry 0 is -1"),
    "stride of one number": ({"stride": 2}, "stride must be 2 integers >= 1, got 2"),
    "stride of three numbers": ({"stride": (1, 1, 1)}, "stride must be 2 integers"),
    "stride fractional": ({"stride": (1.5, 1)}, "stride must be 2 integers"),
    "padding word": ({"padding": "FULL"}, "padding must be 'SAME', 'VALID' or .*got 'FULL'"),
    "padding flat": ({"padding": (1, 1)}, "padding of the height must be 2 integers"),
    "padding number": ({"padding": 1}, "explicit padding must be"),
    "padding negative": ({"padding": ((0, 0), (0, -1))}, "padding of the width must be .*>= 0.*entry 1 is -1"),
    "padding past 32 bits": ({"padding": ((0, 2**31), (0, 0))}, "padding of the height must be (smaller|less) than"),
    "layout": ({"layout": "CHWN"}, "layout must be 'NHWC' or 'NCHW', got 'CHWN'"),
}
DILATED = {
    "dilation zero": ({"dilation": (0, 1)}, "dilation must be 2 integers >= 1.*entry 0 is 0"),
    "dilation too large": ({"dilation": (5, 1)}, "too small: the effective window of .* does not fit.* height"),
}
POOLED = {
    "padding too large": ({"padding": ((0, 3), (0, 0))}, "padding of the height must be smaller than"),
    "window zero": ({"window": (2, 0)}, "window must be 2 integers >= 1.*entry 1 is 0"),
    "window larger than input": ({"window": (2, 5)}, "x is too small: the effective window of 5 .* width of 4"),
    "rank three": ({"x": ones(4, 4, 3)}, r"x must have rank 4 \(NHWC\), got rank 3"),
    "dtype": ({"x": np.ones((1, 4, 4, 3), np.complex64)}, "x must be one of .* got complex64"),
}
CONVOLVED = {
    "groups zero": ({"groups": 0}, "groups must be .* >= 1"),
    "groups do not divide outputs": ({"w": ones(3, 3, 2, 5)}, "groups 2 must divide the filter's last extent 5"),
    "filter extent zero": ({"w": ones(0, 3, 2, 6)}, "filter's height and width must be at least 1"),
    "filter rank": ({"w": ones(3, 2, 6)}, "filter must have rank 4, got rank 3"),
    "dtypes differ": ({"w": ones(3, 3, 2, 6, dtype="float16")}, "operands must have one dtype"),
    "integer dtype": ({"w": ones(3, 3, 2, 6, dtype="int8")}, "w must be one of .* got int8"),
}
BROKEN = {
    "conv2d": WINDOWED | DILATED | CONVOLVED | {
        "rank three": ({"x": ones(5, 5, 4)}, "x must have rank 4"),
        "channel mismatch": ({"x": ones(2, 5, 5, 6)}, "x has 6 channels.* takes 4"),
        "groups do not divide inputs": ({"x": ones(2, 5, 5, 3)}, "groups 2 must divide the 3 channels of x"),
        "window larger than input": ({"w": ones(3, 6, 2, 6)}, "window of 6 does not fit the padded width of 5"),
    },
    "conv2d_transpose": WINDOWED | DILATED | CONVOLVED | {
        "rank three": ({"x": ones(3, 3, 6)}, "x must have rank 4"),
        "channel mismatch": ({"x": ones(2, 3, 3, 4)}, "x has 4 channels, the filter .* takes 6"),
        "groups do not divide inputs": ({"x": ones(2, 3, 3, 7)}, "groups 2 must divide the 7 channels of x"),
        "output batch": ({"output_shape": (1, 5, 5, 4)}, "has batch 1, but x has batch 2"),
        "output channels": ({"output_shape": (2, 5, 5, 5)}, "has 5 channels, but the filter .* makes 4"),
        "output too small": ({"output_shape": (2, 4, 5, 4)}, "too small in its height: .* gives height 2"),
        "output smaller than window": ({"output_shape": (2, 2, 5, 4)}, r"output_shape \(2, 2, 5, 4\) is too small"),
        "output too large": ({"output_shape": (2, 5, 6, 4)}, "too large in its width: .* gives width 4"),
        "output negative": ({"output_shape": (2, 5, -5, 4)}, "output_shape must be .*>= 0.*entry 2 is -5"),
        "output rank": ({"output_shape": (2, 5, 5)}, "output_shape must be 4 integers"),
    },
    "max_pool2d": WINDOWED | DILATED | POOLED,
    "max_pool2d_with_argmax": WINDOWED | DILATED | POOLED,
    "avg_pool2d": WINDOWED | POOLED | {
        "integers": ({"x": ones(1, 4, 4, 3, dtype="int32")}, "x must be one of .* got int32"),
        "count_padding": ({"count_padding": 1}, "count_padding must be True or False, got 1"),
    },
    "max_unpool2d": {
        "index out of range": ({"indices": INDICES + 39}, r"indices must lie in \[0, 48\), got \[48\]"),
        "index negative": ({"indices": INDICES - 3}, r"indices must lie in \[0, 48\), got \[-3\]"),
        "index of another channel": ({"indices": INDICES + 1}, "index mod 3 = channel"),
        "indices of another shape": ({"indices": INDICES[:, :1]}, r"indices must have the shape \(1, 2, 2, 3\)"),
        "index dtype": ({"indices": INDICES.astype(np.float32)}, "indices must be int32 or int64, got float32"),
        "output batch": ({"output_shape": (2, 4, 4, 3)}, "has batch 2, but x has batch 1"),
        "output channels": ({"output_shape": (1, 4, 4, 4)}, "has 4 channels, but x has 3"),
        "output negative": ({"output_shape": (1, -4, 4, 3)}, "output_shape must be .*entry 1 is -4"),
        "output rank": ({"output_shape": (4, 4, 3)}, "output_shape must be 4 integers"),
        "rank three": ({"x": ones(2, 2, 3)}, "x must have rank 4"),
        "layout": ({"layout": "HWNC"}, "layout must be"),
        "dtype": ({"x": np.ones((1, 2, 2, 3), bool)}, "x must be one of .* got bool"),
    },
    "avg_unpool2d": {
        "window zero": ({"window": (0, 1)}, "window must be 2 integers >= 1.*entry 0 is 0"),
        "rank three": ({"x": ones(2, 2, 3)}, "x must have rank 4"),
        "layout": ({"layout": "HW"}, "layout must be"),
        "dtype": ({"x": np.ones((1, 2, 2, 3), np.uint16)}, "x must be one of .* got uint16"),
    },
    "matmul": {
        "inner mismatch": ({"a": ones(2, 3, 3)}, r"inner extents must be equal, got 3 columns of a \(2, 3, 3\) and 4"),
        "rank one a": ({"a": ones(4)}, "a must have rank 2 or more, got rank 1"),
        "rank one b": ({"b": ones(4)}, "b must have rank 2 or more, got rank 1"),
        "batch mismatch": ({"a": ones(3, 3, 4)}, r"batch axes must broadcast .* got \(3,\) of a and \(2,\) of b"),
        "dtypes differ": ({"a": ones(2, 3, 4, dtype="bfloat16")}, "operands must have one dtype"),
        "dtype": ({"a": ones(2, 3, 4, dtype="uint8")}, "a must be one of .* got uint8"),
    },
    "scatter_nd": {
        "index out of range": ({"indices": np.array([[0, 1], [2, 4]])}, r"into axis 1 must lie in \[0, 4\), got \[4\]"),
        "index negative": ({"indices": np.array([[-1, 1], [2, 3]])}, r"into axis 0 must lie in \[0, 3\), got \[-1\]"),
        "updates shape": ({"updates": ones(2, 4)}, r"updates must have shape \(2, 5\)"),
        "depth too large": ({"indices": np.zeros((2, 4), int)}, r"must lie in \[1, 3\] .* got 4"),
        "depth zero": ({"indices": np.zeros((2, 0), int)}, r"must lie in \[1, 3\] .* got 0"),
        "scalar indices": ({"indices": np.array(1)}, "indices must have rank 1 or more"),
        "index dtype": ({"indices": np.zeros((2, 2))}, "indices must be int32 or int64, got float64"),
        "shape negative": ({"shape": (3, 4, -5)}, "shape must be .*entry 2 is -5"),
        "shape not a tuple": ({"shape": 3}, "shape must be a tuple of integers >= 0, got 3"),
        "dtype": ({"updates": np.ones((2, 5), np.uint32)}, "updates must be one of .* got uint32"),
    },
    "relu": {"dtype": ({"x": np.ones(2, bool)}, "x must be one of .* got bool")},
    "stop_gradient": {"dtype": ({"x": np.ones(2, complex)}, "x must be one of .* got complex128")},
}  # fmt: skip
RULES = [(op, rule) for op, rules in BROKEN.items() for rule in rules]


@pytest.mark.parametrize(("op", "rule"), RULES, ids=[f"{op}-{rule.replace(' ', '_')}" for op, rule in RULES])
def test_breaking_one_rule_raises_a_contract_error_that_says_which(op, rule):
    change, message = BROKEN[op][rule]
    inputs, attributes = VALID[op]
    inputs = {name: change.get(name, value) for name, value in inputs.items()}
    attributes = {name: change.get(name, value) for name, value in attributes.items()}
    assert set(change) <= set(inputs) | set(attributes)
    with pytest.raises(ContractError, match=f"^{op}: .*{message}"):
        getattr(oracle, op)(*inputs.values(), **attributes)
    with pytest.raises(ContractError, match=message):
        OPS[op].reference(attributes, tuple(inputs.values()))


@pytest.mark.parametrize("op", VALID)
def test_the_unbroken_call_is_accepted_by_function_and_reference_alike(op):
    inputs, attributes = VALID[op]
    direct = getattr(oracle, op)(*inputs.values(), **attributes)
    references = OPS[op].reference(attributes, tuple(inputs.values()))
    for array, reference in zip(direct if isinstance(direct, tuple) else (direct,), references, strict=True):
        assert array.size > 0
        assert np.array_equal(array, reference.exact)


def test_padding_one_below_the_effective_window_is_accepted():
    attributes = POOL | {"dilation": (2, 3), "padding": ((2, 2), (3, 3))}
    assert oracle.max_pool2d(ones(1, 4, 4, 3), **attributes).shape == (1, 6, 7, 3)
    with pytest.raises(ContractError, match="smaller than the effective window 4, got"):
        oracle.max_pool2d(ones(1, 4, 4, 3), **attributes | {"padding": ((2, 2), (4, 3))})


def test_lists_and_numpy_integers_serve_as_attributes():
    x, w = VALID["conv2d"][0].values()
    y = oracle.conv2d(x, w, **CONV | {"stride": [np.int64(2), 1], "padding": [[1, 0], [0, 1]]})
    assert y.shape == (2, 2, 4, 6)
