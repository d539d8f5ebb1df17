"""Planted mistakes in pointwise kernels: the judge finds each, and a comparison by tolerances most of them not."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import special
from opassay.harness.model import dtypes

helpers = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("bounded_helpers.py"))))

TOLERANCES = {"float32": (1.3e-6, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float64": (1e-7, 1e-7), "int64": (0, 0)}
"""rtol and atol by which torch compares, integers for equality: https://docs.pytorch.org/docs/stable/testing.html"""

Kernel = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Mistake:
    """``right`` and ``wrong`` compute in the inputs' own dtype; ``seen``: a tolerance sees the difference, too."""

    name: str
    define: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    right: Kernel
    wrong: Kernel
    seen: bool = False
    functions: str = ""


def spread(low: float, high: float, dtype: str = "float32", key: int = 0) -> np.ndarray:
    return np.random.default_rng(key).uniform(low, high, 64).astype(dtype)


def one() -> np.float32:
    return np.float32(1)


def double(function: Callable[[np.ndarray], Any]) -> Kernel:
    """The function in float64, rounded once: what is right whatever this machine's float32 is like."""
    return lambda x: np.asarray(function(x.astype(np.float64))).astype(x.dtype)


def expit(x: np.ndarray) -> Any:
    return 1 / (1 + np.exp(-x))


def cut(x: np.ndarray) -> np.ndarray:
    """float32 to bfloat16 by leaving out the lower half."""
    return (np.ascontiguousarray(x).view(np.uint32) >> np.uint32(16)).astype(np.uint16).view(dtypes.storage("bfloat16"))


def single(x: np.ndarray) -> np.ndarray:
    return dtypes.widen(x).astype(np.float32)


SMALL, BRAIN = spread(-1e-3, 1e-3), dtypes.narrow(spread(-4, 4), "bfloat16")
LONG = np.array([2**53 + 1, 2**60 + 3, -(2**53) - 1])

MISTAKES = (
    Mistake("log1p as log(1 + x)", bounded.log1p, (SMALL,), double(np.log1p), lambda x: np.log(one() + x)),
    Mistake("expm1 as exp(x) - 1", bounded.expm1, (SMALL,), double(np.expm1), lambda x: np.exp(x) - one()),
    Mistake(
        "log off by 4 units near 1",
        bounded.log,
        (1 + SMALL,),
        double(np.log),
        lambda x: double(np.log)(x) + 4 * np.spacing(np.abs(double(np.log)(x))),
    ),
    Mistake(
        "erfc as 1 - erf(x)",
        bounded.erfc,
        (spread(2, 3.5),),
        double(special.erfc),
        lambda x: one() - double(special.erf)(x),
    ),
    Mistake(
        "sigmoid by a tangent", bounded.sigmoid, (spread(-14, -9),), double(expit), lambda x: (np.tanh(x / 2) + 1) / 2
    ),
    Mistake(
        "softplus as log(1 + exp(x))",
        bounded.softplus,
        (spread(-13, -9),),
        double(lambda x: np.log1p(np.exp(x))),
        lambda x: np.log(one() + np.exp(x)),
    ),
    Mistake(
        "tanh beyond 1", bounded.tanh, (spread(12, 20),), double(np.tanh), lambda x: np.nextafter(np.tanh(x), 2 * one())
    ),
    Mistake(
        "root off by a unit",
        bounded.sqrt,
        (spread(1, 9),),
        np.sqrt,
        lambda x: np.nextafter(np.sqrt(x), 9 * one()),
        functions="libm",
    ),
    Mistake(
        "quotient by a reciprocal",
        lambda x, y: x / y,
        (spread(1, 9), spread(1, 9, key=1)),
        np.divide,
        lambda x, y: x * (one() / y),
        functions="libm",
    ),
    Mistake("sign of zero", bounded.ceil, (spread(-0.9, -0.1),), np.ceil, lambda x: np.ceil(x) + np.float32(0)),
    Mistake("sign of zero of a sine", bounded.sin, (np.float32([-0.0]),), np.sin, lambda x: np.abs(x)),
    Mistake(
        "subnormal flushed",
        bounded.exp,
        (spread(-100, -90),),
        double(np.exp),
        lambda x: np.where(x < -87.4, 0 * x, np.exp(x)),
    ),
    Mistake(
        "bfloat16 truncated",
        bounded.exp,
        (BRAIN,),
        lambda x: dtypes.narrow(np.exp(single(x)), "bfloat16"),
        lambda x: cut(np.exp(single(x))),
    ),
    Mistake(
        "bfloat16 product truncated",
        lambda x: x * x,
        (BRAIN,),
        lambda x: dtypes.narrow(single(x) ** 2, "bfloat16"),
        lambda x: cut(single(x) ** 2),
    ),
    Mistake(
        "float64 through float32",
        bounded.sin,
        (spread(-4, 4, "float64"),),
        np.sin,
        lambda x: np.sin(x.astype(np.float32)).astype(np.float64),
    ),
    Mistake(
        "integers through floats",
        lambda x: x + 1,
        (LONG,),
        lambda x: x + 1,
        lambda x: (x.astype(np.float64) + 1).astype(np.int64),
        seen=True,
    ),
    Mistake(
        "NaN dropped",
        bounded.maximum,
        (np.float32([np.nan, 1]), np.float32([2, np.nan])),
        np.maximum,
        np.fmax,
        seen=True,
    ),
    Mistake(
        "half away from zero", bounded.round_even, (np.float32([0.5, 2.5]),), np.rint, lambda x: np.ceil(x), seen=True
    ),
    Mistake(
        "gelu by a tangent",
        bounded.gelu,
        (spread(-3, -2),),
        double(lambda x: x / 2 * special.erfc(-x / np.sqrt(2))),
        double(lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
        seen=True,
    ),
)


def verdict(mistake: Mistake, kernel: Kernel) -> str:
    dtype = dtypes.dtype_name(mistake.inputs[0])
    (reference,) = bounded.references(mistake.define, mistake.inputs, dtype)
    accumulator = "float32" if dtype == "bfloat16" else dtype
    model = helpers.NumericModel(accumulator, flushes=False, functions=mistake.functions)
    with np.errstate(all="ignore"):
        return str(helpers.compare(kernel(*mistake.inputs), reference, model, False).verdict)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_judge_finds_it_and_passes_the_right_kernel(mistake: Mistake) -> None:
    assert verdict(mistake, mistake.right) == "pass"
    assert verdict(mistake, mistake.wrong) in ("numeric", "special", "structural")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_tolerance_sees_few_of_them(mistake: Mistake) -> None:
    rtol, atol = TOLERANCES[dtypes.dtype_name(mistake.inputs[0])]
    answers = [dtypes.widen(kernel(*mistake.inputs)) for kernel in (mistake.wrong, mistake.right)]
    assert np.allclose(*answers, rtol=rtol, atol=atol, equal_nan=True) != mistake.seen
