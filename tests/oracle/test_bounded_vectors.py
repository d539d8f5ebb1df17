"""Answers by others, from installed packages: SciPy's functions, and the cases of ONNX's nodes."""

from __future__ import annotations

import runpy
import warnings
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
import scipy.special
from onnx.backend.test.loader import load_model_tests

from opassay.adapters.oracle import bounded
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))

SCIPY: dict[str, tuple[Callable[..., Any], float, float]] = {
    "cbrt": (scipy.special.cbrt, -9, 9),
    "erf": (scipy.special.erf, -4, 4),
    "erfc": (scipy.special.erfc, -4, 4),
    "erfinv": (scipy.special.erfinv, -1, 1),
    "digamma": (scipy.special.psi, 0, 40),
    "exp2": (scipy.special.exp2, -9, 9),
    "expm1": (scipy.special.expm1, -9, 9),
    "lgamma": (scipy.special.gammaln, 2.5, 40),
    "log1p": (scipy.special.log1p, -1, 9),
    "log_sigmoid": (scipy.special.log_expit, -40, 40),
    "logit": (scipy.special.logit, 0, 1),
    "sigmoid": (scipy.special.expit, -40, 40),
}

Attributes = Mapping[str, Any]

KNOWN = {
    "bool",
    "float16",
    "float32",
    "float64",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}

ONNX: dict[str, Callable[[Attributes], Callable[..., Any]]] = {
    "Abs": lambda _: bounded.absolute,
    "Acos": lambda _: bounded.acos,
    "Acosh": lambda _: bounded.acosh,
    "Add": lambda _: bounded.add,
    "And": lambda _: bounded.logical_and,
    "Asin": lambda _: bounded.asin,
    "Asinh": lambda _: bounded.asinh,
    "Atan": lambda _: bounded.atan,
    "Atanh": lambda _: bounded.atanh,
    "BitShift": lambda a: bounded.shift_left if a["direction"] == b"LEFT" else bounded.shift_right,
    "BitwiseAnd": lambda _: bounded.bitwise_and,
    "BitwiseNot": lambda _: bounded.bitwise_not,
    "BitwiseOr": lambda _: bounded.bitwise_or,
    "BitwiseXor": lambda _: bounded.bitwise_xor,
    "Ceil": lambda _: bounded.ceil,
    "Celu": lambda a: lambda x: bounded.celu(x, a.get("alpha", 1.0)),
    "Cos": lambda _: bounded.cos,
    "Cosh": lambda _: bounded.cosh,
    "Div": lambda _: lambda x, y: x / y if x.is_float else bounded.trunc_quotient(x, y),
    "Elu": lambda a: lambda x: bounded.elu(x, a.get("alpha", 1.0)),
    "Equal": lambda _: bounded.equal,
    "Erf": lambda _: bounded.erf,
    "Exp": lambda _: bounded.exp,
    "Floor": lambda _: bounded.floor,
    "Gelu": lambda a: bounded.gelu_tanh if a.get("approximate") == b"tanh" else bounded.gelu,
    "Greater": lambda _: bounded.greater,
    "GreaterOrEqual": lambda _: bounded.greater_equal,
    "HardSwish": lambda _: bounded.hard_swish,
    "IsNaN": lambda _: bounded.isnan,
    "LeakyRelu": lambda a: lambda x: bounded.leaky_relu(x, a.get("alpha", 0.01)),
    "Less": lambda _: bounded.less,
    "LessOrEqual": lambda _: bounded.less_equal,
    "Log": lambda _: bounded.log,
    "Mish": lambda _: bounded.mish,
    "Mod": lambda a: bounded.fmod if a.get("fmod") else bounded.remainder,
    "Mul": lambda _: bounded.mul,
    "Neg": lambda _: bounded.neg,
    "Not": lambda _: bounded.logical_not,
    "Or": lambda _: bounded.logical_or,
    "Reciprocal": lambda _: bounded.reciprocal,
    "Round": lambda _: bounded.round_even,
    "Selu": lambda _: bounded.selu,
    "Shrink": lambda a: lambda x: (bounded.soft_shrink if a.get("bias") else bounded.hard_shrink)(x, a["lambd"]),
    "Sigmoid": lambda _: bounded.sigmoid,
    "Sign": lambda _: bounded.sign,
    "Sin": lambda _: bounded.sin,
    "Sinh": lambda _: bounded.sinh,
    "Softplus": lambda _: bounded.softplus,
    "Softsign": lambda _: bounded.softsign,
    "Sqrt": lambda _: bounded.sqrt,
    "Sub": lambda _: bounded.sub,
    "Tan": lambda _: bounded.tan,
    "Tanh": lambda _: bounded.tanh,
    "Where": lambda _: bounded.where,
    "Xor": lambda _: bounded.logical_xor,
}
"""By operator: from the node's attributes to a definition. A Selu and an Elu that name others than the usual constants
are left out, as are all whose types bounded arithmetic does not know."""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SCIPY)
def test_scipy(name: str, dtype: str) -> None:
    function, low, high = SCIPY[name]
    x = np.random.default_rng(3).uniform(low, high, 2000).astype(dtype)
    (reference,) = bounded.references(lambda x: getattr(bounded, name)(x), (x,), dtype)
    found = helpers.judged(function(x.astype(np.float64)).astype(dtype), reference)
    assert (found.verdict, found.elements) == ("pass", 2000)


