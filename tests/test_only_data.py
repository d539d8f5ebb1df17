"""Nothing that is read becomes code: no pickle, no eval, no exec, in either direction, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("harness", "adapters", "cases", "reports")
MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "yaml",
    "code",
    "codeop",
}
BUILT_IN = {"eval", "exec", "compile", "__import__"}
EXPRESSIONS = "adapters/expressions.py"
"""Compiles what stands in an adapter's own source, and nothing that was read."""

METHODS = {"read_pickle", "to_pickle", "fromfile", "memmap", "load_module", "run_path", "run_module"}


def dangers(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            found += _call(node)
    return found


def _call(node: ast.Call) -> list[str]:
    name = ast.unparse(node.func)
    last = name.rpartition(".")[2]
    keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
    if name in BUILT_IN or last in METHODS or name in ("np.load", "numpy.load", "torch.load", "tf.io.parse_tensor"):
        return [name]
    if keywords.get("allow_pickle", "False") != "False" or keywords.get("shell", "False") != "False":
        return [name]
    return [name] if last == "save" and name.startswith("np") and "allow_pickle" not in keywords else []


@pytest.mark.parametrize("part", PARTS)
def test_source_reads_data_as_data(part):
    files = [*(ROOT / part).rglob("*.py"), ROOT / "opassay" / "__init__.py"]
    assert len(files) > 3
    found = {file.relative_to(ROOT).as_posix(): dangers(file.read_text(encoding="utf-8")) for file in files}
    allowed = {EXPRESSIONS: ["exec", "compile"]} if part == "adapters" else {}
    assert {file: names for file, names in found.items() if names} == allowed


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from marshal import loads",
        "def f():\n    from yaml import load",
        "eval(text)",
        "exec(compile(text, 'a', 'exec'))",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "np.load(path)",
        "np.save(path, array)",
        "np.lib.format.read_array(file, allow_pickle=flag)",
        "frame.to_pickle(path)",
        "subprocess.run(text, shell=True)",
        "torch.load(path)",
    ],
)
def test_planted_danger_is_reported(planted):
    assert dangers(planted)
