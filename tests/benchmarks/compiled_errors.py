"""How many cases of invalid input each compiled mode answers otherwise than the same adapter's first other target.

    opassay run --aspect error --cases 20 --findings 0 --target torch --target torch:compile
    python tests/benchmarks/compiled_errors.py opassay-report torch

The second argument is the target to compare with. Each cell: cases with another verdict, of those that both answered.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pandas as pd


def main(folder: Path, eager: str) -> None:
    table = pd.read_parquet(
        folder / "results.parquet", columns=["op", "target", "aspect", "number", "case_id", "verdict"]
    )
    table = table[(table.aspect == "error") & (table.number >= 0)]
    wide = table.pivot(index=["op", "number"], columns="target", values="verdict")
    for target in wide.columns.drop(eager):
        both = wide[[eager, target]].dropna()
        other = both[both[eager] != both[target]]
        per_op = [
            f"{op} {len(other[other.index.get_level_values('op') == op])}/{len(rows)}"
            for op, rows in both.groupby("op")
        ]
        print(f"{target}: {len(other)} of {len(both)}: {', '.join(per_op)}")
        changes = Counter(zip(other[eager], other[target], strict=True))
        print("    " + ", ".join(f"{a} -> {b} {n}" for (a, b), n in sorted(changes.items())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
