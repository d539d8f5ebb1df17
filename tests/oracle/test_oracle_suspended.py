"""No generator is suspended within another error state of NumPy: its caller would have that state, too.

Where the generator is dropped in another thread, NumPy cannot set the old one, and a traceback is printed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [path for part in ("adapters/oracle", "cases", "harness") for path in sorted((ROOT / part).rglob("*.py"))]


def suspended(source: str) -> Iterator[int]:
    """The lines of what is yielded within ``np.errstate``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.With) and any("errstate" in ast.unparse(item) for item in node.items):
            yield from (found.lineno for found in ast.walk(node) if isinstance(found, (ast.Yield, ast.YieldFrom)))


def test_nothing_is_yielded_within_another_error_state() -> None:
    assert {str(path): lines for path in FILES if (lines := list(suspended(path.read_text(encoding="utf-8"))))} == {}


@pytest.mark.parametrize("yields", ["yield x", "yield from [x]"])
def test_what_is_yielded_there_is_found(yields: str) -> None:
    assert list(suspended(f"def f(x):\n    with np.errstate(all='ignore'):\n        {yields}\n")) == [3]
