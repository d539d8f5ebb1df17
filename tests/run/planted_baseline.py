"""A framework with as many mistakes as the environment names, for baselines to take up."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from opassay.adapters import oracle
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.dtypes import dtype_name, narrow
from opassay.harness.model.op import ContractError

OLD = "refuses,plus,absolute,accepts"


def _refuses(x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    return json.loads(" " * (x.size % 7)) if dtype_name(x) == "bfloat16" else answer


def _plus(x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    return _more(answer) if dtype_name(x) == "int32" else answer


def _absolute(x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    return np.abs(x) if dtype_name(x) == "float32" else answer


def _beside(x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    return _more(answer) if dtype_name(x) == "float32" and x.size > 1 else answer


def _other(x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    return _more(answer) if dtype_name(x) == "int8" else answer


def _aborts(x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    if dtype_name(x) == "uint8":
        os.abort()
    return answer


def _more(answer: np.ndarray) -> np.ndarray:
    out = answer.copy()
    out.flat[:1] = 77
    return out


IN_RELU = {
    "refuses": _refuses,
    "plus": _plus,
    "absolute": _absolute,
    "beside": _beside,
    "other": _other,
    "aborts": _aborts,
}


class Fifty(Adapter):
    """Its relu makes the mistakes that the environment names; with ``accepts``, its matmul takes everything."""

    name = "fifty"
    frameworks = ("opassay.adapters.oracle", "json")
    modes = ("eager", "again")

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def version(self) -> str:
        return os.environ.get("OPASSAY_TEST_VERSION", "1")

    def origin(self) -> str:
        return __file__

    def to_native(self, array: np.ndarray) -> np.ndarray:
        return array.copy()

    def to_numpy(self, value: np.ndarray) -> np.ndarray:
        # What is done to an array without axes may give a number.
        return np.array(value)

    def compile(self, fn: Any, mode: str) -> Any:
        return fn

    def relu(self, x: np.ndarray) -> np.ndarray:
        answer = narrow(oracle.relu(x), dtype_name(x))
        for name in _bugs():
            if name in IN_RELU:
                answer = IN_RELU[name](x, answer)
        return answer

    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        try:
            return narrow(oracle.matmul(a, b), dtype_name(a))
        except ContractError:
            if "accepts" in _bugs():
                return a
            raise


def _bugs() -> list[str]:
    return os.environ.get("OPASSAY_TEST_BUGS", OLD).split(",")
