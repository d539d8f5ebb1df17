"""The function to check: its file, the framework of its arrays, and the configuration of its worker."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opassay.harness.find.registry import Registry, UsageError, unknown
from opassay.harness.model.dtypes import FLOATS
from opassay.harness.model.mistake import ACCUMULATORS
from opassay.harness.model.numeric_model import NumericModel, NumericRule
from opassay.harness.model.op import Op

NUMPY = "numpy"
PLAIN = "opassay.harness.check.plain:NumPyAdapter"


@dataclass(frozen=True)
class Claims:
    """The declared formats: of partial sums, of operands, of intermediate results."""

    acc: str = ""
    math: str = ""
    cast: str = ""

    def rules(self) -> list[NumericRule]:
        """One rule per float dtype. By default, sums of narrow dtypes accumulate in float32, others in their own
        dtype."""
        kept = self.cast.rpartition("=")[2]
        return [
            NumericRule(NumericModel(self.acc or ACCUMULATORS.get(d, d), self.math, kept=kept), dtype=d) for d in FLOATS
        ]

    def told(self, dtypes: Sequence[str]) -> str:
        """The claims in words, for these dtypes."""
        sums = [f"{d} in {self.acc or ACCUMULATORS.get(d, d)}" for d in dtypes if d in FLOATS]
        more = [f"operands rounded to {self.math}"] if self.math else []
        more += [f"results on the way in {self.cast}"] if self.cast else []
        return "; ".join([f"sums of {', '.join(sums)}" if sums else "integers exactly", *more])


@dataclass(frozen=True)
class Function:
    """``name`` in ``file``, a function of arrays of ``framework``; ``why``: the reason for that guess."""

    file: Path
    name: str
    framework: str
    why: str
    mapped: Mapping[str, str] = field(default_factory=dict)
    own: bool = False

    @property
    def label(self) -> str:
        return f"{self.file.name}:{self.name}"

    def base(self, registry: Registry) -> str:
        """The location of the framework's adapter."""
        return PLAIN if self.framework == NUMPY else registry.adapter(self.framework).location

    def mode(self, registry: Registry) -> str:
        """The mode in which nothing else compiles the function, if the framework has one."""
        if self.framework == NUMPY:
            return "call"
        modes = registry.adapter(self.framework).modes
        return "eager" if "eager" in modes else modes[0]

    def config(self, op: Op, fixed: Sequence[str], claims: Claims, shapes: Path, registry: Registry) -> str:
        """The configuration of the function's worker, as JSON."""
        interface = {
            "op": op.name,
            "inputs": list(op.inputs),
            "attributes": list(op.attributes or {}),
            "outputs": list(op.outputs),
            "mapped": dict(self.mapped),
            "fixed": list(fixed),
        }
        told: dict[str, Any] = {
            "file": str(self.file.absolute()),
            "function": self.name,
            "framework": self.framework,
            "base": self.base(registry),
            "interface": interface,
            "rules": [rule.to_json() for rule in claims.rules()],
            "own": self.own,
            "shapes": str(shapes),
        }
        return json.dumps(told)


def find(text: str, framework: str, mapped: Mapping[str, str], own: bool, registry: Registry) -> Function:
    """The function at ``FILE:FUNC``. Raises ``UsageError`` if there is none."""
    file, colon, name = text.rpartition(":")
    if not colon or not name or not file:
        raise UsageError(f"not a function: {text!r}; expected FILE:FUNC, such as kernel.py:my_softmax")
    if not Path(file).is_file():
        raise UsageError(f"there is no file {file!r}")
    return _function(Path(file), name, framework, mapped, own, registry)


def of(function: Callable[..., Any], framework: str, mapped: Mapping[str, str], own: bool, registry: Registry) -> Any:
    """The same for a function object. It must be defined at the top of a module, where another process can import
    it."""
    inner = inspect.unwrap(getattr(function, "__wrapped__", getattr(function, "py_func", function)))
    code, name = getattr(inner, "__code__", None), getattr(inner, "__qualname__", "")
    if code is None or "<" in name or not Path(code.co_filename).is_file():
        raise UsageError(f"{function!r} cannot be looked up by another process: it must stand at the top of a module")
    return _function(Path(code.co_filename), name, framework, mapped, own, registry)


def _function(
    file: Path, name: str, framework: str, mapped: Mapping[str, str], own: bool, registry: Registry
) -> Function:
    known = [NUMPY, *(entry.name for entry in registry.installed())]
    if framework and framework not in known:
        raise UsageError(unknown("framework", framework, known))
    guess, why = (framework, "--framework says so") if framework else _guess(file, name, known)
    if own and guess == NUMPY:
        raise UsageError("--own watches what torch dispatches: it needs a function of torch tensors")
    return Function(file, name, guess, why, mapped, own)


def _guess(file: Path, name: str, known: Sequence[str]) -> tuple[str, str]:
    """The framework of a function's arrays: from its annotations, else from the file's imports."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{file.name} cannot be read: {error}") from None
    names = {a.asname or a.name.partition(".")[0]: a.name for n in ast.walk(tree) for a in _aliases(n)}
    tops = {bound: whole.partition(".")[0] for bound, whole in names.items()}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for annotation in [a.annotation for a in node.args.args if a.annotation]:
                top = tops.get(_root(annotation), "")
                if top in known:
                    return top, f"an annotation of {name} says so"
    imported = [top for top in dict.fromkeys(tops.values()) if top in known and top != NUMPY]
    if len(imported) == 1:
        return imported[0], f"{file.name} imports it"
    if len(imported) > 1:
        raise UsageError(f"{file.name} imports {' and '.join(imported)}: say whose arrays by --framework")
    return NUMPY, f"{file.name} imports no framework"


def _aliases(node: ast.AST) -> list[ast.alias]:
    if isinstance(node, ast.ImportFrom):
        return [ast.alias(f"{node.module or ''}.{a.name}", a.asname or a.name) for a in node.names]
    return node.names if isinstance(node, ast.Import) else []


def _root(annotation: ast.expr) -> str:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value.partition(".")[0]
    while isinstance(annotation, (ast.Attribute, ast.Subscript)):
        annotation = annotation.value
    return annotation.id if isinstance(annotation, ast.Name) else ""
