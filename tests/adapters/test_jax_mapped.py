"""JAX with mapped ops: what counts axes in the whole tensor is not asked of samples."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

ALONG = {"sum": {"axes": (1,), "keepdims": False}, "argmax": {"axis": 1, "keepdims": False}, "softmax": {"axis": 1}}
NORMS = {"group_norm": {"groups": 2, "eps": 1e-5}, "instance_norm": {"eps": 1e-5}}


@pytest.fixture
def adapter() -> Any:
    return importlib.import_module("opassay.adapters.jax.adapter").JaxAdapter()


@pytest.mark.parametrize(("op", "attributes"), [*ALONG.items(), *NORMS.items()])
def test_axes_of_the_whole_tensor_are_not_mapped(adapter: Any, op: str, attributes: dict[str, object]) -> None:
    assert adapter.unsupported(op, "vmap", ("float32",), attributes) is not None
    assert adapter.unsupported(op, "jit", ("float32",), attributes) is None


def test_last_axes_are_those_of_a_sample_too(adapter: Any) -> None:
    assert adapter.unsupported("layer_norm", "vmap", ("float32",), {"eps": 1e-5}) is None
