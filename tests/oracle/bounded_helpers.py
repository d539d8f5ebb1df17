"""What the tests of bounded arithmetic share: values, a reference of one output, and the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.harness.judge.compare import Judgement, compare
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

DTYPES = ("float16", "float32", "float64")


def normal(*shape: int, dtype: str = "float32", key: int = 0) -> np.ndarray:
    return np.random.default_rng(key).standard_normal(shape).astype(dtype)


def judged(answer: np.ndarray, reference: Reference, exact_fill: bool = False, **model: Any) -> Judgement:
    return compare(answer, reference, NumericModel(reference.dtype, **model), exact_fill)


def one(define: Callable[..., Any], *inputs: np.ndarray, dtype: str = "") -> Reference:
    (found,) = bounded.references(define, inputs, dtype or dtypes.dtype_name(inputs[0]))
    return found
