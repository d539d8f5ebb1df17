"""Prints how many pairs of values the first numbers of a stream meet: ``python tests/cases/pairs.py [OP]...``.

Pairs are those of the report's section on coverage, and of extents, of cases as they are built: ``docs/asked.md``.
"""

import json
import sys
from itertools import combinations, islice
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.cases.tables import data_dtype
from opassay.harness.find.registry import Registry
from opassay.harness.plan.generate import cases
from opassay.reports.sections.coverage import LARGE, attribute_texts

NUMBERS = (25, 50, 100, 200)
FILLS = 2


def properties(case):
    """What the report tells of a case, and its extents."""
    yield from attribute_texts(json.dumps(case.to_json()["attributes"])).items()
    first, largest = case.tensors[0], max(tensor.size for tensor in case.all_tensors)
    yield from (("dtype", data_dtype(case)), ("fill", "+".join(sorted({t.fill.kind for t in case.all_tensors}))))
    yield from (("rank", len(first.shape)), ("size", "empty" if case.empty else largest > LARGE))
    for position, tensor in enumerate(case.tensors):
        yield f"memory {position}", tensor.memory.kind
        yield from ((f"extent {position}.{axis}", n) for axis, n in enumerate(tensor.shape))


def pairs(case):
    """The pairs of one case: a property and its value, with each other."""
    return combinations(sorted(properties(case)), 2)


def met(op, aspect, seed, numbers=NUMBERS):
    """How many pairs so many numbers of the stream meet."""
    found, stream, counts = set(), cases(op, aspect, seed, 0, numbers[-1], FILLS), []
    for before, after in zip((0, *numbers), numbers, strict=False):
        for _, case in islice(stream, FILLS * (after - before)):
            found.update(pairs(case))
        counts.append(len(found))
    return counts


def main(names):
    for name in names:
        for aspect in ("value", "gradient"):
            found = [met(Registry().op(name), aspect, seed) for seed in range(4)]
            means = [round(sum(column) / len(found)) for column in zip(*found, strict=True)]
            print(f"{name:24s} {aspect:8s}", "/".join(map(str, means)), "pairs after", "/".join(map(str, NUMBERS)))


if __name__ == "__main__":
    main(sys.argv[1:] or [op.name for op in Registry().ops() if not op.of_a_class and op.numerics != "program"])
