"""Writes the generated tables of the documentation again: ``python docs/tools/tables.py``.

They are what the registry and the lists of known differences hold, and stand between a comment that names the table and
``<!-- end -->``. In running text a comment goes before a number, and the number is written again.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from contracts import choices, contracts

from opassay.harness.find.completeness import Reader
from opassay.harness.find.found import ops
from opassay.harness.find.registry import Registry
from opassay.harness.store.baseline import read_baseline

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("known-differences", "ops", "versions")))
PACKAGES = {"litert": "ai-edge-litert", "paddle": "paddlepaddle", "stablehlo": "jax"}
APART = "in an interpreter of its own"
OWNERS = ("upstream", "by design", "ours")


def families() -> dict[str, list[str]]:
    """The ops of each family, by the module that holds their cases; programs apart."""
    found: dict[str, list[str]] = {}
    for op, location in ops().items():
        module = location.rpartition(".")[2]
        found.setdefault("programs" if module.endswith("_programs") else module, []).append(op)
    return found


def support(registry: Registry) -> str:
    """Families of ops × frameworks, as ``opassay list adapters NAME`` has it op by op."""
    from opassay.adapters.programs import PROGRAMS

    single = [op for op in ops() if op not in PROGRAMS]
    adapters = registry.adapters.values()
    has = [Reader(adapter.location, single).read() for adapter in adapters]
    # Without blanks: whoever counts the README's words counts no bars.
    lines = [f"||{'|'.join(f'`{adapter.name}`' for adapter in adapters)}|", "|---" * (len(has) + 1) + "|"]
    lines.append(f"|*modes*|{'|'.join(str(len(adapter.modes)) for adapter in adapters)}|")
    for name, members in families().items():
        needs = [PROGRAMS[op].needs if op in PROGRAMS else (op,) for op in members]
        lines.append(f"|{name} ({len(members)})|{'|'.join(_supported(needs, of) for of in has)}|")
    return "\n".join(lines)


def _supported(needs: list[tuple[str, ...]], has: Mapping[str, bool]) -> str:
    """How many of these there are where ``has`` says which ops have limits, which a star tells."""
    there = [parts for parts in needs if all(has.get(part) is not None for part in parts)]
    return f"{len(there)}{'*' if any(has[part] for parts in there for part in parts) else ''}"


def row(registry: Registry, adapter: str, single: list[str]) -> str:
    """Of an adapter: its ops, its known differences by owner and by verdict, and the lines of its baseline."""
    known = registry.known(adapter)
    has = sum(limited is not None for limited in Reader(registry.adapter(adapter).location, single).read().values())
    owners = Counter(entry.owner for entry in known)
    kinds = Counter(verdict for entry in known for verdict in entry.verdicts or ("reproduced",)).most_common()
    path = registry.baseline(adapter)
    lines = len(read_baseline(path)) if path else 0
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds, key=lambda pair: (-pair[1], pair[0])))
    return f"| `{adapter}` | {has} | {' | '.join(str(owners[owner]) for owner in OWNERS)} | {lines} | {told} |"


def known(registry: Registry) -> str:
    from opassay.adapters.programs import PROGRAMS

    single = [op for op in ops() if op not in PROGRAMS]
    head = ["| adapter | ops | upstream | by design | ours | baseline | by verdict |", "|---|---|---|---|---|---|---|"]
    return "\n".join(head + [row(registry, name, single) for name in registry.adapters])


def versions(registry: Registry) -> str:
    """The oldest version of each framework that works, and the one that the tests run with."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w-]+)==(.+)$", text, re.MULTILINE))
    lines = ["| adapter | oldest | tests run with |", "|---|---|---|"]
    for name, adapter in registry.adapters.items():
        lines.append(f"| `{name}` | {adapter.least} | {pins.get(PACKAGES.get(name, name), APART)} |")
    return "\n".join(lines)


def upstream(registry: Registry) -> int:
    entries = (entry for name in registry.adapters for entry in registry.known(name))
    return sum(entry.owner == "upstream" for entry in entries)


def rewritten(text: str, tables: Mapping[str, str], numbers: Mapping[str, int]) -> str:
    """``text`` with what is generated in it."""
    for name, table in tables.items():
        head, end = f"<!-- table {name} -->\n", "<!-- end -->"
        text = re.sub(f"{head}.*?{end}", lambda _, whole=f"{head}\n{table}\n\n{end}": whole, text, flags=re.DOTALL)
    for name, number in numbers.items():
        text = re.sub(rf"(<!-- number {name} -->)[\d,]+", lambda m, n=number: f"{m[1]}{n:,}", text)
    return text


@cache
def _made() -> tuple[Mapping[str, str], Mapping[str, int]]:
    """All tables and numbers, which are the same for every page."""
    registry = Registry()
    tables = {
        "support": support(registry),
        "known": known(registry),
        "versions": versions(registry),
        "contracts": contracts(registry, families()),
        "choices": choices(registry),
    }
    frameworks = [entry for entry in registry.adapters.values() if not entry.named_only]
    return tables, {
        "upstream": upstream(registry),
        "ops": len(ops()) - len(families()["programs"]),
        "frameworks": len(frameworks),
    }


def current(text: str) -> str:
    return rewritten(text, *_made())


def main() -> int:
    for page in PAGES:
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
