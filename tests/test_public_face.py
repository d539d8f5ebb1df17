"""What an adapter outside needs comes from ``opassay`` alone, and that list does not shrink by accident."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import opassay

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = ("harness/doors/templates", "tests/thirdparty")
"""Where whoever writes an adapter looks."""

FACE = (
    *("Adapter", "AdapterContract", "Asked", "BFLOAT16", "Case", "CheckFailed", "DTYPES", "Fact", "Fill", "Follows"),
    *("Idiom", "Inferred", "Memory", "NumericModel", "NumericRule", "Tensor", "Unconnected", "UnknownDevice"),
    *("Unsupported", "__version__", "accepted", "as_tuple", "by_pullback", "by_tape", "check", "geometry", "main"),
    *("mistakes", "new_differences", "ops_of", "pinned", "read_table", "record", "tracing", "transposed"),
)


def test_the_public_names_are_these() -> None:
    assert sorted(opassay.__all__) == sorted(FACE)


@pytest.mark.parametrize("name", FACE)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(opassay, name) is not None


def test_window_arithmetic_is_public() -> None:
    from opassay import geometry

    assert geometry.pad_amounts((5, 5), (3, 3), (1, 1), (1, 1), "SAME") == ((1, 1), (1, 1))


def private_imports(source: str) -> list[str]:
    """Modules of opassay's own that a source imports from."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return [node.module for node in nodes if (node.module or "").startswith("opassay.")]


def plain(template: Path) -> str:
    """A template with its placeholders filled in."""
    lines = template.read_text(encoding="utf-8").replace("{{ gap }}", "").replace("{{ own_gap }}", "")
    return lines.replace("{{ home }}", "own").replace("{{ module }}", "own.adapter").replace("{{ cls }}", "Own")


def looked_at() -> list[str]:
    found = [p for folder in OUTSIDE for kind in ("*.py", "*.py.j2") for p in (ROOT / folder).rglob(kind)]
    # That one imports what it replaces, which may be any adapter's.
    return sorted(p.relative_to(ROOT).as_posix() for p in found if p.name != "demo_known.py.j2")


@pytest.mark.parametrize("path", looked_at())
def test_what_an_author_looks_at_imports_the_public_face_alone(path: str) -> None:
    assert private_imports(plain(ROOT / path)) == []


def test_an_import_of_an_inner_module_is_noticed() -> None:
    assert private_imports("from opassay.harness.model.dtypes import BFLOAT16") == ["opassay.harness.model.dtypes"]
