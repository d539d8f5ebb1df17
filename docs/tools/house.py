"""Draws ``docs/house.svg``, the rooms of the source and who imports whom: ``python docs/tools/house.py``.

A room stands above all that it imports. An arrow that follows from others is left out: where A imports B and B imports
C, none is drawn from A to C.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DRAWING = ROOT / "docs" / "house.svg"
PARTS = ("harness", "reports", "adapters", "cases")
ADAPTER = "adapters/<name>"
HELPERS = "adapters/*.py"

Imports = Mapping[str, frozenset[str]]
"""By room, the rooms that it imports."""

WIDTH, HEIGHT, GAP, LEVEL = 128, 34, 16, 78
"""Pixels: a room, the space between two of a level, and from one level to the next."""


def room(parts: tuple[str, ...]) -> str:
    """The room of a module, by its folders and name below the root."""
    part, *inner = parts
    if part == "harness" and inner:
        return f"harness/{inner[0]}"
    if part != "adapters" or not inner:
        return part
    if (ROOT / part / inner[0] / "adapter.toml").exists():
        return ADAPTER
    return f"adapters/{inner[0]}" if (ROOT / part / inner[0]).is_dir() else HELPERS


def imports() -> Imports:
    """Read from the source of every module, imports within functions too."""
    found: dict[str, set[str]] = {}
    for path in (path for part in PARTS for path in (ROOT / part).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts != (parts[0], "__init__"):
            own = found.setdefault(room(parts), set())
            own |= {room(tuple(name.split(".")[1:])) for name in _imported(path)} - {room(parts)}
    return {name: frozenset(others & found.keys()) for name, others in found.items()}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.startswith(tuple(f"opassay.{part}." for part in PARTS)))


def reached(graph: Imports, start: str) -> frozenset[str]:
    """The rooms that ``start`` imports, directly or by others."""
    found: set[str] = set()
    left = [start]
    while left:
        new = graph[left.pop()] - found
        found |= new
        left += new
    return frozenset(found)


def levels(graph: Imports) -> list[list[str]]:
    """The rooms from the lowest up: each above all that it imports; two that import each other stand side by side."""
    below = {name: frozenset(n for n in reached(graph, name) if name not in reached(graph, n)) for name in graph}
    placed: dict[str, int] = {}
    for name in sorted(graph, key=lambda n: len(below[n])):
        placed[name] = 1 + max((placed[other] for other in below[name]), default=-1)
    return [sorted(n for n in placed if placed[n] == level) for level in range(max(placed.values()) + 1)]


def arrows(graph: Imports) -> list[tuple[str, str]]:
    """From importer to imported, without those that follow from others."""
    found = []
    for name in sorted(graph):
        for other in sorted(graph[name]):
            between = (n for n in graph[name] - {other} if name not in reached(graph, n))
            if not any(other in reached(graph, n) for n in between):
                found.append((name, other))
    return found


def svg(graph: Imports) -> str:
    """The drawing, the lowest level at the bottom."""
    rows = levels(graph)
    wide = max(len(row) for row in rows) * (WIDTH + GAP) + GAP
    tall = len(rows) * LEVEL - (LEVEL - HEIGHT) + 2 * GAP
    places = {}
    for level, row in enumerate(rows):
        left = (wide - len(row) * (WIDTH + GAP) + GAP) / 2
        for number, name in enumerate(row):
            places[name] = (left + number * (WIDTH + GAP), tall - GAP - HEIGHT - level * LEVEL)
    body = [*(_arrow(places[a], places[b]) for a, b in arrows(graph)), *(_box(n, *places[n]) for n in sorted(places))]
    told = "Rooms of the source, each above what it imports"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" role="img" aria-label="{told}">'
    return "\n".join((head, _STYLE, f'<rect width="{wide}" height="{tall}" fill="#fff"/>', *body, "</svg>\n"))


def _box(name: str, x: float, y: float) -> str:
    text = f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 4:g}">{escape(name)}</text>'
    return (
        f'<rect class="{name.partition("/")[0]}" x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>{text}'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """From the lower edge of one room to the upper edge of another, or between sides on one level."""
    if start[1] == end[1]:
        sides = (0, WIDTH) if start[0] > end[0] else (WIDTH, 0)
        (x, far), y = (start[0] + sides[0], end[0] + sides[1]), start[1] + HEIGHT / 2
        return f'<path d="M{x:g} {y:g}L{far:g} {y:g}"/>'
    x, y, far, low = start[0] + WIDTH / 2, start[1] + HEIGHT, end[0] + WIDTH / 2, end[1] - 3
    return f'<path d="M{x:g} {y:g}C{x:g} {y + LEVEL / 2:g} {far:g} {low - LEVEL / 2:g} {far:g} {low:g}"/>'


_STYLE = (
    "<style>rect{stroke:#37474f}text{font:13px sans-serif;text-anchor:middle;fill:#111}"
    "path{fill:none;stroke:#78909c;marker-end:url(#tip)}"
    ".harness{fill:#e3f2fd}.adapters{fill:#e8f5e9}.cases{fill:#fff8e1}.reports{fill:#fce4ec}</style>"
    '<marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L6 3L0 6z" style="fill:#78909c;stroke:none"/></marker>'
)


def main() -> int:
    DRAWING.write_text(svg(imports()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
