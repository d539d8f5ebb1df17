"""Any backend that takes StableHLO: JAX makes the modules, somebody else computes."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.plan.plan import Item, Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

PLANTED = """
import numpy as np

def backend(module):
    assert b"stablehlo" in module
    return lambda arrays: [np.tanh(a) if len(arrays) == 1 else np.zeros_like(a) for a in arrays[:1]]
"""

COMMAND = """
import os, pathlib, signal, sys, time
import numpy as np
model, inputs, outputs = sys.argv[1:]
assert "stablehlo.abs" in pathlib.Path(model).read_text()
x, = np.load(inputs).values()
does = int(x[0])
if does == 1: np.savez(outputs, np.abs(x))
if does == 2: sys.exit("the backend has no such kernel")
if does == 3: pathlib.Path(outputs).write_bytes(b"garbage")
if does == 5: np.savez(outputs, np.abs(x)[None])
if does == 6: time.sleep(600)
if does == 7: os.kill(os.getpid(), signal.SIGSEGV)
"""
VERDICTS = {1: "pass", 2: "rejects", 3: "rejects", 4: "rejects", 5: "shape", 6: "hang", 7: "crash"}


def tanh(aspect: str) -> Case:
    tensor = Tensor((3,), "float32", Fill("literal", values=(0.5, -1.0, 2.0)))
    ones = Tensor((3,), "float32", Fill("ones"))
    return Case("tanh", (tensor,), {}, aspect=aspect, cotangents=(ones,) * (aspect == "gradient"))


if find_spec("jax"):

    def test_a_backend_that_the_target_names_is_judged_by_what_it_answers(tmp_path: Path) -> None:
        (tmp_path / "planted_hlo.py").write_text(PLANTED)
        (tmp_path / "opassay.toml").write_text(
            "[targets.planted]\nadapter = 'stablehlo'\nbackend = 'planted_hlo:backend'\n"
            f"env = {{ PYTHONPATH = '{tmp_path}' }}\n"
        )
        asked = Campaign(Request(["planted", "stablehlo"], ["tanh"], folder=tmp_path))
        with asked.engine() as engine:
            check_devices(engine)
            found = {
                (str(label), aspect): judgement.verdict
                for aspect in ("value", "gradient")
                for label, _, judgement in engine.ask(asked.ops[0], Item(0, tanh(aspect)))
            }
        assert found == {
            ("planted", "value"): "pass",
            ("planted", "gradient"): "numeric",
            ("stablehlo", "value"): "pass",
            ("stablehlo", "gradient"): "pass",
        }

    def test_a_command_that_fails_fails_that_case_alone(tmp_path: Path) -> None:
        (tmp_path / "answer.py").write_text(COMMAND)
        command = f"{sys.executable} {tmp_path / 'answer.py'} {{model}} {{inputs}} {{outputs}}"
        (tmp_path / "opassay.toml").write_text(f"[targets.planted]\nadapter = 'stablehlo'\nbackend = {command!r}\n")
        asked = Campaign(Request(["planted"], ["abs"], folder=tmp_path, settings=Settings(timeout=4.0)))
        with asked.engine() as engine:
            check_devices(engine)
            found = {}
            for does in (*VERDICTS, 1):
                values = Fill("literal", values=(float(does), -1.0))
                item = Item(0, Case("abs", (Tensor((2,), "float32", values),), {}))
                ((_, _, judgement),) = engine.ask(asked.ops[0], item)
                found[does] = judgement.verdict
        assert found == VERDICTS

    @pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint16", "int64", "bool"])
    def test_the_interpreter_keeps_every_dtype_bit_for_bit(dtype: str) -> None:
        from opassay.adapters.stablehlo.adapter import StableHloAdapter

        adapter = StableHloAdapter()
        for shape in ((2, 5), (), (0, 3)):
            given = (np.arange(np.prod(shape, dtype=int)) % 3).reshape(shape).astype(dtype)
            answer = adapter.compile(lambda x: (x,), "module")(adapter.to_native(given))[0]
            assert (answer.dtype, answer.tolist()) == (given.dtype, given.tolist())


def test_the_adapter_is_asked_only_where_it_is_named() -> None:
    assert Registry().adapter("stablehlo").named_only
