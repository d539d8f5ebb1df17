"""A standalone script of what IREE does with a module: run here with a package that only looks like IREE."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, script_text
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Returned

IREE = "opassay.adapters.stablehlo.backends:iree"
PRETENDED = """
import os
import numpy as np

class CompilerToolError(Exception):
    pass

def compile_str(module, **how):
    assert b"stablehlo" in module and how["input_type"] == "stablehlo"
    if os.environ["DOES"] == "refuse":
        raise CompilerToolError("no such op")
    return module

Config = lambda driver: CompilerToolError
CompilerToolError.vm_instance = None

class VmModule:
    copy_buffer = staticmethod(lambda instance, binary: binary)

class Answer:
    def __init__(self, value):
        self.value = value
    def to_host(self):
        return self.value
    def __del__(self):
        self.value[...] = 99

class load_vm_module:
    def __init__(self, *given):
        pass
    def main(self, x):
        return Answer(np.maximum(x, 0) + (os.environ["DOES"] == "add"))
"""


@pytest.fixture
def pretended(tmp_path: Path) -> Path:
    (tmp_path / "iree").mkdir()
    for name in ("compiler", "runtime"):
        (tmp_path / "iree" / f"{name}.py").write_text(PRETENDED)
    told = tmp_path / "iree_base_compiler-9.9.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: iree-base-compiler\nVersion: 9.9\n")
    return tmp_path


def text_of(verdict: str, backend: str) -> tuple[str, bool]:
    case = Case("relu", (Tensor((3,), "float32", Fill("literal", values=(0.5, -1.0, 2.0))),), {})
    wrong = Returned((np.ones(3, np.float32),))
    seen = Seen(verdict, "", wrong, "module", version="0.10", settings={"backend": backend})
    return script_text("stablehlo", case, Registry().op("relu"), seen, Registry())


if find_spec("jax"):

    @pytest.mark.parametrize(
        ("verdict", "does", "status"),
        [("structural", "add", 1), ("structural", "", 0), ("rejects", "refuse", 1), ("rejects", "", 0)],
    )
    def test_the_script_shows_what_iree_does(pretended: Path, verdict: str, does: str, status: int) -> None:
        text, alone = text_of(verdict, IREE)
        assert alone
        assert "import opassay" not in text
        assert "opassay." not in "".join(line for line in text.splitlines() if not line.startswith("#"))
        (pretended / "script.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "script.py"],
            cwd=pretended,
            env=os.environ | {"PYTHONPATH": str(pretended), "DOES": does},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "IREE 9.9" in done.stdout


def test_a_script_for_another_backend_goes_through_replay() -> None:
    text, alone = text_of("structural", "mine:backend")
    assert not alone
    assert "replay" in text
