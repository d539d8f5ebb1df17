"""What the README counts is what the lists of known differences hold."""

from collections import Counter
from pathlib import Path

import pytest

from opassay.harness.registry import Registry

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
OWNERS = ("upstream", "by design", "ours")
REGISTRY = Registry()
ADAPTERS = [entry.name for entry in REGISTRY.adapters.values() if REGISTRY.known(entry.name)]


def row(adapter):
    known = REGISTRY.known(adapter)
    owners = Counter(entry.owner for entry in known)
    kinds = Counter(entry.verdict for entry in known).most_common()
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds, key=lambda pair: (-pair[1], pair[0])))
    return f"| `{adapter}` | {' | '.join(str(owners[owner]) for owner in OWNERS)} | {told} |"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_readme_counts_the_known_differences_of(adapter):
    assert row(adapter) in README


if __name__ == "__main__":
    print("\n".join(map(row, ADAPTERS)))