def _by_expit(target: Any, x: Any) -> Any:
    return -target * scipy.special.log_expit(x) - (1 - target) * scipy.special.log_expit(-x)


PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "hypot": np.hypot,
    "xlogy": scipy.special.xlogy,
    "copysign": np.copysign,
    "heaviside": np.heaviside,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "huber": lambda target, x: scipy.special.huber(1, x - target),
    "binary_cross_entropy": _by_expit,
    "divergence": lambda target, x: -scipy.special.entr(target) - target * x,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PAIRS)
def test_scipy_of_pairs(name: str, dtype: str) -> None:
    draw = np.random.default_rng(3)
    a, b = draw.choice([0, 1, *draw.uniform(0, 1, 6)], 2000).astype(dtype), draw.uniform(-30, 30, 2000).astype(dtype)
    b = np.abs(b) if name == "xlogy" else b
    (reference,) = bounded.references(lambda x, y: getattr(bounded, name)(x, y), (a, b), dtype)
    right = PAIRS[name](*(v.astype(np.float64) for v in (a, b)))
    found = helpers.judged(right.astype(dtype), reference)
    assert (found.verdict, found.elements) == ("pass", 2000)


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_scipy_of_rows(name: str) -> None:
    x = 60 * np.random.default_rng(3).standard_normal((50, 40))
    right = getattr(scipy.special, name)(x, axis=1)
    (reference,) = bounded.references(lambda x: getattr(bounded, name)(x, 1), (x,), "float64")
    assert helpers.judged(right, reference).verdict == "pass"


@pytest.mark.parametrize("how", [(False, False), (False, True), (True, False), (True, True)])
def test_scans_as_others_compute_each_result_alone(how: tuple[bool, bool]) -> None:
    exclusive, reverse = how
    x = 30 * np.random.default_rng(3).standard_normal((9, 40))
    turned = x[:, ::-1] if reverse else x
    many = range(40) if exclusive else range(1, 41)
    for name, lone, nothing in (("logcumsumexp", scipy.special.logsumexp, -np.inf), ("cummax", np.max, -np.inf)):
        right = np.stack([lone(turned[:, :n], axis=1) if n else np.full(9, nothing) for n in many], axis=1)
        right = right[:, ::-1] if reverse else right
        define = partial(getattr(bounded, name), axis=1, exclusive=exclusive, reverse=reverse)
        (reference,) = bounded.references(define, (x,), "float64")
        assert helpers.judged(right, reference).verdict == "pass"


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "uint64", "int64"])
def test_bits_as_python_counts_them(dtype: str) -> None:
    info, width = np.iinfo(dtype), np.iinfo(dtype).bits
    x = np.array([0, 1, info.max, info.min, *np.random.default_rng(3).integers(0, 127, 20)], dtype)
    unsigned = [int(v) % 2**width for v in x]
    for name, right in (
        ("popcount", [v.bit_count() for v in unsigned]),
        ("clz", [width - v.bit_length() for v in unsigned]),
    ):
        (reference,) = bounded.references(getattr(bounded, name), (x,), dtype)
        assert reference.exact.tolist() == right


