"""Planted mistakes of ops that treat each element alone: as NumPy computes, or a framework answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.dtypes import narrow
from opassay.harness.model.fills import Fill

INF, NAN = math.inf, math.nan


def of(op: str, *columns: Sequence[float], dtype: str = "float32", dy: Sequence[float] = (), **attributes: Any) -> Case:
    """One operand per column; a first column of truth values is a condition."""
    kinds = ["bool" if all(isinstance(v, bool) for v in column) else dtype for column in columns]
    pairs = zip(columns, kinds, strict=True)
    tensors = tuple(Tensor((len(c),), kind, Fill("literal", values=tuple(c))) for c, kind in pairs)
    cotangents = (Tensor((len(dy),), dtype, Fill("literal", values=tuple(dy))),) if dy else ()
    return Case(op, tensors, attributes, "gradient" if dy else "value", cotangents=cotangents)


def gives(*values: float, dtype: Any = np.float32) -> Callable[[Case], Sequence[np.ndarray]]:
    return lambda _: [np.array(values, dtype)]


def erfc_of_rounded_square(case: Case) -> Sequence[np.ndarray]:
    x = float(case.inputs()[0][0])
    lost = float(Fraction(x * x) - Fraction(x) ** 2)
    return [np.array([math.erfc(x) * math.exp(-lost), math.erfc(1)])]


CUBIC = {
    "scales": False,
    "coordinates": "half_pixel",
    "coefficient": -0.5,
    "antialias": False,
    "edges": "excluded",
}


def keys(t: float) -> float:
    t = abs(t)
    return 1.5 * t**3 - 2.5 * t**2 + 1 if t <= 1 else -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


def by_a_table(case: Case) -> Sequence[np.ndarray]:
    """As tf.image.resize: weights of 1024 places between two pixels (tensorflow/core/kernels/image)."""
    (row,), found = case.inputs()[0][0].tolist(), []
    for i in range(3):
        place = round(((i + 0.5) * 5 / 3 - 0.5) * 1024) / 1024
        weights = [keys(place - j) for j in range(5)]
        found.append(sum(w * x for w, x in zip(weights, row, strict=True)) / sum(weights))
    return [np.array([[found]], np.float32)]


def trigamma(x: np.ndarray) -> np.ndarray:
    """As torch 2.13 has it above 1/2 (aten/src/ATen/native/Math.h)."""
    total = np.zeros(x.shape)
    for _ in range(6):
        total, x = total + 1 / (x * x), x + 1
    square = 1 / (x * x)
    return total + (1 + 1 / (2 * x) + square * (1 / 6 - square * (1 / 30 - square / 42))) / x


def scalar(value: float, dtype: Any = np.float32) -> Callable[[Case], Sequence[np.ndarray]]:
    return lambda _: [np.array(value, dtype)]


TINY = 1.5e-38
"""A normal number of float32, half of which is none."""

SINGLE = float(np.float32(1.1))

QUERIES = Tensor((1, 1, 2, 2), "float32", Fill("literal", values=(NAN, 1.0, 0.0, 0.0)))
VALUES = Tensor((1, 1, 2, 2), "float32", Fill("literal", values=(1.0, 1.0, 2.0, 2.0)))

TIE = 1.0625
"""Half between 1 and the next number of 4 digits."""

E4M3FN = {"to": "float8_e4m3fn", "saturate": False}

PLANTED: dict[str, tuple[Case, Callable[[Case], Sequence[Any]]]] = {
    "exp2_by_exp": (
        of("exp2", (1000.3, -900.1, 3.0), dtype="float64"),
        lambda case: [np.exp(case.inputs()[0] * np.log(2.0))],
    ),
    # As torch 2.13 answered: grad * isfinite(self).
    # As MLX 0.32 answered.
    "gradient_multiplied: of what is not chosen": (
        of("where", (True, False), (1.0, 2.0), (3.0, 4.0), dy=(INF, 2.0)),
        lambda _: [None, np.array([INF, 0], np.float32), np.array([NAN, 2], np.float32)],
    ),
    "gradient_multiplied: of the other side": (of("leaky_relu", (1.0, 2.0), dy=(INF, 1.0), slope=0.5), gives(NAN, 1)),
    "gradient_multiplied: of a product": (
        of("prelu", (1.0, -1.0), (-3e38, 2.0), dy=(2.0, 1.0)),
        lambda _: [np.array([NAN, 2], np.float32), np.array([0, -1], np.float32)],
    ),
    "gradient_multiplied: of what is replaced": (
        of("nan_to_num", (NAN, INF, 1.0, -INF), dy=(INF, 2.0, INF, NAN), nan=0.0, posinf=3.0, neginf=False),
        gives(NAN, 0.0, INF, NAN),
    ),
    # As Paddle 3.3.1 answered, eight elements at once and the last one by itself.
    "root_estimated": (
        of("sqrt", (INF, -0.0, 1e-40, -1e-40, 4.0, 1e38, 0.25, NAN, INF)),
        gives(NAN, 0.0, 0.0, INF, 1.9999998807907104, 9.999999980506448e18, 0.5, NAN, INF),
    ),
    "root_estimated: its gradient": (
        of("sqrt", (INF, -0.0, 4.0, 1e-40, 1.0, 1.0, 1.0, 1.0, -0.0), dy=(1.0,) * 9),
        gives(NAN, INF, 0.2500000298023224, INF, 0.5, 0.5, 0.5, 0.5, -INF),
    ),
    "root_estimated: in a slope": (
        of("asinh", (INF, *(1.0,) * 7, INF), dy=(1.0,) * 9),
        gives(NAN, *(math.sqrt(0.5),) * 7, 0.0),
    ),
    "root_of_squares": (
        of("hypot", (1e200, 1e-200, 3.0), (1.0, 1e-200, 4.0), dtype="float64"),
        gives(INF, 0.0, 5.0, dtype=np.float64),
    ),
    "root_of_squares: of bfloat16": (
        of("hypot", (1e30, 3.0), (1.0, 4.0), dtype="bfloat16"),
        lambda _: [narrow(np.array([INF, 5.0]), "bfloat16")],
    ),
    # As MindSpore 2.10 answered.
    "maximum_added_again": (
        of("binary_cross_entropy_with_logits", (0.00494311, 1.0), (-22042.76, 57.73), reduction=False),
        gives(108.96028137, 0.0),
    ),
    "slopes_at_zero": (
        of(
            "binary_cross_entropy_with_logits",
            (0.25, 1.0),
            (0.0, 20.0),
            dy=(2.0, 1.0),
            reduction=False,
        ),
        lambda _: [np.array((-0.0, -20.0), np.float32), np.array((-1.5, -2.0611536e-09), np.float32)],
    ),
    # As JAX 0.10.2 answered; the others overflow, and have no bound.
    "exp2_by_exp: few": (
        of("exp2", (13.0, 20.0, 21.0, 22.0), dtype="float16", dy=(-2.0, 1.0, 1.0, 1.0)),
        gives(-11416.0, np.inf, np.inf, np.inf, dtype=np.float16),
    ),
    "asin_of_parts": (of("asin", (TINY, 0.25)), gives(0, math.asin(0.25))),
    "erfc_by_exp": (of("erfc", (26.379049892425538, 1.0), dtype="float64"), erfc_of_rounded_square),
    "erf_by_difference": (of("erf", (1e-9, 0.5)), gives(0, math.erf(0.5))),
    "sigmoid_by_difference": (of("sigmoid", (-30.0, 0.0)), gives(0, 0.5)),
    # As TensorFlow 2.21 answered.
    "log1p_by_quotient": (of("log1p", (2.080432022921741e-05,)), gives(2.080410013149958e-05)),
    "divisors_multiplied": (
        of("log10", (33856.0, 2.0), dtype="float16", dy=(-20.0, 1.0)),
        gives(-0.0, 0.5 / math.log(10), dtype=np.float16),
    ),
    "added_to_one": (of("erfinv", (1e-9, 0.5)), gives(0, 0.4769362762)),
    # As TensorFlow 2.21 answered; 4.3 units in the last place.
    "beyond_opencl": (of("acos", (0.5710548758506775, 0.25)), gives(0.963005781173706, math.acos(0.25))),
    # As JAX 0.10.2 answered, of a divisor that is broadcast.
    "divided_by_reciprocal": (of("div", (1.5e38, -2e38, 6.0), (3e38, 3e38, 3.0)), gives(0.0, -0.0, 2.0)),
    # As JAX 0.10.2 answered: 1/b is 10**5, which float16 does not have, and 0 times infinity NaN.
    "divided_by_reciprocal: of float16": (
        of("div", (3e-5, 1e-5, -2e-5, 0.0, 6e-5), (1e-5, 1e-5, 1e-5, 1e-5, 3e-5), dtype="float16"),
        gives(INF, INF, -INF, NAN, 2.002, dtype=np.float16),
    ),
    "divided_by_reciprocal: rounded down": (
        of("floor_divide", (3e-5, -2e-5, 9.0, 27.203125), (1e-5, 1e-5, 3.0, -0.01379), dtype="float16"),
        gives(INF, -INF, 3.0, -1974.0, dtype=np.float16),
    ),
    # As JAX 0.10.2 answered: 41 · (1/41) is 1 - 2**-24.
    "divided_by_reciprocal: whole quotients": (
        of("fmod", (41.0, 9.0), (41.0, 3.0), dy=(1.0, 1.0)),
        lambda _: [np.array([1, 1], np.float32), np.array([-0.0, -3], np.float32)],
    ),
    "divided_by_reciprocal: floors of float16": (
        of("remainder", (11.0, -9.0), (11.0, 4.0), dtype="float16", dy=(1.0, 1.0)),
        lambda _: [np.array([1, 1], np.float16), np.array([0, 3], np.float16)],
    ),
    # As JAX 0.10.2 answered; 2.28 units in the last place.
    "beyond_its_page": (of("acos", (0.9692190289497375, 0.25)), gives(0.24875764548778534, math.acos(0.25))),
    # As JAX 0.10.2 answered; 1.39 units in the last place.
    "beyond_its_page: of tan": (of("tan", (7.8539505004882812, 0.25)), gives(32119.75390625, math.tan(0.25))),
    "reciprocal_estimated": (of("reciprocal", (1.0, 3.0)), gives(1 - 2.0**-24, 1 / 3)),
    # As TensorFlow 2.21 answered of the second number, whose answer is 0.99707520659.
    "reciprocal_estimated: of a root": (of("rsqrt", (4.0, 1.005875)), gives(0.5, 0.997075081)),
    "pi_in_one_part": (
        of("cos", (4.712358341960236, 1.0), dtype="float64"),
        # As onnxruntime 1.32 answered.
        gives(-3.063842444870618e-05, math.cos(1), dtype=np.float64),
    ),
    # As JAX 0.10.2 answered.
    "beyond_its_range": (of("exp", (88.72000885009766, 1.0)), gives(3.393205344927141e38, math.e)),
    "exponential_overflows": (of("cosh", (89.0, 1.0)), gives(INF, math.cosh(1))),
    "exponential_overflows: not in the rest of a vector": (
        of("sinh", (89.0, -89.0, 89.0)),
        gives(INF, -INF, math.sinh(89)),
    ),
    "exponential_overflows: in a gradient": (
        of("sinh", (89.0, 89.0), dy=(-0.5, 0.25)),
        gives(-INF, 0.25 * math.cosh(89)),
    ),
    # The next five as MLX 0.32 answered.
    "exp_within_88": (
        of("exp", (88.5, -88.5, 1.0), dtype="float64"),
        gives(INF, 0.0, 2.7182817459106445, dtype=np.float64),
    ),
    "exp_within_88: of a selection": (
        of("elu", (100.0, -1.0), dy=(1.0, 1.0), alpha=1.0),
        gives(NAN, 0.3678794503211975),
    ),
    "exp_within_88: of float16": (
        of("elu", (12.0, -1.0), dtype="float16", dy=(1.0, 1.0), alpha=1.0),
        gives(NAN, 0.367919921875, dtype=np.float16),
    ),
    "exp_within_88: of a sum": (
        of("logaddexp", (3.0, -1.0), (-7.0, 1.0), dy=(1.0, 1.0)),
        lambda _: [
            np.array([0.9999545812606812, 0.11920291185379028], np.float32),
            np.array([4.5418739318847656e-05, 0.8807970881462097], np.float32),
        ],
    ),
    "exp_within_88: of short constants": (of("selu", (-1.0, 1.0)), gives(-1.1113275289535522, 1.0506999492645264)),
    "exponent_128": (of("exp", (88.5, 1.0)), gives(INF, math.e)),
    # As PyTensor 3.0 answered.
    "log_of_one_added: logaddexp": (of("logaddexp", (-1e-5, 0.0), (-11.5, 0.0)), gives(1.3273893e-07, math.log(2))),
    "log_of_one_added: cross-entropy": (
        of("binary_cross_entropy_with_logits", (1.0, 0.0, 1.0), (20.0, -20.0, 1.0), reduction=False),
        gives(0, 0, math.log1p(math.exp(-1))),
    ),
    # The next eight as MindSpore 2.10 answered.
    "few_terms": (of("exp", (-1.0, 0.5)), gives(0.36787882447242737, 1.64872145652771)),
    "log_of_six_digits": (of("log", (0.99955064, 4.0)), gives(-0.00044935942, 1.3862943649291992)),
    "log_of_six_digits: log2": (of("log2", (0.99994713, 4.0)), gives(-7.6102326e-05, 2.0)),
    # As LiteRT 2.3 answered with XNNPACK.
    "log_of_absolute_error": (of("log", (1 + 2.0**-22, 4.0)), gives(3 * 2.0**-23, math.log(4))),
    "log_of_absolute_error: of a large number": (of("log", (3e38, 4.0)), gives(INF, math.log(4))),
    "exponent_rounded_up": (of("expm1", (88.5, 1.0)), gives(INF, math.e - 1)),
    "log_of_absolute_error: of what is added to 1": (
        of("log1p", (3e38, 3.0)),
        gives(INF, math.log(4)),
    ),
    "expm1_by_exp: in steps": (
        of("expm1", (1e-4, 88.72, 42.0)),
        gives(0.00010001659393310547, INF, 1.7392719516852552e18),
    ),
    "sine_of_absolute_error": (of("sin", (3.1419999599456787, 1.0)), gives(-0.0004074573516845703, math.sin(1))),
    "sine_of_absolute_error: beyond 1": (
        of("cos", (6.2829, 4.712050437927246)),
        gives(1 + 2.0**-23, -0.00033855438232421875),
    ),
    "sine_of_absolute_error: of a multiple of π": (
        of("sinc", (1.0004386901855469, 0.5)),
        gives(-0.000438609131, 2 / math.pi),
    ),
    "exponent_wrapped": (of("sigmoid", (1e27, -1e28, 3e38, 1.0)), gives(NAN, NAN, 1.0, 1 / (1 + math.exp(-1)))),
    "held_within_ends": (
        of("logsumexp", (-INF, -INF), axes=(0,), keepdims=False),
        lambda _: [np.array(-np.finfo(np.float32).max)],
    ),
    "expm1_by_exp": (of("expm1", (1e-4, 1.0)), gives(0.00010001659393310547, 1.7182817459106445)),
    "scale_without_alpha": (of("selu", (-2.0, 1.0), dy=(1.0, 1.0)), gives(-0.5465394854545593, 1.0507010221481323)),
    "quotient_of_squares": (of("mish", (45.0, 2.0)), gives(NAN, 1.9439589595339946)),
    "logarithm_of_sigmoid": (of("log_sigmoid", (-89.0, 17.0, 1.0)), gives(-INF, 0.0, -0.3132612407207489)),
    # As MindSpore 2.10 answered.
    "logarithm_of_sigmoid: of float16": (
        of("log_sigmoid", (-11.1, -9.0, 9.0), dtype="float16"),
        gives(-INF, -9.0, 0.0, dtype=np.float16),
    ),
    "logarithm_of_sigmoid: 3 divided by it": (
        of("log_sigmoid", (-709.79, -709.0, -708.4, 1.0), dtype="float64", dy=(3.0, 3.0, 3.0, 1.0)),
        gives(NAN, INF, NAN, 0.2689414213699951, dtype=np.float64),
    ),
    "logarithm_of_sigmoid: flushed by some threads": (
        of("log_sigmoid", (-708.5, 40.0, -708.5, 1.0), dtype="float64"),
        gives(-INF, 0.0, -708.5, -0.3132616875182228, dtype=np.float64),
    ),
    "logarithm_of_sigmoid: bits of a subnormal": (
        of("log_sigmoid", (-87.84788513183594, 17.0)),
        gives(-87.55986785888672, 0.0),
    ),
    "logarithm_of_sigmoid: gradient": (of("log_sigmoid", (-89.0, 1.0), dy=(1.0, 1.0)), gives(NAN, 0.26894110441207886)),
    "infinite_shift": (of("logsumexp", (-INF, -INF), axes=(0,), keepdims=False), lambda _: [np.array(NAN, np.float32)]),
    "halved_last: in float16": (
        of("gelu", (40000.0, 1.0), dtype="float16", approximate=False),
        gives(INF, 0.84130859375, dtype=np.float16),
    ),
    "exponent_126: exp": (of("exp", (-87.2, 0.0)), gives(0, 1)),
    "exponent_126": (of("sigmoid", (-87.1, 0.0)), gives(0, 0.5)),
    "infinity_taken_for_zero": (
        of("logaddexp", (1.0, 1.0), (INF, 1.0), dy=(1.0, 1.0)),
        lambda _: [np.array([math.e, 0.5], np.float32), np.array([1.0, 0.5], np.float32)],
    ),
    # As JAX 0.10.2 answered.
    "infinity_taken_for_zero: float16": (
        of("logaddexp", (12.0, 0.75, 1.0), (INF, INF, 1.0), dtype="float16", dy=(0.001, 65504.0, 1.0)),
        lambda _: [np.array([INF, INF, 0.5], np.float16), np.array([0.001, 65504.0, 0.5], np.float16)],
    ),
    # As torch 2.13 answered.
    "angle_times_pi: lgamma": (
        of("lgamma", (-0.9999999999954979, 3.0), dtype="float64", dy=(1.0000000000022753, 1.0)),
        gives(-222116126094.0064, 1.5 - 0.5772156649015329, dtype=np.float64),
    ),
    # As JAX 0.10.2 answered.
    "lgamma_by_lanczos: gradient": (
        of("lgamma", (1.1081604, 3.0), dy=(-0.14913301, 1.0)),
        gives(0.061460607, 1.5 - 0.5772156649015329),
    ),
    "one_too_early": (
        of("tanh", (17.80307909011841, 0.5), dtype="float64"),
        gives(1, math.tanh(0.5), dtype=np.float64),
    ),
    "exp_less_one": (of("selu", (-1e-9, 1.0)), gives(0, 1.0507009873554805)),
    "log_of_one_added": (of("softplus", (-20.0, 1.0)), gives(0, math.log1p(math.e))),
    "softplus_of_ends": (of("softplus", (-13.95, 1.0)), gives(math.exp(np.float32(-13.95)), math.log1p(math.e))),
    "softplus_to_20": (
        of("softplus", (20.5, 1.0), dtype="float64"),
        gives(20.5, math.log1p(math.e), dtype=np.float64),
    ),
    "constants_in_float32": (
        of("leaky_relu", (-1.0, 2.0), dtype="float64", slope=0.2),
        gives(-float(np.float32(0.2)), 2, dtype=np.float64),
    ),
    "kink_counted_twice": (of("celu", (0.0, 2.0), dy=(3.0, 5.0), alpha=1.0), gives(6, 5)),
    # As JAX 0.10.2 answered.
    "lgamma_by_lanczos": (of("lgamma", (1.0, 3.0)), gives(4.76837158e-07, math.log(2))),
    "square_overflows": (of("erf", (1e200, 0.5), dtype="float64"), gives(NAN, math.erf(0.5), dtype=np.float64)),
    "gradient_in_steps": (
        of("erfc", (40.0, 1.0, 0.5), dy=(3.3e38, 3.3e38, 1.0)),
        gives(NAN, -INF, -2 / math.sqrt(math.pi) * math.exp(-0.25)),
    ),
    # As JAX 0.10.2 answered, and TensorFlow 2.21: 0 times the overflowing reciprocal of 2**-24.
    "gradient_in_steps: of an exponent of 0": (
        of("pow", (2.0**-24, 2.0), (0.0, 3.0), dtype="float16", dy=(1.0, 1.0)),
        lambda _: [np.array([NAN, 12], np.float16), np.array([-16.64, 5.547], np.float16)],
    ),
    # As JAX 0.10.2 answered.
    "gradient_in_steps: of a reciprocal": (
        of("reciprocal", (370.0, 2.0), dtype="float16", dy=(-12728.0, 1.0)),
        gives(0.0, -0.25, dtype=np.float16),
    ),
    "gradient_in_steps: of a length": (
        of("hypot", (1e30, 1e-30, 3.0), (1e30, 1e-30, 4.0), dy=(1.0, 1.0, 1.0)),
        lambda _: [np.array([1.0606601, -INF, 0.6], np.float32), np.array([1.0606601, -INF, 0.8], np.float32)],
    ),
    # As Keras 3.15.1 answered on TensorFlow.
    "gradient_in_steps: of two equal lengths": (
        of("hypot", (-3.0, 3.0), (3.0, 4.0), dy=(1.0, 1.0)),
        lambda _: [np.array([-1.4142135, 0.6], np.float32), np.array([0, 0.8], np.float32)],
    ),
    "remainder_of_sizes": (
        of("fmod", (0.0, -9.0), (3.0, 2.0), dy=(1.0, 1.0)),
        lambda _: [np.array([0, 1], np.float32), np.array([-0.0, 4], np.float32)],
    ),
    # As TensorFlow 2.21 answered.
    "slope_multiplied_first": (
        of("gelu", (-2.2e38, 1e38, 1.0), dy=(-3.0, 1.0, 0.0), approximate=False),
        gives(NAN, 1, 0),
    ),
    # As TensorFlow 2.21 answered on AVX-512.
    "reciprocal_estimated: tan": (of("tan", (0.0, 1.0), dy=(-2.95843554, 0.0)), gives(-2.9584353, 0)),
    # As TensorFlow 2.21 answered on AVX-512.
    "expm1_by_quotient": (of("expm1", (0.0038162284, 1.0)), gives(0.00382352015, math.e - 1)),
    # As TensorFlow 2.21 answered.
    "zero_gradient_stays": (of("sqrt", (-0.0, 4.0), dy=(0.0, 2.0)), gives(0, 0.5)),
    "zero_gradient_stays: of a reciprocal": (of("reciprocal", (0.0, 2.0), dy=(0.0, 2.0)), gives(0, -0.5)),
    # As TensorFlow 2.21 answered.
    "gradient_in_steps: a logarithm": (
        of("pow", (NAN, 2.0), (0.0, 3.0), dy=(1.0, 1.0)),
        lambda _: [np.array([0, 12], np.float32), np.array([0, 8 * math.log(2)], np.float32)],
    ),
    # As torch 2.13 answered.
    "infinite_early": (of("lgamma", (4.07e36, 4.0)), gives(INF, math.log(6))),
    "quotient_overflows": (of("remainder", (1e30, 5.0), (1e-30, 3.0)), gives(NAN, 2)),
    "quotient_overflows: in float64": (
        of("fmod", (1e300, 1e30), (1e-30, 1e-30), dtype="float64"),
        gives(NAN, math.fmod(1e30, 1e-30), dtype=np.float64),
    ),
    "out_of_range": (of("tanh", (9.0, 0.5)), gives(1 + 2.0**-23, math.tanh(0.5))),
    "saturated: in 32 bits": (of("mul", (200, 1, 3), (250, 2, 3), dtype="uint8"), gives(255, 2, 9, dtype=np.uint8)),
    # As OpenVINO 2026.4 answered on AVX-512.
    "unordered_is_true": (of("greater", (NAN, 1.0, 1.0), (2.0, NAN, 2.0)), gives(True, True, False, dtype=np.bool_)),
    # As torch 2.13 answered on AVX-512.
    # As MLX 0.32 answered.
    "halved_last: infinite for infinity": (of("gelu", (2e38, INF, 2.0), approximate=False), gives(INF, INF, 1.9544997)),
    "halved_last": (of("gelu", (2e38, INF, 2.0), approximate=False), gives(INF, NAN, 1.9544997361036416)),
    "saturated": (of("add", (200, 1), (100, 2), dtype="uint8"), gives(255, 3, dtype=np.uint8)),
    # As MindSpore 2.10 answered.
    "integers_in_float32: roll": (
        of("roll", (2**53 + 1, 5), dtype="int64", shift=1, axis=0),
        gives(5, 2**53, dtype=np.int64),
    ),
    "integers_in_float32": (
        of("equal", (2**24 + 1, 1), (2**24, 2), dtype="int32"),
        gives(True, False, dtype=np.bool_),
    ),
    "zeros_of_other_sign": (of("relu", (-1.0, 2.0, -3.0)), gives(-0.0, 2, -0.0)),
    # As Paddle 3.3 answered.
    "slope_of_seven_digits": (
        of("hard_sigmoid", (-2.5, 1.0), dtype="float64"),
        lambda case: [0.5 + float(np.float32(0.1666667)) * case.inputs()[0]],
    ),
    "alpha_divides_in_float32": (
        of("celu", (-1.0, 2.0), dtype="float64", dy=(1.0, 1.0), alpha=1.1),
        gives(1.1 / SINGLE * math.exp(-1 / SINGLE), 1, dtype=np.float64),
    ),
    "nan_replaced": (of("maximum", (NAN, 1.0), (2.0, 3.0)), gives(2, 3)),
    "nan_replaced: by a limit": (of("hard_tanh", (NAN, 0.5, 3.0)), gives(-1, 0.5, 1)),
    "equal_if_close": (of("equal", (1e-16, 1.0, 3.0), (2e-16, 2.0, 3.0)), gives(True, False, True, dtype=np.bool_)),
    "minus_zero_lost": (of("where", (True, False, True), (-0.0, 1.0, 3.0), (1.0, -0.0, 1.0)), gives(0.0, -0.0, 3)),
    "remainder_by_quotient": (
        of("fmod", (6.702716827392578, 5.0), (-2.0000035762786865, 3.0)),
        lambda case: [(lambda a, b: a - b * np.trunc(a / b))(*case.inputs())],
    ),
    # As Paddle 3.3 answered.
    "exp_from_least": (of("exp", (-100.0, 1.0)), gives(2.93826504e-39, math.e)),
    # Half way between two numbers, once 1 is added, but for what a longdouble drops.
    "added_to_one: twice": (
        of("erfinv", (5.551233707738398e-16, 0.5), dtype="float64"),
        gives(5.903457226082486e-16, 0.4769362762044699, dtype=np.float64),
    ),
    "added_to_one: beyond": (of("erfinv", (2.0, -0.0, 0.5)), gives(INF, 0.0, 0.4769362762)),
    "quotient_not_chosen": (of("sinc", (0.0, 0.5), dy=(1.0, 1.0)), gives(NAN, -4 / math.pi)),
    "by_a_textbook": (of("sinh", (1e-9, 1.0)), gives(0, math.sinh(1))),
    # The next fifteen as tinygrad 0.14 answered.
    "by_a_textbook: exponentials of float16": (
        of("cosh", (11.5, 1.0), dtype="float16"),
        gives(INF, 1.54296875, dtype=np.float16),
    ),
    "by_a_textbook: an infinity lost": (of("asinh", (-INF, -0.0, 1.0)), gives(NAN, 0, math.asinh(1))),
    "subnormals_flushed: in part": (
        of("exp2", (-22.015625, -22.0, 1.0), dtype="float16"),
        gives(0, 2.0**-22, 2, dtype=np.float16),
    ),
    "by_a_textbook: pow": (
        of("pow", (1.0, -1.0, -0.0, -0.0, -2.0), (NAN, INF, -1.0, 3.0, 3.0)),
        gives(NAN, NAN, INF, 0.0, -8),
    ),
    "textbook_differentiated: pow": (
        of("pow", (2.970054993056692e-06,), (5.953159332275391,), dy=(-0.2100609391927719,)),
        lambda _: [np.array([v], np.float32) for v in (-5.245858575136647e-28, 3.33085178e-33)],
    ),
    "textbook_differentiated": (of("atan", (0.0, 1.0), dy=(3.0, 5.0)), gives(0, 2.5)),
    "activation_by_a_textbook": (
        of("elu", (-1e-9, -0.5, 100.0), dy=(3.0, 5.0, 7.0), alpha=1.0),
        gives(0, 3.032653331756592, NAN),
    ),
    "activation_by_a_textbook: celu": (
        of("celu", (1e-9, -0.5, 1.0), dy=(3.0, 5.0, 7.0), alpha=1.0),
        gives(4.5, 3.032653331756592, 7),
    ),
    "activation_by_a_textbook: softplus": (of("softplus", (INF, 1.0)), gives(NAN, 1.31326162815094)),
    "activation_by_a_textbook: hard_swish": (of("hard_swish", (1e20, 1.0)), gives(0, 2 / 3)),
    "angle_reduced_with_an_error": (
        of("sin", (100000000.37, 1.0), dtype="float64"),
        gives(0.7546677126784218, 0.8414709848078965, dtype=np.float64),
    ),
    "angle_reduced_with_an_error: a quarter turn lost": (
        of("tan", (1.1292826027439885e21, 0.5)),
        gives(-1, math.tan(0.5)),
    ),
    "textbook_differentiated: erf": (
        of("erf", (0.0, 3.0), dy=(2.0, 2.0)),
        gives(0, 0.0002786346594803035),
    ),
    "angle_reduced_with_an_error: of float16": (
        of("sin", (31.171875, 1.0), dtype="float16"),
        gives(-0.24072265625, 0.84130859375, dtype=np.float16),
    ),
    "remainder_by_quotient: of float64": (
        of("remainder", (1e300, 5.3), (7.3, -2.0), dtype="float64"),
        gives(5.9650306910597355e283, 5.3 - 6, dtype=np.float64),
    ),
    "angle_times_pi": (of("digamma", (1.5, 3.0), dtype="float64", dy=(1.0, 1.0)), lambda c: [trigamma(c.inputs()[0])]),
    "in_32_bits": (
        of("sqrt", (2.0, 3.0), dtype="float64"),
        lambda case: [np.sqrt(case.inputs()[0].astype(np.float32)).astype(np.float64)],
    ),
    "in_32_bits: left": (
        of("sqrt", (2.0, 3.0), dtype="float64"),
        lambda case: [np.sqrt(case.inputs()[0].astype(np.float32))],
    ),
    "in_32_bits: integers": (
        of("add", (2**33 + 1, 7), (2, 3), dtype="int64"),
        gives(3, 10, dtype=np.int32),
    ),
    "block_order_swapped": (
        Case("space_to_depth", (Tensor((1, 2, 2, 2), "float32", Fill("iota")),), {"block": 2, "order": "DCR"}),
        lambda case: [case.inputs()[0].reshape(1, 8, 1, 1)],
    ),
    "first_of_axis": (
        Case(
            "resize_linear",
            (Tensor((1, 1, 3, 2), "float32", Fill("literal", values=(1.0, 3.0, 5.0, 7.0, 9.0, 11.0))),),
            {"coordinates": "half_pixel", "antialias": False, "edges": "clamped", "scales": False, "size": (1, 2)},
        ),
        lambda _: [np.array([[[[1.0, 3.0]]]], np.float32)],
    ),
    "weights_tabulated": (
        Case("resize_cubic", (Tensor((1, 1, 5), "float32", Fill("iota")),), {**CUBIC, "size": (3,)}),
        by_a_table,
    ),
    # As TensorFlow 2.21 answered on AVX-512.
    "zero_beside_nan": (of("softmax", (1.0, NAN, 3.0), axis=0), gives(0, NAN, 0)),
    # As Paddle 3.3.1 answered.
    "half_shift_wraps": (
        of("cast", (2.0**-80, 2.0**-88, 2.0**-100, 1.0), to="float16"),
        gives(2.0**-16, 2.0**-24, 0.0, 1.0, dtype=np.float16),
    ),
    "slope_of_one_added": (of("mish", (-30.0, 45.0, 1.0), dy=(1.0,) * 3), gives(0.0, 1.0, 1.0490362200997922)),
    "gradient_multiplied: of an infinite exponential": (
        of("celu", (1000.0, -1.0), dy=(1.0, 1.0), alpha=2.0),
        gives(NAN, math.exp(-0.5)),
    ),
    "exp_from_least: of a share": (
        of("logaddexp", (0.0, 3.0), (161.6, 3.0), dy=(0.730823814868927, 1.0)),
        lambda _: [np.array([2.1473539706267427e-39, 0.5], np.float32), np.array([0.730823814868927, 0.5], np.float32)],
    ),
    "exp_from_least: of log_sigmoid": (
        of("log_sigmoid", (200.0, 1.0), dy=(-3.0, 1.0)),
        gives(-8.81479512e-39, 1 / (1 + math.e)),
    ),
    "log_of_one_added: to 20": (
        of("softplus", (20.5, -40.0, 1.0), dtype="float64"),
        gives(20.5, 0.0, math.log1p(math.e), dtype=np.float64),
    ),
    "exp_less_one: of constants of float32": (
        of("selu", (-1e-20, 1.0), dtype="float64"),
        gives(0.0, 1.0507010221481323, dtype=np.float64),
    ),
    # As LiteRT 2.3 answered.
    "nan_passed_over: with what stands before": (of("min", (1.0, NAN, 3.0), axes=(0,), keepdims=False), scalar(3)),
    "zero_beside_nan: its logarithm": (of("log_softmax", (1.0, NAN, 3.0), axis=0), gives(-INF, NAN, -INF)),
    "nan_passed_over": (of("max", (NAN, 1.0, 3.0), axes=(0,), keepdims=False), scalar(3)),
    # As onnxruntime 1.32 answered.
    "sums_saturate: rounded": (
        of("sum", (2**53 + 1, -(2**53) - 3, 2**53 + 5), dtype="int64", axes=(0,), keepdims=False),
        scalar(2**53, np.int64),
    ),
    # As MindSpore 2.10 answered.
    "sums_saturate: to the lowest": (
        of("sum", (2**62, 2**62, 2**62), dtype="int64", axes=(0,), keepdims=False),
        scalar(-(2**63), np.int64),
    ),
    "sums_saturate": (
        of("sum", (2**31 - 1, 5), dtype="int32", axes=(0,), keepdims=False),
        scalar(2**31 - 1, np.int32),
    ),
    "cumprod_by_quotient": (
        of("cumprod", (2.0, 0.0, 3.0), dy=(1.0, 1.0, 1.0), axis=0, exclusive=False, reverse=False),
        gives(1, 0, 0),
    ),
    # As TensorFlow 2.21 answered.
    "softplus_of_ends: bfloat16": (
        of("softplus", (-2.875, 1.0), dtype="bfloat16"),
        lambda _: [narrow(np.array([math.exp(-2.875), math.log1p(math.e)]), "bfloat16")],
    ),
    "constants_in_float32: gelu": (
        of("gelu", (-3.0, 1.0), dtype="float64", approximate=False),
        lambda c: [np.array([0.5 * x * (1 + math.erf(x * float(np.float32(0.5**0.5)))) for x in c.inputs()[0]])],
    ),
    "constants_in_float32: gelu_tanh": (
        of("gelu", (-3.0, 1.0), dtype="float64", approximate=True),
        lambda c: [
            np.array(
                [
                    0.5 * x * (1 + math.tanh((2 / math.pi) ** 0.5 * (x + float(np.float32(0.044715)) * x**3)))
                    for x in c.inputs()[0]
                ]
            )
        ],
    ),
    "constants_in_float32: hard_sigmoid": (
        of("hard_sigmoid", (1.0, 5.0), dtype="float64", dy=(3.0, 1.0)),
        gives(3 * float(np.float32(1 / 6)), 0, dtype=np.float64),
    ),
    "exp_less_one: slope": (
        of("selu", (-1e-9, 1.0, -1.0), dy=(1.0, 1.0, 1.0)),
        gives(1.0507009873554805, 1.0507009873554805, 0.646768603034814),
    ),
    "exponent_126: silu": (of("silu", (-87.1, 1.0)), gives(-0.0, 1 / (1 + math.exp(-1)))),
    "reciprocal_estimated: log": (of("log", (3e38, 1.0), dy=(100.0, 1.0)), gives(3e-37, 1)),
    # As torch 2.13 answered.
    "through_float32": (
        of("round_to_float8", (TIE + 2.0**-50, TIE + 2.0**-12), dtype="float64", **E4M3FN),
        gives(1, 1.125, dtype=np.float64),
    ),
    # As torch 2.13 answered.
    "nan_seen_by_nobody": (
        Case("attention", (QUERIES, VALUES, VALUES), {"causal": False, "scale": False}),
        lambda _: [np.array([[[[0, 0], [1.5, 1.5]]]], np.float32)],
    ),
    # As onnxruntime 1.32 answered.
    "code_beyond": (of("round_to_float8", (480.0, 470.0), **E4M3FN), gives(448, NAN)),
    "code_beyond: infinity's": (
        of("round_to_float8", (61440.0, 65536.0), to="float8_e5m2", saturate=False),
        gives(NAN, INF),
    ),
    "through_float16": (of("round_to_float8", (TIE + 2.0**-12, TIE + 2.0**-9), **E4M3FN), gives(1, 1.125)),
    "through_bfloat16": (
        of("round_to_float8", (3.0, 1.0, 1.0), dy=(TIE + 2.0**-12, TIE + 2.0**-9, 3.0), **E4M3FN),
        gives(1, 1, 3),
    ),
    # As Keras 3.15 answered on TensorFlow.
    "neighbour_of_float64": (of("nextafter", (1.0, -3.0, 2.0), (2.0, -4.0, 2.0)), gives(1, -3, 2)),
    # As torch 2.13 answered.
    "loss_by_difference": (
        of("binary_cross_entropy_with_logits", (0.0, 1.0), (-20.0, 1.0), reduction=False),
        gives(0, math.log1p(math.exp(-1))),
    ),
    # As torch 2.13 answered.
    "loss_by_difference: gradient": (
        of("binary_cross_entropy_with_logits", (0.5, 0.5), (100.0, 1.0), dy=(1.0, 1.0), reduction=False),
        lambda _: [np.array([-INF, -1], np.float32), np.array([0.5, 1 / (1 + math.exp(-1)) - 0.5], np.float32)],
    ),
    # As MLX 0.32 answered.
    "loss_by_difference: softplus": (
        of("binary_cross_entropy_with_logits", (1.0, 1.0), (20.0, -1.0), reduction=False),
        gives(0, math.log1p(math.exp(1))),
    ),
    "slope_by_difference": (
        of("huber_loss", (0.0, 2.0), (1e-9, 0.0), dy=(1.0, 1.0), delta=1.0, reduction=False),
        lambda _: [np.array([0, 1], np.float32), np.array([0, -1], np.float32)],
    ),
    # As MindSpore 2.10 answered.
    "zero_times_far": (
        of("huber_loss", (0.0, 2.0), (INF, 0.0), dy=(1.0, 1.0), delta=1.0, reduction=False),
        lambda _: [np.array([NAN, 1], np.float32), np.array([NAN, -1], np.float32)],
    ),
    "zero_times_log": (of("xlogy", (0.0, 0.0, 2.0), (0.0, 3.0, 1.0)), gives(NAN, 0, 0)),
    "in_32_bits: the answer": (
        of("mse_loss", (0.0, 0.0), (1e30, 1.0), dtype="float64", reduction=False),
        gives(INF, 1, dtype=np.float64),
    ),
    "minus_zero_lost: some": (of("sqrt", (-0.0, -0.0, 4.0)), gives(0.0, -0.0, 2)),
    "one_too_early: some": (
        of("tanh", (17.80307909011841, 17.80307909011841), dtype="float64"),
        gives(1, math.tanh(17.80307909011841), dtype=np.float64),
    ),
}
