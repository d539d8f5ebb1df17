"""conv2d and conv2d_transpose against plain loops, and identities that need no second implementation."""

from __future__ import annotations

from itertools import product

import ml_dtypes
import numpy as np
import pytest

from opassay.adapters import oracle
from opassay.adapters.oracle import OPS
from opassay.harness.model import dtypes

KERNELS = ((1, 1), (2, 3), (3, 2))
STRIDES = ((1, 1), (2, 3), (3, 1))
DILATIONS = ((1, 1), (2, 1), (1, 3))
PADDINGS = ("SAME", "VALID", ((1, 0), (0, 1)))
EXTENTS = (6, 8)


def geometry(kernel, stride, dilation, padding):
    """Explicit pads and output extents, by the contract's formulas."""
    pads, outputs = [], []
    for axis, n in enumerate(EXTENTS):
        e = (kernel[axis] - 1) * dilation[axis] + 1
        if padding == "SAME":
            out = -(-n // stride[axis])
            total = max(0, (out - 1) * stride[axis] + e - n)
            pads.append((total // 2, total - total // 2))
        else:
            pads.append((0, 0) if padding == "VALID" else tuple(min(p, e - 1) for p in padding[axis]))
        outputs.append((n + sum(pads[axis]) - e) // stride[axis] + 1)
    return tuple(pads), tuple(outputs)


def pairs(x_shape, w_shape, outputs, pads, stride, dilation, groups):
    """Every product of the convolution: index of x, of w and of y, one by one."""
    channels, filters = w_shape[2], w_shape[3] // groups
    for n, p, q, o in product(range(x_shape[0]), *map(range, outputs), range(w_shape[3])):
        for i, j, c in product(range(w_shape[0]), range(w_shape[1]), range(channels)):
            row = p * stride[0] + i * dilation[0] - pads[0][0]
            column = q * stride[1] + j * dilation[1] - pads[1][0]
            if 0 <= row < x_shape[1] and 0 <= column < x_shape[2]:
                yield (n, row, column, o // filters * channels + c), (i, j, c, o), (n, p, q, o)


def nonzero(rng, shape, dtype=np.float32):
    return (rng.integers(1, 4, shape) * rng.choice([-1, 1], shape)).astype(dtype)


COMBINATIONS = [
    (kernel, stride, dilation, padding, groups)
    for kernel, stride, dilation, padding, groups in product(KERNELS, STRIDES, DILATIONS, PADDINGS, (1, 2))
]


def build(kernel, stride, dilation, padding, groups, seed=0):
    rng = np.random.default_rng(seed)
    pads, outputs = geometry(kernel, stride, dilation, padding)
    explicit = padding if isinstance(padding, str) else pads
    x, w = nonzero(rng, (2, *EXTENTS, 2 * groups)), nonzero(rng, (*kernel, 2, groups))
    y = nonzero(rng, (2, *outputs, groups))
    attributes = {"stride": stride, "dilation": dilation, "groups": groups, "padding": explicit, "layout": "NHWC"}
    return x, w, y, attributes, list(pairs(x.shape, w.shape, outputs, pads, stride, dilation, groups))


def test_conv2d_equals_plain_loops_for_every_combination_of_attributes():
    for combination in COMBINATIONS:
        x, w, y, attributes, terms = build(*combination)
        expected, count = np.zeros(y.shape), np.zeros(y.shape, int)
        for at_x, at_w, at_y in terms:
            expected[at_y] += x[at_x] * w[at_w]
            count[at_y] += 1
        assert np.array_equal(oracle.conv2d(x, w, **attributes), expected), combination
        (reference,) = OPS["conv2d"].reference(attributes, (x, w))
        assert np.array_equal(reference.terms, count), combination


def test_conv2d_transpose_equals_plain_loops_for_every_combination_of_attributes():
    for combination in COMBINATIONS:
        x, w, y, attributes, terms = build(*combination)
        expected, count = np.zeros(x.shape), np.zeros(x.shape, int)
        for at_x, at_w, at_y in terms:
            expected[at_x] += y[at_y] * w[at_w]
            count[at_x] += 1
        (reference,) = OPS["conv2d_transpose"].reference(attributes | {"output_shape": x.shape}, (y, w))
        assert np.array_equal(reference.exact, expected), combination
        assert np.array_equal(reference.terms, count), combination


def test_transpose_is_the_adjoint_of_conv_on_random_geometries():
    rng = np.random.default_rng(7)
    for _ in range(300):
        groups = int(rng.integers(1, 4))
        kernel, stride, dilation = (tuple(map(int, rng.integers(1, 4, 2))) for _ in range(3))
        spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        explicit = tuple(tuple(int(rng.integers(0, e)) for _ in range(2)) for e in spans)
        padding = ("SAME", "VALID", explicit)[rng.integers(3)]
        height, width = (int(e + rng.integers(0, 9)) for e in spans)
        x = nonzero(rng, (2, height, width, groups * 2), np.int64)
        w = nonzero(rng, (*kernel, 2, groups * 3), np.int64)
        attributes = {
            "stride": stride, "dilation": dilation, "padding": padding, "groups": groups, "layout": "NHWC"
        }  # fmt: skip
        forward = oracle.conv2d(x, w, **attributes)
        y = nonzero(rng, forward.shape, np.int64)
        back = oracle.conv2d_transpose(y, w, output_shape=x.shape, **attributes)
        assert (forward * y).sum() == (x * back).sum(), attributes


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_layouts_agree_by_transposition(op):
    x, w, y, attributes, _ = build((3, 2), (2, 3), (2, 1), "SAME", 2)
    operand = x if op == "conv2d" else y
    shapes = [{}, {}] if op == "conv2d" else [{"output_shape": x.shape}, {"output_shape": (2, 4, *EXTENTS)}]
    last = getattr(oracle, op)(operand, w, **attributes | shapes[0])
    first = getattr(oracle, op)(operand.transpose(0, 3, 1, 2), w, **attributes | shapes[1] | {"layout": "NCHW"})
    assert last.any()
    assert np.array_equal(first, last.transpose(0, 3, 1, 2))


def test_grouped_conv_equals_separate_convs_side_by_side():
    rng = np.random.default_rng(3)
    x, w = nonzero(rng, (2, 5, 6, 6)), nonzero(rng, (3, 3, 2, 12))
    attributes = {"stride": (2, 1), "dilation": (1, 2), "padding": "SAME", "layout": "NHWC"}
    parts = [
        oracle.conv2d(x[..., 2 * g : 2 * g + 2], w[..., 4 * g : 4 * g + 4], groups=1, **attributes) for g in range(3)
    ]
    whole = oracle.conv2d(x, w, groups=3, **attributes)
    assert np.array_equal(whole, np.concatenate(parts, axis=-1))


ONE = {"stride": (1, 1), "dilation": (1, 1), "groups": 1, "layout": "NHWC"}


def test_terms_and_magnitude_count_only_real_taps_at_the_border():
    x, w = np.full((1, 3, 3, 2), -2, np.float32), np.full((3, 3, 2, 1), 0.5, np.float32)
    (reference,) = OPS["conv2d"].reference(ONE | {"padding": "SAME"}, (x, w))
    expected = 2 * np.array([[4, 6, 4], [6, 9, 6], [4, 6, 4]])
    assert reference.policy == "linear"
    assert np.array_equal(reference.terms[0, :, :, 0], expected)
    assert np.array_equal(reference.magnitude[0, :, :, 0], expected)
    assert np.array_equal(reference.exact, -reference.magnitude)


def test_a_zero_operand_still_counts_as_a_term():
    (reference,) = OPS["conv2d"].reference(
        ONE | {"padding": "VALID"}, (np.zeros((1, 2, 2, 1), np.float32), np.ones((2, 2, 1, 1), np.float32))
    )
    assert reference.terms.tolist() == [[[[4]]]]
    assert reference.magnitude.tolist() == [[[[0]]]]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_integer_conv_wraps_modulo_two_to_the_bits(op, dtype):
    largest = np.iinfo(dtype).max
    x, w = np.full((1, 1, 1, 3), largest, dtype), np.full((1, 1, 3, 3), largest, dtype)
    extra = {"output_shape": x.shape} if op == "conv2d_transpose" else {}
    (reference,) = OPS[op].reference(ONE | {"padding": "VALID"} | extra, (x, w))
    bits = np.iinfo(dtype).bits
    wrapped = (3 * int(largest) ** 2 + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    assert reference.exact.dtype == dtype
    assert reference.policy == "bitwise"
    assert reference.exact.tolist() == [[[[wrapped] * 3]]]


@pytest.mark.parametrize(
    ("dtype", "computed"),
    [("float16", "float64"), ("bfloat16", "float64"), ("float32", "float64"), ("float64", "longdouble")],
)
def test_floats_are_widened_before_they_are_summed(dtype, computed):
    tiny = dtypes.FORMATS[dtype].unit_roundoff / 2
    x = dtypes.narrow(np.array([1, tiny], np.float64).reshape(1, 1, 1, 2), dtype)
    w = dtypes.narrow(np.ones((1, 1, 2, 1)), dtype)
    y = oracle.conv2d(x, w, padding="VALID", **ONE)
    assert y.dtype == np.dtype(computed)
    assert y.ravel()[0] - 1 == tiny


def test_bfloat16_of_ml_dtypes_is_understood():
    x = np.array([1.5, -2], ml_dtypes.bfloat16).reshape(1, 1, 2, 1)
    y = oracle.conv2d(x, np.full((1, 1, 1, 1), 3, ml_dtypes.bfloat16), padding="VALID", **ONE)
    assert y.ravel().tolist() == [4.5, -6.0]


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "padding", "expected"),
    [
        ((0, 4, 4, 2), (3, 3, 2, 5), "VALID", (0, 2, 2, 5)),
        ((2, 4, 4, 2), (3, 3, 2, 0), "VALID", (2, 2, 2, 0)),
        ((2, 0, 4, 2), (3, 3, 2, 5), "SAME", (2, 0, 4, 5)),
        ((2, 4, 4, 0), (3, 3, 0, 5), "SAME", (2, 4, 4, 5)),
        ((2, 0, 1, 1), (2, 1, 1, 1), ((1, 1), (0, 0)), (2, 1, 1, 1)),
        ((1, 1, 1, 1), (1, 1, 1, 1), "VALID", (1, 1, 1, 1)),
    ],
)
def test_extents_of_zero_and_one_follow_the_formula_both_ways(x_shape, w_shape, padding, expected):
    x, w = np.ones(x_shape, np.float32), np.ones(w_shape, np.float32)
    y = oracle.conv2d(x, w, padding=padding, **ONE)
    back = oracle.conv2d_transpose(y.astype(np.float32), w, output_shape=x_shape, padding=padding, **ONE)
    assert y.shape == expected
    assert back.shape == x_shape
    assert np.all(y == (0 if 0 in x_shape else 1))


def test_inputs_are_left_as_they_were():
    x, w, _, attributes, _ = build((2, 3), (1, 1), (1, 1), "SAME", 1)
    before = x.copy(), w.copy()
    x.flags.writeable = w.flags.writeable = False
    OPS["conv2d"].reference(attributes, (x, w))
    assert np.array_equal(x, before[0])
    assert np.array_equal(w, before[1])
