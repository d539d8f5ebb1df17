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

ARRAYS = {f"{module}.{does}" for module in ("np", "numpy") for does in ("load", "save")}
"""Must say that they take no pickle."""

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
    if name in BUILT_IN or last in METHODS or name in ("torch.load", "tf.io.parse_tensor"):
        return [name]
    if keywords.get("allow_pickle", "False") != "False" or keywords.get("shell", "False") != "False":
        return [name]
    # What NumPy does unasked differs by its version.
    unsaid = name in ARRAYS and "allow_pickle" not in keywords
    return [name] if unsaid else []


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
        "numpy.load(path, None, True)",
        "np.load(path, **options)",
        "np.save(path, array)",
        "np.lib.format.read_array(file, allow_pickle=flag)",
        "frame.to_pickle(path)",
        "subprocess.run(text, shell=True)",
        "torch.load(path)",
    ],
)
def test_planted_danger_is_reported(planted):
    assert dangers(planted)


@pytest.mark.parametrize("fine", ["np.load(path, allow_pickle=False)", "np.save(path, array, allow_pickle=False)"])
def test_arrays_without_pickles_are_data(fine):
    assert dangers(fine) == []
