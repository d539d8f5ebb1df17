"""Names of tests in other suites' lists of failures, and the ops and dtypes that they concern."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

WORDS = {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "power": "pow",
    "negative": "neg",
    "averagepool": "avgpool",
    "normalization": "norm",
    "conv": "conv2d",
    "convolution": "conv2d",
    "convtranspose": "conv2dtranspose",
    "reducesum": "sum",
    "reducemean": "mean",
    "reducemax": "max",
    "reducemin": "min",
    "reduceprod": "prod",
    "reducesumsquare": "sumsquare",
    "reducelogsumexp": "logsumexp",
    "reducel1": "norml1",
    "reducel2": "norml2",
    "layernormalization": "layernorm",
    "batchnormalization": "batchnorm",
    "groupnormalization": "groupnorm",
    "instancenormalization": "instancenorm",
    "clip": "clamp",
    "mm": "matmul",
    "or": "logicalor",
    "and": "logicaland",
    "xor": "logicalxor",
    "not": "logicalnot",
}
"""Other suites' names of an op, in one word, where they differ from opassay's."""

DTYPES = {
    "float16": ("float16", "f16", "fp16", "half"),
    "bfloat16": ("bfloat16", "bf16"),
    "float32": ("float32", "f32", "fp32"),
    "float64": ("float64", "f64", "fp64", "double"),
    "int8": ("int8", "i8", "si8"),
    "int16": ("int16", "i16"),
    "int32": ("int32", "i32"),
    "int64": ("int64", "i64"),
    "uint8": ("uint8", "u8", "ui8"),
    "bool": ("bool",),
}
_DTYPE_OF = {word: dtype for dtype, words in DTYPES.items() for word in words}
_COMMENT = re.compile(r"(?:^|\s)(?://|#).*$", re.MULTILINE)


@dataclass(frozen=True)
class Named:
    """A test and what it concerns: ``op`` is empty if opassay does not ask it, ``dtype`` if it is any."""

    test: str
    op: str
    dtype: str = ""


def read_names(kind: str, text: str, ops: Collection[str]) -> list[Named]:
    """Every test that a list names, once."""
    tests, words = KINDS[kind]
    return [_named(test, words(test), ops) for test in dict.fromkeys(tests(_COMMENT.sub("", text)))]


def _onnx(text: str) -> list[str]:
    """Regular expressions and names of ONNX's node tests, in JSON, Python or lines: ``"^test_relu_cpu"``."""
    return re.findall(r"\btest_\w+", text)


def _torch_mlir(text: str) -> list[str]:
    """Names of modules in quotes, as in ``xfail_sets.py``: ``"ElementwiseSigmoidModule_basic"``."""
    return re.findall(r"""["']([A-Z]\w+)["']""", text)


def _array_api(text: str) -> list[str]:
    """Ids of pytest, one per line. Tests of names and signatures concern no answer."""
    lines = [line.strip() for line in text.splitlines() if "::" in line]
    return [line for line in lines if not re.search(r"test_(signatures|has_names)\.py", line)]


def _snake(test: str) -> list[str]:
    return test.removeprefix("test_").lower().split("_")


def _camel(test: str) -> list[str]:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*\d*(?:d(?![a-z]))?|\d+[a-z]*", test.partition("Module")[0])
    return [part.lower() for part in parts if part not in ("Elementwise", "Aten", "Op", "Reduce")]


def _last(test: str) -> list[str]:
    name = test.rpartition("::")[2]
    inner = re.search(r"\[(\w+)", name)
    said = inner[1] if inner and inner[1] not in _DTYPE_OF else name.partition("[")[0]
    operator = re.fullmatch(r"__[ir]?(\w+?)__", said)
    return [*_snake(operator[1] if operator else said), *re.findall(r"[a-z]+\d+", name.partition("[")[2])]


KINDS: dict[str, tuple[Callable[[str], list[str]], Callable[[str], list[str]]]] = {
    "onnx": (_onnx, _snake),
    "torch-mlir": (_torch_mlir, _camel),
    "array-api": (_array_api, _last),
}
"""How the tests of a list are found in its text, and the words of a test's name."""


def _named(test: str, words: Sequence[str], ops: Collection[str]) -> Named:
    ours = {op.replace("_", ""): op for op in ops}
    found = [ours[name] for name in _spoken(words) if name in ours]
    dtype = next((_DTYPE_OF[word] for word in words if word in _DTYPE_OF), "")
    return Named(test, found[0] if found else "", dtype)


def _spoken(words: Sequence[str]) -> Iterator[str]:
    """The op that the first words name, the longest match first: ``log softmax`` is not ``log``."""
    for count in range(min(4, len(words)), 0, -1):
        name = "".join(words[:count])
        yield WORDS.get(name, name)
        yield "".join(WORDS.get(word, word) for word in words[:count])
