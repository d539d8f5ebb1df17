"""Rounding to formats of 8 bits, against sources that are not ours, at every value of 16 bits and about each tie."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from opassay.adapters.oracle.bounded.float8 import FLOAT8, float8_values
from opassay.cases.products import STORED
from opassay.harness.find.registry import Registry

ONNX = {name: getattr(TensorProto, name.upper().replace("_", "")) for name in FLOAT8}


def every_float16() -> np.ndarray:
    return np.arange(2**16, dtype=np.uint16).view(np.float16)


def numbers(name: str) -> np.ndarray:
    """All that are finite, in order, in float64."""
    codes = np.arange(256, dtype=np.uint8).view(getattr(ml_dtypes, name)).astype(np.float64)
    return np.unique(codes[np.isfinite(codes)])


def about_ties(name: str) -> np.ndarray:
    """All numbers, what lies half between two of them or beyond the last one, and the neighbours of both in float32."""
    known = numbers(name)
    ends = known[[0, -1]] + np.diff(known)[[0, -1]] * (-0.5, 0.5)
    found = np.concatenate([known, (known[1:] + known[:-1]) / 2, ends, [-0.0, np.inf, -np.inf, np.nan]])
    found = found.astype(np.float32)
    return np.concatenate([found, np.nextafter(found, np.float32(np.inf)), np.nextafter(found, np.float32(-np.inf))])


def differing(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Where they are no same number, of zeros with the same sign."""
    same = (found == expected) & (np.signbit(found) == np.signbit(expected))
    return np.flatnonzero(~(same | (np.isnan(found) & np.isnan(expected))))


@pytest.mark.parametrize("name", FLOAT8)
def test_values_of_16_bits_and_ties_are_those_of_ml_dtypes(name: str) -> None:
    for x in (every_float16(), about_ties(name)):
        with np.errstate(all="ignore"):
            found = float8_values(x, FLOAT8[name], False).astype(np.float64)
            expected = x.astype(getattr(ml_dtypes, name)).astype(np.float64)
        assert not differing(found, expected).size


@pytest.mark.parametrize("name", FLOAT8)
def test_beside_a_tie_the_nearer_number_of_float64_is_found(name: str) -> None:
    # ml_dtypes rounds float64 to float32 first, and so twice.
    known = numbers(name)
    middle = (known[1:] + known[:-1]) / 2
    for toward, expected in ((-np.inf, known[:-1]), (np.inf, known[1:])):
        x = np.nextafter(middle, toward)
        assert np.array_equal(float8_values(x, FLOAT8[name], False), expected)
        assert np.array_equal(float8_values(x.astype(np.longdouble), FLOAT8[name], False), expected)


@pytest.mark.parametrize("saturate", [False, True])
@pytest.mark.parametrize("name", FLOAT8)
def test_values_of_16_bits_are_those_of_the_evaluator_of_onnx(name: str, saturate: bool) -> None:
    x = every_float16().astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["x"], ["kept"], to=ONNX[name], saturate=int(saturate)),
        helper.make_node("Cast", ["kept"], ["y"], to=TensorProto.FLOAT),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xy"]
    graph = helper.make_graph(nodes, "rounded", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    onnx.checker.check_model(model)
    with np.errstate(all="ignore"):
        (expected,) = ReferenceEvaluator(model).run(None, {"x": x})
        found = float8_values(x, FLOAT8[name], saturate)
    assert not differing(found, expected).size


def products(name: str, stored: str) -> np.ndarray:
    """The oracle's product of all numbers of the format ``name``, each by each, stored in the format ``stored``."""
    x = np.arange(256, dtype=np.uint8).view(getattr(ml_dtypes, name)).astype(np.float32)
    (found,) = Registry().op("matmul_float8").reference({"to": stored}, (x[:, None], x[None]))
    return found.exact


@pytest.mark.parametrize("name", STORED)
def test_products_of_all_numbers_are_those_of_ml_dtypes_and_float32_holds_them(name: str) -> None:
    x = np.arange(256, dtype=np.uint8).view(getattr(ml_dtypes, name)).astype(np.float64)
    with np.errstate(all="ignore"):
        expected = x[:, None] * x[None]
    assert np.array_equal(products(name, name), expected, equal_nan=True)
    assert np.array_equal(expected.astype(np.float32), expected, equal_nan=True)


def test_products_of_numbers_in_another_format_are_others() -> None:
    assert not np.array_equal(products("float8_e4m3fn", "float8_e5m2"), products("float8_e4m3fn", "float8_e4m3fn"))


def test_a_value_that_is_rounded_away_from_even_is_told() -> None:
    assert differing(np.array([1.125, 3.0]), np.array([1.0, 3.0])).tolist() == [0]
    assert differing(np.array([-0.0]), np.array([0.0])).size
