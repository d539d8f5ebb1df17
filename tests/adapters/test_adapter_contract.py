"""What every adapter promises, asked of each framework in one process of its own.

The questions are in ``contract_script.py``; here are the counts that must come back, and fakes that show
that the script notices what it claims to notice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ADAPTERS = ("torch.adapter:TorchAdapter", "tensorflow.adapter:TensorFlowAdapter", "jax.adapter:JaxAdapter")

Observations = list[dict[str, Any]]


def observe(target: str, *folders: Path) -> Observations:
    """The script's observations of ``module:Class``, found in the repository or in ``folders``."""
    path = os.pathsep.join(str(folder) for folder in (ROOT, *folders))
    environment = {**os.environ, "PYTHONPATH": path, "OPASSAY_THREADS": "1"}
    command = [sys.executable, str(HERE / "contract_script.py"), target]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return list(json.loads(done.stdout.strip().splitlines()[-1]))


def failures(observations: Observations, check: str) -> list[str]:
    return [f"{o['about']}: {o['saw']}" for o in observations if o["check"] == check and not o["ok"]]


def count(observations: Observations, check: str) -> int:
    return sum(o["check"] == check for o in observations)


@pytest.fixture(scope="module", params=ADAPTERS, ids=lambda target: target.split(".")[0])
def seen(request: pytest.FixtureRequest) -> Observations:
    return observe(f"adapters.{request.param}")


def test_adapter_has_every_op_of_the_interface_and_no_other(seen: Observations) -> None:
    assert failures(seen, "ops") == []
    assert count(seen, "ops") == 1


def test_every_dtype_in_every_memory_kind_comes_back_bit_for_bit(seen: Observations) -> None:
    assert failures(seen, "round_trip") == []
    assert count(seen, "round_trip") == 8 * 7 * 2


def test_tensors_share_no_memory_with_the_arrays_they_came_from_or_went_to(seen: Observations) -> None:
    assert failures(seen, "owns_its_data") == []
    assert count(seen, "owns_its_data") == 8


def test_no_op_changes_its_inputs(seen: Observations) -> None:
    assert failures(seen, "inputs_kept") == []
    assert count(seen, "inputs_kept") == 11


def test_undeclared_combinations_answer_in_the_dtype_of_the_input(seen: Observations) -> None:
    assert failures(seen, "dtype_kept") == []
    assert count(seen, "dtype_kept") >= 0.75 * (count(seen, "dtype_kept") + count(seen, "limit_is_real"))


def test_declared_limits_are_the_frameworks_own(seen: Observations) -> None:
    assert failures(seen, "limit_is_real") == []


def test_reasons_for_limits_are_readable(seen: Observations) -> None:
    assert failures(seen, "limit_is_a_sentence") == []
    assert count(seen, "limit_is_a_sentence") == count(seen, "limit_is_real")


def test_worked_examples_come_out_in_every_uncompiled_mode(seen: Observations) -> None:
    assert failures(seen, "worked_example") == []
    assert count(seen, "worked_example") >= 26


def test_vjp_takes_several_outputs_inputs_and_cotangents(seen: Observations) -> None:
    assert failures(seen, "vjp") == []
    assert count(seen, "vjp") >= 11


def test_vjp_says_what_is_unconnected_or_zero_where_the_framework_cannot_tell(
    seen: Observations, request: pytest.FixtureRequest
) -> None:
    others = [o for o in seen if o["check"] == "unconnected" and not o["ok"]]
    if "jax" not in request.node.callspec.id:
        assert others == []
    assert {o["saw"].strip("[] ").replace("0.", "").strip() for o in others} <= {""}
    assert count(seen, "unconnected") >= 5


