"""What depends on the processor: which dtypes TensorFlow hands to oneDNN, and how torch keeps partial sums."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import pytest

from opassay.adapters.keras import numerics as keras_numerics
from opassay.adapters.keras.limits import LIMITS
from opassay.adapters.tensorflow.numerics import rules
from opassay.harness.model.numeric_model import find_model

NCHW = {"layout": "NCHW", "groups": 1, "stride": (1, 1), "dilation": (1, 1), "padding": "SAME"}


@pytest.mark.parametrize(("onednn", "wide"), [(("float32", "bfloat16"), True), (("float32",), False), ((), False)])
def test_only_onednn_sums_products_of_bfloat16_in_float32(onednn: tuple[str, ...], wide: bool) -> None:
    accumulator = find_model(rules(onednn, "eager"), "matmul", "y", "bfloat16").accumulator
    assert (accumulator == "float32") is wide
    assert find_model(rules(onednn, "eager"), "conv2d", "y", "bfloat16").accumulator == "float32"


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose"])
def test_keras_lacks_nchw_on_tensorflow_where_onednn_is_not_used(op: str) -> None:
    assert LIMITS[op]("tensorflow", "float32", NCHW, ("float32",)) is None
    assert LIMITS[op]("tensorflow", "float32", NCHW, ()) == "TensorFlow has no NCHW convolution for float32 on the CPU"
    assert LIMITS[op]("torch", "float32", NCHW, ()) is None


def test_keras_lacks_dilated_transposes_there_too() -> None:
    dilated = {**NCHW, "layout": "NHWC", "dilation": (2, 1)}
    assert LIMITS["conv2d_transpose"]("tensorflow", "float32", dilated, ("float32",)) is None
    assert "dilated" in str(LIMITS["conv2d_transpose"]("tensorflow", "float32", dilated, ()))


MEASURED = {
    "AVX512": {("conv2d", "y"), ("conv2d", "dw"), ("conv2d_transpose", "dx"), ("matmul", "y"), ("avg_unpool2d", "dx")},
    "AVX2": {("conv2d", "y"), ("conv2d_transpose", "dx"), ("matmul", "y"), ("avg_unpool2d", "dx")},
    "DEFAULT": set(),
}


@pytest.mark.parametrize("capability", MEASURED)
@pytest.mark.parametrize("onednn", [True, False])
def test_torch_sums_in_float32_what_was_measured_on_this_processor(
    capability: str, onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu = SimpleNamespace(get_cpu_capability=lambda: capability)
    backends = SimpleNamespace(cpu=cpu, mkldnn=SimpleNamespace(enabled=onednn))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(backends=backends))
    monkeypatch.delitem(sys.modules, "opassay.adapters.torch.numerics", raising=False)
    found = importlib.import_module("opassay.adapters.torch.numerics").rules("cpu")
    monkeypatch.delitem(sys.modules, "opassay.adapters.torch.numerics")
    asked = {(op, output) for op, outputs in SUMS.items() for output in outputs}
    wide = {(op, y) for op, y in asked if find_model(found, op, y, "bfloat16").accumulator == "float32"}
    assert wide & set().union(*MEASURED.values()) == (MEASURED[capability] if onednn else set())
    assert not {("matmul", "da"), ("max_pool2d", "dx"), ("scatter_nd", "y")} & wide


SUMS = {
    "conv2d": ("y", "dx", "dw"),
    "conv2d_transpose": ("y", "dx", "dw"),
    "matmul": ("y", "da", "db"),
    "avg_unpool2d": ("dx",),
    "max_pool2d": ("dx",),
    "scatter_nd": ("y",),
}


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_keras_sums_in_float32_what_was_measured_of_its_backend(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    found = keras_numerics.rules(backend)
    wide = {op for op in ("conv2d", "matmul") if find_model(found, op, "y", "bfloat16").accumulator == "float32"}
    assert wide == {"tensorflow": {"conv2d"}, "torch": {"conv2d", "matmul"}, "jax": {"conv2d", "matmul"}}[backend]
    assert (find_model(found, "conv2d", "dw", "bfloat16").accumulator == "float32") is (backend == "jax")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert keras_numerics.rules(backend) == ()