@cache
def cases() -> dict[str, list[Any]]:
    """The cases of single ONNX nodes by operator, made anew by the package; expanded functions are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = load_model_tests(kind="node")
    found: dict[str, list[Any]] = {}
    for case in made:
        if "expanded" not in case.name and len(case.model.graph.node) == 1:
            found.setdefault(case.model.graph.node[0].op_type, []).append(case)
    return found


def known(arrays: list[Any]) -> bool:
    return all(isinstance(a, (np.ndarray, np.generic)) and a.dtype.name in KNOWN for a in arrays)


REDUCTIONS = runpy.run_path(str(Path(__file__).with_name("onnx_reductions.py")))["NODES"]
ALL_NODES = {**ONNX, **REDUCTIONS}


@pytest.mark.parametrize("operator", ALL_NODES)
def test_onnx_nodes(operator: str) -> None:
    judged = 0
    for case in cases()[operator]:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in case.model.graph.node[0].attribute}
        for inputs, outputs in case.data_sets:
            if not known([*inputs, *outputs]) or (operator == "Selu" and attributes):
                continue
            (y,) = bounded.references(ALL_NODES[operator](attributes), inputs, dtypes.dtype_name(outputs[0]))
            found = helpers.judged(outputs[0], y)
            # A shift by the width or more is nobody's answer.
            assert found.verdict == "pass" or "free" in found.message, f"{case.name}: {found.message}"
            judged += found.verdict == "pass"
    assert judged


SHAPED = {
    operator: asked
    for file in ("onnx_norms.py", "onnx_attention.py")
    for operator, asked in runpy.run_path(str(Path(__file__).with_name(file)))["NODES"].items()
}


@pytest.mark.parametrize("operator", SHAPED)
def test_onnx_nodes_whose_operands_have_shapes_of_their_own(operator: str) -> None:
    judged = 0
    for case in cases()[operator]:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in case.model.graph.node[0].attribute}
        for inputs, outputs in case.data_sets:
            asked = SHAPED[operator](attributes, inputs)
            if asked is not None:
                name, own, arrays = asked
                (y,) = Registry().op(name).reference(own, arrays)
                found = helpers.judged(np.asarray(outputs[0]), y)
                assert (found.verdict, case.name) == ("pass", case.name), found.message
                judged += 1
    assert judged >= 2


attention = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("onnx_attention.py"))))


def test_onnx_attention_but_what_caps_scores() -> None:
    judged = 0
    for case in cases()["Attention"]:
        node = case.model.graph.node[0]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        for inputs, outputs in case.data_sets:
            asked = attention.whole(node.input, attributes, [np.asarray(x) for x in inputs])
            if asked is not None:
                define, arrays = asked
                answer = attention.by_heads(np.asarray(outputs[0]), attributes.get("q_num_heads"))
                (y,) = bounded.references(define, arrays, dtypes.dtype_name(answer))
                assert (helpers.judged(answer, y).verdict, case.name) == ("pass", case.name)
                judged += 1
    assert judged >= 82


moves = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("onnx_moves.py"))))


@pytest.mark.parametrize("operator", moves.NODES)
def test_onnx_nodes_that_move_pick_and_order(operator: str) -> None:
    judged = 0
    for case in cases()[operator]:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in case.model.graph.node[0].attribute}
        for inputs, outputs in case.data_sets:
            asked = moves.NODES[operator](attributes, inputs) if known([*inputs, *outputs]) else None
            if asked is not None:
                name, own, arrays = asked
                told = Registry().op(name).reference(own, arrays)
                found = [helpers.judged(np.asarray(y), r).verdict for y, r in zip(outputs, told, strict=True)]
                assert (set(found), case.name) == ({"pass"}, case.name)
                judged += 1
    assert judged


@pytest.mark.parametrize("operator", moves.SIZED)
def test_onnx_nodes_whose_answer_is_as_long_as_values_say(operator: str) -> None:
    judged = 0
    for case in cases()[operator]:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in case.model.graph.node[0].attribute}
        for inputs, outputs in case.data_sets:
            asked = moves.SIZED[operator](attributes, inputs)
            if asked is not None:
                name, own, arrays = asked
                (y,) = Registry().op(name).reference(own, arrays)
                answer = np.asarray(outputs[0]).T if operator == "NonZero" else np.asarray(outputs[0])
                assert (helpers.judged(answer, y).verdict, case.name) == ("pass", case.name)
                judged += 1
    assert judged


resizes = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("onnx_resizes.py"))))


def test_onnx_resizes_but_those_of_a_part_of_the_image() -> None:
    judged = 0
    for case in cases()["Resize"]:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in case.model.graph.node[0].attribute}
        for inputs, outputs in case.data_sets:
            asked = resizes.resize(attributes, inputs)
            assert (asked is None) == ("tf_crop_and_resize" in case.name)
            if asked is not None:
                name, own, arrays = asked
                (y,) = Registry().op(name).reference(own, arrays)
                found = helpers.judged(outputs[0], y)
                assert (found.verdict, case.name) == ("pass", case.name), found.message
                judged += 1
    assert judged >= 35


windows = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("onnx_windows.py"))))


@pytest.mark.parametrize("operator", windows.NODES)
def test_onnx_windows_over_one_to_three_axes(operator: str) -> None:
    ranks = set()
    for case in (case for case in cases()[operator] if case.name not in windows.FOUR_DIGITS):
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in case.model.graph.node[0].attribute}
        for inputs, outputs in case.data_sets:
            asked = windows.NODES[operator](attributes, inputs) if len(outputs) == 1 else None
            if asked is not None:
                name, own, arrays = asked
                (y,) = Registry().op(name).reference(own, arrays)
                assert (helpers.judged(outputs[0], y).verdict, case.name) == ("pass", case.name)
                ranks.add(inputs[0].ndim - 2)
    assert ranks >= ({2} if operator in ("Conv", "GlobalAveragePool") else {1, 2, 3})