FAKE = '''
"""An adapter of NumPy and the oracle: what a correct one looks like to the script."""
import numpy as np
from adapters import oracle
from harness.model import dtypes
from harness.model.adapter import Adapter, Unconnected

class Fake(Adapter):
    name, modes = "fake", ("plain",)
    def devices(self): return ("cpu",)
    def to_native(self, array): return np.array(array)
    def to_numpy(self, value): return np.array(value)
    def compile(self, fn, mode): return fn
    def vjp(self, fn, inputs, cotangents):
        return tuple(self._gradient(fn, inputs, cotangents, i) for i in range(len(inputs)))
    def _gradient(self, fn, inputs, cotangents, i):
        moved, x, touched = np.zeros(inputs[i].shape), inputs[i], False
        if x.dtype.kind != "f":
            return Unconnected
        for at in np.ndindex(x.shape):
            bumped = [np.array(v) for v in inputs]
            bumped[i][at] += x.dtype.type(0.25)
            for old, new, c in zip(fn(*inputs), fn(*bumped), cotangents, strict=True):
                if c is not None and not isinstance(old, Stopped):
                    moved[at] += ((new - old) * c).sum() / 0.25
                    touched |= bool((new != old).any())
        return moved.astype(x.dtype) if touched else Unconnected

class Stopped(np.ndarray):
    pass

def _op(name):
    def method(self, *arrays, **attributes):
        answer = getattr(oracle, name)(*arrays, **attributes)
        data = dtypes.dtype_name(arrays[1 if name == "scatter_nd" else 0])
        if isinstance(answer, tuple):
            return dtypes.narrow(answer[0], data), answer[1]
        narrow = dtypes.narrow(answer, data)
        return narrow.view(Stopped) if name == "stop_gradient" else narrow
    return method

for _name in oracle.REFERENCES:
    setattr(Fake, _name, _op(_name))

class Aliasing(Fake):
    def to_native(self, array): return array

class Converting(Fake):
    def to_native(self, array):
        return dtypes.narrow(dtypes.widen(array), dtypes.dtype_name(array))

class Writing(Fake):
    def relu(self, x):
        x[...] = np.zeros(1, x.dtype)
        return x

class Widening(Fake):
    def matmul(self, a, b): return oracle.matmul(a, b)

class Padding(Fake):
    def conv2d(self, x, w, **k):
        return super().conv2d(x, w, **{**k, "padding": "SAME"})

class Lenient(Fake):
    def conv2d_transpose(self, x, w, *, output_shape, **k):
        try:
            return super().conv2d_transpose(x, w, output_shape=output_shape, **k)
        except Exception:
            return np.zeros(output_shape, x.dtype)

class Overcautious(Fake):
    def unsupported(self, op, mode, dtypes, attributes):
        return "we did not care to try this" if op == "relu" and dtypes[0] == "int8" else None

class Zeros(Fake):
    def vjp(self, fn, inputs, cotangents):
        found = super().vjp(fn, inputs, cotangents)
        return tuple(np.zeros_like(x) if g is Unconnected else g for x, g in zip(inputs, found))

class Summing(Fake):
    def vjp(self, fn, inputs, cotangents):
        return super().vjp(fn, inputs, [None if c is None else np.ones_like(c) for c in cotangents])

class Short(Fake):
    gelu = Fake.relu
'''

BROKEN = {
    "Aliasing": {"owns_its_data"},
    "Converting": {"round_trip"},
    "Writing": {"inputs_kept"},
    "Widening": {"dtype_kept"},
    "Padding": {"worked_example"},
    "Lenient": {"worked_example"},
    "Overcautious": {"limit_is_real"},
    "Zeros": {"unconnected"},
    "Summing": {"vjp"},
    "Short": {"ops"},
}


@pytest.fixture(scope="module")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fakes")
    (folder / "fake_adapters.py").write_text(FAKE)
    return folder


def test_script_finds_nothing_wrong_with_an_adapter_made_of_the_oracle(fakes: Path) -> None:
    wrong = [o for o in observe("fake_adapters:Fake", fakes) if not o["ok"]]
    assert wrong == []


@pytest.mark.parametrize("name", BROKEN)
def test_script_notices_a_broken_adapter_and_blames_nothing_else(fakes: Path, name: str) -> None:
    wrong = Counter(o["check"] for o in observe(f"fake_adapters:{name}", fakes) if not o["ok"])
    assert set(wrong) == BROKEN[name]
